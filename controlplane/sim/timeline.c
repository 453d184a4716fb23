/* A binary heap; the number of adding breaks ties, so equal events keep their order. */
#include "controlplane/sim/timeline.h"

#include <stdint.h>
#include <stdlib.h>

struct entry {
    struct timeline_event event;
    uint64_t added;
};

struct timeline {
    struct entry *heap; /* the first is the earliest */
    size_t n, cap;
    uint64_t added;
};

struct timeline *timeline_create(void)
{
    struct timeline *t = calloc(1, sizeof *t);
    ENSURE(t != NULL);
    return t;
}

void timeline_destroy(struct timeline *t)
{
    if (t)
        free(t->heap);
    free(t);
}

static bool earlier(const struct entry *a, const struct entry *b)
{
    int order = instant_compare(a->event.at, b->event.at);
    if (order == 0)
        order = (a->event.rank > b->event.rank) - (a->event.rank < b->event.rank);
    return order != 0 ? order < 0 : a->added < b->added;
}

static void swap(struct entry *a, struct entry *b)
{
    struct entry kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_up(struct timeline *t, size_t i)
{
    while (i > 0 && earlier(&t->heap[i], &t->heap[(i - 1) / 2])) {
        swap(&t->heap[i], &t->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static void sift_down(struct timeline *t, size_t i)
{
    for (;;) {
        size_t first = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < t->n; child++) {
            if (earlier(&t->heap[child], &t->heap[first]))
                first = child;
        }
        if (first == i)
            return;
        swap(&t->heap[i], &t->heap[first]);
        i = first;
    }
}

void timeline_add(struct timeline *t, struct timeline_event event)
{
    ENSURE(event.at.s != INSTANT_NEVER.s);
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 16;
        t->heap = reallocarray(t->heap, t->cap, sizeof *t->heap);
        ENSURE(t->heap != NULL);
    }
    t->heap[t->n] = (struct entry){event, t->added++};
    sift_up(t, t->n++);
}

struct instant timeline_next(const struct timeline *t)
{
    return t->n > 0 ? t->heap[0].event.at : INSTANT_NEVER;
}

bool timeline_take(struct timeline *t, struct instant until, struct timeline_event *ret)
{
    if (t->n == 0 || until.s < t->heap[0].event.at.s)
        return false;
    *ret = t->heap[0].event;
    t->heap[0] = t->heap[--t->n];
    sift_down(t, 0);
    return true;
}

size_t timeline_count(const struct timeline *t)
{
    return t->n;
}
