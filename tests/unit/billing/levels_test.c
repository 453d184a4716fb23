/* billing/levels.h: sums of all entries, and the lowest of them. */
#include "billing/levels.h"

#include "tests/support/suite.h"

#include <stdlib.h>

#define ENTRIES 500

START_TEST(sums_are_of_all_entries)
{
    struct levels *l = levels_create();
    levels_begin(l, 0);
    levels_add(l, 7000, 10);
    levels_add(l, 875, 5);
    levels_add(l, 7000, 20);
    ck_assert(levels_unit_seconds(l) == 7000 * 30 + 875 * 5);
    ck_assert_int_eq(levels_seconds(l), 35);
    size_t n;
    levels_lowest(l, &n);
    ck_assert_uint_eq(n, 0);
    levels_begin(l, 0);
    ck_assert(levels_unit_seconds(l) == 0);
    ck_assert_int_eq(levels_seconds(l), 0);
    levels_destroy(l);
    levels_destroy(NULL);
}
END_TEST

START_TEST(sums_beyond_64_bits_are_exact)
{
    struct levels *l = levels_create();
    levels_begin(l, 0);
    levels_add(l, INT64_MAX, 2678400);
    ck_assert(levels_unit_seconds(l) == (__int128)INT64_MAX * 2678400);
    levels_destroy(l);
}
END_TEST

START_TEST(the_lowest_come_rising_until_they_suffice)
{
    static const struct {
        int64_t bottom_s;
        size_t n;
    } cases[] = {{0, 0}, {1, 1}, {5, 1}, {6, 2}, {15, 2}, {16, 3}, {36, 4}, {99, 4}};
    struct levels *l = levels_create();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        levels_begin(l, cases[i].bottom_s);
        levels_add(l, 7000, 20);
        levels_add(l, 875, 5);
        levels_add(l, 14000, 1);
        levels_add(l, 1750, 10);
        static const struct level_time rising[] = {{875, 5}, {1750, 10}, {7000, 20}, {14000, 1}};
        size_t n;
        const struct level_time *e = levels_lowest(l, &n);
        ck_assert_uint_eq(n, cases[i].n);
        for (size_t k = 0; k < n; k++) {
            ck_assert_int_eq(e[k].level, rising[k].level);
            ck_assert_int_eq(e[k].seconds, rising[k].seconds);
        }
    }
    levels_destroy(l);
}
END_TEST

static int compare_rising(const void *a, const void *b)
{
    const struct level_time *x = a, *y = b;
    return (x->level > y->level) - (x->level < y->level);
}

/* Against all entries sorted: the same time at the same levels, up to what was asked for. */
START_TEST(the_lowest_are_those_of_a_sorted_list)
{
    unsigned dice = 17u + (unsigned)_i;
    struct level_time all[ENTRIES];
    struct levels *l = levels_create();
    int64_t bottom_s = 40 * (_i + 1);
    levels_begin(l, bottom_s);
    for (size_t i = 0; i < ENTRIES; i++) {
        dice = dice * 1103515245u + 12345u;
        all[i] = (struct level_time){1 + (dice >> 8) % 97, 1 + (dice >> 20) % 9};
        levels_add(l, all[i].level, all[i].seconds);
    }
    qsort(all, ENTRIES, sizeof(all[0]), compare_rising);
    size_t n;
    const struct level_time *e = levels_lowest(l, &n);
    int64_t want_s = 0, got_s = 0, kept_s = 0;
    for (size_t i = 0; i < n; i++)
        kept_s += e[i].seconds;
    ck_assert_int_ge(kept_s, bottom_s);
    for (int64_t level = 1; level < e[n - 1].level; level++) {
        for (size_t i = 0; i < ENTRIES; i++)
            want_s += all[i].level == level ? all[i].seconds : 0;
        for (size_t i = 0; i < n; i++)
            got_s += e[i].level == level ? e[i].seconds : 0;
        ck_assert_int_eq(got_s, want_s);
        ck_assert_int_lt(got_s, bottom_s);
    }
    levels_destroy(l);
}
END_TEST

START_TEST(a_run_is_worth_its_steps)
{
    unsigned dice = 91u + (unsigned)_i;
    struct level_step steps[ENTRIES];
    struct levels *one = levels_create(), *run = levels_create();
    int64_t t = 0;
    for (size_t i = 0; i < ENTRIES; i++) {
        dice = dice * 1103515245u + 12345u;
        steps[i] = (struct level_step){{t}, (dice >> 8) % 13};
        t += 1 + (dice >> 20) % 9;
    }
    levels_begin(one, 70 * _i);
    levels_begin(run, 70 * _i);
    for (size_t i = 0; i + 1 < ENTRIES; i++) {
        if (steps[i].units > 0)
            levels_add(one, steps[i].units, steps[i + 1].from.s - steps[i].from.s);
    }
    levels_add_run(run, steps, 1); /* one step is no time */
    levels_add_run(run, steps, ENTRIES / 3);
    levels_add_run(run, &steps[ENTRIES / 3 - 1], ENTRIES - ENTRIES / 3 + 1);
    ck_assert(levels_unit_seconds(one) == levels_unit_seconds(run));
    ck_assert_int_eq(levels_seconds(one), levels_seconds(run));
    size_t n, m;
    const struct level_time *a = levels_lowest(one, &n), *b = levels_lowest(run, &m);
    ck_assert_uint_eq(n, m);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(a[i].level, b[i].level);
    levels_destroy(one);
    levels_destroy(run);
}
END_TEST

static Suite *levels_suite(void)
{
    Suite *s = suite_create("levels");
    TCase *t = tcase_create("levels");
    tcase_add_test(t, sums_are_of_all_entries);
    tcase_add_test(t, sums_beyond_64_bits_are_exact);
    tcase_add_test(t, the_lowest_come_rising_until_they_suffice);
    tcase_add_loop_test(t, the_lowest_are_those_of_a_sorted_list, 0, 12);
    tcase_add_loop_test(t, a_run_is_worth_its_steps, 0, 8);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(levels_suite)
