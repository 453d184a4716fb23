/* Taking an approver's place: for how long, for whom, and as one person. */
#include "controlplane/domain/delegating.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id approval;

/* own.nipa takes part in the agency's business and approves nothing by itself. */
static void setup(void)
{
    expect_setup();
    world_make_user(&w, "own", "nipa", "auditor");
    world_propose_and_consent(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16});
    approval = w.changes.answer.approval;
}

static int delegate(const char *from, const char *to, struct instant until)
{
    struct delegate_approval_request r = {
        .to = id_literal(to), .until = until, .reason = "leave", .paper = "2025-9"};
    return world_decide(&w, from, COMMAND_DELEGATE_APPROVAL, &r);
}

static uint32_t delegated(const char *who)
{
    return world_actor(&w, who).delegated;
}

START_TEST(test_a_colleague_decides_with_its_own_key_in_the_approvers_name)
{
    expect_ok(&w, delegate("ok1.nipa", "own.nipa", world_at(9 * WORLD_DAY)));
    ck_assert_uint_eq(delegated("own.nipa"), ROLE_BIT(ROLE_AGENCY_APPROVER));
    expect_ok(&w, world_sign(&w, "own.nipa", approval.text));
    const struct approval *a = world_approval(&w, approval.text);
    const struct decision *d = LIST_AT(const struct decision, &a->decisions, 0);
    ck_assert_int_eq(a->state, REQUEST_APPROVED);
    ck_assert_str_eq(d->user.text, "own.nipa");
    ck_assert_str_eq(d->on_behalf_of.text, "ok1.nipa");
    ck_assert_str_eq(d->role.text, "agency-approver");
    ck_assert_str_eq(d->key_id.text, "key-own-nipa");
}
END_TEST

START_TEST(test_it_ends_at_its_date_and_when_it_is_ended)
{
    expect_ok(&w, delegate("ok1.nipa", "own.nipa", world_at(WORLD_DAY)));
    w.now = world_at(WORLD_DAY - 1);
    ck_assert_uint_ne(delegated("own.nipa"), 0);
    w.now = world_at(WORLD_DAY);
    ck_assert_uint_eq(delegated("own.nipa"), 0);
    expect_ok(&w, delegate("ok1.nipa", "own.nipa", world_at(9 * WORLD_DAY)));
    ck_assert_uint_ne(delegated("own.nipa"), 0);
    expect_ok(&w, delegate("ok1.nipa", "own.nipa", w.now));
    ck_assert_uint_eq(delegated("own.nipa"), 0);
}
END_TEST

START_TEST(test_it_is_worth_nothing_when_the_approver_is_revoked)
{
    struct revoke_user_request r = {.id = id_literal("ok1.nipa"), .reason = "left"};
    expect_ok(&w, delegate("ok1.nipa", "own.nipa", world_at(9 * WORLD_DAY)));
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_REVOKE_USER, &r));
    ck_assert_uint_eq(delegated("own.nipa"), 0);
}
END_TEST

START_TEST(test_what_was_delegated_is_not_delegated_on)
{
    expect_ok(&w, delegate("ok1.nipa", "own.nipa", world_at(9 * WORLD_DAY)));
    expect_ok(&w, delegate("own.nipa", "admin.nipa", world_at(9 * WORLD_DAY)));
    ck_assert_uint_eq(delegated("admin.nipa"), 0);
}
END_TEST

START_TEST(test_who_may_take_whose_place)
{
    expect_refused(&w, delegate("ok1.nipa", "kim.upstage", world_at(WORLD_DAY)), ERR_DENIED,
                   "kim.upstage is not of nipa");
    expect_refused(&w, delegate("ok1.nipa", "ok1.nipa", world_at(WORLD_DAY)), ERR_INVALID,
                   "somebody else");
    expect_refused(&w, delegate("ok1.nipa", "own.nipa", world_at(181 * WORLD_DAY)), ERR_INVALID,
                   "180 days");
    expect_refused(&w, delegate("ok1.nipa", "own.nipa", w.now), ERR_STATE, "nobody's place");
    expect_refused(&w, delegate("ok1.nipa", "nobody.nipa", world_at(WORLD_DAY)), ERR_NOT_FOUND,
                   "nobody.nipa");
}
END_TEST

static Suite *delegating_suite(void)
{
    Suite *s = suite_create("delegating");
    TCase *c = tcase_create("delegating");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_a_colleague_decides_with_its_own_key_in_the_approvers_name);
    tcase_add_test(c, test_it_ends_at_its_date_and_when_it_is_ended);
    tcase_add_test(c, test_it_is_worth_nothing_when_the_approver_is_revoked);
    tcase_add_test(c, test_what_was_delegated_is_not_delegated_on);
    tcase_add_test(c, test_who_may_take_whose_place);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(delegating_suite)
