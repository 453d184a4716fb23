/* When a batch waits for more, and for how long. */
#include "controlplane/engine/pace.h"
#include "tests/support/suite.h"

#define MS INT64_C(1000000)

static struct boot_time at(int64_t ms)
{
    return (struct boot_time){ms * MS};
}

START_TEST(where_few_ask_nobody_waits)
{
    struct pace p = {0};
    pace_sent(&p, 4);
    pace_committed(&p, at(0), at(3), PACE_FROM - 1);
    ck_assert(!pace_waits(&p, at(3), 1));
}
END_TEST

START_TEST(a_batch_waits_until_as_many_are_there_as_wanted)
{
    struct pace p = {0};
    pace_sent(&p, 16);
    pace_committed(&p, at(0), at(3), 16);
    ck_assert(pace_waits(&p, at(3), 5));
    ck_assert(pace_waits(&p, at(4), 23));
    ck_assert(!pace_waits(&p, at(4), 24));
}
END_TEST

START_TEST(it_waits_no_longer_than_the_commit_took_nor_than_the_most)
{
    struct pace p = {0};
    pace_sent(&p, 16);
    pace_committed(&p, at(10), at(12), 16);
    ck_assert(pace_waits(&p, at(13), 1));
    ck_assert(!pace_waits(&p, at(14), 1));
    pace_committed(&p, at(20), at(900), 16);
    ck_assert(pace_waits(&p, at(900 + PACE_MS - 1), 1));
    ck_assert(!pace_waits(&p, at(900 + PACE_MS), 1));
}
END_TEST

START_TEST(a_wish_that_comes_true_grows_and_another_shrinks_to_what_came)
{
    struct pace p = {0};
    pace_sent(&p, 10);
    ck_assert_uint_eq(p.wanted, 15);
    pace_sent(&p, 15);
    ck_assert_uint_eq(p.wanted, 22);
    pace_sent(&p, 20);
    ck_assert_uint_eq(p.wanted, 20);
    pace_sent(&p, 20);
    ck_assert_uint_eq(p.wanted, 30);
}
END_TEST

static Suite *pace_suite(void)
{
    Suite *s = suite_create("engine/pace");
    TCase *t = tcase_create("pace");
    tcase_add_test(t, where_few_ask_nobody_waits);
    tcase_add_test(t, a_batch_waits_until_as_many_are_there_as_wanted);
    tcase_add_test(t, it_waits_no_longer_than_the_commit_took_nor_than_the_most);
    tcase_add_test(t, a_wish_that_comes_true_grows_and_another_shrinks_to_what_came);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(pace_suite)
