/* A sorted array of pointers to records. */
#include "controlplane/domain/table.h"

#include <stdlib.h>

void table_fini(struct table *t)
{
    free(t->rows);
    *t = (struct table){0};
}

/* The position of the id, or where it belongs. */
static size_t place_of(const struct table *t, const struct id *id, bool *ret_found)
{
    size_t low = 0, high = t->n;
    /* Numbered objects are mostly loaded and made in rising order. */
    if (t->n > 0 && id_compare(t->rows[t->n - 1], id) < 0)
        low = t->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = id_compare(t->rows[middle], id);
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = false;
    return low;
}

void *table_find(const struct table *t, const struct id *id)
{
    bool found;
    size_t at = place_of(t, id, &found);
    return found ? t->rows[at] : NULL;
}

static void make_room(struct table *t)
{
    if (t->n < t->cap)
        return;
    t->cap = t->cap ? t->cap * 2 : 8;
    t->rows = reallocarray(t->rows, t->cap, sizeof *t->rows);
    ENSURE(t->rows != NULL);
}

void *table_put(struct table *t, void *record)
{
    bool found;
    size_t at = place_of(t, record, &found);
    if (found) {
        void *old = t->rows[at];
        t->rows[at] = record;
        return old;
    }
    make_room(t);
    memmove(&t->rows[at + 1], &t->rows[at], (t->n - at) * sizeof *t->rows);
    t->rows[at] = record;
    t->n++;
    return NULL;
}

void *table_remove(struct table *t, const struct id *id)
{
    bool found;
    size_t at = place_of(t, id, &found);
    if (!found)
        return NULL;
    void *old = t->rows[at];
    memmove(&t->rows[at], &t->rows[at + 1], (t->n - at - 1) * sizeof *t->rows);
    t->n--;
    return old;
}

size_t table_after(const struct table *t, const struct id *after)
{
    bool found;
    size_t at = place_of(t, after, &found);
    return found ? at + 1 : at;
}
