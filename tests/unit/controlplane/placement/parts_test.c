#include "controlplane/placement/parts.h"

#include "tests/support/suite.h"

static struct parts parts;

static void add(int64_t units, int n)
{
    for (int i = 0; i < n; i++)
        parts_add(&parts, units);
}

static void tear_down(void)
{
    parts_fini(&parts);
}

START_TEST(nothing_costs_anything_when_nothing_is_in_use)
{
    ck_assert_int_eq(parts_cost(&parts, 7000, 1), 0);
    ck_assert_int_eq(parts_cost(&parts, 700, 700), 0);
}
END_TEST

START_TEST(what_is_left_costs_by_those_that_do_not_fit_into_it)
{
    add(3500, 3);
    add(1000, 1);
    ck_assert_int_eq(parts_cost(&parts, 7000, 3500), 0);         /* all fit as before */
    ck_assert_int_eq(parts_cost(&parts, 7000, 5000), 3 * 2000);  /* halves do not fit any more */
    ck_assert_int_eq(parts_cost(&parts, 7000, 6500), 4 * 500);   /* nothing fits any more */
    ck_assert_int_eq(parts_cost(&parts, 2000, 1000), -3 * 1000); /* less is of no use to halves */
    ck_assert_int_eq(parts_cost(&parts, 500, 500), -4 * 500);
}
END_TEST

START_TEST(a_part_goes_where_it_fills_a_splinter_though_another_device_is_fuller)
{
    add(5600, 2);
    add(1400, 2);
    /* 2,100 are fuller, but 700 of them would be of no use to anybody; of 2,800, 1,400 stay good */
    ck_assert_int_lt(parts_cost(&parts, 2800, 1400), parts_cost(&parts, 2100, 1400));
    ck_assert_int_lt(parts_cost(&parts, 1400, 1400), parts_cost(&parts, 2100, 1400));
    /* a large part on an idle device leaves room for a small one: no cost but for the large */
    ck_assert_int_eq(parts_cost(&parts, 7000, 5600), 2 * 1400);
}
END_TEST

START_TEST(answers_follow_from_the_counts_alone)
{
    struct parts other = {.n = 0};
    static const int64_t units[] = {875, 7000, 3500, 1, 875, 1750, 3500, 5250, 4000, 4100, 4200};
    size_t n = sizeof units / sizeof *units;
    for (size_t i = 0; i < n; i++) {
        parts_add(&parts, units[i]);
        parts_add(&other, units[n - 1 - i]);
    }
    parts_add(&other, 2000);
    parts_remove(&other, 2000);
    for (int64_t idle = 1; idle <= SHARE_PER_GPU; idle += 7)
        ck_assert_int_eq(parts_cost(&parts, idle, 1), parts_cost(&other, idle, 1));
    for (size_t i = 0; i < n; i++)
        parts_remove(&parts, units[i]);
    ck_assert_uint_eq(parts.n, 0);
    parts_fini(&other);
}
END_TEST

START_TEST(what_was_not_added_can_not_be_removed)
{
    add(10, 1);
    parts_remove(&parts, 11);
}
END_TEST

static Suite *parts_suite(void)
{
    Suite *s = suite_create("parts");
    TCase *t = tcase_create("parts");
    tcase_add_checked_fixture(t, NULL, tear_down);
    tcase_add_test(t, nothing_costs_anything_when_nothing_is_in_use);
    tcase_add_test(t, what_is_left_costs_by_those_that_do_not_fit_into_it);
    tcase_add_test(t, a_part_goes_where_it_fills_a_splinter_though_another_device_is_fuller);
    tcase_add_test(t, answers_follow_from_the_counts_alone);
    tcase_add_test_raise_signal(t, what_was_not_added_can_not_be_removed, 6);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(parts_suite)
