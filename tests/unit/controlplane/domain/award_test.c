/* Requests for allocations. */
#include "controlplane/domain/award.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct request_allocation_request request(void)
{
    return (struct request_allocation_request){.project = id_literal("alpha"),
                                               .model = "B200",
                                               .from = world_at(0),
                                               .to = world_at(WORLD_DAY),
                                               .units = share_gpus(8),
                                               .budget_krw = {1000000},
                                               .purpose = "training"};
}

static int ask(const char *actor, const struct request_allocation_request *r)
{
    return world_decide(&w, actor, COMMAND_REQUEST_ALLOCATION, r);
}

START_TEST(test_a_request_opens_an_approval_and_awards_nothing_yet)
{
    struct request_allocation_request r = request();
    expect_ok(&w, ask("kim.upstage", &r));
    const struct allocation *x = world_allocation(&w, world_answer(&w));
    ck_assert_int_eq(x->state, REQUEST_SUBMITTED);
    ck_assert_int_eq(x->requested_units.units, share_gpus(8).units);
    ck_assert_int_eq(x->awarded_units.units, 0);
    ck_assert_str_eq(x->programme.text, WORLD_PROGRAMME);
    ck_assert_str_eq(x->requested_by.text, "kim.upstage");
    ck_assert_str_eq(x->approval.text, w.changes.answer.approval.text);
    ck_assert(w.changes.answer.has_plan);
    struct id id = x->id, approval = x->approval;
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text));
    x = world_allocation(&w, id.text);
    ck_assert_int_eq(x->state, REQUEST_APPROVED);
    ck_assert_int_eq(x->awarded_units.units, share_gpus(8).units);
    ck_assert_int_eq(x->recommended_units.units, share_gpus(8).units);
}
END_TEST

START_TEST(test_requests_are_refused_by_rule)
{
    struct request_allocation_request r = request();
    expect_refused(&w, ask("han.lunit", &r), ERR_NOT_FOUND, "project alpha does not exist");
    expect_refused(&w, ask("ok1.nipa", &r), ERR_DENIED, "nipa is no member of project alpha");
    r.project = ID_NONE;
    expect_refused(&w, ask("kim.upstage", &r), ERR_INVALID, "the name is missing");
    r = request();
    r.to = r.from;
    expect_refused(&w, ask("kim.upstage", &r), ERR_INVALID, "from must come before to");
    r = request();
    r.units.units = 0;
    expect_refused(&w, ask("kim.upstage", &r), ERR_INVALID, "units must be more than 0");
    r = request();
    r.budget_krw.krw = -1;
    expect_refused(&w, ask("kim.upstage", &r), ERR_INVALID, "budget_krw");
    r = request();
    r.to = world_at(500 * WORLD_DAY);
    expect_refused(&w, ask("kim.upstage", &r), ERR_INVALID, "inside programme spec");
    r = request();
    memcpy(r.model, "H200", 5);
    expect_refused(&w, ask("kim.upstage", &r), ERR_NO_RATE, "no price for H200");
    r = request();
    w.now = world_at(WORLD_DAY);
    expect_refused(&w, ask("kim.upstage", &r), ERR_INVALID, "to lies in the past");
    ck_assert_uint_eq(state_count(w.state, ENTITY_ALLOCATION), 0);
}
END_TEST

static Suite *award_suite(void)
{
    Suite *s = suite_create("award");
    TCase *c = tcase_create("award");
    tcase_add_checked_fixture(c, expect_setup, expect_teardown);
    tcase_add_test(c, test_a_request_opens_an_approval_and_awards_nothing_yet);
    tcase_add_test(c, test_requests_are_refused_by_rule);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(award_suite)
