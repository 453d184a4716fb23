/* Owns the buffers that wait in a queue. Its stream's lock guards it. */
#include "lib/rpc/send_queue_internal.h"

#include "lib/base/err.h"

#include <grpc/byte_buffer.h>
#include <stdlib.h>

#define FIRST_CAP 8u

void rpc_send_queue_init(struct rpc_send_queue *queue, unsigned max)
{
    ENSURE(max > 0);
    *queue = (struct rpc_send_queue){.max = max};
}

void rpc_send_queue_fini(struct rpc_send_queue *queue)
{
    rpc_send_queue_cut(queue, 0);
    free(queue->ring);
    queue->ring = NULL;
    queue->cap = 0;
}

static grpc_byte_buffer **slot(const struct rpc_send_queue *queue, unsigned index)
{
    ENSURE(index < queue->cap);
    return &queue->ring[(queue->first + index) % queue->cap];
}

static void grow(struct rpc_send_queue *queue)
{
    unsigned cap = queue->cap ? queue->cap * 2 : FIRST_CAP;
    grpc_byte_buffer **ring = calloc(cap, sizeof(*ring));
    ENSURE(ring);
    for (unsigned i = 0; i < queue->count; i++)
        ring[i] = *slot(queue, i);
    free(queue->ring);
    queue->ring = ring;
    queue->cap = cap;
    queue->first = 0;
}

bool rpc_send_queue_push(struct rpc_send_queue *queue, grpc_byte_buffer *buffer)
{
    if (rpc_send_queue_full(queue))
        return false;
    if (queue->count == queue->cap)
        grow(queue);
    queue->count++;
    *slot(queue, queue->count - 1) = buffer;
    return true;
}

grpc_byte_buffer *rpc_send_queue_first(const struct rpc_send_queue *queue)
{
    return queue->count > 0 ? *slot(queue, 0) : NULL;
}

void rpc_send_queue_pop(struct rpc_send_queue *queue)
{
    ENSURE(queue->count > 0);
    grpc_byte_buffer_destroy(*slot(queue, 0));
    queue->first = (queue->first + 1) % queue->cap;
    queue->count--;
}

void rpc_send_queue_cut(struct rpc_send_queue *queue, unsigned kept)
{
    while (queue->count > kept) {
        grpc_byte_buffer_destroy(*slot(queue, queue->count - 1));
        queue->count--;
    }
}
