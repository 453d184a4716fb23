#include "cli/width.h"

#include "tests/support/suite.h"

#include <locale.h>

#define UPSTAGE_NFC "업스테이지"
/* the same in conjoining parts, as macOS writes it */
#define UPSTAGE_NFD                                                                                \
    "\xe1\x84\x8b\xe1\x85\xa5\xe1\x86\xb8\xe1\x84\x89\xe1\x85\xb3\xe1\x84\x90\xe1\x85\xa6"         \
    "\xe1\x84\x8b\xe1\x85\xb5\xe1\x84\x8c\xe1\x85\xb5"
#define REPLACED "\xef\xbf\xbd"

static const struct {
    const char *text;
    size_t columns;
} widths[] = {
    {"", 0}, {"abc", 3}, {UPSTAGE_NFC, 10}, {"GPU 8장", 7}, {"…", 1}, {"한글ABC", 7},
};

START_TEST(test_a_syllable_takes_two_columns)
{
    ck_assert_uint_eq(width_of(widths[_i].text), widths[_i].columns);
}
END_TEST

START_TEST(test_widths_do_not_come_from_the_locale)
{
    ck_assert_ptr_nonnull(setlocale(LC_ALL, "C"));
    ck_assert_uint_eq(width_of(UPSTAGE_NFC), 10);
}
END_TEST

START_TEST(test_parts_are_put_together)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 1000);
    width_clean(&b, UPSTAGE_NFD);
    ck_assert_str_eq(b.data, UPSTAGE_NFC);
    ck_assert_uint_eq(width_of(b.data), 10);
}
END_TEST

static const struct {
    const char *text, *clean;
} hostile[] = {
    {"plain", "plain"},
    {"\033[2Jgone", REPLACED "[2Jgone"},
    {"a\nb\tc\r", "a" REPLACED "b" REPLACED "c" REPLACED},
    {"x\x7fy", "x" REPLACED "y"},
    {"\xc2\x9b"
     "1m",
     REPLACED "1m"}, /* CSI as one C1 character */
    {"a\xe2\x80\xae"
     "b",
     "a" REPLACED "b"}, /* right-to-left override */
    {"bad\xff", "bad" REPLACED},
    {"\xec\x97", REPLACED}, /* half a syllable */
};

START_TEST(test_nothing_can_move_the_cursor)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 1000);
    width_clean(&b, hostile[_i].text);
    ck_assert_str_eq(b.data, hostile[_i].clean);
}
END_TEST

static const struct {
    const char *text;
    size_t columns;
    const char *cut;
    size_t used;
} cuts[] = {
    {"abcdef", 6, "abcdef", 6},
    {"abcdef", 5, "abcd…", 5},
    {UPSTAGE_NFC, 10, UPSTAGE_NFC, 10},
    {UPSTAGE_NFC, 9, "업스테이…", 9},
    {UPSTAGE_NFC, 8, "업스테…", 7},
    {UPSTAGE_NFC, 1, "…", 1},
    {"abc", 0, "", 0},
    {"", 0, "", 0},
};

START_TEST(test_cuts_between_graphemes)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 1000);
    ck_assert_uint_eq(width_cut(&b, cuts[_i].text, cuts[_i].columns), cuts[_i].used);
    ck_assert_str_eq(b.data, cuts[_i].cut);
}
END_TEST

START_TEST(test_pads_by_columns)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 1000);
    width_pad(&b, "가", 4, false);
    width_pad(&b, "|", 0, false);
    width_pad(&b, "가", 4, true);
    width_pad(&b, "가나다", 4, true);
    ck_assert_str_eq(b.data, "가  |  가가나다");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/width");
    TCase *t = tcase_create("width");
    tcase_add_loop_test(t, test_a_syllable_takes_two_columns, 0,
                        sizeof(widths) / sizeof(widths[0]));
    tcase_add_test(t, test_widths_do_not_come_from_the_locale);
    tcase_add_test(t, test_parts_are_put_together);
    tcase_add_loop_test(t, test_nothing_can_move_the_cursor, 0,
                        sizeof(hostile) / sizeof(hostile[0]));
    tcase_add_loop_test(t, test_cuts_between_graphemes, 0, sizeof(cuts) / sizeof(cuts[0]));
    tcase_add_test(t, test_pads_by_columns);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
