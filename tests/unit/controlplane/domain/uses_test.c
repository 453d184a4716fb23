/* controlplane/domain/uses.h: sums that follow from the objects, however these came and went. */
#include "controlplane/domain/uses.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

static struct id allocation;

static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a", .gpus = 10});
    allocation = world_make_allocation(&w, "alpha", 10, WORLD_BUDGET);
}

static const struct uses *uses(void)
{
    return state_uses(w.state);
}

static struct window hours(int64_t from, int64_t to)
{
    return (struct window){world_at(from * WORLD_HOUR), world_at(to * WORLD_HOUR)};
}

static int64_t gpus_at(const struct steps *s, int64_t hour)
{
    return (int64_t)steps_at(s, world_at(hour * WORLD_HOUR)) / SHARE_PER_GPU;
}

static const char *book(const char *actor, uint32_t gpus, struct window window)
{
    expect_ok(&w, world_book(&w, &(struct world_booking){.actor = actor,
                                                         .allocation = allocation,
                                                         .gpus = gpus,
                                                         .from = window.from,
                                                         .to = window.to}));
    return world_answer(&w);
}

static const struct account_use *account(const char *organisation)
{
    size_t n;
    struct id alpha = id_literal("alpha");
    const struct account_use *all = uses_of_project(uses(), &alpha, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].organisation.text, organisation) == 0)
            return &all[i];
    }
    return NULL;
}

/* ---- One by one ---- */

START_TEST(test_a_lease_counts_on_its_loan_in_its_allocation_and_in_its_account)
{
    struct id loan = id_literal("loan-a"), other = id_literal("loan-b");
    book(NULL, 3, hours(10, 20));
    book("lee.kaist", 4, hours(15, 25));
    static const int64_t want[][2] = {{9, 0}, {10, 3}, {15, 7}, {19, 7}, {20, 4}, {25, 0}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        ck_assert_int_eq(gpus_at(uses_of_loan(uses(), &loan), want[i][0]), want[i][1]);
        ck_assert_int_eq(gpus_at(uses_of_allocation(uses(), &allocation), want[i][0]), want[i][1]);
    }
    ck_assert_int_eq(gpus_at(&account("upstage")->planned, 15), 3);
    ck_assert_int_eq(gpus_at(&account("kaist")->planned, 15), 4);
    ck_assert_str_eq(account("kaist")->loan.text, "loan-a");
    ck_assert_uint_eq(uses_of_loan(uses(), &other)->n, 0);
}
END_TEST

START_TEST(test_what_goes_leaves_nothing_behind)
{
    struct id lease = id_literal(book(NULL, 3, hours(10, 20)));
    expect_ok(&w, world_release(&w, "kim.upstage", lease.text));
    struct id loan = id_literal("loan-a");
    ck_assert_uint_eq(uses_of_loan(uses(), &loan)->n, 0);
    ck_assert_uint_eq(uses_of_allocation(uses(), &allocation)->n, 0);
    ck_assert_ptr_null(account("upstage"));
}
END_TEST

START_TEST(test_a_lease_that_is_over_counts_as_metered)
{
    struct id lease = id_literal(book(NULL, 2, hours(1, 10)));
    world_advance(&w, 2 * WORLD_HOUR);
    struct id node = LIST_AT(struct placement, &world_lease(&w, lease.text)->placements, 0)->node;
    world_report(&w, node.text, "active");
    expect_ok(&w, world_use(&w, node.text, 1, lease.text, world_at(WORLD_HOUR), w.now));
    ck_assert_int_eq(gpus_at(&account("upstage")->metered, 1), 2);
    ck_assert_int_eq(gpus_at(&account("upstage")->metered, 2), 0);
    ck_assert_int_eq(gpus_at(&account("upstage")->planned, 9), 2);
    expect_ok(&w, world_release(&w, "kim.upstage", lease.text));
    world_report(&w, node.text, "active");
    ck_assert_int_eq(world_lease(&w, lease.text)->state, LEASE_ENDED);
    ck_assert_int_eq(gpus_at(&account("upstage")->planned, 1), 2);
    ck_assert_int_eq(gpus_at(&account("upstage")->planned, 2), 0);
}
END_TEST

START_TEST(test_devices_in_service_follow_the_nodes)
{
    struct id pool = id_literal("skt-b200"), none = id_literal("nowhere");
    ck_assert_int_eq(uses_in_service(uses(), &pool), share_gpus(16).units);
    world_make_node(&w, "n3", "skt-b200", 4);
    ck_assert_int_eq(uses_in_service(uses(), &pool), share_gpus(20).units);
    ck_assert_int_eq(uses_in_service(uses(), &none), 0);
}
END_TEST

/* ---- All together ---- */

static void add_lease(struct steps *sum, const struct lease *l)
{
    if (lease_holds_capacity(l))
        steps_add(sum, lease_window(l), lease_units(l).units);
}

struct summing {
    struct steps loan, own;
};

static bool sum_up(const void *record, void *arg)
{
    struct summing *s = arg;
    const struct lease *l = record;
    add_lease(id_is_none(&l->loan) ? &s->own : &s->loan, l);
    return true;
}

static void expect_same(const struct steps *a, const struct steps *b)
{
    ck_assert_uint_eq(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        ck_assert_int_eq(a->items[i].from.s, b->items[i].from.s);
        ck_assert(a->items[i].value == b->items[i].value);
    }
}

static void expect_same_uses(const struct uses *a, const struct uses *b)
{
    struct id loan = id_literal("loan-a"), pool = id_literal("skt-b200"), alpha;
    size_t n, m;
    alpha = id_literal("alpha");
    expect_same(uses_of_loan(a, &loan), uses_of_loan(b, &loan));
    expect_same(uses_of_allocation(a, &allocation), uses_of_allocation(b, &allocation));
    expect_same(uses_of_pool(a, &pool), uses_of_pool(b, &pool));
    ck_assert_int_eq(uses_in_service(a, &pool), uses_in_service(b, &pool));
    const struct account_use *x = uses_of_project(a, &alpha, &n);
    const struct account_use *y = uses_of_project(b, &alpha, &m);
    ck_assert_uint_eq(n, m);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(x[i].organisation.text, y[i].organisation.text);
        expect_same(&x[i].planned, &y[i].planned);
        expect_same(&x[i].metered, &y[i].metered);
    }
}

struct copying {
    struct state *to;
    enum entity_kind kind;
};

static bool copy_one(const void *record, void *arg)
{
    struct copying *c = arg;
    state_load(c->to, c->kind, entity_id(c->kind, record),
               record_clone(entity_type(c->kind), record));
    return true;
}

/* The state's leases, nodes and intervals again, kinds in the given order. */
static struct state *copied(const enum entity_kind order[3])
{
    struct copying c = {.to = state_create()};
    for (int i = 0; i < 3; i++) {
        c.kind = order[i];
        state_each(w.state, c.kind, NULL, copy_one, &c);
    }
    return c.to;
}

static void expect_sums_follow_from_the_objects(void)
{
    static const enum entity_kind orders[][3] = {
        {ENTITY_NODE, ENTITY_LEASE, ENTITY_USAGE_INTERVAL},
        {ENTITY_USAGE_INTERVAL, ENTITY_LEASE, ENTITY_NODE},
        {ENTITY_LEASE, ENTITY_USAGE_INTERVAL, ENTITY_NODE}};
    struct id loan = id_literal("loan-a"), pool = id_literal("skt-b200");
    struct summing s = {0};
    state_each(w.state, ENTITY_LEASE, NULL, sum_up, &s);
    expect_same(uses_of_loan(uses(), &loan), &s.loan);
    expect_same(uses_of_pool(uses(), &pool), &s.own);
    for (size_t i = 0; i < 3; i++) {
        struct state *again = copied(orders[i]);
        expect_same_uses(uses(), state_uses(again));
        state_destroy(again);
    }
    steps_fini(&s.loan);
    steps_fini(&s.own);
}

static uint32_t dice(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % n;
}

/* skt books on its own pool, too. */
static struct id own_allocation(void)
{
    struct apply_project_request p = {
        .project = {.id = id_literal("gamma"), .programme = id_literal(WORLD_PROGRAMME)}};
    struct member *m = record_list_add(&p.project.members, sizeof *m);
    *m = (struct member){.organisation = id_literal("skt"), .role = MEMBER_LEAD};
    struct openness_fact *fact = record_list_add(&p.project.openness, sizeof *fact);
    fact->openness = OPENNESS_OPEN_COMMERCIAL;
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_PROJECT, &p));
    record_fini(&apply_project_request_type, &p);
    world_make_user(&w, "usr", "skt", "org-member");
    struct request_allocation_request r = {.project = id_literal("gamma"),
                                           .model = "B200",
                                           .from = world_at(0),
                                           .to = world_at(100 * WORLD_DAY),
                                           .units = share_gpus(6),
                                           .budget_krw = {WORLD_BUDGET}};
    expect_ok(&w, world_decide(&w, "usr.skt", COMMAND_REQUEST_ALLOCATION, &r));
    struct id id = w.changes.answer.id, approval = w.changes.answer.approval;
    expect_ok(&w, world_sign(&w, "ok1.nipa", approval.text));
    return id;
}

struct metering {
    struct id lease, node;
    struct instant from;
};

static bool collect_active(const void *record, void *arg)
{
    const struct lease *l = record;
    LIST_EACH(const struct placement, p, &l->placements)
    {
        if (l->state != LEASE_ACTIVE)
            continue;
        struct metering *m = record_list_add(arg, sizeof *m);
        *m = (struct metering){l->id, p->node, instant_max(l->from, instant_add(w.now, -7200))};
    }
    return true;
}

/* Nodes say what they hold, and what was used in the last two hours. */
static void report_all(uint64_t *seq)
{
    struct list running = {0};
    world_report(&w, "n1", "active");
    world_report(&w, "n2", "active");
    state_each(w.state, ENTITY_LEASE, NULL, collect_active, &running);
    LIST_EACH(const struct metering, m, &running)
    {
        if (m->from.s < w.now.s)
            expect_ok(&w, world_use(&w, m->node.text, ++*seq, m->lease.text, m->from, w.now));
    }
    free(running.items);
}

START_TEST(test_the_sums_follow_from_the_objects_whatever_happened)
{
    static const char *const people[] = {"kim.upstage", "lee.kaist", "usr.skt"};
    uint32_t seed = 77u + (uint32_t)_i;
    uint64_t seq = 0;
    struct id booked[60];
    uint32_t n = 0;
    int released = 0;
    struct id own = own_allocation();
    for (int round = 0; round < 60; round++) {
        uint32_t who = dice(&seed, 3);
        int64_t from = 1 + dice(&seed, 30), to = from + 1 + dice(&seed, 9);
        struct world_booking b = {.actor = people[who],
                                  .allocation = who == 2 ? own : allocation,
                                  .gpus = 1 + dice(&seed, 4),
                                  .from = instant_add(w.now, from * WORLD_HOUR),
                                  .to = instant_add(w.now, to * WORLD_HOUR)};
        if (world_book(&w, &b) == 0)
            booked[n++] = w.changes.answer.id;
        if (n > 0 && dice(&seed, 4) == 0)
            released += world_release(&w, people[who], booked[dice(&seed, n)].text) == 0;
        world_advance(&w, (int64_t)dice(&seed, 3) * WORLD_HOUR);
        report_all(&seq);
        if (round % 10 == 9)
            expect_sums_follow_from_the_objects();
    }
    ck_assert_uint_gt(seq, 10);
    ck_assert_uint_gt(n, 10);
    ck_assert_int_gt(released, 0);
    struct id pool = id_literal("skt-b200");
    ck_assert_uint_gt(uses_of_pool(uses(), &pool)->n, 0);
}
END_TEST

static Suite *uses_suite(void)
{
    Suite *s = suite_create("uses");
    TCase *t = tcase_create("uses");
    tcase_add_checked_fixture(t, setup, expect_teardown);
    tcase_add_test(t, test_a_lease_counts_on_its_loan_in_its_allocation_and_in_its_account);
    tcase_add_test(t, test_what_goes_leaves_nothing_behind);
    tcase_add_test(t, test_a_lease_that_is_over_counts_as_metered);
    tcase_add_test(t, test_devices_in_service_follow_the_nodes);
    tcase_add_loop_test(t, test_the_sums_follow_from_the_objects_whatever_happened, 0, 4);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(uses_suite)
