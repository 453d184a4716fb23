#include "controlplane/sim/conservation.h"

#include "controlplane/domain/allocation.h"
#include "controlplane/domain/lease.h"
#include "controlplane/domain/node.h"
#include "controlplane/domain/pool.h"
#include "tests/support/suite.h"

#include <stdio.h>

/* States that the decider would never make: they are loaded as they are. */
static struct state *state;
static struct conservation check;
static const struct instant now = {1000};

static void load(enum entity_kind kind, const void *record)
{
    struct id id = *entity_id(kind, record);
    state_load(state, kind, &id, record_clone(entity_type(kind), record));
}

static void load_pool(void)
{
    struct pool pool = {.id = id_literal("pool"), .owner = id_literal("skt"), .model = "B200"};
    struct node node = {.id = id_literal("n1"),
                        .pool = pool.id,
                        .owner = pool.owner,
                        .model = "B200",
                        .state = NODE_IN_SERVICE,
                        .tier = TIER_BPF};
    struct device devices[2] = {{.uuid = "GPU-0", .state = DEVICE_IN_SERVICE},
                                {.uuid = "GPU-1", .index = 1, .state = DEVICE_IN_SERVICE}};
    node.devices = (struct list){devices, 2};
    load(ENTITY_POOL, &pool);
    load(ENTITY_NODE, &node);
}

static void load_lease(const char *name, const char *uuid, int64_t units, enum lease_state in,
                       enum placement_state there)
{
    struct placed_device device = {.units = {units}};
    struct placement placement = {
        .node = id_literal("n1"), .devices = {&device, 1}, .state = there};
    struct lease lease = {.id = id_literal(name),
                          .project = id_literal("solar"),
                          .model = "B200",
                          .gpus = 1,
                          .units_per_gpu = {units},
                          .isolation =
                              units == SHARE_PER_GPU ? ISOLATION_WHOLE : ISOLATION_TIMESLICE,
                          .from = {500},
                          .to = {5000},
                          .ends_at = {5000},
                          .void_at = {5300},
                          .state = in,
                          .placements = {&placement, 1}};
    snprintf(device.uuid, sizeof device.uuid, "%s", uuid);
    load(ENTITY_LEASE, &lease);
}

static void setup(void)
{
    state = state_create();
    check = (struct conservation){.n_checks = 0};
    load_pool();
}

static void teardown(void)
{
    conservation_fini(&check);
    state_destroy(state);
}

static const char *first(void)
{
    return check.n_violations > 0 ? LIST_AT(struct violation, &check.violations, 0)->text : "";
}

START_TEST(a_full_pool_is_no_violation)
{
    load_lease("lease-1", "GPU-0", SHARE_PER_GPU, LEASE_ACTIVE, PLACEMENT_ACTIVE);
    load_lease("lease-2", "GPU-1", 875, LEASE_ACTIVE, PLACEMENT_ACTIVE);
    load_lease("lease-3", "GPU-1", 6125, LEASE_RETURNING, PLACEMENT_GRANTED);
    conservation_check(&check, state, now);
    ck_assert_msg(check.n_violations == 0, "%s", first());
    ck_assert_uint_eq(check.n_checks, 1);
    const struct pool_use *use = LIST_AT(struct pool_use, &check.pools, 0);
    ck_assert_int_eq(use->granted_units, 2 * SHARE_PER_GPU);
    ck_assert_int_eq(use->in_service_units, 2 * SHARE_PER_GPU);
    ck_assert_int_eq(use->most_at.s, now.s);
}
END_TEST

START_TEST(what_has_not_begun_or_is_given_back_does_not_count)
{
    load_lease("lease-1", "GPU-0", SHARE_PER_GPU, LEASE_ACTIVE, PLACEMENT_ACTIVE);
    load_lease("lease-2", "GPU-0", SHARE_PER_GPU, LEASE_BOOKED, PLACEMENT_PLANNED);
    load_lease("lease-3", "GPU-0", SHARE_PER_GPU, LEASE_ENDED, PLACEMENT_RETURNED);
    load_lease("lease-4", "GPU-0", SHARE_PER_GPU, LEASE_RETURNING, PLACEMENT_RETURNED);
    conservation_check(&check, state, now);
    ck_assert_msg(check.n_violations == 0, "%s", first());
    ck_assert_int_eq(LIST_AT(struct pool_use, &check.pools, 0)->granted_units, SHARE_PER_GPU);
}
END_TEST

START_TEST(a_device_held_twice_is_found)
{
    load_lease("lease-1", "GPU-0", SHARE_PER_GPU, LEASE_ACTIVE, PLACEMENT_ACTIVE);
    load_lease("lease-2", "GPU-0", 7, LEASE_DRAINING, PLACEMENT_ACTIVE);
    conservation_check(&check, state, now);
    ck_assert_uint_eq(check.n_violations, 1);
    ck_assert_ptr_nonnull(strstr(first(), "GPU-0 is held more than whole"));
}
END_TEST

START_TEST(more_than_is_in_service_is_found)
{
    struct node node = {.id = id_literal("n2"), .pool = id_literal("pool"), .model = "B200"};
    struct device broken = {.uuid = "GPU-9", .state = DEVICE_FAULTY};
    node.devices = (struct list){&broken, 1};
    node.state = NODE_IN_SERVICE;
    load(ENTITY_NODE, &node);
    load_lease("lease-1", "GPU-0", SHARE_PER_GPU, LEASE_ACTIVE, PLACEMENT_ACTIVE);
    load_lease("lease-2", "GPU-1", SHARE_PER_GPU, LEASE_ACTIVE, PLACEMENT_ACTIVE);
    load_lease("lease-3", "GPU-1", SHARE_PER_GPU, LEASE_ACTIVE, PLACEMENT_ACTIVE);
    conservation_check(&check, state, now);
    ck_assert_uint_eq(check.n_violations, 2);
    ck_assert_ptr_nonnull(strstr(LIST_AT(struct violation, &check.violations, 1)->text,
                                 "leases hold 3 GPUs, 2 are in service"));
}
END_TEST

START_TEST(a_device_that_is_not_there_is_found)
{
    load_lease("lease-1", "GPU-7", SHARE_PER_GPU, LEASE_ACTIVE, PLACEMENT_ACTIVE);
    conservation_check(&check, state, now);
    ck_assert_ptr_nonnull(strstr(first(), "does not have"));
}
END_TEST

static const struct {
    int64_t budget, held, posted;
    bool good;
} budgets[] = {
    {100, 0, 0, true},   {100, 60, 40, true}, {100, 60, 41, false},
    {100, -1, 0, false}, {100, 0, -1, false}, {100, INT64_MAX, 1, false},
};

START_TEST(a_budget_is_neither_passed_nor_below_nothing)
{
    struct allocation a = {.id = id_literal("allocation-1"),
                           .budget_krw = {budgets[_i].budget},
                           .held_krw = {budgets[_i].held},
                           .posted_krw = {budgets[_i].posted}};
    load(ENTITY_ALLOCATION, &a);
    conservation_check(&check, state, now);
    ck_assert_int_eq(check.n_violations == 0, budgets[_i].good);
}
END_TEST

START_TEST(many_violations_are_counted_and_the_first_kept)
{
    for (int i = 0; i < 200; i++)
        conservation_violated(&check, (struct instant){i}, "violation %d", i);
    ck_assert_uint_eq(check.n_violations, 200);
    ck_assert_uint_eq(check.violations.n, CONSERVATION_VIOLATIONS_KEPT);
    ck_assert_str_eq(first(), "violation 0");
}
END_TEST

static Suite *conservation_suite(void)
{
    Suite *s = suite_create("conservation");
    TCase *c = tcase_create("checks");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_full_pool_is_no_violation);
    tcase_add_test(c, what_has_not_begun_or_is_given_back_does_not_count);
    tcase_add_test(c, a_device_held_twice_is_found);
    tcase_add_test(c, more_than_is_in_service_is_found);
    tcase_add_test(c, a_device_that_is_not_there_is_found);
    tcase_add_loop_test(c, a_budget_is_neither_passed_nor_below_nothing, 0,
                        (int)(sizeof budgets / sizeof *budgets));
    tcase_add_test(c, many_violations_are_counted_and_the_first_kept);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(conservation_suite)
