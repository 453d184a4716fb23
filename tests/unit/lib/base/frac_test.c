/* lib/base/frac.h: exact figures, to the edge of 128 bits. */
#include "lib/base/frac.h"
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>

#define MAX128 ((__int128)(((unsigned __int128)1 << 127) - 1))

static struct frac of(const char *text)
{
    struct frac f;
    struct err err = ERR_INIT;

    ck_assert_msg(frac_parse(span_text(text), &f, &err) == 0, "%s", err.text);
    return f;
}

static void check_text(struct frac f, const char *text)
{
    char dst[FRAC_TEXT_CAP];
    ck_assert_str_eq(frac_format(f, dst), text);
}

START_TEST(texts_are_read_in_lowest_terms)
{
    static const struct {
        const char *text;
        const char *lowest;
    } cases[] = {
        {"3/8", "3/8"},
        {"6/16", "3/8"},
        {"5", "5"},
        {"0.25", "1/4"},
        {"10.3", "103/10"},
        {"-1", "-1"},
        {"-0", "0"},
        {"-3/6", "-1/2"},
        {"-0.5", "-1/2"},
        {"0/7", "0"},
        {"1.000", "1"},
        {"007", "7"},
        {"999999999999999999", "999999999999999999"},
        {"1/999999999999999999", "1/999999999999999999"},
        {"999999999999999999.999999999999999999",
         "999999999999999999999999999999999999/1000000000000000000"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_text(of(cases[i].text), cases[i].lowest);
}
END_TEST

START_TEST(what_is_no_fraction_is_refused)
{
    static const struct {
        const char *text;
        enum err_code code;
    } cases[] = {
        {"", ERR_INVALID},
        {"-", ERR_INVALID},
        {"+1", ERR_INVALID},
        {"1/0", ERR_INVALID},
        {"1/", ERR_INVALID},
        {"/2", ERR_INVALID},
        {"1/-2", ERR_INVALID},
        {".5", ERR_INVALID},
        {"5.", ERR_INVALID},
        {"1.5/2", ERR_INVALID},
        {"1/2/3", ERR_INVALID},
        {"1 /2", ERR_INVALID},
        {"1e3", ERR_INVALID},
        {"0x1", ERR_INVALID},
        {"--1", ERR_INVALID},
        {"1,000", ERR_INVALID},
        {"nan", ERR_INVALID},
        {"1000000000000000000", ERR_OVERFLOW},
        {"1/1000000000000000000", ERR_OVERFLOW},
        {"0.1000000000000000000", ERR_OVERFLOW},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct frac f = {77, 1};
        struct err err = ERR_INIT;
        ck_assert_msg(frac_parse(span_text(cases[i].text), &f, &err) == -(int)cases[i].code, "%s",
                      cases[i].text);
        ck_assert(f.num == 77);
        ck_assert_ptr_nonnull(strstr(err.text, cases[i].text));
    }
}
END_TEST

START_TEST(percentages_are_hundredths)
{
    static const struct {
        const char *text;
        const char *lowest; /* NULL: refused */
    } cases[] = {{"6%", "3/50"}, {"12.5%", "1/8"}, {"100%", "1"}, {"0%", "0"},    {"6", NULL},
                 {"%", NULL},    {"", NULL},       {"6 %", NULL}, {"1/3%", NULL}, {"6%%", NULL}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct frac f;
        int rc = percent_parse(span_text(cases[i].text), &f, NULL);
        ck_assert_msg(rc == (cases[i].lowest ? 0 : -(int)ERR_INVALID), "%s", cases[i].text);
        if (cases[i].lowest)
            check_text(f, cases[i].lowest);
    }
}
END_TEST

START_TEST(the_four_operations_are_exact)
{
    static const struct {
        const char *a, *b, *sum, *difference, *product, *quotient;
    } cases[] = {
        {"1/2", "1/3", "5/6", "1/6", "1/6", "3/2"},
        {"1/6", "1/3", "1/2", "-1/6", "1/18", "1/2"},
        {"-1/2", "1/2", "0", "-1", "-1/4", "-1"},
        {"7", "-3", "4", "10", "-21", "-7/3"},
        {"0", "5/7", "5/7", "-5/7", "0", "0"},
        {"103/10", "6600000", "66000103/10", "-65999897/10", "67980000", "103/66000000"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct frac a = of(cases[i].a);
        struct frac b = of(cases[i].b);
        struct frac r;
        ck_assert_int_eq(frac_add(a, b, &r), 0);
        check_text(r, cases[i].sum);
        ck_assert_int_eq(frac_sub(a, b, &r), 0);
        check_text(r, cases[i].difference);
        ck_assert_int_eq(frac_mul(a, b, &r), 0);
        check_text(r, cases[i].product);
        ck_assert_int_eq(frac_div(a, b, &r), 0);
        check_text(r, cases[i].quotient);
    }
}
END_TEST

START_TEST(division_by_nothing_is_invalid)
{
    struct frac r = {9, 1};

    ck_assert_int_eq(frac_div(frac_of(1), FRAC_ZERO, &r), -(int)ERR_INVALID);
    ck_assert(r.num == 9);
}
END_TEST

START_TEST(ratios_carry_the_sign_above)
{
    check_text(frac_ratio(6, -4), "-3/2");
    check_text(frac_ratio(-6, -4), "3/2");
    check_text(frac_ratio(0, -4), "0");
    check_text(frac_ratio(INT64_MIN, -1), "9223372036854775808");
    check_text(frac_ratio(INT64_MIN, INT64_MIN), "1");
    check_text(frac_ratio(1, INT64_MIN), "-1/9223372036854775808");
}
END_TEST

START_TEST(what_does_not_fit_is_overflow_and_leaves_the_result)
{
    const struct frac max = {MAX128, 1};
    const struct frac min = {-MAX128, 1};
    const struct frac tiny = {1, MAX128};
    const struct frac other = {1, MAX128 - 1};
    struct frac r = {5, 1};

    ck_assert_int_eq(frac_add(max, frac_of(1), &r), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(frac_sub(min, frac_of(1), &r), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(frac_mul(max, frac_of(2), &r), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(frac_mul(tiny, other, &r), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(frac_add(tiny, other, &r), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(frac_div(max, frac_ratio(1, 2), &r), -(int)ERR_OVERFLOW);
    /* -2^127 itself has no positive twin */
    ck_assert_int_eq(frac_add(min, frac_of(-1), &r), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(frac_mul((struct frac){(__int128)1 << 126, 1}, frac_of(-2), &r),
                     -(int)ERR_OVERFLOW);
    ck_assert(r.num == 5 && r.den == 1);
}
END_TEST

START_TEST(factors_are_cancelled_before_they_can_overflow)
{
    const struct frac max = {MAX128, 1};
    const struct frac tiny = {1, MAX128};
    struct frac r;

    ck_assert_int_eq(frac_mul(max, tiny, &r), 0);
    check_text(r, "1");
    ck_assert_int_eq(frac_div(max, max, &r), 0);
    check_text(r, "1");
    ck_assert_int_eq(frac_add(tiny, (struct frac){MAX128 - 1, MAX128}, &r), 0);
    check_text(r, "1");
    ck_assert_int_eq(frac_sub(max, max, &r), 0);
    check_text(r, "0");
}
END_TEST

START_TEST(comparison_is_exact_where_products_need_256_bits)
{
    const struct frac ordered[] = {
        {-MAX128, 1},
        {-MAX128, 2},
        {-(MAX128 - 1), MAX128},
        {-1, 2},
        {-1, MAX128},
        {0, 1},
        {1, MAX128},
        {1, MAX128 - 1},
        {1, 2},
        {MAX128 - 2, MAX128 - 1},
        {MAX128 - 1, MAX128},
        {1, 1},
        {MAX128, MAX128 - 1},
        {MAX128 - 1, MAX128 - 2},
        {MAX128, 2},
        {MAX128 - 1, 1},
        {MAX128, 1},
    };
    const int n = (int)(sizeof(ordered) / sizeof(ordered[0]));
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            ck_assert_msg(frac_compare(ordered[i], ordered[j]) == (i > j) - (i < j), "%d and %d", i,
                          j);
}
END_TEST

START_TEST(whole_numbers_below_and_above)
{
    static const struct {
        const char *text;
        int64_t floor, ceil;
    } cases[] = {{"7/2", 3, 4}, {"-7/2", -4, -3}, {"3", 3, 3},    {"-3", -3, -3},
                 {"0", 0, 0},   {"1/9", 0, 1},    {"-1/9", -1, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t below;
        int64_t above;
        ck_assert_int_eq(frac_floor(of(cases[i].text), &below), 0);
        ck_assert_int_eq(frac_ceil(of(cases[i].text), &above), 0);
        ck_assert_int_eq(below, cases[i].floor);
        ck_assert_int_eq(above, cases[i].ceil);
    }
}
END_TEST

START_TEST(whole_numbers_beyond_int64_are_overflow)
{
    const __int128 two63 = (__int128)1 << 63;
    int64_t whole = 5;

    ck_assert_int_eq(frac_floor((struct frac){2 * two63 - 1, 2}, &whole), 0);
    ck_assert_int_eq(whole, INT64_MAX);
    ck_assert_int_eq(frac_ceil((struct frac){2 * two63 - 1, 2}, &whole), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(frac_floor((struct frac){two63, 1}, &whole), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(frac_floor((struct frac){-two63, 1}, &whole), 0);
    ck_assert_int_eq(whole, INT64_MIN);
    ck_assert_int_eq(frac_floor((struct frac){-2 * two63 - 1, 2}, &whole), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(frac_ceil((struct frac){MAX128, 1}, &whole), -(int)ERR_OVERFLOW);
    ck_assert_int_eq(whole, INT64_MIN);
}
END_TEST

START_TEST(the_longest_figure_has_room)
{
    check_text((struct frac){-MAX128, MAX128 - 1},
               "-170141183460469231731687303715884105727/170141183460469231731687303715884105726");
    ck_assert(frac_is_zero(FRAC_ZERO) && !frac_is_zero(frac_of(-1)));
}
END_TEST

START_TEST(a_ratio_to_nothing_aborts)
{
    fclose(stderr);
    frac_ratio(1, 0);
}
END_TEST

static Suite *frac_suite(void)
{
    Suite *s = suite_create("frac");
    TCase *t = tcase_create("frac");

    tcase_add_test(t, texts_are_read_in_lowest_terms);
    tcase_add_test(t, what_is_no_fraction_is_refused);
    tcase_add_test(t, percentages_are_hundredths);
    tcase_add_test(t, the_four_operations_are_exact);
    tcase_add_test(t, division_by_nothing_is_invalid);
    tcase_add_test(t, ratios_carry_the_sign_above);
    tcase_add_test(t, what_does_not_fit_is_overflow_and_leaves_the_result);
    tcase_add_test(t, factors_are_cancelled_before_they_can_overflow);
    tcase_add_test(t, comparison_is_exact_where_products_need_256_bits);
    tcase_add_test(t, whole_numbers_below_and_above);
    tcase_add_test(t, whole_numbers_beyond_int64_are_overflow);
    tcase_add_test(t, the_longest_figure_has_room);
    tcase_add_test_raise_signal(t, a_ratio_to_nothing_aborts, SIGABRT);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(frac_suite)
