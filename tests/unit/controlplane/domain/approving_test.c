/* Signing, returning, going stale and expiring. */
#include "controlplane/domain/approving.h"

#include "controlplane/domain/plan.h"
#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id approval;

/* A second agency: the ministry. */
static void make_ministry(void)
{
    struct apply_organisation_request r = {
        .organisation = {.id = id_literal("msit"), .name_en = "MSIT", .agency = true}};
    struct size_fact *size = record_list_add(&r.organisation.sizes, sizeof *size);
    size->from = world_at(0);
    size->size = SIZE_AGENCY;
    memcpy(size->evidence, "law", 4);
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_ORGANISATION, &r));
    record_fini(&apply_organisation_request_type, &r);
    world_make_user(&w, "ok", "msit", "agency-approver");
}

static void setup(void)
{
    expect_setup();
    make_ministry();
    world_propose_and_consent(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16});
    approval = w.changes.answer.approval;
}

static int give_back(const char *actor, const char *reason)
{
    struct return_approval_request r = {.id = approval};
    memcpy(r.reason, reason, strlen(reason) + 1);
    return world_decide(&w, actor, COMMAND_RETURN_APPROVAL, &r);
}

/* The request that world_sign() would send. */
static struct sign_approval_request request_of(const char *actor)
{
    const struct approval *a = world_approval(&w, approval.text);
    struct sign_approval_request r = {.id = approval, .reason = "fine", .paper = "2025-117"};
    CLEANUP_BUF struct buf text;
    buf_init(&text, PLAN_TEXT_MAX);
    plan_text(&a->plan, &text);
    memcpy(r.plan_hash, a->plan.hash, sizeof r.plan_hash);
    world_signature(&w, actor, buf_span(&text), &r.signature);
    return r;
}

static void set_price(int64_t krw, struct instant from)
{
    struct id id = id_literal(WORLD_PROGRAMME);
    struct apply_programme_request r = {0};
    record_copy(&programme_type, &r.programme, state_find(w.state, ENTITY_PROGRAMME, &id));
    struct price *price = record_list_add(&r.programme.policy.prices, sizeof *price);
    memcpy(price->model, "B200", 5);
    price->krw_per_gpu_month = (struct won){krw};
    price->from = from;
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROGRAMME, &r));
    record_fini(&apply_programme_request_type, &r);
}

START_TEST(test_one_signature_over_the_plan_approves_and_is_kept)
{
    struct sign_approval_request r = request_of("ok1.nipa");
    expect_ok(&w, world_decide(&w, "ok1.nipa", COMMAND_SIGN_APPROVAL, &r));
    const struct approval *a = world_approval(&w, approval.text);
    ck_assert_int_eq(a->state, REQUEST_APPROVED);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_ACTIVE); /* its window has begun */
    ck_assert_uint_eq(a->decisions.n, 1);
    const struct decision *d = LIST_AT(const struct decision, &a->decisions, 0);
    ck_assert_str_eq(d->user.text, "ok1.nipa");
    ck_assert_str_eq(d->role.text, "agency-approver");
    ck_assert_str_eq(d->paper, "2025-117");
    ck_assert_str_eq(d->plan_hash, a->plan.hash);
    ck_assert_str_eq(d->key_id.text, "key-ok1-nipa");
    ck_assert_int_eq(d->at.s, w.now.s);
    ck_assert_uint_eq(d->signature.len, r.signature.len);
    ck_assert_int_eq(LIST_AT(struct ledger_entry, &w.changes.entries, 0)->kind, LEDGER_APPROVE);
    expect_refused(&w, world_sign(&w, "ok2.nipa", approval.text), ERR_STATE, "is approved already");
    expect_refused(&w, give_back("ok2.nipa", "late"), ERR_STATE, "is approved already");
}
END_TEST

START_TEST(test_above_the_limit_two_organisations_sign_one_of_them_the_agency)
{
    world_propose_and_consent(&w, &(struct world_loan_terms){.id = "loan-b",
                                                             .pool = "naver-b200",
                                                             .gpus = 64,
                                                             .from = world_at(0),
                                                             .to = world_at(400 * WORLD_DAY)});
    struct id large = w.changes.answer.approval; /* 5.6 thousand million KRW: below the limit */
    ck_assert_uint_eq(world_approval(&w, large.text)->approvers_needed, 1);
    struct id a = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET); /* at the limit: one */
    ck_assert_uint_eq(
        world_approval(&w, world_allocation(&w, a.text)->approval.text)->approvers_needed, 1);
    struct request_allocation_request r = {.project = id_literal("alpha"),
                                           .model = "B200",
                                           .from = world_at(0),
                                           .to = world_at(WORLD_DAY),
                                           .units = share_gpus(8),
                                           .budget_krw = {WORLD_BUDGET + 1}};
    expect_ok(&w, world_decide(&w, "kim.upstage", COMMAND_REQUEST_ALLOCATION, &r));
    struct id allocation = w.changes.answer.id;
    approval = w.changes.answer.approval;
    ck_assert_uint_eq(world_approval(&w, approval.text)->approvers_needed, 2);
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text));
    ck_assert_str_eq(w.changes.answer.state.text, "review");
    ck_assert_ptr_nonnull(world_note(&w, "1 of 2 approvers have signed"));
    ck_assert_int_eq(world_allocation(&w, allocation.text)->state, REQUEST_SUBMITTED);
    expect_refused(&w, world_sign(&w, "ok1.nipa", approval.text), ERR_CONFLICT,
                   "ok1.nipa has signed this plan already");
    expect_refused(&w, world_sign(&w, "ok2.nipa", approval.text), ERR_CONFLICT,
                   "another organisation");
    expect_ok(&w, world_sign(&w, "ok.msit", approval.text));
    ck_assert_int_eq(world_allocation(&w, allocation.text)->state, REQUEST_APPROVED);
    ck_assert_int_eq(world_allocation(&w, allocation.text)->awarded_units.units,
                     share_gpus(8).units);
}
END_TEST

/* ---- Withdrawing ---- */

static int withdraw(const char *actor, const char *reason)
{
    struct withdraw_approval_request r = {.id = approval, .paper = "2025-118"};
    memcpy(r.reason, reason, strlen(reason) + 1);
    return world_decide(&w, actor, COMMAND_WITHDRAW_APPROVAL, &r);
}

START_TEST(test_who_proposed_takes_it_back_and_the_subject_is_closed)
{
    expect_refused(&w, withdraw("boss.upstage", ""), ERR_INVALID, "say why");
    expect_refused(&w, withdraw("ok1.nipa", "no"), ERR_DENIED, "neither proposed nor signed");
    expect_ok(&w, withdraw("boss.upstage", "other dates"));
    const struct approval *a = world_approval(&w, approval.text);
    const struct decision *d = LIST_AT(const struct decision, &a->decisions, 0);
    ck_assert_int_eq(a->state, REQUEST_WITHDRAWN);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_CLOSED);
    ck_assert_int_eq(d->verdict, VERDICT_WITHDRAWN);
    ck_assert_str_eq(d->reason, "other dates");
    ck_assert_str_eq(d->paper, "2025-118");
    expect_refused(&w, withdraw("boss.upstage", "again"), ERR_STATE, "is withdrawn already");
}
END_TEST

/* An allocation above the limit, of which ok1 of the agency has signed the plan. */
static void half_sign(void)
{
    struct request_allocation_request r = {.project = id_literal("alpha"),
                                           .model = "B200",
                                           .from = world_at(0),
                                           .to = world_at(WORLD_DAY),
                                           .units = share_gpus(8),
                                           .budget_krw = {WORLD_BUDGET + 1}};
    expect_ok(&w, world_decide(&w, "kim.upstage", COMMAND_REQUEST_ALLOCATION, &r));
    approval = w.changes.answer.approval;
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text));
}

START_TEST(test_an_approver_takes_a_signature_back_while_another_is_waited_for)
{
    half_sign();
    expect_ok(&w, withdraw("ok1.nipa", "read too fast"));
    ck_assert_int_eq(world_approval(&w, approval.text)->state, REQUEST_REVIEW);
    expect_ok(&w, world_sign(&w, "ok.msit", approval.text));
    ck_assert_int_eq(world_approval(&w, approval.text)->state, REQUEST_REVIEW); /* 1 of 2 */
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text));
    ck_assert_int_eq(world_approval(&w, approval.text)->state, REQUEST_APPROVED);
}
END_TEST

START_TEST(test_who_is_in_conflict_with_a_party_does_not_decide)
{
    struct id id = id_literal(WORLD_PROGRAMME);
    struct apply_programme_request r = {0};
    record_copy(&programme_type, &r.programme, state_find(w.state, ENTITY_PROGRAMME, &id));
    struct conflict_of_interest *c = record_list_add(&r.programme.conflicts, sizeof *c);
    *c = (struct conflict_of_interest){id_literal("upstage"), id_literal("msit")};
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROGRAMME, &r));
    record_fini(&apply_programme_request_type, &r);
    half_sign();
    expect_refused(&w, world_sign(&w, "ok.msit", approval.text), ERR_DENIED, "is a party to it");
}
END_TEST

START_TEST(test_an_approver_and_who_takes_its_place_are_one)
{
    struct delegate_approval_request d = {.to = id_literal("own.nipa"),
                                          .until = world_at(WORLD_DAY)};
    world_make_user(&w, "own", "nipa", "auditor");
    half_sign();
    expect_ok(&w, world_decide(&w, "ok1.nipa", COMMAND_DELEGATE_APPROVAL, &d));
    expect_refused(&w, world_sign(&w, "own.nipa", approval.text), ERR_CONFLICT,
                   "has signed this plan already");
}
END_TEST

START_TEST(test_only_the_plan_that_was_shown_can_be_signed)
{
    struct sign_approval_request r = request_of("ok1.nipa");
    struct sign_approval_request other = r;
    other.plan_hash[0] ^= 1;
    expect_refused(&w, world_decide(&w, "ok1.nipa", COMMAND_SIGN_APPROVAL, &other), ERR_STALE,
                   world_approval(&w, approval.text)->plan.hash);
    other = r;
    other.signature.data[0] ^= 1;
    expect_refused(&w, world_decide(&w, "ok1.nipa", COMMAND_SIGN_APPROVAL, &other),
                   ERR_VERIFICATION, "by the key of ok1.nipa");
    expect_refused(&w, world_decide(&w, "ok2.nipa", COMMAND_SIGN_APPROVAL, &r), ERR_VERIFICATION,
                   "by the key of ok2.nipa");
    ck_assert_int_eq(world_approval(&w, approval.text)->state, REQUEST_SUBMITTED);
}
END_TEST

START_TEST(test_nobody_decides_on_their_own_plan_or_for_a_party)
{
    world_make_user(&w, "own", "nipa", "agency-approver");
    expect_refused(&w, give_back("boss.upstage", "no"), ERR_DENIED, "boss.upstage proposed it");
    expect_refused(&w, give_back("op.skt", "no"), ERR_DENIED, "skt is a party to it");
    expect_refused(&w, give_back("lee.kaist", "no"), ERR_DENIED, "kaist is a party to it");
    expect_refused(&w, give_back("han.lunit", "no"), ERR_NOT_FOUND, "does not exist");
    expect_ok(&w, world_sign(&w, "own.nipa", approval.text));
}
END_TEST

START_TEST(test_a_plan_whose_facts_move_is_stale_and_shown_anew)
{
    struct sign_approval_request old = request_of("ok1.nipa");
    struct won before = world_approval(&w, approval.text)->amount_krw;
    set_price(7000000, world_at(10 * WORLD_DAY));
    ck_assert_ptr_nonnull(world_note(&w, "has gone stale"));
    const struct approval *a = world_approval(&w, approval.text);
    ck_assert_int_eq(a->state, REQUEST_STALE);
    ck_assert_str_ne(a->plan.hash, old.plan_hash);
    ck_assert_int_gt(a->amount_krw.krw, before.krw);
    expect_refused(&w, world_decide(&w, "ok1.nipa", COMMAND_SIGN_APPROVAL, &old), ERR_STALE,
                   "the plan is another by now");
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_CONSENTED);
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text));
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_ACTIVE);
}
END_TEST

START_TEST(test_signatures_under_an_older_plan_no_longer_count)
{
    struct request_allocation_request r = {.project = id_literal("alpha"),
                                           .model = "B200",
                                           .from = world_at(0),
                                           .to = world_at(WORLD_DAY),
                                           .units = share_gpus(8),
                                           .budget_krw = {WORLD_BUDGET + 1}};
    expect_ok(&w, world_decide(&w, "kim.upstage", COMMAND_REQUEST_ALLOCATION, &r));
    approval = w.changes.answer.approval;
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text));
    struct id project = id_literal("alpha"); /* another lead: the plan says who gains */
    struct apply_project_request p = {0};
    record_copy(&project_type, &p.project, state_find(w.state, ENTITY_PROJECT, &project));
    LIST_AT(struct member, &p.project.members, 0)->role = MEMBER_PARTICIPANT;
    LIST_AT(struct member, &p.project.members, 1)->role = MEMBER_LEAD;
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROJECT, &p));
    record_fini(&apply_project_request_type, &p);
    ck_assert_int_eq(world_approval(&w, approval.text)->state, REQUEST_STALE);
    expect_ok(&w, world_sign(&w, "ok.msit", approval.text));
    ck_assert_int_eq(world_approval(&w, approval.text)->state, REQUEST_REVIEW);
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text)); /* again, under the new plan */
    ck_assert_int_eq(world_approval(&w, approval.text)->state, REQUEST_APPROVED);
    ck_assert_uint_eq(world_approval(&w, approval.text)->decisions.n, 3);
}
END_TEST

START_TEST(test_what_does_not_touch_the_plan_does_not_make_it_stale)
{
    set_price(7000000, world_at(300 * WORLD_DAY)); /* after the loan */
    ck_assert_int_eq(world_approval(&w, approval.text)->state, REQUEST_SUBMITTED);
    w.now = world_at(WORLD_DAY); /* nor does time */
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text));
}
END_TEST

START_TEST(test_an_approval_judges_the_lend_limit_again)
{
    struct id pool = id_literal("skt-b200");
    struct apply_pool_request p = {
        .pool = *(const struct pool *)state_find(w.state, ENTITY_POOL, &pool)};
    p.pool.lend_limit_units = share_gpus(15);
    expect_refused(&w, world_decide(&w, "op.skt", COMMAND_APPLY_POOL, &p), ERR_STATE,
                   "16 are lent at");
}
END_TEST

START_TEST(test_a_return_needs_a_reason_and_closes_the_subject)
{
    expect_refused(&w, give_back("ok1.nipa", ""), ERR_INVALID, "say why");
    expect_ok(&w, give_back("ok1.nipa", "too many"));
    ck_assert_int_eq(world_approval(&w, approval.text)->state, REQUEST_RETURNED);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_CLOSED);
    expect_refused(&w, world_sign(&w, "ok2.nipa", approval.text), ERR_STATE, "is returned already");
}
END_TEST

START_TEST(test_an_approval_that_nobody_decides_on_is_withdrawn_with_its_subject)
{
    struct request_allocation_request r = {.project = id_literal("alpha"),
                                           .model = "B200",
                                           .from = world_at(0),
                                           .to = world_at(5 * WORLD_DAY),
                                           .units = share_gpus(8),
                                           .budget_krw = {1}};
    expect_ok(&w, world_decide(&w, "kim.upstage", COMMAND_REQUEST_ALLOCATION, &r));
    struct id allocation = w.changes.answer.id, short_one = w.changes.answer.approval;
    world_advance(&w, 5 * WORLD_DAY); /* the end of what it asks for */
    ck_assert_int_eq(world_approval(&w, short_one.text)->state, REQUEST_WITHDRAWN);
    ck_assert_int_eq(world_allocation(&w, allocation.text)->state, REQUEST_WITHDRAWN);
    ck_assert_int_eq(world_approval(&w, approval.text)->state, REQUEST_SUBMITTED);
    world_advance(&w, 25 * WORLD_DAY);
    ck_assert_int_eq(world_approval(&w, approval.text)->state, REQUEST_WITHDRAWN);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_CLOSED);
}
END_TEST

static Suite *approving_suite(void)
{
    Suite *s = suite_create("approving");
    TCase *c = tcase_create("approving");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_one_signature_over_the_plan_approves_and_is_kept);
    tcase_add_test(c, test_above_the_limit_two_organisations_sign_one_of_them_the_agency);
    tcase_add_test(c, test_who_proposed_takes_it_back_and_the_subject_is_closed);
    tcase_add_test(c, test_an_approver_takes_a_signature_back_while_another_is_waited_for);
    tcase_add_test(c, test_who_is_in_conflict_with_a_party_does_not_decide);
    tcase_add_test(c, test_an_approver_and_who_takes_its_place_are_one);
    tcase_add_test(c, test_only_the_plan_that_was_shown_can_be_signed);
    tcase_add_test(c, test_nobody_decides_on_their_own_plan_or_for_a_party);
    tcase_add_test(c, test_a_plan_whose_facts_move_is_stale_and_shown_anew);
    tcase_add_test(c, test_signatures_under_an_older_plan_no_longer_count);
    tcase_add_test(c, test_what_does_not_touch_the_plan_does_not_make_it_stale);
    tcase_add_test(c, test_an_approval_judges_the_lend_limit_again);
    tcase_add_test(c, test_a_return_needs_a_reason_and_closes_the_subject);
    tcase_add_test(c, test_an_approval_that_nobody_decides_on_is_withdrawn_with_its_subject);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(approving_suite)
