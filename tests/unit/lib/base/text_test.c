/* lib/base/text.h: fixed texts, digits. */
#include "lib/base/text.h"
#include "tests/support/suite.h"

START_TEST(a_text_fills_its_place_with_zeros)
{
    char dst[8] = "zzzzzzz";

    ck_assert_int_eq(text_set(dst, sizeof(dst), span_text("품a"), "name", NULL), 0);
    ck_assert_mem_eq(dst, "품a\0\0\0\0", 8);
    ck_assert_int_eq(text_set(dst, sizeof(dst), span_text("1234567"), "name", NULL), 0);
    ck_assert_str_eq(dst, "1234567");
    ck_assert_int_eq(text_set(dst, sizeof(dst), span_of(NULL, 0), "name", NULL), 0);
    ck_assert_str_eq(dst, "");
}
END_TEST

START_TEST(what_is_too_long_or_no_text_is_refused_and_leaves_the_place)
{
    static const struct {
        const char *text;
        size_t len;
        const char *says;
    } cases[] = {
        {"12345678", 8, "evidence is 8 bytes long, at most 7 are allowed"},
        {"a\0b", 3, "evidence is not UTF-8 text"},
        {"\xFF", 1, "evidence is not UTF-8 text"},
        {"품", 2, "evidence is not UTF-8 text"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char dst[8] = "before";
        struct err err = ERR_INIT;
        int rc = text_set(dst, sizeof(dst), span_of(cases[i].text, cases[i].len), "evidence", &err);
        ck_assert_int_eq(rc, -(int)ERR_INVALID);
        ck_assert_str_eq(err.text, cases[i].says);
        ck_assert_str_eq(dst, "before");
    }
}
END_TEST

START_TEST(a_message_is_cut_at_a_character_border)
{
    static const struct {
        const char *text;
        size_t cap;
        const char *left;
    } cases[] = {
        {"품앗이", 10, "품앗이"}, {"품앗이", 9, "품앗"}, {"품앗이", 7, "품앗"}, {"품앗이", 6, "품"},
        {"품앗이", 1, ""},        {"abc", 3, "ab"},      {"", 1, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char dst[16];
        ck_assert_str_eq(text_cut(dst, cases[i].cap, cases[i].text), cases[i].left);
    }
}
END_TEST

START_TEST(whole_numbers_are_read_exactly)
{
    static const struct {
        const char *text;
        int64_t min, max;
        int64_t value;
        bool good;
    } cases[] = {
        {"0", 0, 0, 0, true},
        {"42", 0, 100, 42, true},
        {"-1", -1, 1, -1, true},
        {"007", 0, 10, 7, true},
        {"9223372036854775807", 0, INT64_MAX, INT64_MAX, true},
        {"-9223372036854775808", INT64_MIN, 0, INT64_MIN, true},
        {"9223372036854775808", INT64_MIN, INT64_MAX, 0, false},
        {"-9223372036854775809", INT64_MIN, INT64_MAX, 0, false},
        {"18446744073709551616", INT64_MIN, INT64_MAX, 0, false},
        {"99999999999999999999999999", INT64_MIN, INT64_MAX, 0, false},
        {"101", 0, 100, 0, false},
        {"-1", 0, 100, 0, false},
        {"", 0, 100, 0, false},
        {"-", -100, 100, 0, false},
        {"--1", -100, 100, 0, false},
        {"+1", 0, 100, 0, false},
        {" 1", 0, 100, 0, false},
        {"1 ", 0, 100, 0, false},
        {"1.0", 0, 100, 0, false},
        {"0x10", 0, 100, 0, false},
        {"1e1", 0, 100, 0, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 77;
        struct err err = ERR_INIT;
        int rc =
            text_to_i64(span_text(cases[i].text), "gpus", cases[i].min, cases[i].max, &value, &err);
        ck_assert_msg((rc == 0) == cases[i].good, "\"%s\"", cases[i].text);
        ck_assert_int_eq(value, cases[i].good ? cases[i].value : 77);
        ck_assert(cases[i].good || strncmp(err.text, "gpus \"", 6) == 0);
    }
}
END_TEST

START_TEST(hexadecimal_goes_both_ways)
{
    const uint8_t data[] = {0x00, 0x7F, 0xA5, 0xFF};
    uint8_t back[4];
    char text[9];

    text_hex(text, data, sizeof(data));
    ck_assert_str_eq(text, "007fa5ff");
    ck_assert_int_eq(text_unhex(span_text(text), back, sizeof(back), NULL), 0);
    ck_assert_mem_eq(back, data, sizeof(data));
    text_hex(text, data, 0);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(other_digits_are_refused_and_leave_the_place)
{
    static const char *const bad[] = {"007fa5f",  "007fa5fff", "007fa5fF",
                                      "007fa5fg", "",          "0x7fa5ff"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t dst[4] = {1, 2, 3, 4};
        ck_assert_int_eq(text_unhex(span_text(bad[i]), dst, sizeof(dst), NULL), -(int)ERR_INVALID);
        ck_assert_mem_eq(dst, ((uint8_t[]){1, 2, 3, 4}), 4);
    }
}
END_TEST

static Suite *text_suite(void)
{
    Suite *s = suite_create("text");
    TCase *t = tcase_create("text");

    tcase_add_test(t, a_text_fills_its_place_with_zeros);
    tcase_add_test(t, what_is_too_long_or_no_text_is_refused_and_leaves_the_place);
    tcase_add_test(t, a_message_is_cut_at_a_character_border);
    tcase_add_test(t, whole_numbers_are_read_exactly);
    tcase_add_test(t, hexadecimal_goes_both_ways);
    tcase_add_test(t, other_digits_are_refused_and_leave_the_place);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(text_suite)
