#ifndef PUMASI_LIB_STORE_MEM_MAP_H
#define PUMASI_LIB_STORE_MEM_MAP_H

#include "lib/base/span.h"

#include <stdint.h>

/*
 * The keys of store_mem with all their versions, in key order and in the order of changes. Plain
 * data: no callbacks, no clock. Spans that it returns are borrowed until the next change or
 * compaction. Memory exhaustion aborts.
 */
struct mem_map;

/* One version of one key. */
struct mem_entry {
    struct span key;
    struct span value;
    int64_t create_revision; /* 0: deleted */
    int64_t mod_revision;
    int64_t lease_id;
};

struct mem_map *mem_map_create(void); /* revision 1, compacted at 0 */
void mem_map_destroy(struct mem_map *m);

int64_t mem_map_revision(const struct mem_map *m);  /* of the last change */
int64_t mem_map_compacted(const struct mem_map *m); /* reads before it fail */
size_t mem_map_bytes(const struct mem_map *m);      /* keys and values held, all versions */

/* ---- changing: any number of puts and deletes, then mem_map_advance() ---- */

/* Puts at revision + 1. */
void mem_map_put(struct mem_map *m, struct span key, struct span value, int64_t lease_id);
/* Deletes at revision + 1 if the key exists. */
void mem_map_delete(struct mem_map *m, struct span key);
/* Makes revision + 1 the revision if anything was changed for it; returns the revision. */
int64_t mem_map_advance(struct mem_map *m);

/* Forgets versions that no read at `revision` or later can see. revision: compacted + 1 ..
 * revision of the map. */
void mem_map_compact(struct mem_map *m, int64_t revision);

/* ---- reading ---- */

/* The key as of a revision (compacted..revision of the map). False: it did not exist. */
bool mem_map_find(const struct mem_map *m, struct span key, int64_t revision,
                  struct mem_entry *ret);

/* Walking in key order: the place of the first key at or behind `key`, and what is at a place;
 * false when the key there did not exist at that revision. */
size_t mem_map_seek(const struct mem_map *m, struct span key);
size_t mem_map_places(const struct mem_map *m);
bool mem_map_at(const struct mem_map *m, size_t place, int64_t revision, struct mem_entry *ret);
/* The key at a place, whether it exists now or not. */
struct span mem_map_key_at(const struct mem_map *m, size_t place);

/* Walking in the order of changes, from `compacted` on: the first change at or behind a
 * revision. */
size_t mem_map_change_seek(const struct mem_map *m, int64_t revision);
size_t mem_map_changes(const struct mem_map *m);
struct mem_entry mem_map_change_at(const struct mem_map *m, size_t i);

#endif
