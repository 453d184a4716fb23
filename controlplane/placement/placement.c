/*
 * The ranking finds the best node of each model; here models are weighed against each other.
 *
 * Pressure of a model: for each set of models that somebody is bound to, the part of all units
 * asked for that is bound to it, over the part of the idle units that lies in it; summed over the
 * sets that the model is in. It is 1 everywhere when nobody is bound, or in proportion. A unit on a
 * model costs half its pressure: half, because who is turned away here may still be served later.
 */
#include "controlplane/placement/placement.h"

#include "controlplane/placement/ranking.h"

#include <stdlib.h>

#define SETS          64   /* of models, that are told apart; more count as no bond */
#define PRESSURE_ONE  1024 /* the scale of pressure */
#define PRESSURE_TURN 16   /* placements after which pressure is worked out anew */
#define FIRST_LESSON  16   /* requests after which the mix is judged by for the first time */
#define ANOTHER_MIX   125  /* thousandths that differ (mix_change()) */

struct bond {
    uint64_t models; /* 0: all */
    uint64_t units;  /* asked for */
};

struct placement_engine {
    struct fleet fleet;
    struct ranking *ranking;
    struct mix *mix;
    uint64_t looked; /* requests, when it was asked last whether there is something to learn */
    struct bond bonds[SETS];
    size_t n_bonds; /* the first is of all models */
    int64_t pressure[PLACEMENT_MODELS + 1];
    uint64_t turns; /* placements and releases of devices */
};

/* ---- Life cycle ------------------------------------------------------------------------------ */

/* A step of splitmix64. */
static uint64_t scramble(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static struct ranking *rank_in_order(const struct fleet *f, uint64_t seed)
{
    uint32_t *order = reallocarray(NULL, f->n + 1, sizeof *order);
    ENSURE(order != NULL);
    for (size_t i = 0; i < f->n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = f->n; i > 1; i--) {
        size_t other = scramble(&seed) % i;
        uint32_t moved = order[other];
        order[other] = order[i - 1];
        order[i - 1] = moved;
    }
    struct ranking *ranking = ranking_create(f, order);
    free(order);
    return ranking;
}

struct placement_engine *placement_create(const struct fleet_spec *specs, size_t n, uint64_t seed)
{
    ENSURE(n < UINT32_MAX);
    struct placement_engine *e = calloc(1, sizeof *e);
    ENSURE(e != NULL);
    fleet_init(&e->fleet, specs, n);
    e->ranking = rank_in_order(&e->fleet, seed);
    e->mix = mix_create();
    e->n_bonds = 1;
    return e;
}

void placement_destroy(struct placement_engine *e)
{
    if (!e)
        return;
    ranking_destroy(e->ranking);
    mix_destroy(e->mix);
    fleet_fini(&e->fleet);
    free(e);
}

/* ---- What is asked for ----------------------------------------------------------------------- */

static uint64_t units_of(const struct placement_request *r)
{
    return (uint64_t)r->gpus * mix_units(r);
}

static struct bond *bond_of(struct placement_engine *e, uint64_t models)
{
    for (size_t i = 0; i < e->n_bonds; i++) {
        if (e->bonds[i].models == models)
            return &e->bonds[i];
    }
    if (e->n_bonds == SETS)
        return &e->bonds[0];
    e->bonds[e->n_bonds].models = models;
    return &e->bonds[e->n_bonds++];
}

void placement_remember(struct placement_engine *e, const struct placement_request *r)
{
    mix_add(e->mix, r);
    if (r->gpus > 0)
        bond_of(e, r->models)->units += units_of(r);
}

static bool in_bond(const struct bond *b, size_t model)
{
    return b->models == 0 || (b->models >> model & 1);
}

static int64_t idle_in(const struct placement_engine *e, const struct bond *b)
{
    int64_t idle = 0;
    for (size_t m = 0; m < e->fleet.n_models; m++)
        idle += in_bond(b, m) ? e->fleet.idle[m] : 0;
    return idle > 0 ? idle : 1;
}

static void feel_pressure(struct placement_engine *e)
{
    const struct bond all = {0};
    uint64_t asked = 0;
    for (size_t i = 0; i < e->n_bonds; i++)
        asked += e->bonds[i].units;
    memset(e->pressure, 0, sizeof e->pressure);
    for (size_t i = 0; i < e->n_bonds && asked > 0; i++) {
        const struct bond *b = &e->bonds[i];
        __int128 wanted = (__int128)b->units * PRESSURE_ONE * idle_in(e, &all);
        int64_t pressure = (int64_t)(wanted / asked / (uint64_t)idle_in(e, b));
        for (size_t m = 0; m < e->fleet.n_models; m++)
            e->pressure[m] += in_bond(b, m) ? pressure : 0;
    }
}

void placement_learn(struct placement_engine *e)
{
    fleet_learn(&e->fleet, e->mix);
    ranking_forget(e->ranking);
    feel_pressure(e);
    e->looked = mix_count(e->mix);
    mix_mark(e->mix);
}

/* When as much again has been asked for as at the last look. */
static void look_for_lesson(struct placement_engine *e)
{
    uint64_t count = mix_count(e->mix);
    if (count < FIRST_LESSON || count < 2 * e->looked)
        return;
    e->looked = count;
    if (mix_change(e->mix) >= ANOTHER_MIX)
        placement_learn(e);
}

/* ---- Placing --------------------------------------------------------------------------------- */

static void changed(struct placement_engine *e, size_t node, const struct placement *p)
{
    ranking_note(e->ranking, node);
    if (p->devices && ++e->turns % PRESSURE_TURN == 0 && e->n_bonds > 1)
        feel_pressure(e);
}

/* What the model's best node is worth, in units of GPU times PRESSURE_ONE. */
static int64_t worth(const struct placement_engine *e, const struct placement_request *r,
                     int32_t steps, size_t model)
{
    return steps * (RANKING_STEP / WASTE_ONE) * PRESSURE_ONE -
           (int64_t)units_of(r) * e->pressure[model] / 2;
}

/* A model with a node that fits, and what that node is worth. */
struct offer {
    size_t model;
    int64_t worth;
};

static void consider(const struct placement_engine *e, const struct placement_request *r,
                     const struct ranked *ranked, size_t model, struct offer *best)
{
    int32_t steps = ranked_steps(ranked, model);
    if (steps == RANKED_UNFIT)
        return;
    int64_t w = worth(e, r, steps, model);
    if (best->model == PLACEMENT_NOWHERE || w > best->worth)
        *best = (struct offer){model, w};
}

static size_t best_node(struct placement_engine *e, const struct placement_request *r)
{
    const struct ranked *ranked = ranking_of(e->ranking, r);
    struct offer best = {.model = PLACEMENT_NOWHERE};
    consider(e, r, ranked, PLACEMENT_NO_MODEL, &best); /* GPUs may need the CPU beside them */
    for (size_t m = 0; m < e->fleet.n_models; m++)
        consider(e, r, ranked, m, &best);
    return best.model == PLACEMENT_NOWHERE ? PLACEMENT_NOWHERE : ranked_best(ranked, best.model);
}

struct placement placement_place(struct placement_engine *e, const struct placement_request *r)
{
    struct placement p = {.node = PLACEMENT_NOWHERE};
    placement_remember(e, r);
    look_for_lesson(e);
    size_t node = best_node(e, r);
    if (node == PLACEMENT_NOWHERE)
        return p;
    int64_t gain = fleet_gain(&e->fleet, node, r, &p);
    ENSURE(gain != FLEET_UNFIT);
    placement_restore(e, r, &p);
    return p;
}

bool placement_place_gang(struct placement_engine *e, const struct gang_request *g,
                          struct placement *ret)
{
    for (uint32_t i = 0; i < g->members; i++)
        placement_remember(e, &g->member);
    look_for_lesson(e);
    if (!gang_plan(&e->fleet, g, ret))
        return false;
    for (uint32_t i = 0; i < g->members; i++)
        placement_restore(e, &g->member, &ret[i]);
    return true;
}

void placement_restore(struct placement_engine *e, const struct placement_request *r,
                       const struct placement *p)
{
    fleet_take(&e->fleet, r, p);
    changed(e, p->node, p);
}

void placement_release(struct placement_engine *e, const struct placement_request *r,
                       const struct placement *p)
{
    fleet_release(&e->fleet, r, p);
    changed(e, p->node, p);
}

const struct fleet *placement_fleet(const struct placement_engine *e)
{
    return &e->fleet;
}
