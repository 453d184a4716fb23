#ifndef PUMASI_CONTROLPLANE_ENGINE_QUEUE_H
#define PUMASI_CONTROLPLANE_ENGINE_QUEUE_H

#include "lib/base/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The bounded queue in front of the writer: any thread pushes, the writer takes. Items wait in
 * lanes, one for the people and one for the nodes of each organisation: in order within a lane, and
 * the lanes are served in turn, one item each, so that nobody waits behind the crowd of another.
 * A lane that is full refuses its own and nobody else's. Items are embedded in what is queued; an
 * empty lane costs nothing.
 */
struct queue_item {
    struct queue_item *next;
};

enum queue_crowd { QUEUE_PEOPLE, QUEUE_NODES, QUEUE_CROWD_COUNT };

struct queue_lane {
    struct id organisation;
    enum queue_crowd crowd;
};

struct queue_limits {
    size_t all;
    size_t lane[QUEUE_CROWD_COUNT];
};

struct queue;

struct queue *queue_create(const struct queue_limits *limits);
void queue_destroy(struct queue *q); /* must be empty; NULL is fine */

/* False when the queue or the lane is full, or the queue closed: the item is not in it. */
bool queue_push(struct queue *q, const struct queue_lane *lane, struct queue_item *item);

/* Ahead of all others and past the limit: for the outcome of a commit. Never fails. */
void queue_push_urgent(struct queue *q, struct queue_item *item);

/* Takes the oldest item of the lane whose turn it is, urgent ones first (or only those), waiting
 * for up to timeout_ms (0: not at all); NULL if there is none. */
enum queue_wanted { QUEUE_ANY, QUEUE_URGENT };
struct queue_item *queue_take(struct queue *q, enum queue_wanted wanted, unsigned timeout_ms);

/* From now on queue_push() fails; what is queued can still be taken. */
void queue_close(struct queue *q);

size_t queue_length(struct queue *q);

#endif
