#ifndef PUMASI_CONTROLPLANE_PLACEMENT_PLACEMENT_H
#define PUMASI_CONTROLPLANE_PLACEMENT_PLACEMENT_H

#include "controlplane/placement/gang.h"

/*
 * Which node and which devices a request gets: where it makes the least waste (waste.h), judged by
 * what has been asked for so far. Requests are placed one at a time, without knowing what comes
 * next, and none is refused while a node can take it.
 *
 * Models are not equal: of each, the pressure is how many times over its idle devices are wanted
 * by those who can take no other. Who can choose goes where the pressure is low.
 *
 * Pure: no clock, no chance, no I/O; the same calls give the same answers on every machine. Owned
 * by one thread.
 */
struct placement_engine;

/* seed: of the fixed order of nodes that decides between equals. Specs are copied. */
struct placement_engine *placement_create(const struct fleet_spec *specs, size_t n, uint64_t seed);
void placement_destroy(struct placement_engine *e); /* NULL is fine */

/* Counts a request as asked for without placing it: history. */
void placement_remember(struct placement_engine *e, const struct placement_request *r);
/* Judges by all that is remembered from now on. Else that happens when it has doubled and what is
 * asked for has become another mix. */
void placement_learn(struct placement_engine *e);

/* Places the request, takes what it needs and remembers it. node == PLACEMENT_NOWHERE when no node
 * can take it. */
struct placement placement_place(struct placement_engine *e, const struct placement_request *r);

/* Places all members of a gang, or none; ret: by member. Remembers them. */
bool placement_place_gang(struct placement_engine *e, const struct gang_request *g,
                          struct placement *ret);

/* Undoes a placement. */
void placement_release(struct placement_engine *e, const struct placement_request *r,
                       const struct placement *p);

/* Takes a placement that was made elsewhere: it must be possible. */
void placement_restore(struct placement_engine *e, const struct placement_request *r,
                       const struct placement *p);

/* Borrowed; changes with the placements. */
const struct fleet *placement_fleet(const struct placement_engine *e);

#endif
