/* The counts of a pool. */
#include "controlplane/domain/figures.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

/* In GPUs: contracted, delivered, accepted, in service, lent, leased. */
static void expect_figures(const char *pool, const char *wanted)
{
    struct id id = id_literal(pool);
    struct pool_figures f = figures_of_pool(w.state, state_find(w.state, ENTITY_POOL, &id), w.now);
    const struct share shares[] = {f.contracted, f.delivered, f.accepted,
                                   f.in_service, f.lent,      f.leased};
    char text[128] = "", share[SHARE_TEXT_CAP];
    size_t n = 0;
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i > 0 ? " " : "",
                              shares[i].units ? share_format(shares[i], share) : "0");
    ck_assert_str_eq(text, wanted);
}

START_TEST(what_is_contracted_needs_no_node)
{
    expect_figures("skt-b200", "64 0 0 0 0 0");
}
END_TEST

/* A node of the pool with one device in each of these states. */
static void load_node(const char *name, const char *pool, const enum device_state *states, size_t n)
{
    struct id id = id_literal(name);
    struct node fresh = {.id = id, .pool = id_literal(pool), .state = NODE_IN_SERVICE};
    for (size_t i = 0; i < n; i++) {
        struct device *d = record_list_add(&fresh.devices, sizeof *d);
        *d = (struct device){.index = (uint32_t)i, .state = states[i]};
        snprintf(d->uuid, sizeof d->uuid, "GPU-%s-%zu", name, i);
    }
    struct node *record = record_clone(&node_type, &fresh);
    record_fini(&node_type, &fresh);
    state_load(w.state, ENTITY_NODE, &id, record);
}

START_TEST(devices_count_once_in_each_stage_that_they_have_reached)
{
    static const struct {
        enum device_state state;
        const char *figures;
    } cases[] = {
        {DEVICE_CONTRACTED, "64 0 0 0 0 0"}, {DEVICE_DELIVERED, "64 1 0 0 0 0"},
        {DEVICE_ACCEPTED, "64 1 1 0 0 0"},   {DEVICE_IN_SERVICE, "64 1 1 1 0 0"},
        {DEVICE_FAULTY, "64 1 1 0 0 0"},     {DEVICE_MAINTENANCE, "64 1 1 0 0 0"},
        {DEVICE_TAINTED, "64 1 1 0 0 0"},    {DEVICE_RETIRED, "64 0 0 0 0 0"},
    };
    ck_assert_uint_eq(sizeof cases / sizeof cases[0], DEVICE_STATE_COUNT);
    for (size_t i = 0; i < DEVICE_STATE_COUNT; i++) {
        load_node("n1", "skt-b200", &cases[i].state, 1);
        expect_figures("skt-b200", cases[i].figures);
    }
}
END_TEST

START_TEST(nodes_of_other_pools_do_not_count)
{
    static const enum device_state two[] = {DEVICE_IN_SERVICE, DEVICE_DELIVERED};
    load_node("n1", "skt-b200", two, 2);
    load_node("n2", "skt-b200", two, 1);
    load_node("n3", "naver-b200", two, 2);
    expect_figures("skt-b200", "64 3 2 2 0 0");
    expect_figures("naver-b200", "64 2 1 1 0 0");
}
END_TEST

START_TEST(lent_is_what_loans_in_force_guarantee)
{
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 16, .burst = 8});
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-b",
                                                   .gpus = 4,
                                                   .project = "beta",
                                                   .from = world_at(WORLD_DAY),
                                                   .to = world_at(2 * WORLD_DAY)});
    world_propose_and_consent(&w, &(struct world_loan_terms){.id = "loan-c", .gpus = 2});
    expect_figures("skt-b200", "64 0 0 0 16 0");
    expect_figures("naver-b200", "64 0 0 0 0 0");
    world_advance(&w, WORLD_DAY);
    expect_figures("skt-b200", "64 0 0 0 20 0");
    world_advance(&w, WORLD_DAY);
    expect_figures("skt-b200", "64 0 0 0 16 0");
}
END_TEST

START_TEST(leased_is_what_is_granted_and_not_yet_back)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 8});
    struct id allocation = world_make_allocation(&w, "alpha", 8, WORLD_BUDGET);
    expect_ok(&w, world_book(&w, &(struct world_booking){.allocation = allocation,
                                                         .gpus = 3,
                                                         .from = world_at(WORLD_HOUR),
                                                         .to = world_at(2 * WORLD_HOUR)}));
    struct id lease = w.changes.answer.id;
    expect_figures("skt-b200", "64 8 8 8 8 0"); /* booked: not yet */
    world_advance(&w, WORLD_HOUR);
    expect_figures("skt-b200", "64 8 8 8 8 3");
    world_report(&w, "n1", "active");
    world_advance(&w, WORLD_HOUR);
    ck_assert_int_eq(world_lease(&w, lease.text)->state, LEASE_RETURNING);
    expect_figures("skt-b200", "64 8 8 8 8 3");
    expect_figures("naver-b200", "64 0 0 0 0 0");
    expect_ok(&w, world_report_one(&w, "n1", lease.text, "returned"));
    expect_figures("skt-b200", "64 8 8 8 8 0");
}
END_TEST

static Suite *figures_suite(void)
{
    Suite *s = suite_create("domain/figures");
    TCase *c = tcase_create("figures");
    tcase_add_checked_fixture(c, expect_setup, expect_teardown);
    tcase_add_test(c, what_is_contracted_needs_no_node);
    tcase_add_test(c, devices_count_once_in_each_stage_that_they_have_reached);
    tcase_add_test(c, nodes_of_other_pools_do_not_count);
    tcase_add_test(c, lent_is_what_loans_in_force_guarantee);
    tcase_add_test(c, leased_is_what_is_granted_and_not_yet_back);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(figures_suite)
