/* Loans from proposal to consent, and what time does to them. */
#include "controlplane/domain/lending.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static const struct world_loan_terms terms = {.id = "loan-a", .gpus = 16, .notice_s = 3600};

static int propose(const char *actor, const struct propose_loan_request *r)
{
    return world_decide(&w, actor, COMMAND_PROPOSE_LOAN, r);
}

static int consent(const char *actor)
{
    struct consent_loan_request r = {.id = id_literal("loan-a")};
    return world_decide(&w, actor, COMMAND_CONSENT_LOAN, &r);
}

START_TEST(test_a_proposal_keeps_the_terms_and_the_permit_and_nothing_else_that_was_said)
{
    struct propose_loan_request r;
    world_loan_request(&w, &terms, &r);
    r.loan.state = LOAN_ACTIVE; /* not for a proposer to say */
    r.loan.consented_by = id_literal("boss.upstage");
    r.loan.recalled_units = share_gpus(3);
    expect_ok(&w, propose("op.skt", &r));
    const struct loan *l = world_loan(&w, "loan-a");
    ck_assert_int_eq(l->state, LOAN_PROPOSED);
    ck_assert_str_eq(l->consented_by.text, "");
    ck_assert_int_eq(l->recalled_units.units, 0);
    ck_assert_int_eq(l->recall_at.s, INSTANT_NEVER.s);
    ck_assert_int_eq(l->silence_s, 3600); /* the notice, when nothing is said */
    ck_assert_str_eq(l->proposed_by.text, "op.skt");
    ck_assert_str_eq(l->permit_key_id.text, "key-op-skt");
    ck_assert_uint_eq(l->permit.len, strlen("loan-a"));
    ck_assert_int_eq(LIST_AT(struct ledger_entry, &w.changes.entries, 0)->kind, LEDGER_PROPOSE);
    expect_refused(&w, propose("op.skt", &r), ERR_EXISTS, "loan-a exists already");
    record_fini(&propose_loan_request_type, &r);
}
END_TEST

START_TEST(test_proposals_are_refused_by_rule)
{
    static const struct {
        const char *field; /* of the loan */
        const char *value;
        enum err_code code;
        const char *text;
    } ids[] = {
        {"id", "", ERR_INVALID, "the permit names the loan"},
        {"lender", "naver", ERR_DENIED, "a loan by naver is not for skt"},
        {"pool", "naver-b200", ERR_NOT_FOUND, "skt owns no pool naver-b200"},
        {"borrower", "gamma", ERR_NOT_FOUND, "programme spec has no project gamma"},
        {"programme", "other", ERR_NOT_FOUND, "programme other has no project alpha"},
    };
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct propose_loan_request r;
        world_loan_request(&w, &terms, &r);
        struct id *field =
            (struct id *)((char *)&r.loan + record_field(&loan_type, ids[i].field)->offset);
        *field = ids[i].value[0] ? id_literal(ids[i].value) : ID_NONE;
        expect_refused(&w, propose("op.skt", &r), ids[i].code, ids[i].text);
        record_fini(&propose_loan_request_type, &r);
    }
    ck_assert_uint_eq(state_count(w.state, ENTITY_LOAN), 0);
}
END_TEST

START_TEST(test_proposals_must_lie_inside_programme_time_and_limit)
{
    static const struct {
        int64_t from, to, gpus;
        int64_t silence_s;
        enum err_code code;
        const char *text;
    } cases[] = {
        {0, 500 * WORLD_DAY, 8, 0, ERR_INVALID, "inside programme spec"},
        {-WORLD_DAY, WORLD_DAY, 8, 0, ERR_INVALID, "inside programme spec"},
        {-2 * WORLD_HOUR, 0, 8, 0, ERR_INVALID, "to lies in the past"},
        {9, 9, 8, 0, ERR_INVALID, "from must come before to"},
        {0, WORLD_DAY, 65, 0, ERR_NO_CAPACITY, "lends at most 64"},
        {0, WORLD_DAY, 0, 0, ERR_INVALID, "guaranteed_units or burst_units"},
        {0, WORLD_DAY, -1, 0, ERR_INVALID, "guaranteed_units"},
        {0, WORLD_DAY, 8, 3599, ERR_INVALID, "silence_s is 3599"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct propose_loan_request r;
        struct world_loan_terms t = terms;
        t.from = world_at(cases[i].from);
        t.to = world_at(cases[i].to);
        t.gpus = cases[i].gpus;
        t.silence_s = cases[i].silence_s;
        world_loan_request(&w, &t, &r);
        expect_refused(&w, propose("op.skt", &r), cases[i].code, cases[i].text);
        record_fini(&propose_loan_request_type, &r);
    }
}
END_TEST

START_TEST(test_the_permit_must_be_signed_by_the_proposer)
{
    struct propose_loan_request r;
    world_loan_request(&w, &terms, &r);
    expect_refused(&w, propose("sign.skt", &r), ERR_VERIFICATION, "not of the permit by the key of",
                   "sign.skt");
    r.loan.permit.data[0] ^= 1;
    expect_refused(&w, propose("op.skt", &r), ERR_VERIFICATION, "permit_signature");
    r.loan.permit.len = 0;
    expect_refused(&w, propose("op.skt", &r), ERR_INVALID, "permit");
    record_fini(&propose_loan_request_type, &r);
}
END_TEST

START_TEST(test_the_lend_limit_holds_at_every_instant_over_all_binding_loans)
{
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-1", .gpus = 40, .from = world_at(0), .to = world_at(100)});
    world_make_loan(&w,
                    &(struct world_loan_terms){
                        .id = "loan-2", .gpus = 30, .from = world_at(100), .to = world_at(200)});
    struct world_loan_terms t = {
        .id = "loan-3", .gpus = 34, .from = world_at(50), .to = world_at(150)};
    struct propose_loan_request r;
    world_loan_request(&w, &t, &r);
    expect_refused(&w, propose("op.skt", &r), ERR_NO_CAPACITY, "of which 40 are lent at",
                   "raise its lend limit or lend less");
    record_fini(&propose_loan_request_type, &r);
    t.gpus = 24;
    world_loan_request(&w, &t, &r);
    expect_ok(&w, propose("op.skt", &r));
    record_fini(&propose_loan_request_type, &r);
}
END_TEST

START_TEST(test_proposals_do_not_bind_but_consents_do)
{
    struct propose_loan_request r;
    struct world_loan_terms t = {.gpus = 64};
    static const char *const names[] = {"loan-a", "loan-b"};
    for (size_t i = 0; i < 2; i++) {
        t.id = names[i];
        world_loan_request(&w, &t, &r);
        expect_ok(&w, propose("op.skt", &r));
        record_fini(&propose_loan_request_type, &r);
    }
    expect_ok(&w, consent("boss.upstage"));
    struct consent_loan_request c = {.id = id_literal("loan-b")};
    expect_refused(&w, world_decide(&w, "boss.upstage", COMMAND_CONSENT_LOAN, &c), ERR_NO_CAPACITY,
                   "of which 64 are lent");
}
END_TEST

START_TEST(test_consent_comes_from_the_borrower_and_opens_an_approval)
{
    struct propose_loan_request r;
    world_loan_request(&w, &terms, &r);
    expect_ok(&w, propose("op.skt", &r));
    record_fini(&propose_loan_request_type, &r);
    expect_refused(&w, consent("boss.lunit"), ERR_NOT_FOUND, "does not exist");
    expect_refused(&w, consent("op.skt"), ERR_DENIED, "skt is no member of project alpha");
    expect_ok(&w, consent("boss.upstage"));
    const struct loan *l = world_loan(&w, "loan-a");
    ck_assert_int_eq(l->state, LOAN_CONSENTED);
    ck_assert_str_eq(l->consented_by.text, "boss.upstage");
    ck_assert_str_eq(w.changes.answer.approval.text, l->approval.text);
    ck_assert(w.changes.answer.has_plan);
    ck_assert_int_eq(world_approval(&w, l->approval.text)->state, REQUEST_SUBMITTED);
    expect_refused(&w, consent("boss.upstage"), ERR_STATE, "consented");
}
END_TEST

START_TEST(test_a_lender_that_is_a_member_can_not_consent_to_itself)
{
    struct apply_project_request p = {
        .project = {.id = id_literal("gamma"), .programme = id_literal(WORLD_PROGRAMME)}};
    struct member *m = record_list_add(&p.project.members, sizeof *m);
    *m = (struct member){.organisation = id_literal("kaist"), .role = MEMBER_LEAD};
    m = record_list_add(&p.project.members, sizeof *m);
    *m = (struct member){.organisation = id_literal("skt"), .role = MEMBER_PARTICIPANT};
    struct openness_fact *fact = record_list_add(&p.project.openness, sizeof *fact);
    fact->openness = OPENNESS_OPEN_COMMERCIAL;
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROJECT, &p));
    record_fini(&apply_project_request_type, &p);
    struct world_loan_terms t = terms;
    t.project = "gamma";
    struct propose_loan_request r;
    world_loan_request(&w, &t, &r);
    expect_ok(&w, propose("op.skt", &r));
    record_fini(&propose_loan_request_type, &r);
    world_make_user(&w, "boss", "skt", "org-approver");
    expect_refused(&w, consent("boss.skt"), ERR_DENIED, "can't consent for the borrower as well");
}
END_TEST

START_TEST(test_a_loan_runs_through_its_life_by_time)
{
    struct world_loan_terms t = terms;
    t.from = world_at(WORLD_DAY);
    t.to = world_at(3 * WORLD_DAY);
    world_make_loan(&w, &t);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_APPROVED);
    world_advance(&w, WORLD_DAY - 1);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_APPROVED);
    world_advance(&w, 1);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_ACTIVE);
    world_advance(&w, 2 * WORLD_DAY);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_CLOSED);
}
END_TEST

START_TEST(test_a_proposal_that_nobody_consents_to_closes_at_its_end)
{
    struct world_loan_terms t = terms;
    struct propose_loan_request r;
    t.from = world_at(0);
    t.to = world_at(WORLD_DAY);
    world_loan_request(&w, &t, &r);
    expect_ok(&w, propose("op.skt", &r));
    record_fini(&propose_loan_request_type, &r);
    world_advance(&w, WORLD_DAY);
    ck_assert_int_eq(world_loan(&w, "loan-a")->state, LOAN_CLOSED);
    expect_refused(&w, consent("boss.upstage"), ERR_STATE, "closed");
}
END_TEST

static Suite *lending_suite(void)
{
    Suite *s = suite_create("lending");
    TCase *c = tcase_create("lending");
    tcase_add_checked_fixture(c, expect_setup, expect_teardown);
    tcase_add_test(c,
                   test_a_proposal_keeps_the_terms_and_the_permit_and_nothing_else_that_was_said);
    tcase_add_test(c, test_proposals_are_refused_by_rule);
    tcase_add_test(c, test_proposals_must_lie_inside_programme_time_and_limit);
    tcase_add_test(c, test_the_permit_must_be_signed_by_the_proposer);
    tcase_add_test(c, test_the_lend_limit_holds_at_every_instant_over_all_binding_loans);
    tcase_add_test(c, test_proposals_do_not_bind_but_consents_do);
    tcase_add_test(c, test_consent_comes_from_the_borrower_and_opens_an_approval);
    tcase_add_test(c, test_a_lender_that_is_a_member_can_not_consent_to_itself);
    tcase_add_test(c, test_a_loan_runs_through_its_life_by_time);
    tcase_add_test(c, test_a_proposal_that_nobody_consents_to_closes_at_its_end);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(lending_suite)
