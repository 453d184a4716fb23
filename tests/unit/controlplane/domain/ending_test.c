/* How leases and loans come to an end, and what is set free. */
#include "controlplane/domain/ending.h"

#include "controlplane/domain/enforce.h"
#include "controlplane/domain/timetable.h"
#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id allocation, lease;
static struct changes changes;
static struct decide_context ctx;
static struct turn turn;

/* 8 GPUs for a day from now, not started; silence of two hours. */
static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-a", .gpus = 8, .notice_s = 3600, .silence_s = 7200});
    allocation = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
    world_must(&w, world_book(&w, &(struct world_booking){.allocation = allocation,
                                                          .gpus = 8,
                                                          .from = world_at(600),
                                                          .to = world_at(WORLD_DAY)}));
    lease = w.changes.answer.id;
    changes_init(&changes);
}

static void teardown(void)
{
    changes_fini(&changes);
    expect_teardown();
}

static int stop(int64_t at, enum end_reason reason)
{
    ctx = (struct decide_context){.now = w.now, .actor = world_actor(&w, "admin.nipa")};
    turn = turn_begin(w.state, &ctx, &changes);
    int rc = ending_stop(&turn, &lease, world_at(at), reason, &w.err);
    turn_end(&turn);
    if (rc == 0)
        state_apply(w.state, &changes);
    changes_reset(&changes);
    return rc;
}

static const struct lease *now_is(void)
{
    return world_lease(&w, lease.text);
}

START_TEST(test_a_booking_is_cancelled_shortened_or_left)
{
    static const struct {
        int64_t at;
        enum lease_state state;
        int64_t ends_at;
        enum end_reason reason;
    } cases[] = {
        {0, LEASE_CANCELLED, 600, END_RECALLED},
        {600, LEASE_CANCELLED, 600, END_RECALLED},
        {601, LEASE_BOOKED, 601, END_RECALLED},
        {WORLD_DAY, LEASE_BOOKED, WORLD_DAY, END_NONE}, /* its end anyway */
        {2 * WORLD_DAY, LEASE_BOOKED, WORLD_DAY, END_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        teardown();
        setup();
        expect_ok(&w, stop(cases[i].at, END_RECALLED));
        ck_assert_int_eq(now_is()->state, cases[i].state);
        ck_assert_int_eq(now_is()->ends_at.s, world_at(cases[i].ends_at).s);
        ck_assert_int_eq(now_is()->end_reason, cases[i].reason);
        int64_t held = world_allocation(&w, allocation.text)->held_krw.krw;
        ck_assert_int_eq(held, now_is()->held_krw.krw);
        ck_assert_int_eq(held == 0, now_is()->state == LEASE_CANCELLED);
    }
}
END_TEST

START_TEST(test_the_void_instant_is_the_end_or_the_silence_whichever_is_later)
{
    static const struct {
        int64_t at, void_at;
    } cases[] = {
        {3600, 1000 + 7200}, /* a node heard last before the stop, and not since */
        {1000 + 7200, 1000 + 7200},
        {20000, 20000},
        {WORLD_DAY - 60, WORLD_DAY - 60},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        teardown();
        setup();
        world_advance(&w, 1000);
        expect_ok(&w, stop(cases[i].at, END_RECALLED));
        ck_assert_int_eq(now_is()->state, LEASE_DRAINING);
        ck_assert_int_eq(now_is()->void_at.s,
                         world_at(cases[i].void_at).s + TIMETABLE_RETURN_MARGIN_S);
    }
}
END_TEST

START_TEST(test_no_grant_outlives_the_end_that_it_was_made_with)
{
    world_advance(&w, WORLD_DAY - 600); /* ten minutes before the end, silence of two hours */
    expect_ok(&w, stop(WORLD_DAY - 500, END_RECALLED));
    ck_assert_int_eq(now_is()->void_at.s, world_at(WORLD_DAY).s + TIMETABLE_RETURN_MARGIN_S);
}
END_TEST

START_TEST(test_a_booking_has_no_grant_to_wait_for)
{
    expect_ok(&w, stop(3600, END_RECALLED));
    ck_assert_int_eq(now_is()->state, LEASE_BOOKED);
    ck_assert_int_eq(now_is()->void_at.s, world_at(3600).s + TIMETABLE_RETURN_MARGIN_S);
}
END_TEST

START_TEST(test_a_stop_now_takes_back_at_once)
{
    world_advance(&w, 1000);
    expect_ok(&w, stop(1000, END_RELEASED));
    ck_assert_int_eq(now_is()->state, LEASE_RETURNING);
    expect_refused(&w, stop(1000, END_RELEASED), ERR_STATE, lease.text, "returning", "drain");
}
END_TEST

START_TEST(test_an_earlier_stop_overrides_a_later_one_and_not_the_other_way)
{
    world_advance(&w, 1000);
    expect_ok(&w, stop(20000, END_RECALLED));
    expect_ok(&w, stop(30000, END_RECALLED));
    ck_assert_int_eq(now_is()->ends_at.s, world_at(20000).s);
    expect_ok(&w, stop(10000, END_RELEASED));
    ck_assert_int_eq(now_is()->ends_at.s, world_at(10000).s);
    ck_assert_int_eq(now_is()->end_reason, END_RELEASED);
}
END_TEST

START_TEST(test_a_returned_loan_closes_with_its_last_lease)
{
    expect_ok(&w, world_release(&w, "kim.upstage", lease.text));
    struct id loan = {"loan-a"};
    world_must(&w, world_book(&w, &(struct world_booking){.allocation = allocation,
                                                          .gpus = 4,
                                                          .from = world_at(0),
                                                          .to = world_at(99 * WORLD_DAY)}));
    lease = w.changes.answer.id;
    world_due(&w);
    world_report(&w, "n1", "active");
    expect_ok(&w, world_recall(&w, "op.skt", loan.text, 8, INSTANT_NEVER));
    world_advance(&w, 3600);
    ck_assert_int_eq(world_loan(&w, loan.text)->state, LOAN_RETURNED);
    world_report(&w, "n1", "active");
    ck_assert_int_eq(world_loan(&w, loan.text)->state, LOAN_CLOSED);
}
END_TEST

START_TEST(test_silence_is_the_loans_or_the_owners)
{
    turn = turn_begin(w.state, &(struct decide_context){.now = w.now}, &changes);
    struct lease own = {.loan = ID_NONE}, lent = {.loan = {"loan-a"}};
    ck_assert_int_eq(ending_silence_s(&turn, &lent), 7200);
    ck_assert_int_eq(ending_silence_s(&turn, &own), ENFORCE_OWN_TTL_MS / 1000);
    turn_end(&turn);
}
END_TEST

static Suite *ending_suite(void)
{
    Suite *s = suite_create("ending");
    TCase *c = tcase_create("ending");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_a_booking_is_cancelled_shortened_or_left);
    tcase_add_test(c, test_the_void_instant_is_the_end_or_the_silence_whichever_is_later);
    tcase_add_test(c, test_no_grant_outlives_the_end_that_it_was_made_with);
    tcase_add_test(c, test_a_booking_has_no_grant_to_wait_for);
    tcase_add_test(c, test_a_stop_now_takes_back_at_once);
    tcase_add_test(c, test_an_earlier_stop_overrides_a_later_one_and_not_the_other_way);
    tcase_add_test(c, test_a_returned_loan_closes_with_its_last_lease);
    tcase_add_test(c, test_silence_is_the_loans_or_the_owners);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(ending_suite)
