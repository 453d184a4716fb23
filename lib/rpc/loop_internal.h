#ifndef PUMASI_LIB_RPC_LOOP_INTERNAL_H
#define PUMASI_LIB_RPC_LOOP_INTERNAL_H

#include "lib/rpc/loop.h"

#include <grpc/grpc.h>
#include <stdint.h>
#include <time.h>

/*
 * Inside of the room: tags and batches. A tag is embedded in its owner; the loop calls fn and
 * nothing else. Each batch's tag is delivered exactly once, also when the call was cancelled, so
 * an owner counts its outstanding batches and lives until the last has come back.
 */
struct rpc_tag {
    void (*fn)(struct rpc_tag *tag, bool ok);
};

#define RPC_TAG_OWNER(tag, type, member) ((type *)(void *)((char *)(tag)-offsetof(type, member)))

grpc_completion_queue *rpc_loop_queue(struct rpc_loop *loop);

/* A channel or server says that it uses the loop, and that it has gone. */
void rpc_loop_enter(struct rpc_loop *loop);
void rpc_loop_leave(struct rpc_loop *loop);

/* Hands a tag to gRPC: everything its fn will read must have been written before, since another
 * thread may run it before the call that follows returns. */
void rpc_tag_publish(struct rpc_tag *tag);

/* Publishes the tag and starts the batch. A batch that gRPC refuses is a broken promise. */
void rpc_batch_start(grpc_call *call, const grpc_op *ops, size_t count, struct rpc_tag *tag);

/* A moment on the monotonic clock, for gRPC and for pthread_cond_clockwait(). 0: never. */
gpr_timespec rpc_deadline(unsigned timeout_ms);
struct timespec rpc_wait_until(unsigned timeout_ms);

#endif
