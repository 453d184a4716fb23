#include "controlplane/sim/latency.h"

#include "tests/support/suite.h"

static void add(struct latency *l, struct env_fake *fake, int64_t ns)
{
    struct env env = env_of_fake(fake);
    latency_begin(l, &env);
    fake->boot.ns += ns;
    latency_end(l, &env);
}

START_TEST(test_percentiles_are_exact)
{
    struct latency l = {0};
    struct env_fake fake = {.seed = 1};
    ck_assert_int_eq(latency_percentile_ns(&l, 99), 0);
    for (int64_t i = 2000; i > 0; i--)
        add(&l, &fake, i);
    ck_assert_int_eq(latency_sum_ns(&l), 2000 * 2001 / 2);
    ck_assert_int_eq(latency_percentile_ns(&l, 0), 1);
    ck_assert_int_eq(latency_percentile_ns(&l, 50), 1000);
    ck_assert_int_eq(latency_percentile_ns(&l, 99), 1980);
    ck_assert_int_eq(latency_percentile_ns(&l, 100), 2000);
    latency_fini(&l);
    ck_assert_uint_eq(l.n, 0);
}
END_TEST

START_TEST(test_printing)
{
    struct buf b;
    buf_init(&b, 100);
    latency_print_us(&b, 12345);
    buf_append_char(&b, ' ');
    latency_print_us(&b, 7);
    buf_append_char(&b, ' ');
    latency_print_s(&b, 2000012999);
    ck_assert_str_eq(b.data, "12.345 0.007 2.000012");
    buf_fini(&b);
}
END_TEST

static Suite *latency_suite(void)
{
    Suite *s = suite_create("latency");
    TCase *c = tcase_create("latency");
    tcase_add_test(c, test_percentiles_are_exact);
    tcase_add_test(c, test_printing);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(latency_suite)
