#include "controlplane/placement/ranking.h"

#include "tests/support/suite.h"
#include "tests/unit/controlplane/placement/chance.h"

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

/* More changes than the journal holds. */
START_TEST(a_shape_that_slept_for_long_is_judged_anew)
{
    const struct fleet_spec one = {.cpu_milli = 8000, .gpus = 2, .model = 0};
    const struct placement_request whole = {.gpus = 2, .units = 7000};
    const struct placement_request half = {.gpus = 1, .units = 3500};
    const uint32_t order[] = {0};
    struct placement p;
    struct fleet f;
    fleet_init(&f, &one, 1);
    struct ranking *ranking = ranking_create(&f, order);
    ck_assert_int_ne(ranked_steps(ranking_of(ranking, &whole), 0), RANKED_UNFIT);
    for (int i = 0; i < 3; i++) {
        ck_assert(fleet_gain(&f, 0, &half, &p) != FLEET_UNFIT);
        fleet_take(&f, &half, &p);
        ranking_note(ranking, 0);
    }
    ck_assert_int_eq(ranked_steps(ranking_of(ranking, &whole), 0), RANKED_UNFIT);
    ck_assert_int_eq(ranked_steps(ranking_of(ranking, &whole), 1), RANKED_UNFIT);
    ranking_destroy(ranking);
    ranking_destroy(NULL);
    fleet_fini(&f);
}
END_TEST

START_TEST(more_shapes_than_there_is_room_for_are_ranked_all_the_same)
{
    const struct fleet_spec one = {.cpu_milli = 100000, .gpus = 1, .model = 0};
    const uint32_t order[] = {0};
    struct fleet f;
    fleet_init(&f, &one, 1);
    struct ranking *ranking = ranking_create(&f, order);
    for (int round = 0; round < 2; round++) {
        for (int64_t i = 0; i < RANKING_SHAPES + 100; i++) {
            struct placement_request r = {.cpu_milli = 98000 + i, .gpus = 1, .units = 7000};
            bool fits = ranked_steps(ranking_of(ranking, &r), 0) != RANKED_UNFIT;
            ck_assert(fits == (r.cpu_milli <= 100000));
        }
    }
    ranking_destroy(ranking);
    fleet_fini(&f);
}
END_TEST

static Suite *ranking_suite(void)
{
    Suite *s = suite_create("ranking");
    TCase *t = tcase_create("ranking");
    tcase_add_loop_test(t, the_ranking_is_what_looking_at_all_nodes_would_find, 0, 4);
    tcase_add_test(t, a_shape_that_slept_for_long_is_judged_anew);
    tcase_add_test(t, more_shapes_than_there_is_room_for_are_ranked_all_the_same);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(ranking_suite)
