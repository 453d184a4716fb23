/* lib/base/scan.h */
#include "lib/base/scan.h"

#include "tests/support/suite.h"

START_TEST(steps_take_what_they_name_off_the_front)
{
    struct scan s = {.left = span_text("a 17;00ff;rest")};
    uint64_t number;
    uint8_t bytes[2];
    struct span before;
    ck_assert(scan_literal(&s, "a "));
    ck_assert(scan_number(&s, &number));
    ck_assert_uint_eq(number, 17);
    ck_assert(scan_literal(&s, ";"));
    ck_assert(scan_hex(&s, bytes, 2));
    ck_assert_uint_eq(bytes[1], 0xff);
    ck_assert(scan_until(&s, 'r', &before));
    ck_assert(span_equal(before, span_text(";")));
    ck_assert(!scan_done(&s));
    ck_assert(scan_literal(&s, "rest"));
    ck_assert(scan_done(&s));
}
END_TEST

START_TEST(a_step_that_fails_takes_nothing)
{
    static const char *const numbers[] = {"", "x", "01", "-1", "9223372036854775808"};
    struct scan s;
    uint64_t number;
    uint8_t bytes[2];
    struct span before;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        s.left = span_text(numbers[i]);
        ck_assert(!scan_number(&s, &number));
        ck_assert(span_equal(s.left, span_text(numbers[i])));
    }
    s.left = span_text("00F");
    ck_assert(!scan_hex(&s, bytes, 2));
    ck_assert(!scan_literal(&s, "00Fx"));
    ck_assert(!scan_until(&s, 'x', &before));
    ck_assert_uint_eq(s.left.len, 3);
}
END_TEST

START_TEST(the_largest_number_and_the_empty_literal)
{
    struct scan s = {.left = span_text("9223372036854775807")};
    uint64_t number;
    ck_assert(scan_literal(&s, ""));
    ck_assert(scan_number(&s, &number));
    ck_assert_uint_eq(number, INT64_MAX);
    ck_assert(scan_literal(&s, ""));
}
END_TEST

static Suite *scan_suite(void)
{
    Suite *s = suite_create("base/scan");
    TCase *c = tcase_create("scan");
    tcase_add_test(c, steps_take_what_they_name_off_the_front);
    tcase_add_test(c, a_step_that_fails_takes_nothing);
    tcase_add_test(c, the_largest_number_and_the_empty_literal);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(scan_suite)
