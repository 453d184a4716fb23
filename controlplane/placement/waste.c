/*
 * Tables, made from a mix, that turn the judgement of a node into a few look-ups.
 *
 * served[model][level][rank]: the weight of requests for one device that a device with so much left
 * on a node with so much CPU can serve. several[model][level][whole]: the same of requests for
 * several devices, by the number of whole ones; parts of several devices count as whole ones.
 *
 * stranding: with r = CPU to a GPU that the node has left, requests that want more of it than r
 * leave GPUs idle: idle - cpu / (what they want). Summed over them that is idle * above[r] -
 * cpu * rate[r], with r in RATIOS steps.
 */
#include "controlplane/placement/waste.h"

#include <stdlib.h>

#define RATE_BITS 8 /* below the point, of a rate */

struct waste {
    size_t n_models;
    size_t n_levels, n_sizes;
    int64_t levels[WASTE_LEVELS]; /* rising */
    uint32_t size_step;           /* sizes are told apart by this many units */
    uint8_t rank[SHARE_PER_GPU + 1];
    int32_t *served;
    int32_t *several;
    int64_t ratio_step; /* CPU to a GPU, of one step; 0: nothing strands */
    int64_t above[WASTE_RATIOS + 1];
    int64_t rate[WASTE_RATIOS + 1];
};

static void *zeros(size_t n, size_t size)
{
    void *p = calloc(n, size);
    ENSURE(p != NULL);
    return p;
}

/* ---- Places in the tables -------------------------------------------------------------------- */

static size_t cells(const struct waste *w)
{
    return w->n_models * (WASTE_LEVELS + 1);
}

static int32_t *served_at(const struct waste *w, size_t model, size_t level)
{
    return w->served + (model * (WASTE_LEVELS + 1) + level) * (WASTE_SIZES + 1);
}

static int32_t *several_at(const struct waste *w, size_t model, size_t level)
{
    return w->several + (model * (WASTE_LEVELS + 1) + level) * (PLACEMENT_DEVICES + 1);
}

struct waste *waste_create(size_t n_models)
{
    ENSURE(n_models <= PLACEMENT_MODELS);
    struct waste *w = zeros(1, sizeof *w);
    w->n_models = n_models;
    w->served = zeros(cells(w) + 1, (WASTE_SIZES + 1) * sizeof *w->served);
    w->several = zeros(cells(w) + 1, (PLACEMENT_DEVICES + 1) * sizeof *w->several);
    return w;
}

void waste_destroy(struct waste *w)
{
    if (!w)
        return;
    free(w->served);
    free(w->several);
    free(w);
}

uint8_t waste_level(const struct waste *w, int64_t cpu_milli)
{
    size_t low = 0, high = w->n_levels;
    if (high > 0 && cpu_milli >= w->levels[high - 1])
        return (uint8_t)high; /* most nodes, most of the time */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (w->levels[middle] <= cpu_milli)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint8_t)low;
}

uint8_t waste_rank(const struct waste *w, uint32_t units)
{
    ENSURE(units <= SHARE_PER_GPU);
    return w->rank[units];
}

const int32_t *waste_served(const struct waste *w, uint8_t model, uint8_t level)
{
    ENSURE(model < w->n_models && level <= w->n_levels);
    return served_at(w, model, level);
}

/* ---- Learning: levels and sizes -------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static size_t unique(int64_t *values, size_t n)
{
    size_t kept = 0;
    qsort(values, n, sizeof *values, by_value);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || values[kept - 1] != values[i])
            values[kept++] = values[i];
    }
    return kept;
}

/* The amounts of CPU that kinds with devices ask for; of too many, evenly chosen ones with the
 * largest among them. */
static void learn_levels(struct waste *w, const struct mix_kind *kinds, size_t n)
{
    int64_t *cpu = zeros(n + 1, sizeof *cpu);
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        if (kinds[i].gpus > 0)
            cpu[found++] = kinds[i].cpu_milli;
    }
    found = unique(cpu, found);
    w->n_levels = found < WASTE_LEVELS ? found : WASTE_LEVELS;
    for (size_t i = 0; i < w->n_levels; i++)
        w->levels[i] = cpu[(i + 1) * found / w->n_levels - 1];
    free(cpu);
}

/* A size, rounded up to one that is told apart. */
static uint32_t size_of(const struct waste *w, const struct mix_kind *k)
{
    uint32_t size = (k->units + w->size_step - 1) / w->size_step * w->size_step;
    return size < SHARE_PER_GPU ? size : (uint32_t)SHARE_PER_GPU;
}

/* Marks the sizes that occur; returns how many there are. */
static size_t mark_sizes(const struct waste *w, const struct mix_kind *kinds, size_t n,
                         bool *marked)
{
    size_t found = 0;
    memset(marked, 0, SHARE_PER_GPU + 1);
    for (size_t i = 0; i < n; i++) {
        uint32_t size = kinds[i].gpus == 1 ? size_of(w, &kinds[i]) : (uint32_t)SHARE_PER_GPU;
        found += !marked[size];
        marked[size] = true;
    }
    return found;
}

static void learn_sizes(struct waste *w, const struct mix_kind *kinds, size_t n)
{
    bool *marked = zeros(SHARE_PER_GPU + 1, sizeof *marked);
    w->size_step = 1;
    w->n_sizes = mark_sizes(w, kinds, n, marked);
    if (w->n_sizes > WASTE_SIZES) {
        w->size_step = (uint32_t)SHARE_PER_GPU / (WASTE_SIZES - 5);
        w->n_sizes = mark_sizes(w, kinds, n, marked);
    }
    ENSURE(w->n_sizes <= WASTE_SIZES);
    uint8_t rank = 0;
    for (size_t u = 0; u <= SHARE_PER_GPU; u++) {
        rank = (uint8_t)(rank + marked[u]);
        w->rank[u] = rank;
    }
    free(marked);
}

/* ---- Learning: weights ----------------------------------------------------------------------- */

static bool serves(const struct mix_kind *k, size_t model)
{
    return k->models == 0 || (k->models >> model & 1);
}

/* From the level and size of the kind on, it can be served. */
static void add_kind(struct waste *w, const struct mix_kind *k, int32_t weight)
{
    size_t first = waste_level(w, k->cpu_milli - 1) + 1u;
    for (size_t model = 0; model < w->n_models; model++) {
        for (size_t level = first; serves(k, model) && level <= w->n_levels; level++) {
            int32_t *served = served_at(w, model, level), *several = several_at(w, model, level);
            for (size_t r = w->rank[size_of(w, k)]; k->gpus == 1 && r <= w->n_sizes; r++)
                served[r] += weight;
            for (size_t d = k->gpus; k->gpus > 1 && d <= PLACEMENT_DEVICES; d++)
                several[d] += weight;
        }
    }
}

static int32_t part_of(uint64_t amount, uint64_t all)
{
    return (int32_t)((unsigned __int128)amount * WASTE_ONE / all);
}

static void learn_weights(struct waste *w, const struct mix_kind *kinds, size_t n)
{
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++)
        all += kinds[i].gpus > 0 ? kinds[i].count : 0;
    memset(w->served, 0, cells(w) * (WASTE_SIZES + 1) * sizeof *w->served);
    memset(w->several, 0, cells(w) * (PLACEMENT_DEVICES + 1) * sizeof *w->several);
    for (size_t i = 0; i < n; i++) {
        if (kinds[i].gpus > 0)
            add_kind(w, &kinds[i], part_of(kinds[i].count, all));
    }
}

/* ---- Learning: stranding --------------------------------------------------------------------- */

static uint64_t units_of(const struct mix_kind *k)
{
    return (uint64_t)k->gpus * k->units * k->count;
}

/* CPU to a whole GPU. */
static int64_t ratio_of(const struct mix_kind *k)
{
    return k->cpu_milli * SHARE_PER_GPU / ((int64_t)k->gpus * k->units);
}

static void learn_stranding(struct waste *w, const struct mix_kind *kinds, size_t n)
{
    uint64_t all = 0;
    int64_t most = 0;
    for (size_t i = 0; i < n; i++) {
        all += units_of(&kinds[i]);
        if (kinds[i].gpus > 0 && ratio_of(&kinds[i]) > most)
            most = ratio_of(&kinds[i]);
    }
    memset(w->above, 0, sizeof w->above);
    memset(w->rate, 0, sizeof w->rate);
    w->ratio_step = most > 0 ? most / WASTE_RATIOS + 1 : 0;
    for (size_t i = 0; most > 0 && i < n; i++) {
        int64_t ratio = kinds[i].gpus > 0 ? ratio_of(&kinds[i]) : 0;
        if (ratio == 0)
            continue;
        int64_t last = (ratio - 1) / w->ratio_step, weight = part_of(units_of(&kinds[i]), all);
        w->above[last] += weight;
        w->rate[last] += (weight << RATE_BITS) * SHARE_PER_GPU / ratio;
    }
    for (size_t step = WASTE_RATIOS; step-- > 0;) {
        w->above[step] += w->above[step + 1];
        w->rate[step] += w->rate[step + 1];
    }
}

void waste_learn(struct waste *w, const struct mix *m)
{
    size_t n;
    const struct mix_kind *kinds = mix_kinds(m, &n);
    learn_levels(w, kinds, n);
    learn_sizes(w, kinds, n);
    learn_weights(w, kinds, n);
    learn_stranding(w, kinds, n);
}

/* ---- Judging --------------------------------------------------------------------------------- */

static int64_t stranding(const struct waste *w, int64_t cpu_milli, int64_t idle)
{
    if (idle == 0 || w->ratio_step == 0)
        return 0;
    int64_t step = cpu_milli * SHARE_PER_GPU / idle / w->ratio_step;
    if (step >= WASTE_RATIOS)
        return 0;
    int64_t stranded = idle * w->above[step] - (cpu_milli * w->rate[step] >> RATE_BITS);
    return stranded > 0 ? stranded : 0;
}

int64_t waste_of(const struct waste *w, const struct waste_node *n)
{
    if (n->idle == 0)
        return 0;
    int64_t whole =
        served_at(w, n->model, n->level)[w->n_sizes] + several_at(w, n->model, n->level)[n->whole];
    return n->idle * WASTE_ONE - n->whole * SHARE_PER_GPU * whole - n->splinted +
           stranding(w, n->cpu_milli, n->idle);
}
