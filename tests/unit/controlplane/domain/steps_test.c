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

START_TEST(a_cut_is_the_function_inside_and_nothing_outside)
{
    struct steps s = {.base = 2};
    steps_add(&s, win(10, 30), 5);
    static const int64_t cuts[][2] = {{0, 5},   {0, 10},  {5, 15},  {10, 30},
                                      {12, 20}, {20, 60}, {30, 40}, {7, 7}};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct steps cut = steps_cut(&s, win(cuts[i][0], cuts[i][1]));
        for (int64_t t = 0; t < 70; t++) {
            bool inside = cuts[i][0] <= t && t < cuts[i][1];
            ck_assert_int_eq(value_at(&cut, t), inside ? value_at(&s, t) : 0);
        }
        steps_fini(&cut);
    }
    struct steps open_end = steps_cut(&s, (struct window){{20}, INSTANT_NEVER});
    ck_assert_int_eq(value_at(&open_end, INSTANT_MAX_S), 2);
    steps_fini(&open_end);
    struct steps copy = steps_copy(&s);
    steps_fini(&s);
    ck_assert_int_eq(value_at(&copy, 10), 7);
    ck_assert_int_eq(value_at(&copy, 9), 2);
    steps_fini(&copy);
}
END_TEST

START_TEST(peak_least_and_the_first_above_look_inside_the_window_only)
{
    struct steps s = {0};
    steps_add(&s, win(10, 20), 5);
    steps_add(&s, win(15, 17), 3);
    steps_add(&s, win(30, 40), -2);
    static const int64_t cases[][5] = {/* from, to, peak, least, first above 4 (-1: none) */
                                       {0, 10, 0, 0, -1},  {0, 11, 5, 0, 10},   {16, 17, 8, 8, 16},
                                       {17, 30, 5, 0, 17}, {17, 31, 5, -2, 17}, {20, 99, 0, -2, -1},
                                       {12, 16, 8, 5, 12}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct window w = win(cases[i][0], cases[i][1]);
        ck_assert_int_eq((int64_t)steps_peak(&s, w), cases[i][2]);
        ck_assert_int_eq((int64_t)steps_least(&s, w), cases[i][3]);
        int64_t first = steps_first_above(&s, w, 4).s;
        ck_assert_int_eq(first, cases[i][4] < 0 ? INSTANT_NEVER.s : cases[i][4]);
    }
    ck_assert_int_eq(steps_first_above(&s, win(12, 12), 0).s, INSTANT_NEVER.s);
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
    tcase_add_test(t, a_cut_is_the_function_inside_and_nothing_outside);
    tcase_add_test(t, peak_least_and_the_first_above_look_inside_the_window_only);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(steps_suite)
