/* Extension of leases, on the devices that they have. */
#include "controlplane/domain/extending.h"

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

static int extend(const char *actor, const struct id *id, int64_t to)
{
    struct extend_lease_request r = {.id = *id, .to = world_at(to)};
    return world_decide(&w, actor, COMMAND_EXTEND_LEASE, &r);
}

START_TEST(test_it_goes_on_where_it_stands_and_costs_what_the_whole_costs)
{
    struct id id = book(8, 0, WORLD_DAY);
    world_due(&w);
    world_report(&w, "n1", "active");
    expect_ok(&w, extend("kim.upstage", &id, 2 * WORLD_DAY));
    const struct lease *l = world_lease(&w, id.text);
    ck_assert_int_eq(l->state, LEASE_ACTIVE);
    ck_assert_int_eq(l->to.s, world_at(2 * WORLD_DAY).s);
    ck_assert_int_eq(l->ends_at.s, l->to.s);
    int64_t held = world_allocation(&w, allocation.text)->held_krw.krw;
    ck_assert_int_eq(l->held_krw.krw, held);
    expect_teardown();
    setup();
    struct id whole = book(8, 0, 2 * WORLD_DAY);
    ck_assert_int_eq(world_lease(&w, whole.text)->held_krw.krw, held);
}
END_TEST

START_TEST(test_extensions_are_refused_by_rule)
{
    struct id id = book(4, 0, WORLD_DAY), next = book(8, 2 * WORLD_DAY, 3 * WORLD_DAY);
    expect_refused(&w, extend("lee.kaist", &id, 2 * WORLD_HOUR), ERR_DENIED, "a lease of upstage");
    expect_refused(&w, extend("kim.upstage", &id, WORLD_DAY), ERR_INVALID, "runs until");
    expect_refused(&w, extend("kim.upstage", &id, 200 * WORLD_DAY), ERR_INVALID,
                   "ask for its extension first");
    expect_refused(&w, extend("kim.upstage", &id, 2 * WORLD_DAY), ERR_NO_CAPACITY, next.text,
                   "300 s of cleaning");
    expect_ok(&w, extend("kim.upstage", &id, 2 * WORLD_DAY - 300));
    expect_ok(&w, world_release(&w, "kim.upstage", id.text));
    expect_refused(&w, extend("kim.upstage", &id, 2 * WORLD_DAY), ERR_STATE, "can't be extended");
}
END_TEST

START_TEST(test_what_is_recalled_is_not_extended)
{
    struct id id = book(8, 0, WORLD_DAY);
    expect_ok(&w, world_recall(&w, "op.skt", "loan-a", 8, world_at(WORLD_DAY)));
    expect_refused(&w, extend("kim.upstage", &id, 2 * WORLD_DAY), ERR_NO_CAPACITY, "loan loan-a");
}
END_TEST

static Suite *extending_suite(void)
{
    Suite *s = suite_create("extending");
    TCase *c = tcase_create("extending");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_it_goes_on_where_it_stands_and_costs_what_the_whole_costs);
    tcase_add_test(c, test_extensions_are_refused_by_rule);
    tcase_add_test(c, test_what_is_recalled_is_not_extended);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(extending_suite)
