#include "lib/base/csv.h"

#include "tests/support/suite.h"

static const struct {
    const char *text;
    bool number;
    const char *field;
} fields[] = {
    {"plain", false, "plain"},
    {"", false, ""},
    {"a,b", false, "\"a,b\""},
    {"say \"hi\"", false, "\"say \"\"hi\"\"\""},
    {"two\nlines", false, "\"two\nlines\""},
    {"=1+1", false, "'=1+1"},
    {"+82-2", false, "'+82-2"},
    {"-3", false, "'-3"},
    {"@cmd", false, "'@cmd"},
    {"\tx", false, "'\tx"},
    {"\rx", false, "\"'\rx\""},
    {"=a,b", false, "\"'=a,b\""},
    {"-3", true, "-3"},
    {"업스테이지", false, "업스테이지"},
};

START_TEST(test_quotes_and_disarms)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 1000);
    csv_field(&b, fields[_i].text, fields[_i].number, true);
    ck_assert_str_eq(b.data, fields[_i].field);
}
END_TEST

START_TEST(test_a_file_begins_with_a_byte_order_mark_and_lines_end_with_crlf)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 1000);
    csv_begin(&b);
    csv_field(&b, "a", false, true);
    csv_field(&b, "b", false, false);
    csv_end_row(&b);
    ck_assert_str_eq(b.data, "\xef\xbb\xbf"
                             "a,b\r\n");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("lib/base/csv");
    TCase *t = tcase_create("csv");
    tcase_add_loop_test(t, test_quotes_and_disarms, 0, sizeof(fields) / sizeof(fields[0]));
    tcase_add_test(t, test_a_file_begins_with_a_byte_order_mark_and_lines_end_with_crlf);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
