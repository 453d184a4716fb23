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

void steps_set(struct steps *s, struct instant from, int64_t value)
{
    size_t i = step_at(s, from); /* may move the items */
    s->items[i].value = value;
}
