#ifndef PUMASI_CONTROLPLANE_DOMAIN_TABLE_H
#define PUMASI_CONTROLPLANE_DOMAIN_TABLE_H

#include "lib/base/id.h"

#include <stddef.h>

/*
 * Records by id, in order of the id: a sorted array of pointers. A record's first field is its
 * struct id. The table owns the array, never the records. A zeroed table is empty.
 *
 * Found in O(log n), put and removed in O(n) pointer moves; in return the order needs no second
 * structure and a listing from any id is a walk.
 */
struct table {
    void **rows;
    size_t n, cap;
};

void table_fini(struct table *t); /* frees the array; safe on a zeroed table */

void *table_find(const struct table *t, const struct id *id); /* NULL when there is none */

/* Returns the record of the same id that it replaces, or NULL. */
void *table_put(struct table *t, void *record);
/* Returns the record that was removed, or NULL. */
void *table_remove(struct table *t, const struct id *id);

/* The position of the first record after `after`; none: 0. */
size_t table_after(const struct table *t, const struct id *after);

#endif
