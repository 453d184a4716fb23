/*
 * Two sums, and a heap of the lowest entries with the highest of them on top: one that lies above
 * all that are kept, when these suffice, costs a comparison.
 */
#include "billing/levels.h"

#include "lib/base/err.h"

#include <stdlib.h>

struct levels {
    __int128 unit_seconds;
    int64_t seconds;
    int64_t bottom_s;
    struct level_time *lowest; /* a heap, the highest level first */
    size_t n, cap;
    int64_t lowest_s; /* of those in the heap together */
};

struct levels *levels_create(void)
{
    struct levels *l = calloc(1, sizeof(*l));
    ENSURE(l != NULL);
    return l;
}

void levels_destroy(struct levels *l)
{
    if (l == NULL)
        return;
    free(l->lowest);
    free(l);
}

void levels_begin(struct levels *l, int64_t bottom_s)
{
    ENSURE(bottom_s >= 0);
    l->unit_seconds = 0;
    l->seconds = 0;
    l->bottom_s = bottom_s;
    l->n = 0;
    l->lowest_s = 0;
}

static void push(struct levels *l, struct level_time entry)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->lowest = reallocarray(l->lowest, l->cap, sizeof(l->lowest[0]));
        ENSURE(l->lowest != NULL);
    }
    size_t i = l->n++;
    while (i > 0 && l->lowest[(i - 1) / 2].level < entry.level) {
        l->lowest[i] = l->lowest[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    l->lowest[i] = entry;
    l->lowest_s += entry.seconds;
}

static void pop(struct levels *l)
{
    l->lowest_s -= l->lowest[0].seconds;
    struct level_time last = l->lowest[--l->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < l->n; i = child) {
        if (child + 1 < l->n && l->lowest[child + 1].level > l->lowest[child].level)
            child++;
        if (l->lowest[child].level <= last.level)
            break;
        l->lowest[i] = l->lowest[child];
    }
    l->lowest[i] = last; /* harmless when none is left: slot 0 is free then */
}

static void keep(struct levels *l, int64_t level, int64_t seconds)
{
    push(l, (struct level_time){level, seconds});
    while (l->n > 0 && l->lowest_s - l->lowest[0].seconds >= l->bottom_s)
        pop(l);
}

/* Levels from here on need not be kept. */
static int64_t level_too_high(const struct levels *l)
{
    if (l->lowest_s < l->bottom_s)
        return INT64_MAX;
    return l->n > 0 ? l->lowest[0].level : 0;
}

void levels_add(struct levels *l, int64_t level, int64_t seconds)
{
    ENSURE(level > 0 && seconds > 0);
    l->unit_seconds += (__int128)level * seconds;
    l->seconds += seconds;
    if (level < level_too_high(l))
        keep(l, level, seconds);
}

void levels_add_run(struct levels *l, const struct level_step *steps, size_t n)
{
    ENSURE(n >= 1);
    int64_t limit = level_too_high(l), idle = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        int64_t level = steps[i].units, seconds = steps[i + 1].from.s - steps[i].from.s;
        l->unit_seconds += (__int128)level * seconds;
        idle += level == 0 ? seconds : 0;
        if (level >= limit || level == 0)
            continue;
        keep(l, level, seconds);
        limit = level_too_high(l);
    }
    l->seconds += steps[n - 1].from.s - steps[0].from.s - idle;
}

__int128 levels_unit_seconds(const struct levels *l)
{
    return l->unit_seconds;
}

int64_t levels_seconds(const struct levels *l)
{
    return l->seconds;
}

static int compare_rising(const void *a, const void *b)
{
    const struct level_time *x = a, *y = b;
    return (x->level > y->level) - (x->level < y->level);
}

const struct level_time *levels_lowest(struct levels *l, size_t *ret_n)
{
    if (l->n > 1)
        qsort(l->lowest, l->n, sizeof(l->lowest[0]), compare_rising);
    *ret_n = l->n;
    return l->lowest;
}
