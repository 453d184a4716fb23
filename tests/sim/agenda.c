/* A binary heap by instant and order of adding. */
#include "tests/sim/agenda.h"

#include "lib/base/err.h"

#include <stddef.h>
#include <stdlib.h>

struct entry {
    int64_t at_ns;
    uint64_t order;
    const uint64_t *life;
    uint64_t born; /* what *life was */
    agenda_fn fn;
    void *arg;
};

struct agenda {
    int64_t now_ns;
    uint64_t added;
    struct entry *heap;
    size_t n, cap;
};

struct agenda *agenda_create(int64_t start_ns)
{
    struct agenda *a = calloc(1, sizeof *a);
    ENSURE(a);
    a->now_ns = start_ns;
    return a;
}

void agenda_destroy(struct agenda *a)
{
    if (!a)
        return;
    free(a->heap);
    free(a);
}

int64_t agenda_now(const struct agenda *a)
{
    return a->now_ns;
}

static bool before(const struct entry *x, const struct entry *y)
{
    return x->at_ns != y->at_ns ? x->at_ns < y->at_ns : x->order < y->order;
}

static void swap(struct entry *x, struct entry *y)
{
    struct entry t = *x;
    *x = *y;
    *y = t;
}

void agenda_add(struct agenda *a, int64_t after_ns, const uint64_t *life, agenda_fn fn, void *arg)
{
    ENSURE(after_ns >= 0 && fn);
    if (a->n == a->cap) {
        a->cap = a->cap ? 2 * a->cap : 256;
        a->heap = reallocarray(a->heap, a->cap, sizeof *a->heap);
        ENSURE(a->heap);
    }
    size_t i = a->n++;
    a->heap[i] = (struct entry){.at_ns = a->now_ns + after_ns,
                                .order = a->added++,
                                .life = life,
                                .born = life ? *life : 0,
                                .fn = fn,
                                .arg = arg};
    for (; i > 0 && before(&a->heap[i], &a->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&a->heap[i], &a->heap[(i - 1) / 2]);
}

static struct entry take(struct agenda *a)
{
    struct entry first = a->heap[0];
    a->heap[0] = a->heap[--a->n];
    for (size_t i = 0;;) {
        size_t least = i, left = 2 * i + 1, right = left + 1;
        if (left < a->n && before(&a->heap[left], &a->heap[least]))
            least = left;
        if (right < a->n && before(&a->heap[right], &a->heap[least]))
            least = right;
        if (least == i)
            return first;
        swap(&a->heap[i], &a->heap[least]);
        i = least;
    }
}

bool agenda_step(struct agenda *a, int64_t until_ns)
{
    if (a->n == 0 || a->heap[0].at_ns > until_ns) {
        a->now_ns = until_ns;
        return false;
    }
    struct entry e = take(a);
    a->now_ns = e.at_ns;
    if (!e.life || *e.life == e.born)
        e.fn(e.arg);
    return true;
}
