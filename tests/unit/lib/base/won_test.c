/* lib/base/won.h: sums, the two roundings, digits in groups. */
#include "lib/base/won.h"
#include "tests/support/suite.h"

START_TEST(sums_are_checked)
{
    static const struct {
        int64_t a, b;
        bool sum_fits, difference_fits;
    } cases[] = {
        {1, 2, true, true},
        {INT64_MAX, 0, true, true},
        {INT64_MAX, 1, false, true},
        {INT64_MIN, -1, false, true},
        {INT64_MIN, 1, true, false},
        {0, INT64_MIN, true, false},
        {INT64_MAX, INT64_MIN, true, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct won a = {cases[i].a};
        struct won b = {cases[i].b};
        struct won r = {7};
        ck_assert_int_eq(won_add(a, b, &r), cases[i].sum_fits ? 0 : -(int)ERR_OVERFLOW);
        ck_assert_int_eq(r.krw, cases[i].sum_fits ? cases[i].a + cases[i].b : 7);
        r.krw = 7;
        ck_assert_int_eq(won_sub(a, b, &r), cases[i].difference_fits ? 0 : -(int)ERR_OVERFLOW);
        ck_assert_int_eq(r.krw, cases[i].difference_fits ? cases[i].a - cases[i].b : 7);
    }
}
END_TEST

START_TEST(rounding_goes_down_and_up_by_name)
{
    static const struct {
        int64_t num, den, unit;
        int64_t down, up;
    } cases[] = {
        {100, 1, 10, 100, 100},
        {109, 1, 10, 100, 110},
        {1099, 10, 10, 100, 110},
        {1001, 10, 1, 100, 101},
        {1, 1000, 10, 0, 10},
        {0, 1, 10, 0, 0},
        {-1, 1, 10, -10, 0}, /* towards minus infinity, plus infinity */
        {-101, 10, 1, -11, -10},
        {-105, 1, 10, -110, -100},
        {INT64_MAX, 1, 1, INT64_MAX, INT64_MAX},
        {INT64_C(174028800000), 10, 10, INT64_C(17402880000), INT64_C(17402880000)},
        {9, 1, 1000000, 0, 1000000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct frac exact = frac_ratio(cases[i].num, cases[i].den);
        struct won r;
        ck_assert_int_eq(won_round_down(exact, cases[i].unit, &r), 0);
        ck_assert_msg(r.krw == cases[i].down, "case %zu down: %lld", i, (long long)r.krw);
        ck_assert_int_eq(won_round_up(exact, cases[i].unit, &r), 0);
        ck_assert_msg(r.krw == cases[i].up, "case %zu up: %lld", i, (long long)r.krw);
    }
}
END_TEST

START_TEST(rounding_beyond_int64_is_overflow)
{
    const struct frac above = {((__int128)1 << 63) + 3, 1};
    const struct frac below = {-((__int128)1 << 63) - 3, 1};
    struct won r = {7};

    ck_assert_int_eq(won_round_down(above, 10, &r), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(won_round_up(above, 10, &r), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(won_round_down(below, 1, &r), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(won_round_up(frac_of(INT64_MAX), 10, &r), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(r.krw, 7);
    /* a unit that brings it back into range */
    ck_assert_int_eq(won_round_down(above, 1000, &r), 0);
    ck_assert_int_eq(r.krw, INT64_C(9223372036854775000));
}
END_TEST

START_TEST(the_published_programme_costs_what_was_published)
{
    /* 256 GPUs, 10.3 months, 6,600,000 won a GPU-month */
    struct frac value;
    struct won krw;
    char text[WON_TEXT_CAP];

    ck_assert_int_eq(frac_mul(frac_ratio(103, 10), frac_of(INT64_C(256) * 6600000), &value), 0);
    ck_assert_int_eq(won_round_down(value, 10, &krw), 0);
    ck_assert_str_eq(won_format(krw, text), "17,402,880,000");
}
END_TEST

START_TEST(digits_stand_in_groups_of_three)
{
    static const struct {
        int64_t krw;
        const char *text;
    } cases[] = {
        {0, "0"},
        {7, "7"},
        {999, "999"},
        {1000, "1,000"},
        {-1000, "-1,000"},
        {-999, "-999"},
        {1234567, "1,234,567"},
        {INT64_MAX, "9,223,372,036,854,775,807"},
        {INT64_MIN, "-9,223,372,036,854,775,808"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[WON_TEXT_CAP];
        ck_assert_str_eq(won_format((struct won){cases[i].krw}, text), cases[i].text);
    }
}
END_TEST

START_TEST(order_is_by_amount)
{
    ck_assert_int_lt(won_compare((struct won){INT64_MIN}, (struct won){INT64_MAX}), 0);
    ck_assert_int_gt(won_compare((struct won){1}, WON_ZERO), 0);
    ck_assert_int_eq(won_compare(WON_ZERO, WON_ZERO), 0);
}
END_TEST

static Suite *won_suite(void)
{
    Suite *s = suite_create("won");
    TCase *t = tcase_create("won");

    tcase_add_test(t, sums_are_checked);
    tcase_add_test(t, rounding_goes_down_and_up_by_name);
    tcase_add_test(t, rounding_beyond_int64_is_overflow);
    tcase_add_test(t, the_published_programme_costs_what_was_published);
    tcase_add_test(t, digits_stand_in_groups_of_three);
    tcase_add_test(t, order_is_by_amount);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(won_suite)
