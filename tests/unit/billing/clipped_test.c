/* billing/clipped.h: what lies outside of the window counts nothing. */
#include "billing/clipped.h"

#include "tests/support/suite.h"

START_TEST(each_interval_counts_by_what_lies_inside)
{
    static const int64_t from[] = {0, 5, 90, 100, 40, 20, -50},
                         to[] = {10, 15, 200, 110, 40, 10, 500};
    static const int32_t units[] = {7, 7, 1, 9, 9, 9, INT32_MAX};
    const __int128 want[] = {0, 35, 10, 0, 0, 0, (__int128)INT32_MAX * 90};
    struct window window = {{10}, {100}};
    __int128 all = 0;
    for (size_t i = 0; i < 7; i++) {
        struct interval_columns one = {&from[i], &to[i], &units[i], 1};
        ck_assert(clipped_sum(&one, window) == want[i]);
        all += want[i];
    }
    struct interval_columns columns = {from, to, units, 7};
    ck_assert(clipped_sum(&columns, window) == all);
}
END_TEST

static Suite *clipped_suite(void)
{
    Suite *s = suite_create("clipped");
    TCase *t = tcase_create("clipped");
    tcase_add_test(t, each_interval_counts_by_what_lies_inside);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(clipped_suite)
