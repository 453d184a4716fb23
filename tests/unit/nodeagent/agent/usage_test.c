/* nodeagent/agent/usage.h: from the meter to the control plane. */
#include "nodeagent/agent/usage.h"

#include "tests/unit/nodeagent/agent/agent_rig.h"

#include <signal.h>
#include <sys/resource.h>

/* One interval of lease-1 is in the journal, and the agent is away. */
static void leave_an_interval(void)
{
    start();
    start_agent();
    grant(1);
    advance_ms(10000);
    end_lease();
    UNTIL(logged("usage.interval") == 1);
    stop_agent();
}

START_TEST(nothing_is_reported_before_the_stream_has_answered)
{
    leave_an_interval();
    attentive = false;
    unsigned before = questions();
    start_agent();
    UNTIL(questions() == before + 1);
    unsigned reports = plane_count_of(&plane, PLANE_USAGE);
    turn_on();
    ck_assert_uint_eq(plane_count_of(&plane, PLANE_USAGE), reports);
    answer(before, NULL, 0);
    UNTIL(plane_count_of(&plane, PLANE_USAGE) == reports + 1);
    stop();
}
END_TEST

START_TEST(after_a_report_that_broke_the_stream_grants_go_on_for_a_minute)
{
    struct err why = ERR_INIT;
    leave_an_interval();
    start_agent();
    grant(0);
    unsigned reports = plane_count_of(&plane, PLANE_USAGE);
    UNTIL(a->reporting);
    (void)err_set(&why, ERR_INVALID, "no such interval");
    plane_hang_up(&plane, &why);
    UNTIL(!a->linked);
    advance_ms(1500);
    grant_both(0, 2);
    ck_assert_uint_eq(plane_count_of(&plane, PLANE_USAGE), reports);
    advance_ms(57500);
    grant_both(0, 2);
    ck_assert_uint_eq(plane_count_of(&plane, PLANE_USAGE), reports);
    advance_ms(1000);
    UNTIL(plane_count_of(&plane, PLANE_USAGE) == reports + 1);
    expect(reports, "lease-1", 1000, 1010, "ended");
    stop();
}
END_TEST

START_TEST(a_node_that_joined_again_signs_what_it_had_not_reported_anew)
{
    leave_an_interval();
    unsigned reports = plane_count_of(&plane, PLANE_USAGE);
    key_destroy(key);
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    start_agent();
    grant(0);
    expect_signed(receive(reports), key);
    stop();
}
END_TEST

START_TEST(what_can_not_be_reported_is_left_out_and_holds_nothing_up)
{
    uint64_t seq;
    start();
    start_agent();
    grant(1);
    struct journal *own = a->journals[0].journal;
    ck_assert_int_eq(journal_add(own, span_text("no interval"), journal_last_mark(own), &seq, NULL),
                     0);
    turn_on();
    ck_assert_uint_eq(logged("usage.left-out"), 1); /* alone: said once a minute */
    advance_ms(60000);
    ck_assert_uint_eq(seq, 1);
    const Pumasi__V1__UsageInterval *u = receive(0);
    ck_assert_uint_eq(u->seq, 2);
    ck_assert(!journal_next_pending(own, 0, &seq, &(struct span){.len = 0}));
    stop();
}
END_TEST

START_TEST(a_lease_is_metered_from_install_to_empty_and_cut_in_between)
{
    start();
    start_agent();
    grant(1);
    advance_ms(60000);
    expect(0, "lease-1", 1000, 1060, "running");
    ck_assert_str_eq(reported(0)->model, "RTX 6000");
    expect_signed(reported(0), key);
    advance_ms(5000);
    fake_guard_set(&guard, "lease-1", GUARD_STATE_KILLING, GUARD_EVENT_REVOKED);
    end_lease();
    expect(1, "lease-1", 1060, 1065, "recalled");
    stop();
}
END_TEST

START_TEST(an_interval_that_the_journal_does_not_take_is_not_lost)
{
    struct rlimit before, none;
    start();
    start_agent();
    grant(1);
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    unsigned logs = logged("usage.waits");
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    log_destroy(logger); /* the log is a file, too */
    a->options.log = logger = NULL;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    for (int i = 0; i < 5; i++) {
        advance_ms(60000);
        turn_on();
    }
    ck_assert(a->journal_refuses);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_uint_eq(logs, 0);
    advance_ms(500);
    UNTIL(!a->journal_refuses);
    expect(0, "lease-1", 1000, 1300, "running");
    stop();
}
END_TEST

static Suite *usage_suite(void)
{
    Suite *suite = suite_create("usage");
    TCase *tc = tcase_create("usage");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, nothing_is_reported_before_the_stream_has_answered);
    tcase_add_test(tc, after_a_report_that_broke_the_stream_grants_go_on_for_a_minute);
    tcase_add_test(tc, a_node_that_joined_again_signs_what_it_had_not_reported_anew);
    tcase_add_test(tc, what_can_not_be_reported_is_left_out_and_holds_nothing_up);
    tcase_add_test(tc, a_lease_is_metered_from_install_to_empty_and_cut_in_between);
    tcase_add_test(tc, an_interval_that_the_journal_does_not_take_is_not_lost);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(usage_suite)
