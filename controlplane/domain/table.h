#ifndef PUMASI_CONTROLPLANE_DOMAIN_TABLE_H
#define PUMASI_CONTROLPLANE_DOMAIN_TABLE_H

#include "lib/base/id.h"
#include "lib/base/sorted.h"

/*
 * Records by id, in order of the id. A record's first field is its struct id. The table owns its
 * arrays, never the records. A zeroed table is empty. Costs: lib/base/sorted.h.
 */
struct table {
    struct sorted rows;
};

void table_fini(struct table *t); /* frees the arrays; safe on a zeroed table */

size_t table_count(const struct table *t);

void *table_find(const struct table *t, const struct id *id); /* NULL when there is none */

/* Returns the record of the same id that it replaces, or NULL. */
void *table_put(struct table *t, void *record);
/* Returns the record that was removed, or NULL. */
void *table_remove(struct table *t, const struct id *id);

/* Where a walk begins: at the first record after `after`; NULL or none: at the first. */
struct sorted_place table_after(const struct table *t, const struct id *after);
/* The record at the place, which moves on; NULL at the end. The table must not change meanwhile. */
void *table_next(const struct table *t, struct sorted_place *place);

#endif
