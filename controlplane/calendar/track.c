/*
 * A step function in leaves. The first step of all begins at INT64_MIN, so there is always one that
 * holds. Steps beside each other differ: what no longer changes anything is removed when a take
 * ends, at the two ends of its window, the only places where it can happen. Pure.
 */
#include "controlplane/calendar/track.h"

#include <stdlib.h>
#include <string.h>

/* ---- Life ------------------------------------------------------------------------------------ */

void track_init(struct track *t, int64_t free)
{
    *t = (struct track){.base = free};
}

void track_fini(struct track *t)
{
    for (uint32_t i = 0; i < t->n; i++)
        free(t->leaves[i].items);
    free(t->leaves);
    free(t->begins);
    *t = (struct track){0};
}

/* ---- Leaves ---------------------------------------------------------------------------------- */

static void leaf_reserve(struct track_leaf *l, uint32_t n)
{
    if (n <= l->cap)
        return;
    while (l->cap < n)
        l->cap = l->cap ? l->cap * 2 : 4;
    l->items = reallocarray(l->items, l->cap, sizeof *l->items);
    ENSURE(l->items != NULL);
}

/* Makes room for a leaf at the index. */
static struct track_leaf *leaf_insert(struct track *t, uint32_t at)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 1;
        t->leaves = reallocarray(t->leaves, t->cap, sizeof *t->leaves);
        t->begins = reallocarray(t->begins, t->cap, sizeof *t->begins);
        ENSURE(t->leaves != NULL && t->begins != NULL);
    }
    memmove(&t->leaves[at + 1], &t->leaves[at], (t->n - at) * sizeof *t->leaves);
    memmove(&t->begins[at + 1], &t->begins[at], (t->n - at) * sizeof *t->begins);
    t->n++;
    t->leaves[at] = (struct track_leaf){0};
    return &t->leaves[at];
}

static void leaf_remove(struct track *t, uint32_t at)
{
    free(t->leaves[at].items);
    memmove(&t->leaves[at], &t->leaves[at + 1], (t->n - at - 1) * sizeof *t->leaves);
    memmove(&t->begins[at], &t->begins[at + 1], (t->n - at - 1) * sizeof *t->begins);
    t->n--;
}

/* After its steps have changed. */
static void leaf_sum_up(struct track *t, uint32_t at)
{
    struct track_leaf *l = &t->leaves[at];
    int64_t least = l->items[0].free, most = least;
    for (uint32_t i = 1; i < l->n; i++) {
        int64_t free = l->items[i].free;
        least = free < least ? free : least;
        most = free > most ? free : most;
    }
    l->least = least + l->add;
    l->most = most + l->add;
    t->begins[at] = l->items[0].from_s;
}

/* The later half goes into a leaf of its own. */
static void leaf_split(struct track *t, uint32_t at)
{
    struct track_leaf *right = leaf_insert(t, at + 1), *left = &t->leaves[at];
    uint32_t half = left->n / 2;
    leaf_reserve(right, left->n - half);
    right->n = left->n - half;
    right->add = left->add;
    memcpy(right->items, left->items + half, right->n * sizeof *right->items);
    left->n = half;
    leaf_sum_up(t, at);
    leaf_sum_up(t, at + 1);
}

/* ---- Places ---------------------------------------------------------------------------------- */

/* The last leaf that begins at or before the instant. The searches choose without a branch, since
 * none could be foreseen. */
static uint32_t leaf_of(const struct track *t, int64_t at_s)
{
    uint32_t first = 0;
    for (uint32_t n = t->n; n > 1;) {
        uint32_t half = n / 2;
        first = t->begins[first + half] <= at_s ? first + half : first;
        n -= half;
    }
    return first;
}

/* The last step at or before the instant. */
static struct track_place place_of(const struct track *t, int64_t at_s)
{
    uint32_t leaf = leaf_of(t, at_s), first = 0;
    const struct track_step *items = t->leaves[leaf].items;
    for (uint32_t n = t->leaves[leaf].n; n > 1;) {
        uint32_t half = n / 2;
        first = items[first + half].from_s <= at_s ? first + half : first;
        n -= half;
    }
    return (struct track_place){leaf, first};
}

void track_fetch(const struct track *t)
{
    __builtin_prefetch(t->begins);
    __builtin_prefetch(t->begins + t->n / 2);
}

void track_fetch_at(const struct track *t, struct instant at)
{
    if (t->n == 0)
        return;
    const struct track_leaf *l = &t->leaves[leaf_of(t, at.s)];
    const char *items = (const char *)l->items;
    for (size_t i = 0; i < TRACK_LEAF * sizeof *l->items; i += 256)
        __builtin_prefetch(items + i);
}

struct track_place track_place_at(const struct track *t, struct instant at)
{
    return t->n > 0 ? place_of(t, at.s) : (struct track_place){0, 0};
}

static int64_t free_at(const struct track *t, struct track_place p)
{
    return t->leaves[p.leaf].items[p.at].free + t->leaves[p.leaf].add;
}

static int64_t from_at(const struct track *t, struct track_place p)
{
    return t->leaves[p.leaf].items[p.at].from_s;
}

static struct track_place after(const struct track *t, struct track_place p)
{
    return p.at + 1 < t->leaves[p.leaf].n ? (struct track_place){p.leaf, p.at + 1}
                                          : (struct track_place){p.leaf + 1, 0};
}

static int64_t end_at(const struct track *t, struct track_place p)
{
    struct track_place next = after(t, p);
    return next.leaf < t->n ? from_at(t, next) : INT64_MAX;
}

bool track_next(const struct track *t, struct track_place *place, struct track_span *ret)
{
    if (t->n == 0 && place->leaf == 0) {
        *ret = (struct track_span){INT64_MIN, INT64_MAX, t->base};
        place->leaf = 1;
        return true;
    }
    if (place->leaf >= t->n)
        return false;
    *ret = (struct track_span){from_at(t, *place), end_at(t, *place), free_at(t, *place)};
    *place = after(t, *place);
    return true;
}

/* ---- Taking ---------------------------------------------------------------------------------- */

/* A step begins at the instant, be it of the same value as the one before. */
static void cut(struct track *t, int64_t at_s)
{
    struct track_place p = place_of(t, at_s);
    if (from_at(t, p) == at_s)
        return;
    if (t->leaves[p.leaf].n == TRACK_LEAF) {
        leaf_split(t, p.leaf);
        p = place_of(t, at_s);
    }
    struct track_leaf *l = &t->leaves[p.leaf];
    leaf_reserve(l, l->n + 1);
    struct track_step *step = &l->items[p.at + 1];
    memmove(step + 1, step, (l->n - p.at - 1) * sizeof *step);
    *step = (struct track_step){at_s, l->items[p.at].free};
    l->n++;
    t->steps++;
}

/* The step before the place, which is not the first of all. */
static struct track_place before(const struct track *t, struct track_place p)
{
    return p.at > 0 ? (struct track_place){p.leaf, p.at - 1}
                    : (struct track_place){p.leaf - 1, t->leaves[p.leaf - 1].n - 1};
}

/* Where two leaves would fill half of one, the first takes in the one after it. */
static void leaf_merge(struct track *t, uint32_t at)
{
    struct track_leaf *l = &t->leaves[at], *next = l + 1;
    if (at + 1 >= t->n || l->n + next->n > TRACK_LEAF / 2)
        return;
    leaf_reserve(l, l->n + next->n);
    for (uint32_t i = 0; i < next->n; i++) {
        struct track_step step = next->items[i];
        l->items[l->n++] = (struct track_step){step.from_s, step.free + next->add - l->add};
    }
    leaf_remove(t, at + 1);
    leaf_sum_up(t, at);
}

/* The step that begins at the instant goes if it changes nothing. */
static void join(struct track *t, int64_t at_s)
{
    struct track_place p = place_of(t, at_s);
    struct track_leaf *l = &t->leaves[p.leaf];
    if (from_at(t, p) != at_s || free_at(t, p) != free_at(t, before(t, p)))
        return;
    memmove(&l->items[p.at], &l->items[p.at + 1], (l->n - p.at - 1) * sizeof *l->items);
    l->n--;
    t->steps--;
    if (l->n == 0) {
        leaf_remove(t, p.leaf);
        return;
    }
    leaf_sum_up(t, p.leaf);
    leaf_merge(t, p.leaf);
    if (p.leaf > 0)
        leaf_merge(t, p.leaf - 1);
}

/* Adds to the steps of the leaf that begin in [from, to). */
static void leaf_add(struct track *t, uint32_t at, int64_t from_s, int64_t to_s, int64_t amount)
{
    struct track_leaf *l = &t->leaves[at];
    for (uint32_t i = 0; i < l->n; i++) {
        int64_t begin = l->items[i].from_s;
        l->items[i].free += begin >= from_s && begin < to_s ? amount : 0;
    }
    leaf_sum_up(t, at);
}

/* Both ends are steps already. */
static void add(struct track *t, int64_t from_s, int64_t to_s, int64_t amount)
{
    for (uint32_t i = place_of(t, from_s).leaf; i < t->n && t->begins[i] < to_s; i++) {
        struct track_leaf *l = &t->leaves[i];
        bool last = i + 1 == t->n;
        bool whole =
            t->begins[i] >= from_s && (last ? to_s == INT64_MAX : t->begins[i + 1] <= to_s);
        if (!whole) {
            leaf_add(t, i, from_s, to_s, amount);
            continue;
        }
        l->add += amount;
        l->least += amount;
        l->most += amount;
    }
}

void track_take(struct track *t, struct window window, int64_t units)
{
    if (window_empty(window) || units == 0)
        return;
    if (t->n == 0) {
        struct track_leaf *l = leaf_insert(t, 0);
        leaf_reserve(l, 4);
        l->items[0] = (struct track_step){INT64_MIN, t->base};
        l->n = 1;
        t->steps = 1;
        leaf_sum_up(t, 0);
    }
    bool ends = window.to.s != INSTANT_NEVER.s;
    cut(t, window.from.s);
    if (ends)
        cut(t, window.to.s);
    add(t, window.from.s, window.to.s, -units);
    join(t, window.from.s);
    if (ends)
        join(t, window.to.s);
}

/* ---- Questions ------------------------------------------------------------------------------- */

int64_t track_at(const struct track *t, struct instant at)
{
    return t->n > 0 ? free_at(t, place_of(t, at.s)) : t->base;
}

int64_t track_least(const struct track *t, struct window window)
{
    ENSURE(!window_empty(window));
    if (t->n == 0)
        return t->base;
    struct track_place p = place_of(t, window.from.s);
    int64_t least = free_at(t, p);
    while (p.leaf < t->n) {
        const struct track_leaf *l = &t->leaves[p.leaf];
        bool whole = p.at == 0 && p.leaf + 1 < t->n && t->begins[p.leaf + 1] <= window.to.s;
        if (whole) {
            least = l->least < least ? l->least : least;
            p.leaf++;
            continue;
        }
        for (uint32_t i = p.at; i < l->n && l->items[i].from_s < window.to.s; i++) {
            int64_t free = l->items[i].free + l->add;
            least = free < least ? free : least;
        }
        p = (struct track_place){p.leaf + 1, 0};
        if (p.leaf < t->n && t->begins[p.leaf] >= window.to.s)
            break;
    }
    return least;
}

int64_t track_most(const struct track *t, struct window window)
{
    ENSURE(!window_empty(window));
    struct track_place p = track_place_at(t, window.from);
    struct track_span span;
    int64_t most = INT64_MIN;
    while (track_next(t, &p, &span) && span.from_s < window.to.s)
        most = span.free > most ? span.free : most;
    return most;
}

/* The first step from the place on that has enough; leaf t->n: none has. */
static struct track_place next_enough(const struct track *t, struct track_place p, int64_t need)
{
    for (; p.leaf < t->n; p = (struct track_place){p.leaf + 1, 0}) {
        const struct track_leaf *l = &t->leaves[p.leaf];
        if (l->most < need)
            continue;
        for (uint32_t i = p.at; i < l->n; i++) {
            if (l->items[i].free + l->add >= need)
                return (struct track_place){p.leaf, i};
        }
    }
    return p;
}

/* The first step from the place on that has too little and begins before `until`, or leaf t->n. */
static struct track_place next_too_little(const struct track *t, struct track_place p, int64_t need,
                                          int64_t until_s)
{
    for (; p.leaf < t->n && t->begins[p.leaf] < until_s; p = (struct track_place){p.leaf + 1, 0}) {
        const struct track_leaf *l = &t->leaves[p.leaf];
        if (l->least >= need)
            continue;
        for (uint32_t i = p.at; i < l->n && l->items[i].from_s < until_s; i++) {
            if (l->items[i].free + l->add < need)
                return (struct track_place){p.leaf, i};
        }
    }
    return (struct track_place){t->n, 0};
}

bool track_fit(const struct track *t, int64_t need, struct window starts, int64_t length_s,
               struct instant *ret)
{
    if (window_empty(starts) || (t->n == 0 && t->base < need))
        return false;
    struct instant start = starts.from;
    struct track_place p = track_place_at(t, start);
    while (t->n > 0) {
        p = next_enough(t, p, need);
        if (p.leaf == t->n)
            return false;
        start.s = from_at(t, p) > start.s ? from_at(t, p) : start.s;
        if (start.s >= starts.to.s)
            return false;
        p = next_too_little(t, p, need, instant_add(start, length_s).s);
        if (p.leaf == t->n)
            break;
    }
    *ret = start;
    return true;
}
