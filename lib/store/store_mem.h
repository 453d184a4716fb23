#ifndef PUMASI_LIB_STORE_STORE_MEM_H
#define PUMASI_LIB_STORE_STORE_MEM_H

#include "lib/base/env.h"
#include "lib/store/store.h"

/*
 * The store in memory: real revisions, history, compaction, watches and leases, and no thread and
 * no clock. It belongs to one thread.
 *
 * Immediate: a commit and the events it causes are done before store_commit() returns (a commit
 * made inside a callback: before the outermost call returns). Stepped: commits and watch batches
 * wait in a queue, and store_step() does the oldest one; reads answer at once.
 */
enum store_mem_mode { STORE_MEM_IMMEDIATE, STORE_MEM_STEPPED, STORE_MEM_MODE_COUNT };

struct store *store_mem_create(enum store_mem_mode mode); /* never NULL; revision 1 */

/* Moves the clock of the leases to `now` (never back). A lease whose handle is held is kept alive
 * by that; an abandoned one ends when its ttl is over, and its keys are deleted as one revision. */
void store_mem_advance(struct store *s, struct boot_time now);

/* Ends a lease early, keys and all, as etcd 3.4.23 was seen doing; its holder is told at the next
 * store_mem_advance(). A lease that is gone already: nothing happens. */
void store_mem_lease_kill(struct store *s, const struct store_lease *lease);

#endif
