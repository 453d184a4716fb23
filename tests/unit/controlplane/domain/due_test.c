/* Steps that time brings. */
#include "controlplane/domain/due.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id allocation;

static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16, .notice_s = 3600});
    allocation = world_make_allocation(&w, "alpha", 16, WORLD_BUDGET);
}

static struct id book(uint32_t gpus, int64_t from, int64_t to)
{
    world_must(&w, world_book(&w, &(struct world_booking){.allocation = allocation,
                                                          .gpus = gpus,
                                                          .from = world_at(from),
                                                          .to = world_at(to)}));
    return w.changes.answer.id;
}

static enum lease_state state_of(const struct id *lease)
{
    return world_lease(&w, lease->text)->state;
}

START_TEST(test_a_lease_that_no_node_ever_had_runs_through_and_fails)
{
    static const struct {
        int64_t at;
        enum lease_state state;
    } course[] = {
        {599, LEASE_BOOKED},     {600, LEASE_PREPARING},  {3599, LEASE_PREPARING},
        {3600, LEASE_RETURNING}, {3899, LEASE_RETURNING}, {3900, LEASE_FAILED},
    };
    struct id lease = book(8, 600, 3600);
    for (size_t i = 0; i < sizeof course / sizeof course[0]; i++) {
        world_advance(&w, course[i].at - (w.now.s - WORLD_START.s));
        ck_assert_int_eq(state_of(&lease), course[i].state);
    }
    ck_assert_int_eq(world_allocation(&w, allocation.text)->held_krw.krw, 0);
    ck_assert_int_eq(state_next_due(w.state).s, world_loan(&w, "loan-a")->to.s);
}
END_TEST

START_TEST(test_grants_are_written_down_when_they_go_out)
{
    struct id lease = book(8, 600, 3600);
    world_advance(&w, 600);
    const struct ledger_entry *e = LIST_AT(struct ledger_entry, &w.changes.entries, 0);
    ck_assert_int_eq(e->kind, LEDGER_GRANT);
    ck_assert_str_eq(e->subject.text, lease.text);
    ck_assert_str_eq(e->actor.text, "service");
    ck_assert_int_eq(e->units.units, share_gpus(8).units);
}
END_TEST

START_TEST(test_a_lease_whose_devices_broke_moves_before_it_starts)
{
    struct id lease = book(8, 600, 3600);
    const char *node =
        LIST_AT(const struct placement, &world_lease(&w, lease.text)->placements, 0)->node.text;
    ck_assert_str_eq(node, "n1");
    uint64_t fence = world_lease(&w, lease.text)->fence;
    world_attach(&w, "n1", 7, TIER_BPF);
    world_advance(&w, 600);
    ck_assert_str_eq(
        LIST_AT(const struct placement, &world_lease(&w, lease.text)->placements, 0)->node.text,
        "n2");
    ck_assert_uint_gt(world_lease(&w, lease.text)->fence, fence);
    ck_assert_int_eq(world_enforced(&w, "n2"), share_gpus(8).units);
}
END_TEST

START_TEST(test_a_lease_without_a_substitute_waits_for_its_own_devices)
{
    book(8, 600, 3600);
    struct id lease = book(8, 600, 3600);
    world_attach(&w, "n1", 7, TIER_BPF);
    world_attach(&w, "n2", 7, TIER_BPF);
    world_advance(&w, 600);
    ck_assert_int_eq(state_of(&lease), LEASE_PREPARING);
}
END_TEST

START_TEST(test_at_most_limit_objects_change_and_the_rest_comes_next)
{
    struct id leases[10];
    for (size_t i = 0; i < 10; i++)
        leases[i] = book(1, 600, 3600);
    w.now = world_at(600);
    struct decide_context ctx = {.now = w.now, .actor = world_actor(&w, "service")};
    size_t rounds = 0, started = 0;
    bool more = true;
    while (more) {
        struct changes c;
        changes_init(&c);
        more = decide_due(w.state, &ctx, DECIDE_DUE_MIN, &c);
        ck_assert_uint_le(c.n, DECIDE_DUE_MIN);
        ck_assert_uint_gt(c.n, 0);
        started += c.n;
        state_apply(w.state, &c);
        changes_fini(&c);
        rounds++;
    }
    ck_assert_uint_eq(started, 10);
    ck_assert_uint_eq(rounds, 2);
    for (size_t i = 0; i < 10; i++)
        ck_assert_int_eq(state_of(&leases[i]), LEASE_PREPARING);
}
END_TEST

START_TEST(test_nothing_due_changes_nothing)
{
    struct changes c;
    changes_init(&c);
    struct decide_context ctx = {.now = w.now, .actor = world_actor(&w, "service")};
    ck_assert(!decide_due(w.state, &ctx, 64, &c));
    ck_assert_uint_eq(c.n, 0);
    changes_fini(&c);
}
END_TEST

START_TEST(test_a_control_plane_that_slept_catches_up_step_by_step)
{
    struct id lease = book(8, 600, 3600);
    w.now = world_at(30 * WORLD_DAY); /* nobody looked for a month */
    world_due(&w);
    ck_assert_int_eq(state_of(&lease), LEASE_FAILED);
    ck_assert_int_eq(world_lease(&w, lease.text)->end_reason, END_FAILED);
    ck_assert_int_eq(world_lease(&w, lease.text)->ends_at.s, world_at(3600).s);
}
END_TEST

static Suite *due_suite(void)
{
    Suite *s = suite_create("due");
    TCase *c = tcase_create("due");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_add_test(c, test_a_lease_that_no_node_ever_had_runs_through_and_fails);
    tcase_add_test(c, test_grants_are_written_down_when_they_go_out);
    tcase_add_test(c, test_a_lease_whose_devices_broke_moves_before_it_starts);
    tcase_add_test(c, test_a_lease_without_a_substitute_waits_for_its_own_devices);
    tcase_add_test(c, test_at_most_limit_objects_change_and_the_rest_comes_next);
    tcase_add_test(c, test_nothing_due_changes_nothing);
    tcase_add_test(c, test_a_control_plane_that_slept_catches_up_step_by_step);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(due_suite)
