/* What nodes say of themselves, and how leases go on by it. */
#include "controlplane/domain/reporting.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id lease;

/* A lease of 12 GPUs over two nodes, from now for a day. */
static void with_lease(void)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16, .notice_s = 3600});
    struct id a = world_make_allocation(&w, "alpha", 16, WORLD_BUDGET);
    world_must(&w, world_book(&w, &(struct world_booking){.allocation = a,
                                                          .gpus = 12,
                                                          .from = world_at(0),
                                                          .to = world_at(WORLD_DAY)}));
    lease = w.changes.answer.id;
    world_due(&w);
}

static enum placement_state placement(const char *node)
{
    LIST_EACH(const struct placement, p, &world_lease(&w, lease.text)->placements)
    {
        if (strcmp(p->node.text, node) == 0)
            return p->state;
    }
    ck_abort_msg("no placement on %s", node);
}

static enum lease_state state_now(void)
{
    return world_lease(&w, lease.text)->state;
}

/* ---- Attaching ---- */

START_TEST(test_attaching_brings_devices_into_service_by_index)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    const struct node *n = world_node(&w, "n1");
    ck_assert_int_eq(n->state, NODE_IN_SERVICE);
    ck_assert_uint_eq(node_devices_in_service(n), 8);
    ck_assert_str_eq(n->owner.text, "skt");
    ck_assert_str_eq(n->site.text, "skt-dc");
    ck_assert_int_eq(n->attached_at.s, w.now.s);
    for (uint32_t i = 0; i < 8; i++)
        ck_assert_uint_eq(LIST_AT(const struct device, &n->devices, i)->index, i);
}
END_TEST

START_TEST(test_a_node_that_can_enforce_nothing_serves_nobody)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_attach(&w, "n1", 8, TIER_NONE);
    ck_assert_int_eq(world_node(&w, "n1")->state, NODE_JOINED);
    ck_assert_uint_eq(node_devices_in_service(world_node(&w, "n1")), 0);
    ck_assert_ptr_nonnull(world_note(&w, "can enforce nothing"));
    world_attach(&w, "n1", 8, TIER_V1);
    ck_assert_uint_eq(node_devices_in_service(world_node(&w, "n1")), 8);
}
END_TEST

START_TEST(test_a_device_that_is_gone_is_faulty_until_it_is_back)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_attach(&w, "n1", 6, TIER_BPF);
    ck_assert_uint_eq(world_node(&w, "n1")->devices.n, 8);
    ck_assert_uint_eq(node_devices_in_service(world_node(&w, "n1")), 6);
    ck_assert_int_eq(node_device(world_node(&w, "n1"), "GPU-n1-7")->state, DEVICE_FAULTY);
    world_attach(&w, "n1", 8, TIER_BPF);
    ck_assert_uint_eq(node_devices_in_service(world_node(&w, "n1")), 8);
}
END_TEST

START_TEST(test_attaching_is_refused_by_rule)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    struct attach_node_command r = {.node = {.id = id_literal("n1"), .tier = TIER_BPF}};
    expect_refused(&w, world_decide(&w, "node:n2", COMMAND_ATTACH_NODE, &r), ERR_DENIED,
                   "n2 can't speak for node n1");
    memcpy(r.node.model, "H200", 5);
    expect_refused(&w, world_decide(&w, "node:n1", COMMAND_ATTACH_NODE, &r), ERR_INVALID,
                   "node n1 has H200, its pool skt-b200 is for B200");
    memcpy(r.node.model, "B200", 5);
    for (size_t i = 0; i < 2; i++) {
        struct device *d = record_list_add(&r.node.devices, sizeof *d);
        memcpy(d->uuid, "GPU-x", 6);
    }
    expect_refused(&w, world_decide(&w, "node:n1", COMMAND_ATTACH_NODE, &r), ERR_INVALID,
                   "\"GPU-x\" stands twice");
    record_fini(&attach_node_command_type, &r);
    r = (struct attach_node_command){.node = {.id = id_literal("n9")}};
    expect_refused(&w, world_decide(&w, "node:n9", COMMAND_ATTACH_NODE, &r), ERR_NOT_FOUND,
                   "join first");
}
END_TEST

/* ---- Holding ---- */

START_TEST(test_a_lease_is_active_when_every_node_has_it)
{
    with_lease();
    ck_assert_int_eq(state_now(), LEASE_PREPARING);
    ck_assert_int_eq(placement("n1"), PLACEMENT_GRANTED);
    world_report(&w, "n1", "installed");
    ck_assert_int_eq(placement("n1"), PLACEMENT_ACTIVE);
    ck_assert_int_eq(state_now(), LEASE_PREPARING);
    w.now = world_at(90);
    world_report(&w, "n2", "active");
    ck_assert_int_eq(state_now(), LEASE_ACTIVE);
    ck_assert_int_eq(world_lease(&w, lease.text)->active_at.s, world_at(90).s);
}
END_TEST

START_TEST(test_a_report_that_says_nothing_new_changes_nothing)
{
    with_lease();
    world_report(&w, "n1", "active");
    struct report_held_command r = {.node = id_literal("n1")};
    struct held_lease *h = record_list_add(&r.held, sizeof *h);
    *h = (struct held_lease){
        .lease = lease, .fence = world_lease(&w, lease.text)->fence, .state = id_literal("active")};
    struct decide_context ctx = {.now = w.now, .actor = world_actor(&w, "node:n1")};
    struct changes changes;
    changes_init(&changes);
    expect_ok(&w, decide(w.state, COMMAND_REPORT_HELD, &r, &ctx, &changes, &w.err));
    ck_assert_uint_eq(changes.n, 0);
    ck_assert_uint_eq(changes.entries.n, 0);
    changes_fini(&changes);
    record_fini(&report_held_command_type, &r);
}
END_TEST

START_TEST(test_what_is_said_about_another_fence_or_an_unknown_lease_is_ignored)
{
    with_lease();
    struct report_held_command r = {.node = id_literal("n1")};
    struct held_lease *h = record_list_add(&r.held, sizeof *h);
    *h = (struct held_lease){.lease = lease, .fence = 1, .state = id_literal("active")};
    h = record_list_add(&r.held, sizeof *h);
    *h = (struct held_lease){.lease = id_literal("lease-9999"), .fence = 1};
    expect_ok(&w, world_decide(&w, "node:n1", COMMAND_REPORT_HELD, &r));
    ck_assert_int_eq(placement("n1"), PLACEMENT_GRANTED);
    record_fini(&report_held_command_type, &r);
    r = (struct report_held_command){.node = id_literal("n2")};
    expect_refused(&w, world_decide(&w, "node:n1", COMMAND_REPORT_HELD, &r), ERR_DENIED,
                   "can't speak for node n2");
}
END_TEST

START_TEST(test_a_lease_that_a_silent_node_gave_back_is_recalled)
{
    with_lease();
    world_report(&w, "n1", "active");
    world_report(&w, "n2", "active");
    expect_ok(&w, world_report_one(&w, "n1", lease.text, "returned"));
    ck_assert_int_eq(placement("n1"), PLACEMENT_RETURNED);
    ck_assert_int_eq(state_now(), LEASE_RETURNING);
    ck_assert_int_eq(world_lease(&w, lease.text)->end_reason, END_RECALLED);
    ck_assert_ptr_nonnull(world_note(&w, "was silent for too long"));
    ck_assert_int_eq(world_enforced(&w, "n2"), 0);
    expect_ok(&w, world_report_one(&w, "n2", lease.text, "returned"));
    ck_assert_int_eq(state_now(), LEASE_ENDED);
}
END_TEST

/* ---- Returning ---- */

START_TEST(test_a_lease_is_over_when_every_node_has_given_it_back)
{
    with_lease();
    world_report(&w, "n1", "active");
    world_report(&w, "n2", "active");
    world_advance(&w, WORLD_DAY);
    ck_assert_int_eq(state_now(), LEASE_RETURNING);
    ck_assert_int_eq(world_lease(&w, lease.text)->end_reason, END_EXPIRED);
    expect_ok(&w, world_report_one(&w, "n1", lease.text, "draining"));
    ck_assert_int_eq(placement("n1"), PLACEMENT_ACTIVE);
    world_report(&w, "n1", "active");
    ck_assert_int_eq(placement("n1"), PLACEMENT_RETURNED);
    ck_assert_int_eq(state_now(), LEASE_RETURNING);
    world_report(&w, "n2", "active");
    ck_assert_int_eq(state_now(), LEASE_ENDED);
    ck_assert_int_eq(world_lease(&w, lease.text)->held_krw.krw, 0);
}
END_TEST

START_TEST(test_what_a_node_does_not_name_it_does_not_hold)
{
    with_lease();
    world_report(&w, "n1", "active");
    struct report_held_command nothing = {.node = id_literal("n1")};
    expect_ok(&w, world_decide(&w, "node:n1", COMMAND_REPORT_HELD, &nothing));
    ck_assert_int_eq(placement("n1"), PLACEMENT_ACTIVE); /* while it runs, silence says nothing */
    world_advance(&w, WORLD_DAY);
    expect_ok(&w, world_decide(&w, "node:n1", COMMAND_REPORT_HELD, &nothing));
    ck_assert_int_eq(placement("n1"), PLACEMENT_RETURNED);
    nothing.node = id_literal("n2");
    expect_ok(&w, world_decide(&w, "node:n2", COMMAND_REPORT_HELD, &nothing));
    ck_assert_int_eq(state_now(), LEASE_FAILED); /* n2 never had it */
}
END_TEST

START_TEST(test_a_device_that_is_not_clean_is_tainted_until_it_is)
{
    with_lease();
    world_report(&w, "n1", "active");
    world_report(&w, "n2", "active");
    world_advance(&w, WORLD_DAY);
    world_report(&w, "n1", "active");
    expect_ok(&w, world_report_one(&w, "n2", lease.text, "tainted"));
    ck_assert_int_eq(state_now(), LEASE_ENDED); /* the lease is over, the devices are not free */
    ck_assert_int_eq(placement("n2"), PLACEMENT_TAINTED);
    size_t held = 16 - 12;
    ck_assert_uint_eq(node_devices_in_service(world_node(&w, "n2")), held);
    world_attach(&w, "n2", 8, TIER_BPF); /* a restart does not wash them */
    ck_assert_uint_eq(node_devices_in_service(world_node(&w, "n2")), held);
    expect_ok(&w, world_report_one(&w, "n2", lease.text, "returned"));
    ck_assert_uint_eq(node_devices_in_service(world_node(&w, "n2")), 8);
    ck_assert_int_eq(placement("n2"), PLACEMENT_RETURNED);
}
END_TEST

START_TEST(test_a_silent_node_has_stopped_by_the_void_instant)
{
    with_lease();
    world_report(&w, "n1", "active");
    world_report(&w, "n2", "active");
    world_advance(&w, 2 * WORLD_HOUR);
    expect_ok(&w, world_release(&w, "kim.upstage", lease.text));
    struct instant over = world_lease(&w, lease.text)->void_at;
    world_report(&w, "n1", "active");
    world_advance(&w, over.s - w.now.s - 1);
    ck_assert_int_eq(state_now(), LEASE_RETURNING);
    struct world_booking again = {.allocation = world_lease(&w, lease.text)->allocation,
                                  .gpus = 16,
                                  .from = world_at(12 * WORLD_HOUR),
                                  .to = world_at(13 * WORLD_HOUR)};
    world_advance(&w, 1);
    ck_assert_int_eq(state_now(), LEASE_ENDED);
    expect_ok(&w, world_book(&w, &again));
}
END_TEST

static size_t active(const struct id *leases, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += world_lease(&w, leases[i].text)->state == LEASE_ACTIVE;
    return count;
}

/* 128 leases of 1/16 GPU on one node: what a node can hold at most, and more objects than one
 * transaction of the store. */
START_TEST(test_a_report_is_heard_as_far_as_a_transaction_holds)
{
    struct id leases[128];
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){
                            .id = "loan-a", .gpus = 8, .notice_s = 3600, .isolation = "timeslice"});
    struct world_booking b = {.allocation = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET),
                              .gpus = 1,
                              .units = 437,
                              .isolation = "timeslice",
                              .from = world_at(0),
                              .to = world_at(WORLD_DAY)};
    for (size_t i = 0; i < 128; i++) {
        expect_ok(&w, world_book(&w, &b));
        leases[i] = w.changes.answer.id;
    }
    world_due(&w);
    world_report(&w, "n1", "active");
    size_t first = active(leases, 128);
    ck_assert_uint_ge(first, 90);
    ck_assert_uint_le(first, 120);
    world_report(&w, "n1", "active");
    ck_assert_uint_eq(active(leases, 128), 128);
    /* All of them end, and the node names none: it has given them back. */
    w.now = world_at(WORLD_DAY);
    world_due(&w);
    struct report_held_command r = {.node = id_literal("n1")};
    for (int round = 0; round < 2; round++) {
        struct decide_context ctx = {.now = w.now, .actor = world_actor(&w, "node:n1")};
        struct changes changes;
        changes_init(&changes);
        expect_ok(&w, decide(w.state, COMMAND_REPORT_HELD, &r, &ctx, &changes, &w.err));
        ck_assert_uint_le(changes.n, 120);
        ck_assert_uint_gt(changes.n, 0);
        changes_fini(&changes);
        expect_ok(&w, world_decide(&w, "node:n1", COMMAND_REPORT_HELD, &r));
    }
    for (size_t i = 0; i < 128; i++)
        ck_assert_int_eq(world_lease(&w, leases[i].text)->state, LEASE_ENDED);
}
END_TEST

static Suite *reporting_suite(void)
{
    Suite *s = suite_create("reporting");
    TCase *c = tcase_create("reporting");
    tcase_add_checked_fixture(c, expect_setup, expect_teardown);
    tcase_add_test(c, test_attaching_brings_devices_into_service_by_index);
    tcase_add_test(c, test_a_node_that_can_enforce_nothing_serves_nobody);
    tcase_add_test(c, test_a_device_that_is_gone_is_faulty_until_it_is_back);
    tcase_add_test(c, test_attaching_is_refused_by_rule);
    tcase_add_test(c, test_a_lease_is_active_when_every_node_has_it);
    tcase_add_test(c, test_a_report_that_says_nothing_new_changes_nothing);
    tcase_add_test(c, test_what_is_said_about_another_fence_or_an_unknown_lease_is_ignored);
    tcase_add_test(c, test_a_lease_that_a_silent_node_gave_back_is_recalled);
    tcase_add_test(c, test_a_lease_is_over_when_every_node_has_given_it_back);
    tcase_add_test(c, test_what_a_node_does_not_name_it_does_not_hold);
    tcase_add_test(c, test_a_device_that_is_not_clean_is_tainted_until_it_is);
    tcase_add_test(c, test_a_silent_node_has_stopped_by_the_void_instant);
    tcase_add_test(c, test_a_report_is_heard_as_far_as_a_transaction_holds);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(reporting_suite)
