/*
 * Properties of the decider over random commands. The loop index decides everything: a red run is
 * repeated by it.
 */
#include "controlplane/domain/decide.h"

#include "controlplane/domain/capacity.h"
#include "controlplane/domain/enforce.h"
#include "controlplane/domain/steps.h"
#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

#include <stdlib.h>

EXPECT_WORLD

#define STEPS 150

static uint64_t dice;

static int64_t roll(int64_t sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (int64_t)(dice % (uint64_t)sides);
}

static const char *const nodes[] = {"n1", "n2", "v1"};
static const size_t node_gpus[] = {8, 4, 8};
static const char *const loans[] = {"loan-a", "loan-b", "loan-v"};
static struct id allocations[2];

static void setup(void)
{
    expect_setup();
    world_make_node(&w, "n1", "skt-b200", 8);
    world_make_node(&w, "n2", "skt-b200", 4);
    world_make_node(&w, "v1", "naver-b200", 8);
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-a",
                                                   .gpus = 6,
                                                   .burst = 4,
                                                   .notice_s = 600,
                                                   .cooldown_s = 3600,
                                                   .silence_s = 1800});
    world_make_loan(&w,
                    &(struct world_loan_terms){
                        .id = "loan-b", .project = "beta", .gpus = 4, .burst = 2, .notice_s = 300});
    world_make_loan(&w, &(struct world_loan_terms){.id = "loan-v",
                                                   .pool = "naver-b200",
                                                   .gpus = 8,
                                                   .notice_s = 60,
                                                   .from = world_at(3600),
                                                   .to = world_at(40000)});
    allocations[0] = world_make_allocation(&w, "alpha", 16, WORLD_BUDGET);
    allocations[1] = world_make_allocation(&w, "beta", 8, 2000000);
}

/* ---- Random commands ---- */

struct pick {
    int64_t left;
    struct id id;
};

static bool count_down(const void *record, void *arg)
{
    struct pick *p = arg;
    p->id = ((const struct lease *)record)->id;
    return p->left-- > 0;
}

static void random_book(void)
{
    static const char *const classes[] = {NULL, "committed", "opportunistic"};
    bool beta = roll(3) == 0, part = roll(3) == 0;
    struct instant from = instant_add(w.now, roll(2) ? 0 : roll(8000));
    struct world_booking b = {
        .actor = beta      ? "han.lunit"
                 : roll(2) ? "kim.upstage"
                           : "lee.kaist",
        .allocation = allocations[beta],
        .gpus = (uint32_t)(1 + roll(6)),
        .units = part ? 875 * (1 + roll(4)) : 0,
        .isolation = part ? "mig" : NULL,
        .service_class = classes[roll(3)],
        .priority = (uint32_t)roll(3),
        .from = from,
        .to = instant_add(from, 60 + roll(9000)),
        .one_node = roll(2) == 0,
        .dry_run = roll(8) == 0,
    };
    if (world_book(&w, &b) < 0)
        ck_assert_msg(w.err.code == ERR_NO_CAPACITY || w.err.code == ERR_BUDGET ||
                          w.err.code == ERR_INVALID,
                      "%s", w.err.text);
}

static void random_release(void)
{
    struct pick p = {.left = roll((int64_t)state_count(w.state, ENTITY_LEASE) + 1)};
    state_each(w.state, ENTITY_LEASE, NULL, count_down, &p);
    if (!id_is_none(&p.id) && world_release(&w, "admin.nipa", p.id.text) < 0)
        ck_assert_int_eq(w.err.code, ERR_STATE);
}

static void random_recall(void)
{
    const char *loan = loans[roll(3)];
    struct instant by = roll(2) ? INSTANT_NEVER : instant_add(w.now, roll(5000));
    if (world_recall(&w, "admin.nipa", loan, 1 + roll(3), by) < 0)
        ck_assert_msg(w.err.code == ERR_STATE || w.err.code == ERR_INVALID, "%s", w.err.text);
}

/* A device or two fall out, or all are back. */
static void random_attach(void)
{
    size_t i = (size_t)roll(3);
    world_attach(&w, nodes[i], node_gpus[i] - (size_t)roll(3), TIER_BPF);
}

static void random_step(void)
{
    int64_t what = roll(20);
    if (what < 9)
        random_book();
    else if (what < 11)
        random_release();
    else if (what < 12)
        random_recall();
    else if (what < 13)
        random_attach();
    else if (what < 17)
        world_report(&w, nodes[roll(3)], "active");
    else
        world_advance(&w, roll(1500));
}

/* ---- What always holds ---- */

struct tally {
    const char *node;
    size_t index; /* of the device */
    const struct loan *loan;
    struct id allocation;
    struct steps units;
    int64_t held;
};

/* A lease that has its devices or is going to have them. */
static bool plans(const struct lease *l)
{
    return l->state >= LEASE_BOOKED && l->state <= LEASE_DRAINING;
}

static bool tally_device(const void *record, void *arg)
{
    struct tally *t = arg;
    const struct lease *l = record;
    char uuid[48];
    snprintf(uuid, sizeof uuid, "GPU-%s-%zu", t->node, t->index);
    LIST_EACH(const struct placement, p, &l->placements)
    {
        LIST_EACH(const struct placed_device, d, &p->devices)
        {
            if (plans(l) && strcmp(d->uuid, uuid) == 0)
                steps_add(&t->units, (struct window){l->from, l->ends_at}, d->units.units);
        }
    }
    return true;
}

static void no_device_is_given_twice(void)
{
    for (size_t n = 0; n < 3; n++) {
        for (size_t i = 0; i < node_gpus[n]; i++) {
            struct tally t = {.node = nodes[n], .index = i};
            struct id id = id_literal(nodes[n]);
            state_each_lease_on(w.state, &id, tally_device, &t);
            for (struct instant at = {0}; at.s != INSTANT_NEVER.s; at = steps_next(&t.units, at))
                ck_assert_msg(steps_at(&t.units, at) <= SHARE_PER_GPU, "%s %zu", nodes[n], i);
            steps_fini(&t.units);
        }
        /* and what nodes enforce now fits what they have */
        ck_assert_int_le(world_enforced(&w, nodes[n]), share_gpus((int64_t)node_gpus[n]).units);
    }
}

static bool tally_loan(const void *record, void *arg)
{
    struct tally *t = arg;
    const struct lease *l = record;
    if (plans(l))
        steps_add(&t->units, (struct window){l->from, l->ends_at}, lease_units(l).units);
    return true;
}

static void no_loan_gives_more_than_it_has(void)
{
    for (size_t i = 0; i < 3; i++) {
        struct tally t = {.loan = world_loan(&w, loans[i])};
        state_each_linked(w.state, LINK_LEASE_LOAN, &t.loan->id, tally_loan, &t);
        for (struct instant at = w.now; at.s != INSTANT_NEVER.s;
             at = instant_min(steps_next(&t.units, at), capacity_next_change(t.loan, at)))
            ck_assert_msg(steps_at(&t.units, at) <= capacity_of_loan(t.loan, at), "%s at +%lld",
                          loans[i], (long long)(at.s - w.now.s));
        steps_fini(&t.units);
    }
}

static bool tally_money(const void *record, void *arg)
{
    struct tally *t = arg;
    const struct lease *l = record;
    ck_assert_int_ge(l->held_krw.krw, 0);
    t->held += l->held_krw.krw;
    return true;
}

static void what_is_held_is_held_for_leases(void)
{
    for (size_t i = 0; i < 2; i++) {
        struct tally t = {.allocation = allocations[i]};
        const struct allocation *a = world_allocation(&w, allocations[i].text);
        state_each_linked(w.state, LINK_LEASE_ALLOCATION, &a->id, tally_money, &t);
        ck_assert_int_eq(a->held_krw.krw, t.held);
        ck_assert_int_le(a->held_krw.krw + a->posted_krw.krw, a->budget_krw.krw);
    }
}

/* ---- Replay ---- */

struct copying {
    struct state *to;
    enum entity_kind kind;
    bool backwards;
    struct list records; /* void *: for loading them in the other order */
};

static bool collect(const void *record, void *arg)
{
    struct copying *c = arg;
    void **slot = record_list_add(&c->records, sizeof *slot);
    *slot = record_clone(entity_type(c->kind), record);
    return true;
}

/* The same objects, loaded in another order of kinds and ids. */
static struct state *reloaded(bool backwards)
{
    struct copying c = {.to = state_create(), .backwards = backwards};
    for (int k = 0; k < ENTITY_KIND_COUNT; k++) {
        c.kind = (enum entity_kind)(backwards ? ENTITY_KIND_COUNT - 1 - k : k);
        c.records = (struct list){0};
        state_each(w.state, c.kind, NULL, collect, &c);
        for (size_t i = 0; i < c.records.n; i++) {
            void *record = *LIST_AT(void *, &c.records, backwards ? c.records.n - 1 - i : i);
            state_load(c.to, c.kind, entity_id(c.kind, record), record);
        }
        free(c.records.items);
    }
    state_set_next_number(c.to, state_next_number(w.state));
    return c.to;
}

struct comparison {
    const struct state *other;
    enum entity_kind kind;
    struct list seen; /* struct id */
};

static bool compare_record(const void *record, void *arg)
{
    const struct comparison *c = arg;
    const void *other = state_find(c->other, c->kind, entity_id(c->kind, record));
    ck_assert(other && record_equal(entity_type(c->kind), record, other));
    return true;
}

static bool list_id(const void *record, void *arg)
{
    struct list *ids = arg;
    struct id *id = record_list_add(ids, sizeof *id);
    *id = *(const struct id *)record;
    return true;
}

static bool list_due(enum entity_kind kind, const void *record, void *arg)
{
    (void)kind;
    return list_id(record, arg);
}

static void same_lists(struct list *a, struct list *b)
{
    ck_assert_uint_eq(a->n, b->n);
    for (size_t i = 0; i < a->n; i++)
        ck_assert_str_eq(LIST_AT(struct id, a, i)->text, LIST_AT(struct id, b, i)->text);
    free(a->items);
    free(b->items);
    *a = *b = (struct list){0};
}

static void same_links(const struct state *other, enum state_link link, const char *name)
{
    struct id id = id_literal(name);
    struct list a = {0}, b = {0};
    state_each_linked(w.state, link, &id, list_id, &a);
    state_each_linked(other, link, &id, list_id, &b);
    same_lists(&a, &b);
}

/* The same objects and the same answers. */
static void same_state(const struct state *other)
{
    for (int k = 0; k < ENTITY_KIND_COUNT; k++) {
        struct comparison c = {.other = other, .kind = (enum entity_kind)k};
        ck_assert_uint_eq(state_count(other, c.kind), state_count(w.state, c.kind));
        state_each(w.state, c.kind, NULL, compare_record, &c);
    }
    struct list a = {0}, b = {0};
    state_each_due(w.state, INSTANT_NEVER, list_due, &a);
    state_each_due(other, INSTANT_NEVER, list_due, &b);
    same_lists(&a, &b);
    ck_assert_int_eq(state_next_due(other).s, state_next_due(w.state).s);
    for (size_t i = 0; i < 3; i++) {
        same_links(other, LINK_LEASE_NODE, nodes[i]);
        same_links(other, LINK_LEASE_LOAN, loans[i]);
    }
    same_links(other, LINK_LEASE_PROJECT, "alpha");
    same_links(other, LINK_LOAN_POOL, "skt-b200");
    same_links(other, LINK_LOAN_BORROWER, "alpha");
    same_links(other, LINK_NODE_POOL, "skt-b200");
    same_links(other, LINK_LEASE_ALLOCATION, allocations[0].text);
}

/* The same booking gives the same lease, or the same refusal to the letter. */
static void same_answer(struct state *other)
{
    struct world twin = {.state = other, .now = w.now};
    changes_init(&twin.changes);
    struct world_booking probe = {.allocation = allocations[0],
                                  .gpus = (uint32_t)(1 + roll(8)),
                                  .from = instant_add(w.now, roll(5000)),
                                  .to = instant_add(w.now, 6000 + roll(5000)),
                                  .dry_run = true};
    int rc = world_book(&w, &probe);
    ck_assert_int_eq(world_book(&twin, &probe), rc);
    if (rc < 0)
        ck_assert_str_eq(twin.err.text, w.err.text);
    else
        ck_assert(record_equal(&lease_type, twin.changes.items[twin.changes.n - 1].record,
                               w.changes.items[w.changes.n - 1].record));
    changes_fini(&twin.changes);
}

static void replay_equals_live(void)
{
    for (int backwards = 0; backwards < 2; backwards++) {
        struct state *other = reloaded(backwards);
        same_state(other);
        same_answer(other);
        state_destroy(other);
    }
}

/* ---- The properties ---- */

START_TEST(test_nothing_is_given_twice_and_replay_equals_live)
{
    dice = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(_i + 1);
    for (int step = 0; step < STEPS; step++) {
        random_step();
        no_device_is_given_twice();
        no_loan_gives_more_than_it_has();
        what_is_held_is_held_for_leases();
        if (step % 25 == 24)
            replay_equals_live();
    }
}
END_TEST

static bool is_over(const void *record, void *arg)
{
    (void)arg;
    const struct lease *l = record;
    ck_assert_msg(!lease_holds_capacity(l), "%s is %s", l->id.text,
                  enum_name(&lease_state_names, (int)l->state));
    return true;
}

/* Left alone, with nodes that never speak again, everything comes to an end and all is free. */
START_TEST(test_time_ends_everything_without_help)
{
    dice = UINT64_C(0xd1b54a32d192ed03) * (uint64_t)(_i + 1);
    for (int step = 0; step < STEPS / 3; step++)
        random_step();
    for (size_t i = 0; i < 3; i++)
        world_attach(&w, nodes[i], node_gpus[i], TIER_BPF);
    world_advance(&w, 200 * WORLD_DAY);
    state_each(w.state, ENTITY_LEASE, NULL, is_over, NULL);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(world_loan(&w, loans[i])->state, LOAN_CLOSED);
        ck_assert_int_eq(world_enforced(&w, nodes[i]), 0);
    }
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(world_allocation(&w, allocations[i].text)->held_krw.krw, 0);
    struct id pools[] = {id_literal("skt-b200"), id_literal("naver-b200")};
    struct calendar_query q = {.model = "B200",
                               .pools = pools,
                               .n_pools = 2,
                               .devices = 1,
                               .units = SHARE_PER_GPU,
                               .window = {w.now, instant_add(w.now, 1000 * WORLD_DAY)}};
    ck_assert_uint_eq(calendar_count(state_calendar(w.state), &q).free, 20);
}
END_TEST

START_TEST(test_book_then_release_restores_the_capacity)
{
    dice = UINT64_C(0xa0761d6478bd642f) * (uint64_t)(_i + 1);
    for (int step = 0; step < 20; step++)
        random_step();
    for (int step = 0; step < 20; step++) {
        struct world_booking b = {.allocation = allocations[0],
                                  .gpus = (uint32_t)(1 + roll(6)),
                                  .from = instant_add(w.now, 1 + roll(5000)),
                                  .to = instant_add(w.now, 6000 + roll(5000))};
        int64_t held = world_allocation(&w, allocations[0].text)->held_krw.krw;
        if (world_book(&w, &b) < 0)
            continue;
        struct id first = w.changes.answer.id;
        if (world_note(&w, "gives way")) { /* those that gave way do not come back */
            expect_ok(&w, world_release(&w, "admin.nipa", first.text));
            continue;
        }
        int64_t price = w.changes.answer.quote.value_krw.krw;
        expect_ok(&w, world_release(&w, "admin.nipa", first.text));
        ck_assert_int_eq(world_allocation(&w, allocations[0].text)->held_krw.krw, held);
        expect_ok(&w, world_book(&w, &b));
        ck_assert_int_eq(w.changes.answer.quote.value_krw.krw, price);
        struct id second = w.changes.answer.id;
        expect_ok(&w, world_release(&w, "admin.nipa", second.text));
    }
}
END_TEST

START_TEST(test_a_refusal_leaves_nothing_behind)
{
    struct world_booking b = {
        .allocation = allocations[0], .gpus = 99, .from = w.now, .to = instant_add(w.now, 60)};
    uint64_t number = state_next_number(w.state);
    expect_refused(&w, world_book(&w, &b), ERR_NO_CAPACITY, "awards 16");
    ck_assert_uint_eq(w.changes.n, 0);
    ck_assert_uint_eq(w.changes.entries.n, 0);
    ck_assert_uint_eq(w.changes.numbers_taken, 0);
    ck_assert(!w.changes.answer.has_quote);
    ck_assert_uint_eq(state_next_number(w.state), number);
}
END_TEST

static Suite *decide_suite(void)
{
    Suite *s = suite_create("decide");
    TCase *c = tcase_create("decide");
    tcase_add_checked_fixture(c, setup, expect_teardown);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test_nothing_is_given_twice_and_replay_equals_live, 0, 8);
    tcase_add_loop_test(c, test_time_ends_everything_without_help, 0, 4);
    tcase_add_loop_test(c, test_book_then_release_restores_the_capacity, 0, 3);
    tcase_add_test(c, test_a_refusal_leaves_nothing_behind);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(decide_suite)
