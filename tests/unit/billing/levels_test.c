/* billing/levels.h: memory follows distinct levels; entries come by falling level. */
#include "billing/levels.h"

#include "tests/support/suite.h"

START_TEST(equal_levels_add_up_and_come_falling)
{
    struct levels *l = levels_create();
    levels_add(l, 7000, 10);
    levels_add(l, 875, 5);
    levels_add(l, 7000, 20);
    levels_add(l, 14000, 1);
    size_t n;
    const struct level_time *e = levels_falling(l, &n);
    ck_assert_uint_eq(n, 3);
    ck_assert(e[0].level == 14000 && e[0].seconds == 1);
    ck_assert(e[1].level == 7000 && e[1].seconds == 30);
    ck_assert(e[2].level == 875 && e[2].seconds == 5);
    levels_destroy(l);
    levels_destroy(NULL);
}
END_TEST

START_TEST(many_levels_grow_and_clear_empties)
{
    struct levels *l = levels_create();
    for (int round = 0; round < 3; round++) {
        for (int64_t level = 1; level <= 5000; level++)
            levels_add(l, level * 4096, level);
        for (int64_t level = 5000; level >= 1; level--)
            levels_add(l, level * 4096, 1);
        size_t n;
        const struct level_time *e = levels_falling(l, &n);
        ck_assert_uint_eq(n, 5000);
        for (size_t i = 0; i < n; i++) {
            int64_t level = 5000 - (int64_t)i;
            ck_assert_int_eq(e[i].level, level * 4096);
            ck_assert_int_eq(e[i].seconds, level + 1);
        }
        levels_clear(l);
        levels_falling(l, &n);
        ck_assert_uint_eq(n, 0);
        levels_clear(l);
    }
    levels_destroy(l);
}
END_TEST

static Suite *levels_suite(void)
{
    Suite *s = suite_create("levels");
    TCase *t = tcase_create("levels");
    tcase_add_test(t, equal_levels_add_up_and_come_falling);
    tcase_add_test(t, many_levels_grow_and_clear_empties);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(levels_suite)
