/* controlplane/domain/steps.h: values by instant. */
#include "controlplane/domain/steps.h"

#include "tests/support/suite.h"

static struct window win(int64_t from, int64_t to)
{
    return (struct window){{from}, {to}};
}

static int64_t value_at(const struct steps *s, int64_t t)
{
    return (int64_t)steps_at(s, (struct instant){t});
}

START_TEST(windows_add_up_and_taking_them_back_leaves_nothing)
{
    struct steps s = {.base = 5};
    ck_assert_int_eq(value_at(&s, 0), 5);
    steps_add(&s, win(10, 30), 100);
    steps_add(&s, win(20, 40), 1000);
    static const int64_t want[][2] = {{9, 5},     {10, 105},  {19, 105},  {20, 1105},
                                      {29, 1105}, {30, 1005}, {39, 1005}, {40, 5}};
    for (size_t i = 0; i < 8; i++)
        ck_assert_int_eq(value_at(&s, want[i][0]), want[i][1]);
    steps_add(&s, win(10, 30), -100);
    ck_assert_int_eq(value_at(&s, 25), 1005);
    ck_assert_uint_eq(s.n, 2);
    steps_add(&s, win(20, 40), -1000);
    ck_assert_uint_eq(s.n, 0);
    steps_add(&s, win(7, 7), 3);
    steps_add(&s, win(8, 7), 3);
    ck_assert_uint_eq(s.n, 0);
    steps_fini(&s);
    ck_assert_int_eq(value_at(&s, 0), 0);
}
END_TEST

START_TEST(an_open_end_never_comes_back)
{
    struct steps s = {0};
    steps_add(&s, (struct window){{10}, INSTANT_NEVER}, 7);
    ck_assert_int_eq(value_at(&s, INSTANT_MAX_S), 7);
    ck_assert_int_eq(steps_next(&s, (struct instant){10}).s, INSTANT_NEVER.s);
    ck_assert_int_eq(steps_next(&s, (struct instant){9}).s, 10);
    steps_fini(&s);
}
END_TEST

START_TEST(a_step_that_is_set_holds_until_the_next)
{
    struct steps s = {.base = -1};
    steps_set(&s, (struct instant){100}, 5);
    steps_set(&s, (struct instant){50}, 5);
    steps_set(&s, (struct instant){50}, 7);
    ck_assert_int_eq(value_at(&s, 49), -1);
    ck_assert_int_eq(value_at(&s, 99), 7);
    ck_assert_int_eq(value_at(&s, 100), 5);
    steps_fini(&s);
}
END_TEST

static Suite *steps_suite(void)
{
    Suite *s = suite_create("steps");
    TCase *t = tcase_create("steps");
    tcase_add_test(t, windows_add_up_and_taking_them_back_leaves_nothing);
    tcase_add_test(t, an_open_end_never_comes_back);
    tcase_add_test(t, a_step_that_is_set_holds_until_the_next);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(steps_suite)
