/* Lend limits against what is lent and booked. */
#include "controlplane/domain/pool_limit.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

/* 8 guaranteed to alpha, and 8 more while they are free. */
static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_loan(
        &w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8, .burst = 8, .notice_s = 3600});
}

static int set_limit(int64_t gpus)
{
    struct apply_pool_request r = {0};
    struct id id = id_literal("skt-b200");
    const struct pool *p = state_find(w.state, ENTITY_POOL, &id);
    r.pool = *p;
    r.pool.lend_limit_units = share_gpus(gpus);
    return world_decide(&w, "op.skt", COMMAND_APPLY_POOL, &r);
}

START_TEST(test_a_limit_below_what_is_guaranteed_is_refused)
{
    expect_refused(&w, set_limit(7), ERR_STATE, "8 are lent at", "recall them first");
    expect_ok(&w, set_limit(8));
}
END_TEST

START_TEST(test_a_limit_below_what_is_booked_is_refused_with_the_leases)
{
    struct id allocation = world_make_allocation(&w, "alpha", 16, WORLD_BUDGET);
    expect_ok(&w, world_book(&w, &(struct world_booking){.allocation = allocation,
                                                         .gpus = 12,
                                                         .from = world_at(WORLD_DAY),
                                                         .to = world_at(2 * WORLD_DAY)}));
    struct id id = w.changes.answer.id;
    expect_refused(&w, set_limit(11), ERR_STATE, "12 are lent at 2025-11-02T09:00:00+09:00",
                   "beyond what is guaranteed stand", id.text);
    expect_ok(&w, set_limit(12));
    expect_ok(&w, world_release(&w, "kim.upstage", id.text));
    expect_ok(&w, set_limit(8));
}
END_TEST

static Suite *pool_limit_suite(void)
{
    Suite *s = suite_create("pool_limit");
    TCase *c = tcase_create("pool_limit");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_a_limit_below_what_is_guaranteed_is_refused);
    tcase_add_test(c, test_a_limit_below_what_is_booked_is_refused_with_the_leases);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(pool_limit_suite)
