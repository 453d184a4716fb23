#include "controlplane/sim/timeline.h"
#include "tests/support/suite.h"

static struct timeline_event event(int64_t s, unsigned rank, size_t tag)
{
    return (struct timeline_event){.at = {s}, .rank = rank, .tag = tag};
}

static const struct timeline_event in_order[] = {
    {{10}, 0, 0}, {{10}, 1, 1}, {{10}, 1, 2}, {{11}, 0, 3},
    {{20}, 0, 4}, {{20}, 7, 5}, {{99}, 1, 6},
};
#define N (sizeof in_order / sizeof *in_order)

static void expect_order(struct timeline *t)
{
    struct timeline_event got;
    for (size_t i = 0; i < N; i++) {
        ck_assert_int_eq(timeline_next(t).s, in_order[i].at.s);
        ck_assert(timeline_take(t, INSTANT_NEVER, &got));
        ck_assert_uint_eq(got.tag, in_order[i].tag);
    }
    ck_assert_uint_eq(timeline_count(t), 0);
}

START_TEST(events_come_by_instant_rank_and_order_of_adding)
{
    /* Every rotation of the order of adding that keeps equals in their order. */
    CLEANUP_TIMELINE struct timeline *t = timeline_create();
    for (size_t i = 0; i < N; i++) {
        size_t k = (i + (size_t)_i) % N;
        if (in_order[k].at.s != 10 || in_order[k].rank != 1)
            timeline_add(t, in_order[k]);
    }
    timeline_add(t, in_order[1]);
    timeline_add(t, in_order[2]);
    expect_order(t);
}
END_TEST

START_TEST(an_empty_timeline_waits_for_ever)
{
    CLEANUP_TIMELINE struct timeline *t = timeline_create();
    struct timeline_event got;
    ck_assert_int_eq(timeline_next(t).s, INSTANT_NEVER.s);
    ck_assert(!timeline_take(t, INSTANT_NEVER, &got));
    timeline_destroy(NULL);
}
END_TEST

START_TEST(what_lies_later_stays)
{
    CLEANUP_TIMELINE struct timeline *t = timeline_create();
    struct timeline_event got;
    timeline_add(t, event(10, 0, 1));
    ck_assert(!timeline_take(t, (struct instant){9}, &got));
    ck_assert_uint_eq(timeline_count(t), 1);
    ck_assert(timeline_take(t, (struct instant){10}, &got));
}
END_TEST

START_TEST(many_events_come_sorted)
{
    CLEANUP_TIMELINE struct timeline *t = timeline_create();
    struct timeline_event got, last = event(0, 0, 0);
    uint64_t dice = 1;
    for (size_t i = 0; i < 5000; i++) {
        dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        timeline_add(t, event((int64_t)(dice >> 54), (unsigned)(dice >> 33) % 3, i));
    }
    while (timeline_take(t, INSTANT_NEVER, &got)) {
        ck_assert(last.at.s < got.at.s ||
                  (last.at.s == got.at.s &&
                   (last.rank < got.rank || (last.rank == got.rank && last.tag <= got.tag))));
        last = got;
    }
}
END_TEST

static Suite *timeline_suite(void)
{
    Suite *s = suite_create("timeline");
    TCase *c = tcase_create("order");
    tcase_add_loop_test(c, events_come_by_instant_rank_and_order_of_adding, 0, (int)N);
    tcase_add_test(c, an_empty_timeline_waits_for_ever);
    tcase_add_test(c, what_lies_later_stays);
    tcase_add_test(c, many_events_come_sorted);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(timeline_suite)
