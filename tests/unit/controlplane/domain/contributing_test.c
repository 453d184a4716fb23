/* Contributions. */
#include "controlplane/domain/contributing.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct record_contribution_request request(const char *kind)
{
    struct record_contribution_request r = {
        .contribution = {.krw = {5000000}, .at = INSTANT_NEVER, .reference = "transfer 77"}};
    r.contribution.project = id_literal("alpha");
    r.contribution.organisation = id_literal("upstage");
    r.contribution.kind = id_literal(kind);
    return r;
}

static int record(const char *actor, const struct record_contribution_request *r)
{
    return world_decide(&w, actor, COMMAND_RECORD_CONTRIBUTION, r);
}

START_TEST(test_a_contribution_is_kept_with_a_name_and_a_date)
{
    struct record_contribution_request r = request("cash");
    expect_ok(&w, record("fin.upstage", &r));
    struct id id = w.changes.answer.id;
    const struct contribution *c = state_find(w.state, ENTITY_CONTRIBUTION, &id);
    ck_assert_int_eq(c->krw.krw, 5000000);
    ck_assert_int_eq(c->at.s, w.now.s);
    ck_assert_str_eq(c->recorded_by.text, "fin.upstage");
    ck_assert_uint_eq(w.changes.answer.notes.n, 0);
    r.contribution.id = id;
    expect_refused(&w, record("fin.upstage", &r), ERR_EXISTS, "a correction is a new one");
}
END_TEST

START_TEST(test_kinds_that_do_not_count_are_kept_and_the_answer_says_so)
{
    static const struct {
        const char *kind;
        bool counts;
    } cases[] = {{"cash", true},
                 {"labour", true},
                 {"tangible_asset", true},
                 {"data", false},
                 {"gold", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct record_contribution_request r = request(cases[i].kind);
        r.contribution.from = world_at(0);
        r.contribution.to = world_at(WORLD_DAY);
        expect_ok(&w, record("fin.upstage", &r));
        ck_assert_int_eq(world_note(&w, "does not accept the kind") == NULL, cases[i].counts);
    }
    ck_assert_uint_eq(state_count(w.state, ENTITY_CONTRIBUTION), 5);
}
END_TEST

START_TEST(test_contributions_are_refused_by_rule)
{
    struct record_contribution_request r = request("cash");
    r.contribution.krw.krw = 0;
    expect_refused(&w, record("fin.upstage", &r), ERR_INVALID, "krw must be more than 0");
    r = request("labour");
    expect_refused(&w, record("fin.upstage", &r), ERR_INVALID, "the period that was worked");
    r.contribution.from = r.contribution.to = world_at(1);
    expect_refused(&w, record("fin.upstage", &r), ERR_INVALID, "from must come before to");
    r = request("cash");
    r.contribution.reference[0] = '\0';
    expect_refused(&w, record("fin.upstage", &r), ERR_INVALID, "reference is missing");
    r = request("cash");
    r.contribution.organisation = id_literal("kaist");
    expect_refused(&w, record("fin.upstage", &r), ERR_DENIED, "a contribution by kaist");
    expect_ok(&w, record("admin.nipa", &r));
    r.contribution.organisation = id_literal("lunit");
    expect_refused(&w, record("admin.nipa", &r), ERR_INVALID,
                   "lunit is no member of project alpha");
    r = request("cash");
    r.contribution.project = id_literal("beta");
    expect_refused(&w, record("fin.upstage", &r), ERR_NOT_FOUND, "project beta does not exist");
}
END_TEST

static Suite *contributing_suite(void)
{
    Suite *s = suite_create("contributing");
    TCase *c = tcase_create("contributing");
    tcase_add_checked_fixture(c, expect_setup, expect_teardown);
    tcase_add_test(c, test_a_contribution_is_kept_with_a_name_and_a_date);
    tcase_add_test(c, test_kinds_that_do_not_count_are_kept_and_the_answer_says_so);
    tcase_add_test(c, test_contributions_are_refused_by_rule);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(contributing_suite)
