/* Step functions as sorted arrays. Pure. */
#include "controlplane/domain/steps.h"

#include <stdlib.h>
#include <string.h>

void steps_fini(struct steps *s)
{
    free(s->items);
    *s = (struct steps){0};
}

/* How many steps lie at or before t. */
static size_t steps_until(const struct steps *s, struct instant t)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->items[middle].from.s <= t.s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

__int128 steps_at(const struct steps *s, struct instant t)
{
    size_t i = steps_until(s, t);
    return i == 0 ? s->base : s->items[i - 1].value;
}

struct instant steps_next(const struct steps *s, struct instant t)
{
    size_t i = steps_until(s, t);
    return i < s->n ? s->items[i].from : INSTANT_NEVER;
}

/* The index of a step at t, made with the value in force when there was none. */
static size_t step_at(struct steps *s, struct instant t)
{
    size_t i = steps_until(s, t);
    if (i > 0 && s->items[i - 1].from.s == t.s)
        return i - 1;
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 4;
        s->items = reallocarray(s->items, s->cap, sizeof(s->items[0]));
        ENSURE(s->items != NULL);
    }
    memmove(&s->items[i + 1], &s->items[i], (s->n - i) * sizeof(s->items[0]));
    s->items[i] = (struct step){t, i == 0 ? s->base : s->items[i - 1].value};
    s->n++;
    return i;
}

static void drop_if_idle(struct steps *s, size_t i)
{
    __int128 before = i == 0 ? s->base : s->items[i - 1].value;
    if (s->items[i].value != before)
        return;
    memmove(&s->items[i], &s->items[i + 1], (s->n - i - 1) * sizeof(s->items[0]));
    s->n--;
}

void steps_add(struct steps *s, struct window window, int64_t amount)
{
    if (window_empty(window) || amount == 0)
        return;
    size_t first = step_at(s, window.from);
    size_t end = window.to.s == INSTANT_NEVER.s ? s->n : step_at(s, window.to);
    for (size_t i = first; i < end; i++)
        s->items[i].value += amount;
    if (end < s->n)
        drop_if_idle(s, end);
    drop_if_idle(s, first);
}

static void set_value(struct steps *s, struct instant from, __int128 value)
{
    size_t i = step_at(s, from); /* may move the items */
    s->items[i].value = value;
}

void steps_set(struct steps *s, struct instant from, int64_t value)
{
    set_value(s, from, value);
}

/* ---- Copies ---- */

/* Room for two more, which a cut may need at its ends. */
static struct steps steps_of(const struct step *items, size_t n, __int128 base)
{
    struct steps s = {.base = base, .n = n, .cap = n + 2};
    s.items = reallocarray(NULL, s.cap, sizeof(s.items[0]));
    ENSURE(s.items != NULL);
    if (n > 0)
        memcpy(s.items, items, n * sizeof(s.items[0]));
    return s;
}

struct steps steps_copy(const struct steps *s)
{
    return s->n > 0 ? steps_of(s->items, s->n, s->base) : (struct steps){.base = s->base};
}

struct steps steps_cut(const struct steps *s, struct window window)
{
    if (window_empty(window))
        return (struct steps){0};
    size_t first = steps_until(s, window.from), end = first;
    while (end < s->n && s->items[end].from.s < window.to.s)
        end++;
    __int128 before = steps_at(s, window.from), last = end > 0 ? s->items[end - 1].value : s->base;
    if (before == 0 && first == end)
        return (struct steps){0};
    struct steps cut = steps_of(first < end ? &s->items[first] : NULL, end - first, 0);
    if (before != 0)
        set_value(&cut, window.from, before);
    if (last != 0 && window.to.s != INSTANT_NEVER.s)
        set_value(&cut, window.to, 0);
    return cut;
}

/* ---- Extremes ---- */

__int128 steps_peak(const struct steps *s, struct window window)
{
    ENSURE(!window_empty(window));
    size_t i = steps_until(s, window.from);
    __int128 peak = i == 0 ? s->base : s->items[i - 1].value;
    for (; i < s->n && s->items[i].from.s < window.to.s; i++)
        peak = s->items[i].value > peak ? s->items[i].value : peak;
    return peak;
}

__int128 steps_least(const struct steps *s, struct window window)
{
    ENSURE(!window_empty(window));
    size_t i = steps_until(s, window.from);
    __int128 least = i == 0 ? s->base : s->items[i - 1].value;
    for (; i < s->n && s->items[i].from.s < window.to.s; i++)
        least = s->items[i].value < least ? s->items[i].value : least;
    return least;
}

struct instant steps_first_above(const struct steps *s, struct window window, __int128 limit)
{
    if (window_empty(window))
        return INSTANT_NEVER;
    size_t i = steps_until(s, window.from);
    if ((i == 0 ? s->base : s->items[i - 1].value) > limit)
        return window.from;
    for (; i < s->n && s->items[i].from.s < window.to.s; i++) {
        if (s->items[i].value > limit)
            return s->items[i].from;
    }
    return INSTANT_NEVER;
}
