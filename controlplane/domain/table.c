/* Sorted pointers, compared by the id that every record begins with. */
#include "controlplane/domain/table.h"

static int by_id(const void *key, const void *record)
{
    return id_compare(key, record);
}

void table_fini(struct table *t)
{
    sorted_fini(&t->rows);
}

size_t table_count(const struct table *t)
{
    return t->rows.n;
}

void *table_find(const struct table *t, const struct id *id)
{
    return sorted_find(&t->rows, by_id, id);
}

void *table_put(struct table *t, void *record)
{
    return sorted_put(&t->rows, by_id, record, record);
}

void *table_remove(struct table *t, const struct id *id)
{
    return sorted_remove(&t->rows, by_id, id);
}

struct sorted_place table_after(const struct table *t, const struct id *after)
{
    return after ? sorted_from(&t->rows, by_id, after, true) : SORTED_BEGIN;
}

void *table_next(const struct table *t, struct sorted_place *place)
{
    return sorted_next(&t->rows, place);
}
