#ifndef PUMASI_CONTROLPLANE_ENGINE_VIGIL_H
#define PUMASI_CONTROLPLANE_ENGINE_VIGIL_H

#include "controlplane/engine/mirror.h"
#include "lib/base/env.h"
#include "lib/store/store.h"

/*
 * Whether the store still holds what the mirror shows. Every write to the store raises its revision
 * by one; so a revision beyond what this writer's own commits explain means that somebody else
 * wrote. That is noticed from the revision of each commit, from the store's revision whenever
 * leadership is confirmed, and from a watch over the leader key; no event of an own write has to
 * come back. Then the keys are listed and compared: soon, but ever more seldom while others write
 * keys that are not ours (an etcd may be shared), and every VIGIL_MS in any case.
 *
 * Belongs to the writer's thread.
 */
#define VIGIL_MS 60000
#define VIGIL_SUSPECT_MS                                                                           \
    1000                    /* between checks for a suspicion; doubles each time it was unfounded */
#define VIGIL_AGAIN_MS 5000 /* after a check that the store did not answer */

struct vigil;

struct vigil *vigil_create(struct store *store); /* outlives the vigil */
void vigil_destroy(struct vigil *v);             /* NULL is fine */

/* The mirror was loaded just now. */
void vigil_begin(struct vigil *v, const struct mirror *m, struct boot_time now);
void vigil_end(struct vigil *v); /* leadership is lost; harmless when it is not held */

/* A revision of the store was seen: above `explained` somebody else wrote. */
void vigil_saw(struct vigil *v, int64_t revision, int64_t explained);

bool vigil_is_due(struct vigil *v, struct boot_time now);

/* mirror_check(), and when to do it next. No commit may be under way. (blocks) */
MUST_CHECK int vigil_check(struct vigil *v, struct mirror *m, struct boot_time now,
                           struct err *err);

#endif
