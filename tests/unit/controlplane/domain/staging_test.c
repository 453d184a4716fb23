/* Stage gates: from the proposal to the last object changed. */
#include "controlplane/domain/staging.h"

#include "controlplane/domain/project.h"
#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

#include <stdio.h>

EXPECT_WORLD

#define LEASES 40

static struct id allocation, survivors;

static void set_objection(int64_t seconds)
{
    struct apply_programme_request r = {0};
    struct id id = id_literal(WORLD_PROGRAMME);
    record_copy(&programme_type, &r.programme, state_find(w.state, ENTITY_PROGRAMME, &id));
    r.programme.objection_s = seconds;
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROGRAMME, &r));
    record_fini(&apply_programme_request_type, &r);
}

/* Two stages of ten days each, from now. */
static void set_stages(const char *project)
{
    struct apply_project_request r = {0};
    struct id id = id_literal(project);
    record_copy(&project_type, &r.project, state_find(w.state, ENTITY_PROJECT, &id));
    for (int i = 0; i < 2; i++) {
        struct project_stage *s = record_list_add(&r.project.stages, sizeof *s);
        *s = (struct project_stage){.id = id_number("s", (uint64_t)i + 1),
                                    .from = instant_add(w.now, i * 10 * WORLD_DAY),
                                    .to = instant_add(w.now, (i + 1) * 10 * WORLD_DAY)};
    }
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROJECT, &r));
    record_fini(&apply_project_request_type, &r);
    world_due(&w);
}

static void setup(void)
{
    expect_setup();
    set_objection(WORLD_DAY);
    set_stages("alpha");
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16, .notice_s = 3600});
    allocation = world_make_allocation(&w, "alpha", 16, WORLD_BUDGET);
    survivors = world_make_allocation(&w, "beta", 16, WORLD_BUDGET);
}

static const struct project *project(const char *name)
{
    struct id id = id_literal(name);
    return state_find(w.state, ENTITY_PROJECT, &id);
}

static enum stage_state stage(const char *name)
{
    struct id id = id_literal(name);
    return project_stage(project("alpha"), &id)->state;
}

static const struct stage_decision *decision(const struct id *id)
{
    const struct stage_decision *d = state_find(w.state, ENTITY_STAGE_DECISION, id);
    ck_assert_ptr_nonnull(d);
    return d;
}

static int decide_stage(const char *actor, const char *name, const char *verdict, struct instant at)
{
    struct decide_stage_request r = {.project = id_literal("alpha"),
                                     .stage = id_literal(name),
                                     .verdict = id_literal(verdict),
                                     .effective_at = at,
                                     .reason = "scores",
                                     .paper = "NIPA-2026-11"};
    return world_decide(&w, actor, COMMAND_DECIDE_STAGE, &r);
}

/* Approved; effective in two days. */
static struct id announce(const char *verdict)
{
    expect_ok(&w, decide_stage("admin.nipa", "s-1", verdict, instant_add(w.now, 2 * WORLD_DAY)));
    struct id id = w.changes.answer.id;
    expect_ok(&w, world_sign(&w, "ok1.nipa", decision(&id)->approval.text));
    return id;
}

static int object(const char *actor, const struct id *id)
{
    struct object_stage_request r = {.id = *id, .reason = "wrong data"};
    return world_decide(&w, actor, COMMAND_OBJECT_STAGE, &r);
}

static int reply(const char *actor, const struct id *id, bool upheld)
{
    struct answer_objection_request r = {.id = *id, .upheld = upheld, .reason = "looked into it"};
    return world_decide(&w, actor, COMMAND_ANSWER_OBJECTION, &r);
}

/* A lease of one GPU each, some running, some to come. */
static void book_many(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t day = (int64_t)(i / 16) * 4;
        world_must(&w, world_book(&w, &(struct world_booking){
                                          .allocation = allocation,
                                          .gpus = 1,
                                          .from = instant_add(w.now, day * WORLD_DAY),
                                          .to = instant_add(w.now, (day + 3) * WORLD_DAY)}));
    }
    world_due(&w);
    world_report(&w, "n1", "active");
    world_report(&w, "n2", "active");
}

static bool count_open(const void *record, void *arg)
{
    const struct lease *l = record;
    bool running =
        l->state == LEASE_REQUESTED || (lease_holds_capacity(l) && l->state != LEASE_RETURNING);
    *(size_t *)arg += running;
    return true;
}

static size_t open_leases(const char *of)
{
    size_t n = 0;
    struct id id = id_literal(of);
    state_each_linked(w.state, LINK_LEASE_PROJECT, &id, count_open, &n);
    return n;
}

START_TEST(test_stages_start_and_are_evaluated_by_their_dates)
{
    ck_assert_int_eq(stage("s-1"), STAGE_RUNNING);
    ck_assert_int_eq(stage("s-2"), STAGE_PLANNED);
    world_advance(&w, 10 * WORLD_DAY);
    ck_assert_int_eq(stage("s-1"), STAGE_EVALUATION);
    ck_assert_int_eq(stage("s-2"), STAGE_RUNNING);
}
END_TEST

START_TEST(test_decisions_are_refused_by_rule)
{
    const struct {
        const char *stage, *verdict;
        int64_t in;
        enum err_code code;
        const char *text;
    } cases[] = {
        {"s-9", "eliminate", WORLD_DAY, ERR_NOT_FOUND, "has no stage s-9"},
        {"s-1", "forgive", WORLD_DAY, ERR_INVALID, "verdict"},
        {"s-1", "eliminate", WORLD_DAY - 1, ERR_INVALID, "no objection window of 86400 s"},
        {"s-1", "pass", 9 * WORLD_DAY, ERR_INVALID,
         "is the earliest"}, /* its last day is not over */
        {"s-2", "pass", 20 * WORLD_DAY, ERR_STATE, "a stage that is planned"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_refused(&w,
                       decide_stage("admin.nipa", cases[i].stage, cases[i].verdict,
                                    instant_add(w.now, cases[i].in)),
                       cases[i].code, cases[i].text);
    (void)announce("eliminate");
    expect_refused(&w,
                   decide_stage("admin.nipa", "s-1", "eliminate", instant_add(w.now, WORLD_DAY)),
                   ERR_STATE, "is noticed: wait for that first");
}
END_TEST

START_TEST(test_a_stage_is_passed_and_settled)
{
    expect_ok(&w, decide_stage("admin.nipa", "s-1", "pass", instant_add(w.now, 10 * WORLD_DAY)));
    struct id id = w.changes.answer.id;
    expect_ok(&w, world_sign(&w, "ok1.nipa", decision(&id)->approval.text));
    world_advance(&w, 10 * WORLD_DAY);
    ck_assert_int_eq(stage("s-1"), STAGE_PASSED);
    ck_assert_int_eq(decision(&id)->state, STAGE_DECISION_DONE);
    ck_assert(!project_eliminated(project("alpha")));
    struct settle_stage_request r = {.project = id_literal("alpha"), .stage = id_literal("s-1")};
    expect_ok(&w, world_decide(&w, "fin.upstage", COMMAND_SETTLE_STAGE, &r));
    ck_assert_int_eq(stage("s-1"), STAGE_SETTLED);
    expect_refused(&w, world_decide(&w, "admin.nipa", COMMAND_SETTLE_STAGE, &r), ERR_STATE,
                   "settled");
}
END_TEST

START_TEST(test_members_object_inside_the_window_and_an_open_objection_holds_it_up)
{
    struct id id = announce("eliminate");
    ck_assert_int_eq(decision(&id)->objections_until.s, instant_add(w.now, WORLD_DAY).s);
    expect_refused(&w, object("boss.lunit", &id), ERR_NOT_FOUND, "does not exist");
    expect_refused(&w, object("op.skt", &id), ERR_DENIED, "only members of project alpha");
    expect_ok(&w, object("boss.upstage", &id));
    expect_refused(&w, object("boss.upstage", &id), ERR_STATE, "objected");
    world_advance(&w, 5 * WORLD_DAY);
    ck_assert_int_eq(decision(&id)->state, STAGE_DECISION_OBJECTED);
    ck_assert(!project_eliminated(project("alpha")));
    expect_ok(&w, reply("ok2.nipa", &id, false));
    world_due(&w);
    ck_assert_int_eq(decision(&id)->state, STAGE_DECISION_DONE);
    ck_assert(project_eliminated(project("alpha")));
}
END_TEST

START_TEST(test_no_objection_after_the_window_and_an_upheld_one_ends_the_decision)
{
    struct id late = announce("eliminate");
    world_advance(&w, WORLD_DAY);
    expect_refused(&w, object("boss.upstage", &late), ERR_STATE, "the objection window was over");
    expect_teardown();
    setup();
    struct id id = announce("eliminate");
    expect_ok(&w, object("boss.upstage", &id));
    expect_ok(&w, reply("ok2.nipa", &id, true));
    world_advance(&w, 5 * WORLD_DAY);
    ck_assert_int_eq(decision(&id)->state, STAGE_DECISION_WITHDRAWN);
    ck_assert(!project_eliminated(project("alpha")));
}
END_TEST

START_TEST(test_nothing_is_booked_or_lent_beyond_an_announced_end)
{
    struct id id = announce("eliminate");
    struct world_booking b = {.allocation = allocation,
                              .gpus = 1,
                              .from = w.now,
                              .to = instant_add(w.now, 3 * WORLD_DAY)};
    expect_refused(&w, world_book(&w, &b), ERR_STATE, "is eliminated at", id.text);
    b.to = instant_add(w.now, WORLD_DAY);
    expect_ok(&w, world_book(&w, &b));
    world_advance(&w, 2 * WORLD_DAY);
    b.from = w.now;
    b.to = instant_add(w.now, WORLD_DAY);
    expect_refused(&w, world_book(&w, &b), ERR_STATE, "closed");
}
END_TEST

START_TEST(test_an_elimination_ends_everything_of_the_project_in_one_act)
{
    book_many(LEASES);
    struct id id = announce("eliminate");
    world_advance(&w, 2 * WORLD_DAY - 1);
    ck_assert_uint_eq(open_leases("alpha"), LEASES);
    ck_assert_int_gt(world_enforced(&w, "n1"), 0);
    w.now = instant_add(w.now, 1);
    struct decide_context ctx = {.now = w.now, .actor = world_actor(&w, "service")};
    changes_reset(&w.changes);
    (void)decide_due(w.state, &ctx, 64, &w.changes); /* one commit, as the engine makes it */
    state_apply(w.state, &w.changes);
    ck_assert_uint_eq(open_leases("alpha"), 0);
    ck_assert_int_eq(world_enforced(&w, "n1"), 0);
    ck_assert_int_eq(decision(&id)->state, STAGE_DECISION_DONE);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_RETURNED);
    ck_assert_int_eq(world_allocation(&w, allocation.text)->state, REQUEST_CLOSED);
    ck_assert_int_eq(stage("s-1"), STAGE_ELIMINATED);
    ck_assert_int_eq(stage("s-2"), STAGE_ELIMINATED);
    world_report(&w, "n1", "active");
    world_report(&w, "n2", "active");
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_CLOSED);
    ck_assert_int_eq(world_allocation(&w, allocation.text)->held_krw.krw, 0);
}
END_TEST

START_TEST(test_what_does_not_fit_one_commit_is_finished_by_the_next_and_never_seen_half)
{
    book_many(LEASES);
    struct id id = announce("eliminate");
    world_advance(&w, 2 * WORLD_DAY - 1);
    w.now = instant_add(w.now, 1);
    struct decide_context ctx = {.now = w.now, .actor = world_actor(&w, "service")};
    int commits = 0;
    while (decision(&id)->state != STAGE_DECISION_DONE) {
        changes_reset(&w.changes);
        (void)decide_due(w.state, &ctx, DECIDE_DUE_MIN, &w.changes);
        ck_assert_uint_le(w.changes.n, DECIDE_DUE_MIN);
        state_apply(w.state, &w.changes);
        commits++;
        /* whatever is written down already, no node is given a grant and nothing can be booked */
        ck_assert_int_eq(world_enforced(&w, "n1") + world_enforced(&w, "n2"), 0);
        ck_assert(project_eliminated(project("alpha")));
        ck_assert_int_lt(world_book(&w, &(struct world_booking){.allocation = allocation,
                                                                .gpus = 1,
                                                                .from = w.now,
                                                                .to = instant_add(w.now, 600)}),
                         0);
    }
    ck_assert_int_gt(commits, 5);
    ck_assert_uint_eq(open_leases("alpha"), 0);
}
END_TEST

START_TEST(test_a_loan_that_follows_hands_the_gpus_over_in_that_act)
{
    book_many(4);
    struct id id = announce("eliminate");
    struct propose_loan_request r;
    struct instant at = decision(&id)->effective_at;
    struct world_loan_terms terms = {.id = "loan-b",
                                     .project = "beta",
                                     .gpus = 60, /* more than is left beside loan-a */
                                     .from = at,
                                     .to = instant_add(at, 20 * WORLD_DAY)};
    world_loan_request(&w, &terms, &r);
    expect_refused(&w, world_decide(&w, "op.skt", COMMAND_PROPOSE_LOAN, &r), ERR_NO_CAPACITY,
                   "lends at most 64");
    r.loan.follows = id;
    expect_ok(&w, world_decide(&w, "op.skt", COMMAND_PROPOSE_LOAN, &r));
    record_fini(&propose_loan_request_type, &r);
    struct consent_loan_request c = {.id = id_literal("loan-b")};
    expect_ok(&w, world_decide(&w, "boss.lunit", COMMAND_CONSENT_LOAN, &c));
    expect_ok(&w, world_sign(&w, "ok1.nipa", w.changes.answer.approval.text));
    ck_assert_int_eq(world_loan(&w, "loan-b")->state, LOAN_APPROVED);
    struct world_booking b = {.actor = "han.lunit",
                              .allocation = survivors,
                              .gpus = 8,
                              .from = at,
                              .to = instant_add(at, WORLD_DAY)};
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "waits for", id.text);
    world_advance(&w, 2 * WORLD_DAY);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_RETURNED);
    ck_assert_int_eq(world_loan(&w, "loan-b")->state, LOAN_ACTIVE);
}
END_TEST

START_TEST(test_a_loan_that_follows_a_decision_that_falls_is_closed)
{
    struct id id = announce("eliminate");
    struct propose_loan_request r;
    struct world_loan_terms terms = {
        .id = "loan-b", .project = "beta", .gpus = 8, .from = decision(&id)->effective_at};
    terms.to = instant_add(terms.from, WORLD_DAY);
    world_loan_request(&w, &terms, &r);
    r.loan.follows = id_literal("decision-0");
    expect_refused(&w, world_decide(&w, "op.skt", COMMAND_PROPOSE_LOAN, &r), ERR_NOT_FOUND,
                   "has no stage decision");
    r.loan.follows = id;
    expect_ok(&w, world_decide(&w, "op.skt", COMMAND_PROPOSE_LOAN, &r));
    record_fini(&propose_loan_request_type, &r);
    expect_ok(&w, object("boss.upstage", &id));
    expect_ok(&w, reply("ok2.nipa", &id, true));
    ck_assert_int_eq(world_loan(&w, "loan-b")->state, LOAN_CLOSED);
}
END_TEST

START_TEST(test_a_decision_that_is_returned_or_too_late_changes_nothing)
{
    expect_ok(&w, decide_stage("admin.nipa", "s-1", "eliminate", instant_add(w.now, WORLD_DAY)));
    struct id id = w.changes.answer.id;
    world_advance(&w, 60);
    expect_refused(&w, world_sign(&w, "ok1.nipa", decision(&id)->approval.text), ERR_STATE,
                   "before the objection window would be over");
    struct return_approval_request r = {.id = decision(&id)->approval, .reason = "too late"};
    expect_ok(&w, world_decide(&w, "ok1.nipa", COMMAND_RETURN_APPROVAL, &r));
    ck_assert_int_eq(decision(&id)->state, STAGE_DECISION_RETURNED);
    world_advance(&w, 2 * WORLD_DAY);
    ck_assert(!project_eliminated(project("alpha")));
}
END_TEST

static Suite *staging_suite(void)
{
    Suite *s = suite_create("staging");
    TCase *c = tcase_create("staging");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_stages_start_and_are_evaluated_by_their_dates);
    tcase_add_test(c, test_decisions_are_refused_by_rule);
    tcase_add_test(c, test_a_stage_is_passed_and_settled);
    tcase_add_test(c, test_members_object_inside_the_window_and_an_open_objection_holds_it_up);
    tcase_add_test(c, test_no_objection_after_the_window_and_an_upheld_one_ends_the_decision);
    tcase_add_test(c, test_nothing_is_booked_or_lent_beyond_an_announced_end);
    tcase_add_test(c, test_an_elimination_ends_everything_of_the_project_in_one_act);
    tcase_add_test(c,
                   test_what_does_not_fit_one_commit_is_finished_by_the_next_and_never_seen_half);
    tcase_add_test(c, test_a_loan_that_follows_hands_the_gpus_over_in_that_act);
    tcase_add_test(c, test_a_loan_that_follows_a_decision_that_falls_is_closed);
    tcase_add_test(c, test_a_decision_that_is_returned_or_too_late_changes_nothing);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(staging_suite)
