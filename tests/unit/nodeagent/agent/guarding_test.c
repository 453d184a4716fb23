/* nodeagent/agent/guarding.h: what the guard did is metered once, told or not. */
#include "nodeagent/agent/guarding.h"

#include "tests/unit/nodeagent/agent/agent_rig.h"

/* The guard tells the end of the first grant again; the second one runs. */
START_TEST(old_events_that_are_told_again_change_nothing)
{
    start();
    start_agent();
    grant(1);
    advance_ms(10000);
    end_lease();
    expect(0, "lease-1", 1000, 1010, "ended");
    advance_ms(10000);
    grant(2);
    advance_ms(10000);
    switch (_i) {
    case 0: /* the agent is started anew */
        stop_agent();
        start_agent();
        grant(2);
        break;
    case 1: /* only the connection is lost */
        fake_guard_hang_up(&guard, false);
        UNTIL(!a->guard);
        advance_ms(500);
        UNTIL(a->guard);
        break;
    }
    turn_on();
    ck_assert(!meter_is_idle(a->meter));
    advance_ms(1000);
    end_lease();
    expect(1, "lease-1", 1020, 1031, "ended");
    ck_assert_ptr_null(reported(2));
    stop();
}
END_TEST

START_TEST(a_guard_that_counts_from_one_again_is_heard)
{
    start();
    start_agent();
    grant(1);
    for (int i = 0; i < 20; i++) /* the agent has heard many events of the old guard */
        fake_guard_set(&guard, "lease-1", GUARD_STATE_HELD, GUARD_EVENT_MOVED);
    turn_on();
    advance_ms(10000);
    fake_guard_hang_up(&guard, true);
    fake_guard_set(&guard, "lease-1", GUARD_STATE_HELD, GUARD_EVENT_RECOVERED);
    UNTIL(!a->guard);
    advance_ms(500);
    UNTIL(a->guard);
    end_lease();
    expect(0, "lease-1", 1000, 1010, "ended");
    stop();
}
END_TEST

START_TEST(what_the_guard_holds_no_more_without_a_word_is_a_fault)
{
    start();
    start_agent();
    grant(1);
    advance_ms(30500); /* and known to be held */
    turn_on();
    advance_ms(10000);
    granted_count = 0;
    switch (_i) {
    case 0: /* it forgot it when it was started anew */
        fake_guard_hang_up(&guard, true);
        fake_guard_set(&guard, "lease-1", GUARD_STATE_FREE, GUARD_EVENT_KIND_COUNT);
        break;
    case 1: /* its end was among the events that were lost */
        fake_guard_lose(&guard, "lease-1");
        fake_guard_hang_up(&guard, false);
        break;
    }
    UNTIL(!a->guard);
    advance_ms(500);
    const Pumasi__V1__UsageInterval *u = receive(0);
    ck_assert_str_eq(u->cause, "fault");
    ck_assert_int_ge(u->to - START, 1030); /* or when the agent last found no event waiting */
    ck_assert_int_le(u->to - START, 1040);
    ck_assert(meter_is_idle(a->meter));
    stop();
}
END_TEST

START_TEST(a_jump_in_the_numbers_leads_to_a_listing)
{
    start();
    start_agent();
    grant(1);
    grant_both(1, 2);
    advance_ms(20000);
    turn_on();
    advance_ms(10000);
    fake_guard_lose(&guard, "lease-1");
    fake_guard_set(&guard, "lease-2", GUARD_STATE_HELD, GUARD_EVENT_MOVED);
    const Pumasi__V1__UsageInterval *u = receive(0);
    ck_assert_str_eq(u->lease, "lease-1");
    ck_assert_str_eq(u->cause, "fault");
    ck_assert_int_ge(u->to - START, 1020); /* or when the agent last found no event waiting */
    ck_assert_int_le(u->to - START, 1030);
    ck_assert(!meter_is_idle(a->meter)); /* lease-2 goes on */
    stop();
}
END_TEST

START_TEST(a_lease_that_went_while_the_agent_was_away_is_a_fault_at_its_last_mark)
{
    start();
    start_agent();
    grant(1);
    advance_ms(59000);
    turn_on();
    advance_ms(900); /* the mark of every minute is not due yet at the end */
    stop_agent();
    advance_ms(20000);
    fake_guard_hang_up(&guard, true);
    fake_guard_set(&guard, "lease-1", GUARD_STATE_FREE, GUARD_EVENT_KIND_COUNT);
    start_agent();
    grant(0);
    const Pumasi__V1__UsageInterval *u = receive(0);
    ck_assert_str_eq(u->cause, "fault");
    ck_assert_int_eq(u->from - START, 1000);
    ck_assert_int_le(u->to - START, 1059);
    stop();
}
END_TEST

static Suite *guarding_suite(void)
{
    Suite *suite = suite_create("guarding");
    TCase *tc = tcase_create("guarding");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, old_events_that_are_told_again_change_nothing, 0, 2);
    tcase_add_test(tc, a_guard_that_counts_from_one_again_is_heard);
    tcase_add_loop_test(tc, what_the_guard_holds_no_more_without_a_word_is_a_fault, 0, 2);
    tcase_add_test(tc, a_jump_in_the_numbers_leads_to_a_listing);
    tcase_add_test(tc, a_lease_that_went_while_the_agent_was_away_is_a_fault_at_its_last_mark);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(guarding_suite)
