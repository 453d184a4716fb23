/* The last events. */
#include "nodeagent/guard/events.h"

#include "tests/support/suite.h"

static struct events events;

static void setup(void)
{
    events = (struct events){.next = 1};
}

static void add(int n)
{
    for (int i = 0; i < n; i++)
        events_add(&events, (struct guard_event){.kind = GUARD_EVENT_MOVED});
}

START_TEST(events_are_numbered_from_one)
{
    ck_assert_ptr_null(events_find(&events, 1));
    add(2);
    ck_assert_uint_eq(events_find(&events, 0)->number, 1);
    ck_assert_uint_eq(events_find(&events, 2)->number, 2);
    ck_assert_ptr_null(events_find(&events, 3));
}
END_TEST

START_TEST(who_comes_late_gets_the_oldest_that_is_kept)
{
    add(EVENTS_KEPT);
    ck_assert_uint_eq(events_find(&events, 1)->number, 1);
    add(1);
    ck_assert_uint_eq(events_find(&events, 1)->number, 2);
    add(10 * EVENTS_KEPT);
    ck_assert_uint_eq(events_find(&events, 1)->number, events.next - EVENTS_KEPT);
}
END_TEST

static Suite *events_suite(void)
{
    Suite *suite = suite_create("events");
    TCase *tc = tcase_create("events");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, events_are_numbered_from_one);
    tcase_add_test(tc, who_comes_late_gets_the_oldest_that_is_kept);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(events_suite)
