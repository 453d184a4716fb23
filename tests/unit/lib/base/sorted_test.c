/* lib/base/sorted.h: order, whatever comes and goes. */
#include "lib/base/sorted.h"

#include "tests/support/suite.h"

#include <stdint.h>

#define KEYS 3000

static int values[KEYS];

static int compare(const void *key, const void *item)
{
    int a = *(const int *)key, b = *(const int *)item;
    return (a > b) - (a < b);
}

static void setup(void)
{
    for (int i = 0; i < KEYS; i++)
        values[i] = i;
}

/* In order, complete, no leaf empty or too large. */
static void expect_these(const struct sorted *s, const bool *there)
{
    struct sorted_place p = SORTED_BEGIN;
    size_t n = 0;
    for (int i = 0; i < KEYS; i++) {
        if (!there[i])
            continue;
        ck_assert_ptr_eq(sorted_next(s, &p), &values[i]);
        n++;
    }
    ck_assert_ptr_null(sorted_next(s, &p));
    ck_assert_ptr_null(sorted_next(s, &p));
    ck_assert_uint_eq(s->n, n);
    for (size_t i = 0; i < s->n_leaves; i++)
        ck_assert(s->leaves[i].n >= 1 && s->leaves[i].n <= SORTED_LEAF);
}

START_TEST(what_was_put_is_found_in_order_whatever_the_order)
{
    static const int strides[] = {1, KEYS - 1, 7, 1009};
    struct sorted s = {0};
    bool there[KEYS] = {false};
    int key = 0;
    for (int i = 0; i < KEYS; i++, key = (key + strides[_i]) % KEYS) {
        ck_assert_ptr_null(sorted_find(&s, compare, &key));
        ck_assert_ptr_null(sorted_put(&s, compare, &key, &values[key]));
        there[key] = true;
    }
    expect_these(&s, there);
    for (int i = 0; i < KEYS; i++)
        ck_assert_ptr_eq(sorted_find(&s, compare, &i), &values[i]);
    if (strides[_i] == 1) /* rising keys fill their leaves */
        ck_assert_uint_eq(s.n_leaves, (KEYS + SORTED_LEAF - 1) / SORTED_LEAF);
    sorted_fini(&s);
    ck_assert_ptr_null(sorted_find(&s, compare, &key));
}
END_TEST

START_TEST(a_put_replaces_and_returns_what_was_there)
{
    struct sorted s = {0};
    int key = 5, again = 5;
    sorted_put(&s, compare, &key, &values[5]);
    ck_assert_ptr_eq(sorted_put(&s, compare, &again, &again), &values[5]);
    ck_assert_ptr_eq(sorted_find(&s, compare, &key), &again);
    ck_assert_uint_eq(s.n, 1);
    ck_assert_ptr_eq(sorted_remove(&s, compare, &key), &again);
    ck_assert_ptr_null(sorted_remove(&s, compare, &key));
    ck_assert_uint_eq(s.n_leaves, 0);
    sorted_fini(&s);
    sorted_fini(&s);
}
END_TEST

START_TEST(random_puts_and_removes_agree_with_a_row_of_flags)
{
    struct sorted s = {0};
    bool there[KEYS] = {false};
    uint32_t dice = 5u + (uint32_t)_i;
    for (int round = 0; round < 20000; round++) {
        dice = dice * 1103515245u + 12345u;
        int key = (int)((dice >> 8) % KEYS);
        bool put = (int)(dice >> 28) % 2 == (round / 5000) % 2;
        void *had =
            put ? sorted_put(&s, compare, &key, &values[key]) : sorted_remove(&s, compare, &key);
        ck_assert_ptr_eq(had, there[key] ? &values[key] : NULL);
        there[key] = put;
    }
    expect_these(&s, there);
    sorted_fini(&s);
}
END_TEST

START_TEST(a_walk_begins_at_a_key_or_beyond_it)
{
    struct sorted s = {0};
    struct sorted_place p = sorted_from(&s, compare, &values[3], false);
    ck_assert_ptr_null(sorted_next(&s, &p));
    for (int i = 0; i < KEYS; i += 2)
        sorted_put(&s, compare, &i, &values[i]);
    for (int i = 0; i < KEYS; i++) {
        int at = i + i % 2, beyond = i % 2 ? i + 1 : i + 2;
        p = sorted_from(&s, compare, &i, false);
        ck_assert_ptr_eq(sorted_next(&s, &p), at < KEYS ? &values[at] : NULL);
        p = sorted_from(&s, compare, &i, true);
        ck_assert_ptr_eq(sorted_next(&s, &p), beyond < KEYS ? &values[beyond] : NULL);
    }
    sorted_fini(&s);
}
END_TEST

static Suite *sorted_suite(void)
{
    Suite *s = suite_create("sorted");
    TCase *t = tcase_create("sorted");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_loop_test(t, what_was_put_is_found_in_order_whatever_the_order, 0, 4);
    tcase_add_test(t, a_put_replaces_and_returns_what_was_there);
    tcase_add_loop_test(t, random_puts_and_removes_agree_with_a_row_of_flags, 0, 5);
    tcase_add_test(t, a_walk_begins_at_a_key_or_beyond_it);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(sorted_suite)
