/* Why not, when, and for how much: the answers of the deciding functions. */
#include "controlplane/domain/explaining.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id allocation;

static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8, .notice_s = 3600});
    allocation = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
}

static struct id book(uint32_t gpus, int64_t from, int64_t to)
{
    expect_ok(&w, world_book(&w, &(struct world_booking){.allocation = allocation,
                                                         .gpus = gpus,
                                                         .from = world_at(from),
                                                         .to = world_at(to)}));
    return w.changes.answer.id;
}

static struct explanation explained(uint32_t gpus, int64_t from, int64_t to)
{
    struct book_lease_request r = {
        .allocation = allocation, .gpus = gpus, .from = world_at(from), .to = world_at(to)};
    struct decide_context ctx = {.now = w.now, .actor = world_actor(&w, "kim.upstage")};
    struct explanation e;
    struct changes changes;
    changes_init(&changes);
    struct turn t = turn_begin(w.state, &ctx, &changes);
    expect_ok(&w, explain_booking(&t, &r, &e, &w.err));
    turn_end(&t);
    changes_fini(&changes);
    return e;
}

START_TEST(test_what_fits_is_explained_with_its_price)
{
    struct explanation e = explained(8, 0, WORLD_DAY);
    ck_assert(e.fits && !e.later && e.has_quote);
    ck_assert_str_eq(e.loan.text, "loan-a");
    ck_assert_uint_eq(e.nodes, 1);
    struct id id = book(8, 0, WORLD_DAY);
    ck_assert_int_eq(world_lease(&w, id.text)->held_krw.krw, e.quote.value_krw.krw);
}
END_TEST

START_TEST(test_what_does_not_fit_is_explained_with_holder_earliest_start_and_price)
{
    struct id id = book(8, 0, WORLD_DAY);
    struct explanation e = explained(4, 600, WORLD_HOUR);
    ck_assert(!e.fits && e.later && e.has_quote);
    ck_assert_ptr_nonnull(strstr(e.why.text, id.text));
    ck_assert_ptr_nonnull(strstr(e.why.text, "the earliest start that works is"));
    ck_assert_int_eq(e.from.s, world_at(WORLD_DAY + 300).s);
    ck_assert_int_eq(e.to.s - e.from.s, WORLD_HOUR - 600);
    ck_assert_int_gt(e.quote.value_krw.krw, 0);
    e = explained(9, 0, WORLD_HOUR);
    ck_assert(!e.fits && !e.later && !e.has_quote);
}
END_TEST

START_TEST(test_a_budget_adds_up_by_member)
{
    struct id id = book(8, 0, WORLD_DAY);
    struct decide_context ctx = {.now = w.now, .actor = world_actor(&w, "kim.upstage")};
    struct changes changes;
    struct budget b;
    changes_init(&changes);
    struct turn t = turn_begin(w.state, &ctx, &changes);
    expect_ok(&w, explain_budget(&t, &allocation, &b, &w.err));
    int64_t held = world_lease(&w, id.text)->held_krw.krw;
    ck_assert_int_eq(b.to_end_krw.krw, held);
    ck_assert_int_eq(b.left_krw.krw, WORLD_BUDGET - held);
    ck_assert_uint_eq(b.lines.n, 2); /* the lead sees all */
    ck_assert_int_eq(LIST_AT(struct budget_line, &b.lines, 0)->to_end_krw.krw, held);
    ck_assert_int_eq(LIST_AT(struct budget_line, &b.lines, 0)->used_krw.krw, 0);
    budget_fini(&b);
    turn_end(&t);
    ctx.actor = world_actor(&w, "lee.kaist");
    t = turn_begin(w.state, &ctx, &changes);
    expect_ok(&w, explain_budget(&t, &allocation, &b, &w.err));
    ck_assert_uint_eq(b.lines.n, 1);
    budget_fini(&b);
    turn_end(&t);
    ctx.actor = world_actor(&w, "han.lunit");
    t = turn_begin(w.state, &ctx, &changes);
    ck_assert_int_eq(explain_budget(&t, &allocation, &b, &w.err), -ERR_NOT_FOUND);
    turn_end(&t);
    changes_fini(&changes);
}
END_TEST

static Suite *explaining_suite(void)
{
    Suite *s = suite_create("explaining");
    TCase *c = tcase_create("explaining");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_what_fits_is_explained_with_its_price);
    tcase_add_test(c, test_what_does_not_fit_is_explained_with_holder_earliest_start_and_price);
    tcase_add_test(c, test_a_budget_adds_up_by_member);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(explaining_suite)
