#ifndef PUMASI_CONTROLPLANE_ENGINE_QUEUE_H
#define PUMASI_CONTROLPLANE_ENGINE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The bounded queue in front of the writer: any thread pushes, the writer takes. Items are embedded
 * in what is queued, so pushing allocates nothing.
 */
struct queue_item {
    struct queue_item *next;
};

struct queue;

struct queue *queue_create(size_t limit);
void queue_destroy(struct queue *q); /* must be empty; NULL is fine */

/* False when the queue is full or closed: the item is not in it. */
bool queue_push(struct queue *q, struct queue_item *item);

/* Ahead of all others and past the limit: for the outcome of a commit. Never fails. */
void queue_push_urgent(struct queue *q, struct queue_item *item);

/* Takes the oldest item, urgent ones first (or only those), waiting for up to timeout_ms (0: not at
 * all); NULL if there is none. */
enum queue_wanted { QUEUE_ANY, QUEUE_URGENT };
struct queue_item *queue_take(struct queue *q, enum queue_wanted wanted, unsigned timeout_ms);

/* From now on queue_push() fails; what is queued can still be taken. */
void queue_close(struct queue *q);

size_t queue_length(struct queue *q);

#endif
