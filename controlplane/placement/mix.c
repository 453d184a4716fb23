/* Kinds in an array, found through an open hash table of places in it, at most half full. */
#include "controlplane/placement/mix.h"

#include <stdlib.h>

struct mix {
    struct mix_kind *kinds;
    size_t n, cap;
    uint32_t *slots; /* place of a kind + 1; 0: free. 2 * cap of them */
    uint64_t count, marked;
};

struct mix *mix_create(void)
{
    struct mix *m = calloc(1, sizeof *m);
    ENSURE(m != NULL);
    return m;
}

void mix_destroy(struct mix *m)
{
    if (!m)
        return;
    free(m->kinds);
    free(m->slots);
    free(m);
}

uint32_t mix_units(const struct placement_request *r)
{
    if (r->mig != MIG_NONE)
        return (uint32_t)SHARE_PER_GPU / MIG_MEMORY_SLICES * mig_memory_slices(r->mig);
    return r->gpus > 0 ? r->units : 0;
}

static bool same_kind(const struct mix_kind *a, const struct mix_kind *b)
{
    return a->cpu_milli == b->cpu_milli && a->gpus == b->gpus && a->units == b->units &&
           a->models == b->models;
}

static uint64_t hash(const struct mix_kind *k)
{
    uint64_t h = (uint64_t)k->cpu_milli;
    h = (h ^ h >> 31 ^ k->models) * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ h >> 29 ^ k->gpus) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 32 ^ k->units) * UINT64_C(0x94d049bb133111eb);
    return h ^ h >> 31;
}

/* The slot that holds the kind, or the free one where it belongs. */
static uint32_t *slot_of(const struct mix *m, const struct mix_kind *kind)
{
    size_t mask = 2 * m->cap - 1;
    for (size_t i = hash(kind) & mask;; i = (i + 1) & mask) {
        if (m->slots[i] == 0 || same_kind(&m->kinds[m->slots[i] - 1], kind))
            return &m->slots[i];
    }
}

static void grow(struct mix *m)
{
    m->cap = m->cap ? m->cap * 2 : 64;
    m->kinds = reallocarray(m->kinds, m->cap, sizeof *m->kinds);
    free(m->slots);
    m->slots = calloc(2 * m->cap, sizeof *m->slots);
    ENSURE(m->kinds && m->slots);
    for (size_t i = 0; i < m->n; i++)
        *slot_of(m, &m->kinds[i]) = (uint32_t)i + 1;
}

void mix_add(struct mix *m, const struct placement_request *r)
{
    struct mix_kind kind = {.cpu_milli = r->cpu_milli,
                            .models = r->gpus > 0 ? r->models : 0,
                            .gpus = r->gpus,
                            .units = mix_units(r),
                            .count = 1};
    m->count++;
    if (m->n == m->cap)
        grow(m);
    uint32_t *slot = slot_of(m, &kind);
    if (*slot > 0) {
        m->kinds[*slot - 1].count++;
    } else if (m->n < MIX_KINDS) {
        m->kinds[m->n++] = kind;
        *slot = (uint32_t)m->n;
    }
}

uint64_t mix_count(const struct mix *m)
{
    return m->count;
}

void mix_mark(struct mix *m)
{
    for (size_t i = 0; i < m->n; i++)
        m->kinds[i].marked = m->kinds[i].count;
    m->marked = m->count;
}

uint32_t mix_change(const struct mix *m)
{
    uint64_t before = m->marked, since = m->count - m->marked, differ = 0;
    if (before == 0 || since == 0)
        return 1000;
    for (size_t i = 0; i < m->n; i++) {
        uint64_t x = m->kinds[i].marked * 1000000 / before;
        uint64_t y = (m->kinds[i].count - m->kinds[i].marked) * 1000000 / since;
        differ += x > y ? x - y : y - x;
    }
    return (uint32_t)(differ / 2000);
}

const struct mix_kind *mix_kinds(const struct mix *m, size_t *ret_n)
{
    *ret_n = m->n;
    return m->kinds;
}
