#include "controlplane/dispatch/dispatcher.h"

#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>

#define MINUTE INT64_C(60000)

static const int64_t quotas[] = {8, 8, 4};
static struct dispatcher *d;
static char story[4096]; /* "+0" starts, "-0" gives way */
static struct dispatch_step last;

static void tell(const struct dispatch_step *step, void *arg)
{
    (void)arg;
    size_t at = strlen(story);
    snprintf(story + at, sizeof story - at, "%s%c%zu", at ? " " : "", step->starts ? '+' : '-',
             step->job);
    last = *step;
}

static void set_up(enum dispatch_rule rule)
{
    const struct dispatch_terms terms = {rule, 30 * MINUTE, 2 * MINUTE};
    d = dispatcher_create(&terms, quotas, 3);
}

static void tear_down(void)
{
    dispatcher_destroy(d);
    d = NULL;
}

static const char *turn(int64_t minute)
{
    story[0] = '\0';
    dispatcher_turn(d, minute * MINUTE, tell, NULL);
    return story;
}

START_TEST(by_static_nobody_borrows)
{
    set_up(DISPATCH_STATIC);
    for (int i = 0; i < 3; i++)
        dispatcher_submit(d, 0, 4);
    ck_assert_str_eq(turn(0), "+0 +1");
    ck_assert_int_eq(dispatcher_idle(d), 12);
    dispatcher_finish(d, 0, 10 * MINUTE);
    ck_assert_str_eq(turn(10), "+2");
}
END_TEST

START_TEST(by_lend_nothing_is_taken_back)
{
    set_up(DISPATCH_LEND);
    for (int i = 0; i < 6; i++)
        dispatcher_submit(d, 0, 4);
    ck_assert_str_eq(turn(0), "+0 +1 +2 +3 +4");
    dispatcher_submit(d, 1, 8);
    ck_assert_str_eq(turn(1), "");
    dispatcher_finish(d, 0, 2 * MINUTE);
    ck_assert_str_eq(turn(2), "+5"); /* room in its quota; the other's job does not fit */
}
END_TEST

START_TEST(by_reclaim_an_owner_inside_its_quota_is_served_at_once)
{
    set_up(DISPATCH_RECLAIM);
    for (int i = 0; i < 5; i++)
        dispatcher_submit(d, 0, 4);
    turn(0);
    dispatcher_submit(d, 1, 4);
    ck_assert_str_eq(turn(40), "-4 +5");
    dispatcher_submit(d, 2, 4);
    dispatcher_submit(d, 1, 4);
    ck_assert_str_eq(turn(41), "-3 +7 -2 +6");
    ck_assert_int_eq(dispatcher_idle(d), 0);
}
END_TEST

START_TEST(who_gave_way_waits_behind_the_others_and_restarts_from_its_checkpoint)
{
    set_up(DISPATCH_RECLAIM);
    dispatcher_submit(d, 0, 8);
    dispatcher_submit(d, 0, 8);
    ck_assert_str_eq(turn(0), "+0 +1");
    dispatcher_submit(d, 0, 8);
    dispatcher_submit(d, 1, 8);
    ck_assert_str_eq(turn(65), "-1 +3");
    /* five minutes since the checkpoint, and a restart */
    ck_assert_int_eq(dispatcher_lost_gpu_ms(d), 8 * (5 + 2) * MINUTE);
    dispatcher_finish(d, 3, 70 * MINUTE);
    ck_assert_str_eq(turn(70), "+2");
    dispatcher_finish(d, 2, 80 * MINUTE);
    ck_assert_str_eq(turn(80), "+1");
    ck_assert_int_eq(last.kept_ms, 60 * MINUTE);
    ck_assert(last.restarts);
}
END_TEST

START_TEST(of_those_that_lose_nearly_nothing_the_longest_at_work_gives_way)
{
    set_up(DISPATCH_RECLAIM);
    dispatcher_submit(d, 0, 8);
    turn(0); /* at 122: 2 minutes since its checkpoint, at work for 122 */
    dispatcher_submit(d, 0, 4);
    turn(1); /* at 122: 1 minute, for 121 */
    dispatcher_submit(d, 0, 4);
    turn(62); /* at 122: none, for 60 */
    dispatcher_submit(d, 0, 4);
    turn(100); /* at 122: 22, for 22 */
    dispatcher_submit(d, 2, 4);
    ck_assert_str_eq(turn(122), "-0 +4");
    dispatcher_submit(d, 1, 8); /* now evictions have cost enough: the least loss */
    ck_assert_str_eq(turn(123), "-2 +5");
}
END_TEST

/* 8 of its own and 8 borrowed in one job: more gives way than is above the quota, if it must. */
START_TEST(a_job_that_straddles_the_quota_gives_way_when_no_other_can)
{
    static const int64_t odd[] = {12, 4};
    const struct dispatch_terms terms = {DISPATCH_RECLAIM, MINUTE, 0};
    d = dispatcher_create(&terms, odd, 2);
    dispatcher_submit(d, 0, 8);
    dispatcher_submit(d, 0, 8);
    ck_assert_str_eq(turn(0), "+0 +1");
    dispatcher_submit(d, 1, 4);
    dispatcher_submit(d, 0, 4);
    ck_assert_str_eq(turn(1), "-1 +2 +3");
}
END_TEST

START_TEST(one_that_does_not_fit_is_skipped)
{
    set_up(DISPATCH_STATIC);
    dispatcher_submit(d, 0, 6);
    dispatcher_submit(d, 0, 4);
    dispatcher_submit(d, 0, 2);
    ck_assert_str_eq(turn(0), "+0 +2");
}
END_TEST

START_TEST(who_uses_the_least_of_its_quota_borrows_first)
{
    set_up(DISPATCH_LEND);
    for (int i = 0; i < 3; i++)
        dispatcher_submit(d, 1, 4);
    for (int i = 0; i < 4; i++)
        dispatcher_submit(d, 2, 2);
    /* own: 0 1, 3 4; then both at their quota: the first of equals, then 2 of 4 is more than 4 of 8
     */
    ck_assert_str_eq(turn(0), "+0 +1 +3 +4 +2 +5 +6");
}
END_TEST

START_TEST(a_finished_job_can_not_finish_again)
{
    set_up(DISPATCH_LEND);
    dispatcher_submit(d, 0, 1);
    turn(0);
    dispatcher_finish(d, 0, MINUTE);
    dispatcher_finish(d, 0, MINUTE);
}
END_TEST

static uint64_t dice;

static uint32_t roll(uint32_t n)
{
    dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(dice >> 33) % n;
}

/* Keeps books of its own. */
struct books {
    size_t tenant[4000];
    int64_t gpus[4000];
    bool runs[4000], done[4000];
    size_t n;
    int64_t used[3];
};

static void keep_books(const struct dispatch_step *step, void *arg)
{
    struct books *b = arg;
    ck_assert(b->runs[step->job] != step->starts);
    b->runs[step->job] = step->starts;
    b->used[b->tenant[step->job]] += step->starts ? b->gpus[step->job] : -b->gpus[step->job];
    ck_assert_int_le(b->used[0] + b->used[1] + b->used[2], 20);
}

START_TEST(no_owner_waits_inside_its_quota_whatever_comes)
{
    static struct books b;
    b = (struct books){.n = 0};
    dice = (uint64_t)_i + 1;
    set_up(DISPATCH_RECLAIM);
    for (int64_t minute = 0; b.n < 500; minute += roll(20)) {
        for (size_t j = 0; j < b.n; j++) {
            if (!b.runs[j] || roll(12) != 0)
                continue;
            dispatcher_finish(d, j, minute * MINUTE);
            b.runs[j] = false;
            b.done[j] = true;
            b.used[b.tenant[j]] -= b.gpus[j];
        }
        b.tenant[b.n] = roll(3);
        b.gpus[b.n] = 1 + roll(4);
        size_t job = dispatcher_submit(d, b.tenant[b.n], b.gpus[b.n]);
        ck_assert_uint_eq(job, b.n++);
        dispatcher_turn(d, minute * MINUTE, keep_books, &b);
        for (size_t j = 0; j < b.n; j++) {
            if (!b.runs[j] && !b.done[j])
                ck_assert_int_gt(b.used[b.tenant[j]] + b.gpus[j], quotas[b.tenant[j]]);
        }
        ck_assert_int_eq(dispatcher_idle(d), 20 - b.used[0] - b.used[1] - b.used[2]);
    }
}
END_TEST

static Suite *dispatcher_suite(void)
{
    Suite *s = suite_create("dispatcher");
    TCase *t = tcase_create("dispatcher");
    tcase_add_checked_fixture(t, NULL, tear_down);
    tcase_add_test(t, by_static_nobody_borrows);
    tcase_add_test(t, by_lend_nothing_is_taken_back);
    tcase_add_test(t, by_reclaim_an_owner_inside_its_quota_is_served_at_once);
    tcase_add_test(t, who_gave_way_waits_behind_the_others_and_restarts_from_its_checkpoint);
    tcase_add_test(t, of_those_that_lose_nearly_nothing_the_longest_at_work_gives_way);
    tcase_add_test(t, a_job_that_straddles_the_quota_gives_way_when_no_other_can);
    tcase_add_test(t, one_that_does_not_fit_is_skipped);
    tcase_add_test(t, who_uses_the_least_of_its_quota_borrows_first);
    tcase_add_test_raise_signal(t, a_finished_job_can_not_finish_again, 6);
    tcase_add_loop_test(t, no_owner_waits_inside_its_quota_whatever_comes, 0, 3);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(dispatcher_suite)
