/* When each kind of object moves by itself: every state of every kind. */
#include "controlplane/domain/timetable.h"

#include "controlplane/domain/approval.h"
#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/pool.h"
#include "controlplane/domain/user.h"
#include "tests/support/suite.h"

#define NEVER INT64_MAX

START_TEST(test_leases)
{
    static const int64_t due[LEASE_STATE_COUNT] = {
        [LEASE_REQUESTED] = NEVER, [LEASE_BOOKED] = 10,     [LEASE_PREPARING] = 20,
        [LEASE_ACTIVE] = 20,       [LEASE_DRAINING] = 20,   [LEASE_RETURNING] = 40,
        [LEASE_ENDED] = NEVER,     [LEASE_REFUSED] = NEVER, [LEASE_CANCELLED] = NEVER,
        [LEASE_FAILED] = NEVER,
    };
    for (int state = 0; state < LEASE_STATE_COUNT; state++) {
        struct lease l = {.state = (enum lease_state)state,
                          .from = {10},
                          .ends_at = {20},
                          .to = {30},
                          .void_at = {40}};
        ck_assert_int_eq(timetable_due(ENTITY_LEASE, &l).s, due[state]);
    }
}
END_TEST

START_TEST(test_loans)
{
    static const int64_t due[LOAN_STATE_COUNT] = {
        [LOAN_PROPOSED] = 30,  [LOAN_CONSENTED] = NEVER, [LOAN_APPROVED] = 10,  [LOAN_ACTIVE] = 30,
        [LOAN_RECALLING] = 20, [LOAN_RETURNED] = NEVER,  [LOAN_CLOSED] = NEVER,
    };
    for (int state = 0; state < LOAN_STATE_COUNT; state++) {
        struct loan l = {
            .state = (enum loan_state)state, .from = {10}, .to = {30}, .recall_at = {20}};
        ck_assert_int_eq(timetable_due(ENTITY_LOAN, &l).s, due[state]);
    }
}
END_TEST

START_TEST(test_approvals)
{
    for (int state = 0; state < REQUEST_STATE_COUNT; state++) {
        struct approval a = {.state = (enum request_state)state, .expires_at = {10}};
        bool open = state == REQUEST_SUBMITTED || state == REQUEST_REVIEW || state == REQUEST_STALE;
        ck_assert_int_eq(timetable_due(ENTITY_APPROVAL, &a).s, open ? 10 : NEVER);
    }
}
END_TEST

START_TEST(test_tokens_and_what_never_moves)
{
    struct join_token t = {.expires_at = {10}, .used_at = INSTANT_NEVER};
    ck_assert_int_eq(timetable_due(ENTITY_JOIN_TOKEN, &t).s, 10);
    t.used_at = (struct instant){5};
    ck_assert_int_eq(timetable_due(ENTITY_JOIN_TOKEN, &t).s, NEVER);
    struct pool p = {.id = id_literal("a")};
    ck_assert_int_eq(timetable_due(ENTITY_POOL, &p).s, NEVER);
}
END_TEST

static Suite *timetable_suite(void)
{
    Suite *s = suite_create("timetable");
    TCase *c = tcase_create("timetable");
    tcase_add_test(c, test_leases);
    tcase_add_test(c, test_loans);
    tcase_add_test(c, test_approvals);
    tcase_add_test(c, test_tokens_and_what_never_moves);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(timetable_suite)
