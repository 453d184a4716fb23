/* Statements of a project, against sums worked out by hand. */
#include "controlplane/domain/stating.h"

#include "lib/base/korea.h"
#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

/*
 * One GPU for one day is a thirtieth of a month under "30day": 6,600,000 / 30 = 220,000 KRW.
 * upstage is an sme: 5 % of the value, 10 % of that in cash. kaist is a university: nothing.
 */
#define GPU_DAY INT64_C(220000)
enum { UPSTAGE, KAIST };

static struct id allocation;
static struct statement *statement;

/* 16 GPUs of skt on two nodes, lent to alpha for 100 days. */
static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16, .notice_s = 3600});
    allocation = world_make_allocation(&w, "alpha", 32, WORLD_BUDGET);
    statement = NULL;
}

static void teardown(void)
{
    statement_destroy(statement);
    expect_teardown();
}

/* Whole days since the start of the world; whose node it runs on is told by the lease. */
static struct id book(const char *actor, uint32_t gpus, int64_t from, int64_t to)
{
    world_must(&w, world_book(&w, &(struct world_booking){.actor = actor,
                                                          .allocation = allocation,
                                                          .gpus = gpus,
                                                          .one_node = true,
                                                          .from = world_at(from * WORLD_DAY),
                                                          .to = world_at(to * WORLD_DAY)}));
    return w.changes.answer.id;
}

static void use(const struct id *lease, uint64_t seq, int64_t from, int64_t to)
{
    const struct lease *l = world_lease(&w, lease->text);
    char node[ID_CAP];
    memcpy(node, LIST_AT(struct placement, &l->placements, 0)->node.text, sizeof node);
    world_must(&w, world_use(&w, node, seq, lease->text, world_at(from * WORLD_DAY),
                             world_at(to * WORLD_DAY)));
}

static void contribute(const char *project, const char *kind, int64_t krw, struct instant at)
{
    struct record_contribution_request r = {
        .contribution = {.krw = {krw}, .at = at, .reference = "transfer 77"}};
    r.contribution.project = id_literal(project);
    r.contribution.organisation = id_literal(strcmp(project, "alpha") == 0 ? "upstage" : "lunit");
    r.contribution.kind = id_literal(kind);
    r.contribution.from = at;
    r.contribution.to = instant_add(at, 1);
    world_must(&w, world_decide(&w, "admin.nipa", COMMAND_RECORD_CONTRIBUTION, &r));
}

static struct window november(void)
{
    return date_range((struct date){2025, 11, 1}, (struct date){2025, 11, 30});
}

/* The statement of alpha over the days, both inclusive, of 2025. */
static void state_alpha(struct date first, struct date last)
{
    struct id alpha = id_literal("alpha");
    statement_destroy(statement);
    statement = NULL;
    w.err = ERR_INIT;
    expect_ok(&w, stating_project(w.state, &alpha, date_range(first, last), &statement, &w.err));
}

static void state_november(void)
{
    state_alpha((struct date){2025, 11, 1}, (struct date){2025, 11, 30});
}

static const struct cofunding_share *share_of(int member)
{
    return &statement->result->members[member];
}

START_TEST(what_each_member_used_is_valued_and_its_part_borne)
{
    struct id a = book("kim.upstage", 4, 0, 10), b = book("lee.kaist", 2, 0, 15);
    use(&a, 1, 0, 10);
    use(&b, 2, 0, 15);
    state_november();
    ck_assert_uint_eq(statement->result->n_members, 2);
    ck_assert_str_eq(share_of(UPSTAGE)->organisation, "upstage");
    ck_assert_int_eq(share_of(UPSTAGE)->value_krw.krw, 4 * 10 * GPU_DAY); /* 8,800,000 */
    ck_assert_int_eq(share_of(UPSTAGE)->burden_krw.krw, 440000);
    ck_assert_int_eq(share_of(UPSTAGE)->cash_floor_krw.krw, 44000);
    ck_assert_int_eq(share_of(UPSTAGE)->shortfall_krw.krw, 440000);
    ck_assert_str_eq(share_of(KAIST)->organisation, "kaist");
    ck_assert_int_eq(share_of(KAIST)->value_krw.krw, 2 * 15 * GPU_DAY); /* 6,600,000: a month */
    ck_assert_int_eq(share_of(KAIST)->burden_krw.krw, 0);
    ck_assert_int_eq(statement->result->total.value_krw.krw, 15400000);
    ck_assert_int_eq(statement->result->total.burden_krw.krw, 440000);
}
END_TEST

START_TEST(a_members_leases_together_never_cost_more_than_their_time)
{
    struct id a = book("kim.upstage", 4, 0, 15), b = book("kim.upstage", 4, 15, 29);
    use(&a, 1, 0, 15);
    use(&b, 2, 15, 29);
    state_november();
    ck_assert_int_eq(share_of(UPSTAGE)->value_krw.krw, 4 * 29 * GPU_DAY);
}
END_TEST

START_TEST(a_members_statement_has_nothing_of_the_others)
{
    static const struct {
        const char *organisation;
        int64_t value_krw, paid_krw;
    } cases[] = {{"upstage", 2 * GPU_DAY, 1000}, {"kaist", 3 * GPU_DAY, 0}};
    const struct id alpha = id_literal("alpha");
    struct id a = book("kim.upstage", 2, 0, 1), b = book("lee.kaist", 3, 0, 1);
    use(&a, 1, 0, 1);
    use(&b, 2, 0, 1);
    contribute("alpha", "cash", 1000, w.now);
    for (size_t i = 0; i < 2; i++) {
        struct id organisation = id_literal(cases[i].organisation);
        statement_destroy(statement);
        statement = NULL;
        expect_ok(&w,
                  stating_member(w.state, &alpha, &organisation, november(), &statement, &w.err));
        ck_assert_uint_eq(statement->result->n_members, 1);
        ck_assert_str_eq(share_of(0)->organisation, cases[i].organisation);
        ck_assert_int_eq(share_of(0)->value_krw.krw, cases[i].value_krw);
        ck_assert_int_eq(share_of(0)->cash_paid_krw.krw, cases[i].paid_krw);
        ck_assert_int_eq(statement->result->total.value_krw.krw, cases[i].value_krw);
    }
}
END_TEST

START_TEST(whoever_takes_no_part_has_no_statement)
{
    const struct id alpha = id_literal("alpha"), gamma = id_literal("gamma");
    const struct id lunit = id_literal("lunit"), upstage = id_literal("upstage");
    expect_refused(&w, stating_member(w.state, &alpha, &lunit, november(), &statement, &w.err),
                   ERR_NOT_FOUND, "lunit takes no part");
    expect_refused(&w, stating_member(w.state, &gamma, &upstage, november(), &statement, &w.err),
                   ERR_NOT_FOUND, "no project gamma");
    ck_assert_ptr_null(statement);
}
END_TEST

START_TEST(what_was_not_metered_is_not_there)
{
    struct id a = book("kim.upstage", 1, 0, 10);
    state_november();
    ck_assert_int_eq(share_of(UPSTAGE)->value_krw.krw, 0);
    ck_assert_uint_eq(share_of(UPSTAGE)->n_lines, 0);
    use(&a, 1, 0, 2);
    use(&a, 3, 4, 10); /* the second interval never came */
    state_november();
    ck_assert_int_eq(share_of(UPSTAGE)->value_krw.krw, 8 * GPU_DAY);
}
END_TEST

/* The lease runs over the end of November, 29.625 days after the start of the world. */
START_TEST(usage_is_cut_at_both_ends_of_the_period)
{
    struct id a = book("kim.upstage", 1, 20, 40);
    use(&a, 1, 20, 40);
    state_november(); /* nine days and fifteen hours: 9.625 x 220,000 */
    ck_assert_int_eq(share_of(UPSTAGE)->value_krw.krw, 2117500);
    state_alpha((struct date){2025, 12, 1}, (struct date){2025, 12, 31});
    ck_assert_int_eq(share_of(UPSTAGE)->value_krw.krw, 20 * GPU_DAY - 2117500);
    state_alpha((struct date){2025, 11, 25}, (struct date){2025, 11, 26});
    ck_assert_int_eq(share_of(UPSTAGE)->value_krw.krw, 2 * GPU_DAY);
    state_alpha((struct date){2026, 1, 1}, (struct date){2026, 1, 31});
    ck_assert_int_eq(share_of(UPSTAGE)->value_krw.krw, 0);
}
END_TEST

/* From naver, at a price of its own; the 16 of skt are taken. */
static struct id book_of_priced_loan(int64_t price_krw)
{
    struct propose_loan_request r;
    struct consent_loan_request c = {.id = id_literal("loan-b")};
    struct id taken = book("kim.upstage", 8, 0, 1);
    world_make_node(&w, "n3", "naver-b200", 8);
    taken = book("kim.upstage", 8, 0, 1);
    world_loan_request(
        &w, &(struct world_loan_terms){.id = "loan-b", .pool = "naver-b200", .gpus = 8}, &r);
    r.loan.price_krw.krw = price_krw;
    world_must(&w, world_decide(&w, "op.naver", COMMAND_PROPOSE_LOAN, &r));
    record_fini(&propose_loan_request_type, &r);
    world_must(&w, world_decide(&w, "boss.upstage", COMMAND_CONSENT_LOAN, &c));
    struct id approval = w.changes.answer.approval;
    world_must(&w, world_sign(&w, "ok1.nipa", approval.text));
    use(&taken, 1, 0, 1);
    struct id lease = book("kim.upstage", 8, 0, 1);
    ck_assert_str_eq(world_lease(&w, lease.text)->loan.text, "loan-b");
    return lease;
}

/* Eight GPUs for a day at 6,600,000 and eight at 5,000,000 a month:
 * 1,760,000 + 8 x 5,000,000 / 30 = 1,333,333.3; together 3,093,333, of which 5 % are 154,666.6. */
START_TEST(a_loans_own_price_holds_for_its_leases_alone)
{
    struct id lease = book_of_priced_loan(5000000);
    use(&lease, 1, 0, 1);
    state_november();
    ck_assert_int_eq(share_of(UPSTAGE)->value_krw.krw, 3093333);
    ck_assert_int_eq(share_of(UPSTAGE)->burden_krw.krw, 154660);
    ck_assert_uint_eq(share_of(UPSTAGE)->n_lines, 2);
    ck_assert(!share_of(UPSTAGE)->lines[0].price_override);
    ck_assert_int_eq(share_of(UPSTAGE)->lines[0].price_krw.krw, 6600000);
    ck_assert(share_of(UPSTAGE)->lines[1].price_override);
    ck_assert_int_eq(share_of(UPSTAGE)->lines[1].price_krw.krw, 5000000);
}
END_TEST

START_TEST(contributions_count_in_the_period_in_which_they_were_made)
{
    struct window period = november();
    struct id a = book("kim.upstage", 4, 0, 10); /* a burden of 440,000 */
    use(&a, 1, 0, 10);
    contribute("alpha", "cash", 1000, instant_add(period.from, -1));
    contribute("alpha", "cash", 20000, period.from);
    contribute("alpha", "cash", 4000, instant_add(period.to, -1));
    contribute("alpha", "cash", 5000, period.to);
    contribute("alpha", "labour", 100000, period.from);
    contribute("alpha", "data", 70000, period.from);
    contribute("beta", "cash", 300000, period.from);
    state_november();
    ck_assert_int_eq(share_of(UPSTAGE)->cash_paid_krw.krw, 24000);
    ck_assert_int_eq(share_of(UPSTAGE)->in_kind_accepted_krw.krw, 100000);
    ck_assert_int_eq(share_of(UPSTAGE)->cash_shortfall_krw.krw, 20000);
    ck_assert_int_eq(share_of(UPSTAGE)->shortfall_krw.krw, 440000 - 124000);
    ck_assert_uint_eq(share_of(UPSTAGE)->n_refusals, 1);
    ck_assert_str_eq(share_of(UPSTAGE)->refusals[0].kind, "data");
    ck_assert_int_eq(share_of(KAIST)->cash_paid_krw.krw, 0);
}
END_TEST

START_TEST(it_is_a_draft_that_names_its_project)
{
    state_november();
    ck_assert_str_eq(statement->head.programme, "spec");
    ck_assert_str_eq(statement->head.project, "alpha");
    ck_assert_str_eq(statement->head.project_name_en, "Model");
    ck_assert_uint_eq(statement->head.version, 0);
    ck_assert_int_eq(statement->head.issued_at.s, INSTANT_NEVER.s);
    ck_assert_int_eq(statement->head.period.from.s, november().from.s);
    ck_assert_int_eq(statement->head.period.to.s, november().to.s);
}
END_TEST

START_TEST(usage_of_other_projects_is_not_in_it)
{
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-x", .project = "beta", .gpus = 4});
    struct id of_beta = world_make_allocation(&w, "beta", 4, WORLD_BUDGET);
    world_must(&w, world_book(&w, &(struct world_booking){.actor = "han.lunit",
                                                          .allocation = of_beta,
                                                          .gpus = 4,
                                                          .one_node = true,
                                                          .from = world_at(0),
                                                          .to = world_at(WORLD_DAY)}));
    struct id lease = w.changes.answer.id;
    use(&lease, 1, 0, 1);
    state_november();
    ck_assert_int_eq(statement->result->total.value_krw.krw, 0);
}
END_TEST

START_TEST(a_project_that_is_none_is_not_found)
{
    struct id none = id_literal("gamma");
    w.err = ERR_INIT;
    expect_refused(&w, stating_project(w.state, &none, november(), &statement, &w.err),
                   ERR_NOT_FOUND, "there is no project gamma");
    ck_assert_ptr_null(statement);
}
END_TEST

START_TEST(usage_without_a_rate_is_refused_as_billing_says)
{
    struct id id = id_literal("alpha");
    struct id a = book("kim.upstage", 1, 0, 1);
    use(&a, 1, 0, 1);
    struct project *alpha = record_clone(&project_type, state_find(w.state, ENTITY_PROJECT, &id));
    LIST_AT(struct openness_fact, &alpha->openness, 0)->openness = OPENNESS_OPEN_NONCOMMERCIAL;
    state_load(w.state, ENTITY_PROJECT, &id, alpha);
    w.err = ERR_INIT;
    expect_refused(&w, stating_project(w.state, &id, november(), &statement, &w.err), ERR_NO_RATE,
                   "open_noncommercial");
}
END_TEST

static Suite *stating_suite(void)
{
    Suite *s = suite_create("domain/stating");
    TCase *c = tcase_create("stating");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, what_each_member_used_is_valued_and_its_part_borne);
    tcase_add_test(c, a_members_leases_together_never_cost_more_than_their_time);
    tcase_add_test(c, a_members_statement_has_nothing_of_the_others);
    tcase_add_test(c, whoever_takes_no_part_has_no_statement);
    tcase_add_test(c, what_was_not_metered_is_not_there);
    tcase_add_test(c, usage_is_cut_at_both_ends_of_the_period);
    tcase_add_test(c, a_loans_own_price_holds_for_its_leases_alone);
    tcase_add_test(c, contributions_count_in_the_period_in_which_they_were_made);
    tcase_add_test(c, it_is_a_draft_that_names_its_project);
    tcase_add_test(c, usage_of_other_projects_is_not_in_it);
    tcase_add_test(c, a_project_that_is_none_is_not_found);
    tcase_add_test(c, usage_without_a_rate_is_refused_as_billing_says);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(stating_suite)
