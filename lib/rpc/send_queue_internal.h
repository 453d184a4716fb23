#ifndef PUMASI_LIB_RPC_SEND_QUEUE_INTERNAL_H
#define PUMASI_LIB_RPC_SEND_QUEUE_INTERNAL_H

#include <grpc/grpc.h>
#include <stdbool.h>

/* Packed messages that wait to be written to one stream, first in, first out, at most `max`. The
 * first stays in the queue while it is written. Grows as it fills. Not thread-safe. */
struct rpc_send_queue {
    grpc_byte_buffer **ring;
    unsigned cap;
    unsigned first;
    unsigned count;
    unsigned max;
};

void rpc_send_queue_init(struct rpc_send_queue *queue, unsigned max);
void rpc_send_queue_fini(struct rpc_send_queue *queue); /* destroys what waits */

/* Moves the buffer in; false when full, and then the buffer is still the caller's. */
bool rpc_send_queue_push(struct rpc_send_queue *queue, grpc_byte_buffer *buffer);

grpc_byte_buffer *rpc_send_queue_first(const struct rpc_send_queue *queue); /* borrowed; or NULL */
void rpc_send_queue_pop(struct rpc_send_queue *queue);                      /* destroys the first */

/* Destroys all but the first `kept`. */
void rpc_send_queue_cut(struct rpc_send_queue *queue, unsigned kept);

static inline bool rpc_send_queue_full(const struct rpc_send_queue *queue)
{
    return queue->count == queue->max;
}

#endif
