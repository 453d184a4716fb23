#ifndef PUMASI_CONTROLPLANE_SIM_TIMELINE_H
#define PUMASI_CONTROLPLANE_SIM_TIMELINE_H

#include "lib/base/instant.h"

#include <stddef.h>

/*
 * The queue of virtual time: what will happen when. Events come out by instant; at one instant by
 * rank, the lower first; at one rank in the order in which they were added, so that a run depends
 * on nothing but its input. An event is a number that its owner gives a meaning. Nothing here moves
 * by itself: whoever takes an event sets the clock. Not thread-safe.
 */
struct timeline_event {
    struct instant at;
    unsigned rank;
    size_t tag; /* its owner's */
};

struct timeline;

struct timeline *timeline_create(void);
void timeline_destroy(struct timeline *t); /* NULL is fine */

/* `at` must be a real instant, not INSTANT_NEVER. */
void timeline_add(struct timeline *t, struct timeline_event event);

/* The instant of the first event; INSTANT_NEVER when there is none. */
struct instant timeline_next(const struct timeline *t);

/* Takes the first event out if it is at or before `until`. */
bool timeline_take(struct timeline *t, struct instant until, struct timeline_event *ret);

size_t timeline_count(const struct timeline *t);

static inline void timeline_cleanup(struct timeline **t)
{
    timeline_destroy(*t);
}
#define CLEANUP_TIMELINE __attribute__((cleanup(timeline_cleanup)))

#endif
