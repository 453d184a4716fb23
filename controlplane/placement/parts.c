/* A sorted array: sizes are few. */
#include "controlplane/placement/parts.h"

#include <stdlib.h>

void parts_fini(struct parts *p)
{
    free(p->sizes);
    *p = (struct parts){.n = 0};
}

/* Where the size is, or belongs. */
static size_t place_of(const struct parts *p, int64_t units)
{
    size_t at = 0;
    while (at < p->n && p->sizes[at].units < units)
        at++;
    return at;
}

void parts_add(struct parts *p, int64_t units)
{
    ENSURE(units > 0 && units <= SHARE_PER_GPU);
    size_t at = place_of(p, units);
    if (at < p->n && p->sizes[at].units == units) {
        p->sizes[at].count++;
        return;
    }
    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 8;
        p->sizes = reallocarray(p->sizes, p->cap, sizeof *p->sizes);
        ENSURE(p->sizes != NULL);
    }
    memmove(&p->sizes[at + 1], &p->sizes[at], (p->n - at) * sizeof *p->sizes);
    p->sizes[at] = (struct part_size){(uint32_t)units, 1};
    p->n++;
}

void parts_remove(struct parts *p, int64_t units)
{
    size_t at = place_of(p, units);
    ENSURE(at < p->n && p->sizes[at].units == units);
    if (--p->sizes[at].count > 0)
        return;
    p->n--;
    memmove(&p->sizes[at], &p->sizes[at + 1], (p->n - at) * sizeof *p->sizes);
}

/* The idle units, times the parts that do not fit into them. */
static int64_t splinters(const struct parts *p, int64_t idle)
{
    uint64_t larger = 0;
    for (size_t i = p->n; i > 0 && p->sizes[i - 1].units > idle; i--)
        larger += p->sizes[i - 1].count;
    return idle * (int64_t)larger;
}

int64_t parts_cost(const struct parts *p, int64_t idle, int64_t units)
{
    ENSURE(units > 0 && units <= idle && idle <= SHARE_PER_GPU);
    return splinters(p, idle - units) - splinters(p, idle);
}
