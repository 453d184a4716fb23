/*
 * An open-addressing table keyed by level, at most half full; level 0 marks an empty slot. Sorting
 * packs it, so the order of entries never depends on the table's size.
 */
#include "billing/levels.h"

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct levels {
    struct level_time *slots;
    struct level_time *spare; /* as many: sorting goes back and forth */
    size_t cap;               /* a power of two */
    size_t used;
    bool packed;
};

static struct level_time *slots_create(size_t cap)
{
    struct level_time *slots = calloc(cap, sizeof(*slots));
    ENSURE(slots != NULL);
    return slots;
}

struct levels *levels_create(void)
{
    struct levels *l = calloc(1, sizeof(*l));
    ENSURE(l != NULL);
    l->cap = 64;
    l->slots = slots_create(l->cap);
    l->spare = slots_create(l->cap);
    return l;
}

void levels_destroy(struct levels *l)
{
    if (l == NULL)
        return;
    free(l->slots);
    free(l->spare);
    free(l);
}

/* The slot of the level, or the empty slot where it belongs. */
static struct level_time *slot_of(const struct levels *l, int64_t level)
{
    size_t at = (size_t)((uint64_t)level * UINT64_C(0x9e3779b97f4a7c15) >> 32);
    for (;; at++) {
        struct level_time *slot = &l->slots[at & (l->cap - 1)];
        if (slot->level == level || slot->level == 0)
            return slot;
    }
}

static void grow(struct levels *l)
{
    struct level_time *old = l->slots;
    size_t old_cap = l->cap;
    l->cap *= 2;
    l->slots = slots_create(l->cap);
    free(l->spare);
    l->spare = slots_create(l->cap);
    for (size_t i = 0; i < old_cap; i++) {
        if (old[i].level != 0)
            *slot_of(l, old[i].level) = old[i];
    }
    free(old);
}

void levels_add(struct levels *l, int64_t level, int64_t seconds)
{
    ENSURE(level > 0 && seconds > 0 && !l->packed);
    struct level_time *slot = slot_of(l, level);
    if (slot->level == 0) {
        if (2 * (l->used + 1) > l->cap) {
            grow(l);
            slot = slot_of(l, level);
        }
        slot->level = level;
        l->used++;
    }
    slot->seconds += seconds;
}

#define DIGIT_BITS 8
#define DIGITS     (1 << DIGIT_BITS)

/* One pass of a radix sort, falling by the digit at `shift`, from `from` to `to`. */
static void sort_by_digit(const struct level_time *from, struct level_time *to, size_t n,
                          unsigned shift)
{
    size_t starts[DIGITS] = {0}, next = 0;
    for (size_t i = 0; i < n; i++)
        starts[from[i].level >> shift & (DIGITS - 1)]++;
    for (size_t digit = DIGITS; digit-- > 0;) {
        size_t count = starts[digit];
        starts[digit] = next;
        next += count;
    }
    for (size_t i = 0; i < n; i++)
        to[starts[from[i].level >> shift & (DIGITS - 1)]++] = from[i];
}

/* By digits, the lowest first: a month of hours has hundreds of levels, and this is most of what
 * pricing it costs. */
static void sort_falling(struct levels *l, size_t n)
{
    int64_t highest = 0;
    for (size_t i = 0; i < n; i++)
        highest |= l->slots[i].level;
    for (unsigned shift = 0; shift < 64 && highest >> shift != 0; shift += DIGIT_BITS) {
        sort_by_digit(l->slots, l->spare, n, shift);
        struct level_time *sorted = l->spare;
        l->spare = l->slots;
        l->slots = sorted;
    }
}

const struct level_time *levels_falling(struct levels *l, size_t *ret_n)
{
    size_t n = 0;
    for (size_t i = 0; i < l->cap; i++) {
        if (l->slots[i].level != 0)
            l->slots[n++] = l->slots[i];
    }
    ENSURE(n == l->used);
    sort_falling(l, n);
    l->packed = true;
    *ret_n = n;
    return l->slots;
}

void levels_clear(struct levels *l)
{
    memset(l->slots, 0, l->cap * sizeof(l->slots[0])); /* the spare ones are written before read */
    l->used = 0;
    l->packed = false;
}
