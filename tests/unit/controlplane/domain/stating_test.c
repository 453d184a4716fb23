/* Statements out of what was metered and paid. */
#include "controlplane/domain/stating.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

#define GPU_MONTH INT64_C(6600000)

EXPECT_WORLD

static const struct window november = {{INT64_C(1761922800)}, {INT64_C(1764514800)}};

static void pay(const char *actor, const char *organisation, int64_t krw)
{
    struct record_contribution_request r = {
        .contribution = {.krw = {krw}, .at = w.now, .reference = "receipt"}};
    r.contribution.id = id_number("paid", (uint64_t)krw);
    r.contribution.project = id_literal("alpha");
    r.contribution.organisation = id_literal(organisation);
    r.contribution.kind = id_literal("cash");
    world_must(&w, world_decide(&w, actor, COMMAND_RECORD_CONTRIBUTION, &r));
}

/* Upstage uses two GPUs for a day, kaist three; both have paid something. */
static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8, .notice_s = 3600});
    struct world_booking b = {.allocation = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET),
                              .gpus = 2,
                              .from = world_at(0),
                              .to = world_at(WORLD_DAY)};
    struct id leases[2];
    world_must(&w, world_book(&w, &b));
    leases[0] = w.changes.answer.id;
    b.actor = "lee.kaist";
    b.gpus = 3;
    world_must(&w, world_book(&w, &b));
    leases[1] = w.changes.answer.id;
    world_due(&w);
    world_report(&w, "n1", "active");
    for (uint64_t i = 0; i < 2; i++)
        world_must(&w,
                   world_use(&w, "n1", i + 1, leases[i].text, world_at(0), world_at(WORLD_DAY)));
    pay("fin.upstage", "upstage", 1000);
    pay("admin.nipa", "kaist", 7);
}

static const struct cofunding_share *of(const struct statement *s, const char *organisation)
{
    for (size_t i = 0; i < s->result->n_members; i++) {
        if (strcmp(s->result->members[i].organisation, organisation) == 0)
            return &s->result->members[i];
    }
    return NULL;
}

START_TEST(a_statement_has_a_line_for_every_member)
{
    struct id alpha = id_literal("alpha");
    struct statement *s = NULL;
    expect_ok(&w, stating_project(w.state, &alpha, november, &s, &w.err));
    ck_assert_uint_eq(s->result->n_members, 2);
    ck_assert_int_eq(of(s, "upstage")->value_krw.krw, 2 * GPU_MONTH / 30);
    ck_assert_int_eq(of(s, "kaist")->value_krw.krw, 3 * GPU_MONTH / 30);
    ck_assert_int_eq(of(s, "upstage")->cash_paid_krw.krw, 1000);
    ck_assert_int_eq(s->result->total.value_krw.krw, 5 * GPU_MONTH / 30);
    ck_assert_uint_eq(s->head.version, 0);
    statement_destroy(s);
}
END_TEST

START_TEST(a_members_statement_has_nothing_of_the_others)
{
    struct id alpha = id_literal("alpha");
    static const struct {
        const char *organisation;
        int64_t gpus, paid;
    } cases[] = {{"upstage", 2, 1000}, {"kaist", 3, 7}};
    for (size_t i = 0; i < 2; i++) {
        struct id organisation = id_literal(cases[i].organisation);
        struct statement *s = NULL;
        expect_ok(&w, stating_member(w.state, &alpha, &organisation, november, &s, &w.err));
        ck_assert_uint_eq(s->result->n_members, 1);
        const struct cofunding_share *own = of(s, cases[i].organisation);
        ck_assert_ptr_nonnull(own);
        ck_assert_int_eq(own->value_krw.krw, cases[i].gpus * GPU_MONTH / 30);
        ck_assert_int_eq(own->cash_paid_krw.krw, cases[i].paid);
        ck_assert_int_eq(s->result->total.value_krw.krw, own->value_krw.krw);
        statement_destroy(s);
    }
}
END_TEST

START_TEST(what_is_not_there_has_no_statement)
{
    struct id alpha = id_literal("alpha"), gamma = id_literal("gamma"), lunit = id_literal("lunit");
    struct statement *s = NULL;
    expect_refused(&w, stating_project(w.state, &gamma, november, &s, &w.err), ERR_NOT_FOUND,
                   "no project gamma");
    expect_refused(&w, stating_member(w.state, &alpha, &lunit, november, &s, &w.err), ERR_NOT_FOUND,
                   "lunit takes no part");
    ck_assert_ptr_null(s);
}
END_TEST

static Suite *stating_suite(void)
{
    Suite *s = suite_create("stating");
    TCase *c = tcase_create("stating");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, a_statement_has_a_line_for_every_member);
    tcase_add_test(c, a_members_statement_has_nothing_of_the_others);
    tcase_add_test(c, what_is_not_there_has_no_statement);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(stating_suite)
