/*
 * The journal is a ring of the last changes, at least as many as there are nodes; a shape that has
 * slept through more judges all nodes. A node in the journal more than once is judged once, at its
 * last place.
 *
 * Nodes that never changed are alike if they were delivered alike: they are judged once a kind.
 */
#include "controlplane/placement/ranking.h"

#include <stdlib.h>

#define TREES   (PLACEMENT_MODELS + 1)
#define BUCKETS 4096
#define AHEAD   4 /* changed nodes */

/* The leaves of a model: a power of two, of which `n` are nodes. */
struct tree {
    size_t at; /* in the steps of a shape */
    size_t leaves;
    size_t n;
    uint32_t *nodes; /* by leaf, in the fixed order */
};

struct ranked {
    const struct ranking *ranking;
    struct placement_request shape;
    uint64_t seen;  /* changes that are in here */
    uint64_t asked; /* when, for the last time */
    uint64_t mix;
    int16_t *steps;      /* all trees */
    struct ranked *next; /* in its bucket */
};

struct place {
    uint8_t tree;
    uint32_t leaf;
    uint32_t kind;   /* as delivered */
    uint64_t change; /* its last one */
};

struct ranking {
    const struct fleet *fleet;
    struct tree trees[TREES];
    size_t n_steps; /* of one shape */
    struct place *places;
    size_t n_kinds;
    int32_t *of_kind; /* while all nodes are judged: of unchanged nodes; INT32_MAX: not known */
    uint32_t *journal;
    uint64_t journal_mask; /* its length, a power of two, less one */
    uint64_t changes;      /* so far; the first is 1 */
    uint64_t asked, mix;
    struct ranked *shapes;
    size_t n_shapes, max_shapes;
    struct ranked *buckets[BUCKETS];
};

static void *zeros(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    ENSURE(p != NULL);
    return p;
}

/* ---- Life cycle ------------------------------------------------------------------------------ */

static size_t tree_of(const struct fleet *f, size_t node)
{
    return f->specs[node].gpus > 0 ? f->specs[node].model : PLACEMENT_NO_MODEL;
}

static void plant(struct ranking *r, const uint32_t *order)
{
    const struct fleet *f = r->fleet;
    for (size_t i = 0; i < f->n; i++)
        r->trees[tree_of(f, i)].n++;
    for (size_t t = 0; t < TREES; t++) {
        struct tree *tree = &r->trees[t];
        tree->nodes = zeros(tree->n, sizeof *tree->nodes);
        for (tree->leaves = 1; tree->leaves < tree->n;)
            tree->leaves *= 2;
        tree->at = r->n_steps;
        r->n_steps += tree->n > 0 ? 2 * tree->leaves : 0;
        tree->n = 0;
    }
    for (size_t i = 0; i < f->n; i++) {
        ENSURE(order[i] < f->n);
        struct tree *tree = &r->trees[tree_of(f, order[i])];
        r->places[order[i]] =
            (struct place){.tree = (uint8_t)(tree - r->trees), .leaf = (uint32_t)tree->n};
        tree->nodes[tree->n++] = order[i];
    }
}

static int by_delivery(const void *a, const void *b, void *arg)
{
    const struct fleet_spec *specs = arg;
    const struct fleet_spec *x = &specs[*(const uint32_t *)a], *y = &specs[*(const uint32_t *)b];
    int64_t differ[] = {x->cpu_milli - y->cpu_milli, x->memory_mib - y->memory_mib,
                        (int64_t)x->gpus - y->gpus, (int64_t)x->model - y->model};
    for (size_t i = 0; i < sizeof differ / sizeof *differ; i++) {
        if (differ[i] != 0)
            return differ[i] < 0 ? -1 : 1;
    }
    return 0;
}

static void tell_kinds_apart(struct ranking *r)
{
    const struct fleet *f = r->fleet;
    uint32_t *nodes = zeros(f->n, sizeof *nodes);
    for (size_t i = 0; i < f->n; i++)
        nodes[i] = (uint32_t)i;
    qsort_r(nodes, f->n, sizeof *nodes, by_delivery, f->specs);
    for (size_t i = 0; i < f->n; i++) {
        r->n_kinds += i == 0 || by_delivery(&nodes[i - 1], &nodes[i], f->specs) != 0;
        r->places[nodes[i]].kind = (uint32_t)r->n_kinds - 1;
    }
    free(nodes);
}

struct ranking *ranking_create(const struct fleet *f, const uint32_t *order)
{
    struct ranking *r = zeros(1, sizeof *r);
    r->fleet = f;
    r->places = zeros(f->n, sizeof *r->places);
    while (r->journal_mask + 1 < f->n)
        r->journal_mask = r->journal_mask * 2 + 1;
    r->journal = zeros(r->journal_mask + 1, sizeof *r->journal);
    plant(r, order);
    tell_kinds_apart(r);
    r->of_kind = zeros(r->n_kinds, sizeof *r->of_kind);
    size_t fit = RANKING_BYTES / (r->n_steps * sizeof(int16_t) + 1);
    r->max_shapes = fit > RANKING_SHAPES ? RANKING_SHAPES : fit < 16 ? 16 : fit;
    r->shapes = zeros(r->max_shapes, sizeof *r->shapes);
    return r;
}

void ranking_destroy(struct ranking *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_shapes; i++)
        free(r->shapes[i].steps);
    for (size_t t = 0; t < TREES; t++)
        free(r->trees[t].nodes);
    free(r->shapes);
    free(r->of_kind);
    free(r->journal);
    free(r->places);
    free(r);
}

void ranking_note(struct ranking *r, size_t node)
{
    r->journal[r->changes & r->journal_mask] = (uint32_t)node;
    r->places[node].change = ++r->changes;
}

void ranking_forget(struct ranking *r)
{
    r->mix++;
}

/* ---- One shape ------------------------------------------------------------------------------- */

static int16_t judge(const struct ranked *x, size_t node)
{
    int64_t gain = fleet_gain(x->ranking->fleet, node, &x->shape, NULL);
    if (gain == FLEET_UNFIT)
        return RANKED_UNFIT;
    int64_t steps = gain / RANKING_STEP - (gain % RANKING_STEP < 0);
    return (int16_t)(steps < -INT16_MAX ? -INT16_MAX : steps > INT16_MAX ? INT16_MAX : steps);
}

static int16_t larger(int16_t a, int16_t b)
{
    if (a > b)
        return a;
    return b;
}

static void put(struct ranked *x, size_t node, int16_t steps)
{
    const struct place *place = &x->ranking->places[node];
    const struct tree *tree = &x->ranking->trees[place->tree];
    int16_t *t = x->steps + tree->at;
    size_t i = tree->leaves + place->leaf;
    if (t[i] == steps)
        return;
    t[i] = steps;
    for (i /= 2; i > 0; i /= 2) {
        int16_t best = larger(t[2 * i], t[2 * i + 1]);
        if (t[i] == best)
            return;
        t[i] = best;
    }
}

static void play(int16_t *t, size_t leaves)
{
    for (size_t i = leaves - 1; i > 0; i--)
        t[i] = larger(t[2 * i], t[2 * i + 1]);
}

static int16_t judge_once_a_kind(struct ranked *x, size_t node)
{
    const struct ranking *r = x->ranking;
    int32_t *known = &r->of_kind[r->places[node].kind];
    if (r->places[node].change > 0)
        return judge(x, node);
    if (*known == INT32_MAX)
        *known = judge(x, node);
    return (int16_t)*known;
}

static void judge_all(struct ranked *x)
{
    const struct ranking *r = x->ranking;
    for (size_t i = 0; i < r->n_kinds; i++)
        r->of_kind[i] = INT32_MAX;
    for (size_t t = 0; t < TREES; t++) {
        const struct tree *tree = &r->trees[t];
        int16_t *steps = x->steps + tree->at;
        for (size_t i = tree->n; i < tree->leaves && tree->n > 0; i++)
            steps[tree->leaves + i] = RANKED_UNFIT;
        for (size_t i = 0; i < tree->n; i++)
            steps[tree->leaves + i] = judge_once_a_kind(x, tree->nodes[i]);
        if (tree->n > 0)
            play(steps, tree->leaves);
    }
}

/* A node is some cache lines far away: they are asked for while those before it are judged. */
static void judge_changed(struct ranked *x)
{
    const struct ranking *r = x->ranking;
    for (uint64_t c = x->seen; c < r->changes; c++) {
        size_t node = r->journal[c & r->journal_mask];
        const struct fleet_node *ahead =
            &r->fleet->nodes[r->journal[(c + AHEAD) & r->journal_mask]];
        __builtin_prefetch(ahead);
        __builtin_prefetch((const char *)ahead + 64);
        __builtin_prefetch((const char *)ahead + 128);
        if (r->places[node].change == c + 1)
            put(x, node, judge(x, node));
    }
}

static void refresh(struct ranked *x)
{
    const struct ranking *r = x->ranking;
    if (x->mix != r->mix || r->changes - x->seen > r->journal_mask)
        judge_all(x);
    else
        judge_changed(x);
    x->seen = r->changes;
    x->mix = r->mix;
}

/* ---- Shapes by request ----------------------------------------------------------------------- */

/* The request without what can't make a difference. */
static struct placement_request shape_of(const struct placement_request *r)
{
    struct placement_request s = {.cpu_milli = r->cpu_milli,
                                  .memory_mib = r->memory_mib,
                                  .gpus = r->gpus,
                                  .mig = r->mig,
                                  .whole_node = r->whole_node};
    if (r->gpus > 0 || r->whole_node) {
        s.models = r->models;
        s.units = mix_units(r);
    }
    if (placement_is_part(r) && r->mig == MIG_NONE) {
        s.tenant = r->tenant;
        s.isolation = r->isolation;
    }
    return s;
}

static bool same_shape(const struct placement_request *a, const struct placement_request *b)
{
    return a->cpu_milli == b->cpu_milli && a->memory_mib == b->memory_mib &&
           a->models == b->models && a->gpus == b->gpus && a->units == b->units &&
           a->tenant == b->tenant && a->isolation == b->isolation && a->mig == b->mig &&
           a->whole_node == b->whole_node;
}

static size_t bucket_of(const struct placement_request *s)
{
    const uint64_t words[] = {(uint64_t)s->cpu_milli, (uint64_t)s->memory_mib, s->models,
                              (uint64_t)s->gpus << 32 | s->units,
                              (uint64_t)s->tenant << 32 | (uint64_t)s->isolation << 16 |
                                  (uint64_t)s->mig << 8 | s->whole_node};
    uint64_t h = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        h = (h ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    return h % BUCKETS;
}

static void leave_bucket(struct ranking *r, const struct ranked *x)
{
    struct ranked **at = &r->buckets[bucket_of(&x->shape)];
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
}

/* Room for one more shape: new, or of the one that was asked for longest ago. */
static struct ranked *make_room(struct ranking *r)
{
    if (r->n_shapes < r->max_shapes) {
        struct ranked *x = &r->shapes[r->n_shapes++];
        x->steps = zeros(r->n_steps, sizeof *x->steps);
        return x;
    }
    struct ranked *oldest = &r->shapes[0];
    for (size_t i = 1; i < r->n_shapes; i++) {
        if (r->shapes[i].asked < oldest->asked)
            oldest = &r->shapes[i];
    }
    leave_bucket(r, oldest);
    return oldest;
}

static struct ranked *shape_add(struct ranking *r, const struct placement_request *shape)
{
    struct ranked *x = make_room(r), **bucket = &r->buckets[bucket_of(shape)];
    *x = (struct ranked){.ranking = r, .shape = *shape, .steps = x->steps, .next = *bucket};
    x->mix = r->mix - 1; /* judges all */
    *bucket = x;
    return x;
}

const struct ranked *ranking_of(struct ranking *r, const struct placement_request *request)
{
    struct placement_request shape = shape_of(request);
    struct ranked *x = r->buckets[bucket_of(&shape)];
    while (x && !same_shape(&x->shape, &shape))
        x = x->next;
    if (!x)
        x = shape_add(r, &shape);
    refresh(x);
    x->asked = ++r->asked;
    return x;
}

int32_t ranked_steps(const struct ranked *x, size_t model)
{
    const struct tree *tree = &x->ranking->trees[model];
    return tree->n > 0 ? x->steps[tree->at + 1] : RANKED_UNFIT;
}

size_t ranked_best(const struct ranked *x, size_t model)
{
    const struct tree *tree = &x->ranking->trees[model];
    const int16_t *t = x->steps + tree->at;
    ENSURE(tree->n > 0 && t[1] != RANKED_UNFIT);
    size_t i = 1;
    while (i < tree->leaves) {
        i *= 2;
        i += t[i] < t[i + 1];
    }
    ENSURE(i - tree->leaves < tree->n);
    return tree->nodes[i - tree->leaves];
}
