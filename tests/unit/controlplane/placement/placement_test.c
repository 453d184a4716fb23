#include "controlplane/placement/placement.h"

#include "controlplane/placement/ranking.h"
#include "tests/support/suite.h"

#include <stdlib.h>

static uint64_t dice;

static uint32_t roll(uint32_t n)
{
    dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(dice >> 33) % n;
}

#define NODES 40

static void random_fleet(struct fleet_spec specs[NODES])
{
    for (size_t i = 0; i < NODES; i++) {
        specs[i] = (struct fleet_spec){.cpu_milli = 16000 << roll(3), .memory_mib = 4000};
        specs[i].gpus = roll(5) == 0 ? 0 : 1u << roll(4);
        specs[i].model = specs[i].gpus > 0 ? (uint8_t)roll(3) : PLACEMENT_NO_MODEL;
    }
}

static struct placement_request random_request(void)
{
    static const uint32_t units[] = {700, 2240, 3290, 5670, 7000, 7000};
    struct placement_request r = {.cpu_milli = 1000 * (1 + roll(12)), .memory_mib = roll(200)};
    r.gpus = roll(6) == 0 ? 0 : 1;
    r.units = r.gpus ? units[roll(6)] : 0;
    if (r.units == 7000 && roll(4) == 0)
        r.gpus = 1u << roll(4);
    r.models = roll(4) == 0 ? 1 + roll(7) : 0;
    if (r.gpus == 1 && roll(8) == 0)
        r.mig = MIG_1G + roll(7);
    r.tenant = roll(3);
    return r;
}

static bool anybody_can_take(const struct fleet *f, const struct placement_request *r)
{
    for (size_t i = 0; i < f->n; i++) {
        if (fleet_gain(f, i, r, NULL) != FLEET_UNFIT)
            return true;
    }
    return false;
}

START_TEST(no_request_is_refused_while_a_node_can_take_it)
{
    struct fleet_spec specs[NODES];
    dice = (uint64_t)_i + 1;
    random_fleet(specs);
    struct placement_engine *e = placement_create(specs, NODES, 7);
    int refused = 0;
    for (int i = 0; i < 600; i++) {
        struct placement_request r = random_request();
        bool can = anybody_can_take(placement_fleet(e), &r);
        struct placement p = placement_place(e, &r);
        ck_assert(can == (p.node != PLACEMENT_NOWHERE));
        refused += !can;
    }
    ck_assert_int_gt(refused, 0);
    placement_destroy(e);
}
END_TEST

/* The best node of every model, found by looking at all. */
static void check_ranked(const struct ranked *x, const struct fleet *f, const uint32_t *order,
                         const struct placement_request *r)
{
    for (size_t m = 0; m <= PLACEMENT_NO_MODEL; m++) {
        size_t best = PLACEMENT_NOWHERE;
        int64_t most = 0;
        for (size_t i = 0; i < f->n; i++) {
            size_t node = order[i];
            int64_t gain = fleet_gain(f, node, r, NULL);
            int64_t steps = gain / RANKING_STEP - (gain % RANKING_STEP < 0);
            if (f->specs[node].model != m || gain == FLEET_UNFIT ||
                (best != PLACEMENT_NOWHERE && steps <= most))
                continue;
            best = node;
            most = steps;
        }
        if (best == PLACEMENT_NOWHERE) {
            ck_assert_int_eq(ranked_steps(x, m), RANKED_UNFIT);
        } else {
            ck_assert_int_eq(ranked_steps(x, m), most);
            ck_assert_uint_eq(ranked_best(x, m), best);
        }
    }
}

struct held {
    struct placement_request r;
    struct placement p;
};

static void take_or_give_back(struct fleet *f, struct ranking *ranking, const uint32_t *order,
                              struct held *held, size_t *n)
{
    if (*n > 0 && roll(3) == 0) {
        size_t i = roll((uint32_t)*n);
        fleet_release(f, &held[i].r, &held[i].p);
        ranking_note(ranking, held[i].p.node);
        held[i] = held[--*n];
        return;
    }
    struct placement_request r = random_request();
    const struct ranked *x = ranking_of(ranking, &r);
    check_ranked(x, f, order, &r);
    for (size_t m = 0; m <= PLACEMENT_NO_MODEL; m++) {
        if (ranked_steps(x, m) == RANKED_UNFIT)
            continue;
        struct held *h = &held[(*n)++];
        h->r = r;
        fleet_gain(f, ranked_best(x, m), &r, &h->p);
        fleet_take(f, &r, &h->p);
        ranking_note(ranking, h->p.node);
        return;
    }
}

START_TEST(the_ranking_is_what_looking_at_all_nodes_would_find)
{
    static struct held held[2000];
    struct fleet_spec specs[NODES];
    uint32_t order[NODES];
    struct fleet f;
    size_t n = 0;
    dice = (uint64_t)_i + 1;
    random_fleet(specs);
    for (uint32_t i = 0; i < NODES; i++)
        order[i] = (i * 7 + 3) % NODES;
    fleet_init(&f, specs, NODES);
    struct ranking *ranking = ranking_create(&f, order);
    CLEANUP_MIX struct mix *m = mix_create();
    for (int i = 0; i < 1000; i++) {
        take_or_give_back(&f, ranking, order, held, &n);
        struct placement_request r = random_request();
        mix_add(m, &r);
        if (i % 300 == 50) {
            fleet_learn(&f, m);
            ranking_forget(ranking);
        }
    }
    ranking_destroy(ranking);
    fleet_fini(&f);
}
END_TEST

START_TEST(the_same_calls_give_the_same_answers)
{
    struct fleet_spec specs[NODES];
    dice = 9;
    random_fleet(specs);
    struct placement_engine *a = placement_create(specs, NODES, 1);
    struct placement_engine *b = placement_create(specs, NODES, 1);
    for (int i = 0; i < 300; i++) {
        struct placement_request r = random_request();
        struct placement p = placement_place(a, &r), q = placement_place(b, &r);
        ck_assert_uint_eq(p.node, q.node);
        ck_assert_uint_eq(p.devices, q.devices);
        ck_assert_uint_eq(p.slice, q.slice);
    }
    placement_destroy(a);
    placement_destroy(b);
}
END_TEST

START_TEST(what_was_released_can_be_placed_again)
{
    const struct fleet_spec one = {.cpu_milli = 8000, .gpus = 1, .model = 0};
    const struct placement_request r = {.cpu_milli = 8000, .gpus = 1, .units = 7000};
    struct placement_engine *e = placement_create(&one, 1, 0);
    for (int i = 0; i < 100; i++) {
        struct placement p = placement_place(e, &r);
        ck_assert_uint_eq(p.node, 0);
        ck_assert_uint_eq(placement_place(e, &r).node, PLACEMENT_NOWHERE);
        placement_release(e, &r, &p);
    }
    placement_destroy(e);
}
END_TEST

/* Eight nodes of each of two models; everybody but one in four could take either. */
START_TEST(who_can_choose_leaves_the_scarce_model_to_who_can_not)
{
    struct fleet_spec specs[16];
    for (size_t i = 0; i < 16; i++)
        specs[i] = (struct fleet_spec){.cpu_milli = 64000, .gpus = 4, .model = i < 8};
    struct placement_engine *e = placement_create(specs, 16, 3);
    struct placement_request free_one = {.cpu_milli = 1000, .gpus = 1, .units = 7000};
    struct placement_request bound = free_one;
    bound.models = 1;
    for (int i = 0; i < 20; i++) {
        placement_remember(e, &bound);
        placement_remember(e, &free_one);
    }
    placement_learn(e);
    for (int i = 0; i < 32; i++) {
        struct placement p = placement_place(e, &free_one);
        ck_assert_uint_lt(p.node, 16);
        ck_assert_uint_ne(placement_place(e, &bound).node, PLACEMENT_NOWHERE);
    }
    placement_destroy(e);
}
END_TEST

START_TEST(a_fleet_without_nodes_takes_nothing)
{
    const struct placement_request r = {.cpu_milli = 1};
    struct placement_engine *e = placement_create(NULL, 0, 0);
    ck_assert_uint_eq(placement_place(e, &r).node, PLACEMENT_NOWHERE);
    placement_destroy(e);
    placement_destroy(NULL);
}
END_TEST

static Suite *placement_suite(void)
{
    Suite *s = suite_create("placement");
    TCase *t = tcase_create("placement");
    tcase_add_loop_test(t, no_request_is_refused_while_a_node_can_take_it, 0, 8);
    tcase_add_loop_test(t, the_ranking_is_what_looking_at_all_nodes_would_find, 0, 4);
    tcase_add_test(t, the_same_calls_give_the_same_answers);
    tcase_add_test(t, what_was_released_can_be_placed_again);
    tcase_add_test(t, who_can_choose_leaves_the_scarce_model_to_who_can_not);
    tcase_add_test(t, a_fleet_without_nodes_takes_nothing);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(placement_suite)
