/* billing/exact.h: sums stay exact far beyond 128 bits, in lowest terms, or are refused. */
#include "billing/exact.h"

#include "tests/support/suite.h"

static const char *text_of(const struct exact *e, struct buf *b)
{
    buf_reset(b);
    exact_format(e, b);
    ck_assert(!b->full);
    return b->data;
}

static void expect(const struct exact *e, const char *text)
{
    struct buf b;
    buf_init(&b, EXACT_TEXT_MAX);
    ck_assert_str_eq(text_of(e, &b), text);
    buf_fini(&b);
}

START_TEST(ratios_are_in_lowest_terms)
{
    static const struct {
        int64_t num, den;
        const char *text;
    } cases[] = {{0, 5, "0"},
                 {6, 3, "2"},
                 {6, 4, "3/2"},
                 {1 << 20, 1 << 30, "1/1024"},
                 {INT64_MAX, INT64_MAX, "1"},
                 {INT64_MAX, 7, "1317624576693539401"},
                 {13184, 5, "13184/5"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct exact e;
        exact_ratio(&e, cases[i].num, cases[i].den);
        expect(&e, cases[i].text);
    }
}
END_TEST

START_TEST(sums_and_products_agree_with_struct_frac)
{
    uint64_t seed = 20251101;
    for (int i = 0; i < 2000; i++) {
        int64_t n[4];
        for (int j = 0; j < 4; j++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            n[j] = (int64_t)(seed >> 34) + 1;
        }
        struct frac a = frac_ratio(n[0], n[1]), b = frac_ratio(n[2], n[3]), sum, product;
        ck_assert_int_eq(frac_add(a, b, &sum), 0);
        ck_assert_int_eq(frac_mul(a, b, &product), 0);
        struct exact x, y, z, want;
        exact_of_frac(&x, a);
        exact_of_frac(&y, b);
        ck_assert_int_eq(exact_add(&x, &y, &z), 0);
        exact_of_frac(&want, sum);
        ck_assert(exact_equal(&z, &want));
        ck_assert_int_eq(exact_mul(&x, &y, &x), 0);
        exact_of_frac(&want, product);
        ck_assert(exact_equal(&x, &want));
    }
}
END_TEST

START_TEST(a_sum_beyond_128_bits_stays_exact)
{
    static const int64_t primes[] = {2147483647, 2147483629, 2147483587, 2147483579, 2147483563};
    struct exact sum, term;
    exact_zero(&sum);
    for (size_t i = 0; i < 5; i++) {
        exact_ratio(&term, 1, primes[i]);
        ck_assert_int_eq(exact_add(&sum, &term, &sum), 0);
    }
    /* python3: sum(Fraction(1, p) for p in primes) */
    expect(&sum, "106338230353484445269008639023186549477/"
                 "45671921168693645933699105804560590380377589537");
}
END_TEST

START_TEST(terms_that_cancel_give_the_short_number_again)
{
    struct exact sum, term;
    exact_zero(&sum);
    for (int i = 0; i < 31; i++) {
        exact_ratio(&term, 6600000, 31);
        ck_assert_int_eq(exact_add(&sum, &term, &sum), 0);
    }
    expect(&sum, "6600000");
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    struct exact big, square;
    exact_of_u64(&big, UINT64_MAX);
    for (int i = 0; i < 6; i++) /* 64 -> 4096 bits */
        ck_assert_int_eq(exact_mul(&big, &big, &big), 0);
    ck_assert_int_eq(exact_mul(&big, &big, &square), -ERR_OVERFLOW);
    ck_assert_int_eq(exact_add(&big, &big, &square), -ERR_OVERFLOW);
    struct won won;
    ck_assert_int_eq(exact_round_down(&big, 1, &won), -ERR_OVERFLOW);
    struct exact small;
    exact_ratio(&small, 1, 3);
    ck_assert_int_eq(exact_add(&big, &small, &square), -ERR_OVERFLOW);
    struct buf b;
    buf_init(&b, EXACT_TEXT_MAX);
    ck_assert_uint_eq(strlen(text_of(&big, &b)), 1234);
    buf_fini(&b);
}
END_TEST

START_TEST(a_full_number_can_be_divided_by_a_full_number)
{
    struct exact big, inverse;
    exact_of_u64(&big, UINT64_MAX);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(exact_mul(&big, &big, &big), 0);
    inverse.num = big.den;
    inverse.den = big.num;
    ck_assert_int_eq(exact_mul(&big, &inverse, &big), 0);
    expect(&big, "1");
}
END_TEST

START_TEST(round_down_drops_below_the_unit)
{
    static const struct {
        int64_t num, den, unit, krw;
    } cases[] = {{132000000, 31, 1, 4258064},
                 {13200000, 31, 10, 425800},
                 {9, 1, 10, 0},
                 {0, 1, 10, 0},
                 {10, 1, 10, 10},
                 {INT64_MAX, 1, 1, INT64_MAX},
                 {6875, 6, 1, 1145}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct exact e;
        struct won won;
        exact_ratio(&e, cases[i].num, cases[i].den);
        ck_assert_int_eq(exact_round_down(&e, cases[i].unit, &won), 0);
        ck_assert_int_eq(won.krw, cases[i].krw);
    }
    struct exact e;
    struct won won = {7};
    exact_ratio(&e, (__int128)INT64_MAX + 1, 1);
    ck_assert_int_eq(exact_round_down(&e, 1, &won), -ERR_OVERFLOW);
    ck_assert_int_eq(won.krw, 7);
}
END_TEST

START_TEST(zero_is_zero)
{
    struct exact zero, one;
    exact_zero(&zero);
    exact_of_u64(&one, 1);
    ck_assert(exact_is_zero(&zero) && !exact_is_zero(&one));
    ck_assert_int_eq(exact_mul(&zero, &one, &one), 0);
    ck_assert(exact_equal(&zero, &one));
}
END_TEST

START_TEST(a_difference_is_exact_and_order_is_told)
{
    struct exact a, b, want;
    int order;
    exact_ratio(&a, 7, 6);
    exact_ratio(&b, 2, 3);
    exact_ratio(&want, 1, 2);
    ck_assert_int_eq(exact_compare(&a, &b, &order), 0);
    ck_assert_int_gt(order, 0);
    ck_assert_int_eq(exact_compare(&b, &a, &order), 0);
    ck_assert_int_lt(order, 0);
    ck_assert_int_eq(exact_sub(&a, &b, &a), 0);
    ck_assert(exact_equal(&a, &want));
    ck_assert_int_eq(exact_sub(&a, &want, &a), 0);
    ck_assert(exact_is_zero(&a));
}
END_TEST

static Suite *exact_suite(void)
{
    Suite *s = suite_create("exact");
    TCase *t = tcase_create("exact");
    tcase_add_test(t, ratios_are_in_lowest_terms);
    tcase_add_test(t, sums_and_products_agree_with_struct_frac);
    tcase_add_test(t, a_sum_beyond_128_bits_stays_exact);
    tcase_add_test(t, terms_that_cancel_give_the_short_number_again);
    tcase_add_test(t, what_does_not_fit_is_refused);
    tcase_add_test(t, a_full_number_can_be_divided_by_a_full_number);
    tcase_add_test(t, round_down_drops_below_the_unit);
    tcase_add_test(t, zero_is_zero);
    tcase_add_test(t, a_difference_is_exact_and_order_is_told);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(exact_suite)
