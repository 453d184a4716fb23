/* Objects, and the indexes that follow from them. */
#include "controlplane/domain/state.h"

#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/node.h"
#include "controlplane/domain/pool.h"
#include "tests/support/suite.h"

#include <stdio.h>

static struct state *state;

static void setup(void)
{
    state = state_create();
}

static void teardown(void)
{
    state_destroy(state);
}

static void load(enum entity_kind kind, const void *record)
{
    state_load(state, kind, entity_id(kind, record), record_clone(entity_type(kind), record));
}

static void unload(enum entity_kind kind, const char *name)
{
    struct id id = id_literal(name);
    state_load(state, kind, &id, NULL);
}

static void load_lease(const char *name, const char *node, enum lease_state lease_state)
{
    struct lease l = {.id = id_literal(name),
                      .loan = id_literal("loan-a"),
                      .project = id_literal("alpha"),
                      .allocation = id_literal("allocation-1"),
                      .from = {100},
                      .ends_at = {200},
                      .void_at = {300},
                      .state = lease_state};
    struct placement *p = record_list_add(&l.placements, sizeof *p);
    p->node = id_literal(node);
    struct placed_device *d = record_list_add(&p->devices, sizeof *d);
    memcpy(d->uuid, "GPU-0", 6);
    d->units = share_gpus(1);
    load(ENTITY_LEASE, &l);
    record_fini(&lease_type, &l);
}

static bool join_id(const void *record, void *arg)
{
    char *text = arg;
    size_t at = strlen(text);
    snprintf(text + at, 256 - at, "%s%s", at ? " " : "", ((const struct id *)record)->text);
    return true;
}

static const char *linked(enum state_link link, const char *name)
{
    static char text[256];
    struct id id = id_literal(name);
    text[0] = '\0';
    state_each_linked(state, link, &id, join_id, text);
    return text;
}

static int64_t units_at(const char *node, int64_t t)
{
    struct id id = id_literal(node);
    return calendar_units_at(state_calendar(state), &id, "GPU-0", (struct instant){t});
}

START_TEST(test_objects_are_found_counted_and_visited_in_order_of_their_ids)
{
    static const char *const names[] = {"pool-2", "pool-10", "pool-1"};
    char text[256] = "";
    for (size_t i = 0; i < 3; i++) {
        struct pool p = {.id = id_literal(names[i])};
        load(ENTITY_POOL, &p);
    }
    struct id one = id_literal("pool-1"), none = id_literal("pool-3");
    ck_assert_uint_eq(state_count(state, ENTITY_POOL), 3);
    ck_assert_uint_eq(state_count(state, ENTITY_SITE), 0);
    ck_assert_ptr_nonnull(state_find(state, ENTITY_POOL, &one));
    ck_assert_ptr_null(state_find(state, ENTITY_POOL, &none));
    ck_assert_ptr_null(state_find(state, ENTITY_SITE, &one));
    state_each(state, ENTITY_POOL, NULL, join_id, text);
    ck_assert_str_eq(text, "pool-1 pool-10 pool-2");
    text[0] = '\0';
    state_each(state, ENTITY_POOL, &one, join_id, text);
    ck_assert_str_eq(text, "pool-10 pool-2");
}
END_TEST

START_TEST(test_links_follow_the_last_value_and_go_with_it)
{
    load_lease("lease-2", "n1", LEASE_BOOKED);
    load_lease("lease-1", "n1", LEASE_ACTIVE);
    ck_assert_str_eq(linked(LINK_LEASE_NODE, "n1"), "lease-1 lease-2");
    load_lease("lease-1", "n2", LEASE_ACTIVE);
    ck_assert_str_eq(linked(LINK_LEASE_NODE, "n1"), "lease-2");
    ck_assert_str_eq(linked(LINK_LEASE_NODE, "n2"), "lease-1");
    load_lease("lease-2", "n1", LEASE_ENDED); /* on a node only while it holds capacity */
    ck_assert_str_eq(linked(LINK_LEASE_NODE, "n1"), "");
    ck_assert_str_eq(linked(LINK_LEASE_LOAN, "loan-a"), "lease-1 lease-2");
    ck_assert_str_eq(linked(LINK_LEASE_PROJECT, "alpha"), "lease-1 lease-2");
    ck_assert_str_eq(linked(LINK_LEASE_ALLOCATION, "allocation-1"), "lease-1 lease-2");
    unload(ENTITY_LEASE, "lease-1");
    unload(ENTITY_LEASE, "lease-1");
    ck_assert_str_eq(linked(LINK_LEASE_LOAN, "loan-a"), "lease-2");
    ck_assert_str_eq(linked(LINK_LEASE_NODE, "n2"), "");
}
END_TEST

START_TEST(test_links_of_loans_nodes_and_pools)
{
    struct loan loan = {.id = id_literal("loan-a"),
                        .pool = id_literal("pool"),
                        .borrower = id_literal("alpha"),
                        .recall_at = INSTANT_NEVER};
    struct node node = {.id = id_literal("n1"), .pool = id_literal("pool")};
    load(ENTITY_LOAN, &loan);
    load(ENTITY_NODE, &node);
    ck_assert_str_eq(linked(LINK_LOAN_POOL, "pool"), "loan-a");
    ck_assert_str_eq(linked(LINK_LOAN_BORROWER, "alpha"), "loan-a");
    ck_assert_str_eq(linked(LINK_NODE_POOL, "pool"), "n1");
}
END_TEST

START_TEST(test_the_calendar_holds_devices_until_they_are_back)
{
    load_lease("lease-1", "n1", LEASE_BOOKED); /* before its node is known */
    ck_assert_int_eq(units_at("n1", 99), 0);
    ck_assert_int_eq(units_at("n1", 100), SHARE_PER_GPU);
    ck_assert_int_eq(units_at("n1", 200), 0);
    load_lease("lease-1", "n1", LEASE_RETURNING);
    ck_assert_int_eq(units_at("n1", 299), SHARE_PER_GPU);
    ck_assert_int_eq(units_at("n1", 300), 0);
    load_lease("lease-1", "n1", LEASE_ENDED);
    ck_assert_int_eq(units_at("n1", 150), 0);
}
END_TEST

START_TEST(test_the_calendar_knows_which_devices_serve)
{
    static const struct {
        enum node_state node;
        enum device_state device;
        size_t serve;
    } cases[] = {
        {NODE_IN_SERVICE, DEVICE_IN_SERVICE, 1}, {NODE_IN_SERVICE, DEVICE_TAINTED, 0},
        {NODE_JOINED, DEVICE_IN_SERVICE, 0},     {NODE_DRAINED, DEVICE_IN_SERVICE, 0},
        {NODE_IN_SERVICE, DEVICE_FAULTY, 0},
    };
    struct id pool = id_literal("pool");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct node n = {
            .id = id_literal("n1"), .pool = pool, .model = "B200", .state = cases[i].node};
        struct device *d = record_list_add(&n.devices, sizeof *d);
        *d = (struct device){.uuid = "GPU-0", .state = cases[i].device};
        load(ENTITY_NODE, &n);
        record_fini(&node_type, &n);
        struct calendar_query q = {.model = "B200",
                                   .pools = &pool,
                                   .n_pools = 1,
                                   .devices = 1,
                                   .units = SHARE_PER_GPU,
                                   .window = {{0}, {1}}};
        ck_assert_uint_eq(calendar_count(state_calendar(state), &q).free, cases[i].serve);
    }
}
END_TEST

static bool join_due(enum entity_kind kind, const void *record, void *arg)
{
    (void)kind;
    return join_id(record, arg);
}

START_TEST(test_due_comes_by_instant_then_kind_then_id)
{
    char text[256] = "";
    ck_assert_int_eq(state_next_due(state).s, INSTANT_NEVER.s);
    load_lease("lease-2", "n1", LEASE_BOOKED);
    load_lease("lease-1", "n1", LEASE_BOOKED);
    load_lease("lease-3", "n1", LEASE_ACTIVE);
    struct loan loan = {.id = id_literal("loan-a"),
                        .from = {100},
                        .to = {400},
                        .recall_at = INSTANT_NEVER,
                        .state = LOAN_APPROVED};
    load(ENTITY_LOAN, &loan);
    ck_assert_int_eq(state_next_due(state).s, 100);
    state_each_due(state, (struct instant){100}, join_due, text);
    ck_assert_str_eq(text, "loan-a lease-1 lease-2");
    text[0] = '\0';
    state_each_due(state, (struct instant){99}, join_due, text);
    ck_assert_str_eq(text, "");
    load_lease("lease-1", "n1", LEASE_ENDED);
    unload(ENTITY_LEASE, "lease-2");
    unload(ENTITY_LOAN, "loan-a");
    ck_assert_int_eq(state_next_due(state).s, 200);
}
END_TEST

START_TEST(test_apply_moves_the_objects_in_and_takes_the_numbers)
{
    struct changes c;
    struct pool p = {.id = id_literal("pool")};
    changes_init(&c);
    ck_assert_uint_eq(state_next_number(state), 1);
    void *put = changes_put(&c, ENTITY_POOL, &p);
    changes_entry(&c, LEDGER_REGISTER);
    c.answer.id = p.id;
    c.numbers_taken = 4;
    state_apply(state, &c);
    ck_assert_ptr_eq(state_find(state, ENTITY_POOL, &p.id), put);
    ck_assert_uint_eq(state_next_number(state), 5);
    ck_assert_uint_eq(c.n, 0);
    ck_assert_uint_eq(c.entries.n, 1); /* for the store */
    ck_assert_str_eq(c.answer.id.text, "pool");
    changes_reset(&c);
    changes_delete(&c, ENTITY_POOL, &p.id);
    state_apply(state, &c);
    ck_assert_ptr_null(state_find(state, ENTITY_POOL, &p.id));
    changes_fini(&c);
    state_set_next_number(state, 100);
    ck_assert_uint_eq(state_next_number(state), 100);
    state_destroy(NULL);
}
END_TEST

static Suite *state_suite(void)
{
    Suite *s = suite_create("state");
    TCase *c = tcase_create("state");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test_objects_are_found_counted_and_visited_in_order_of_their_ids);
    tcase_add_test(c, test_links_follow_the_last_value_and_go_with_it);
    tcase_add_test(c, test_links_of_loans_nodes_and_pools);
    tcase_add_test(c, test_the_calendar_holds_devices_until_they_are_back);
    tcase_add_test(c, test_the_calendar_knows_which_devices_serve);
    tcase_add_test(c, test_due_comes_by_instant_then_kind_then_id);
    tcase_add_test(c, test_apply_moves_the_objects_in_and_takes_the_numbers);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(state_suite)
