/*
 * Owns the completion queues and their threads. A loop's thread runs until the queue is shut down
 * and empty; every tag that was ever handed to gRPC passes through it.
 */
#include "lib/rpc/loop.h"

#include "lib/rpc/loop_internal.h"

#include <grpc/support/time.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A sanitizer that can't see into gRPC misses that a queue hands memory from thread to thread. */
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#define QUEUE_RELEASE(tag) __tsan_release(tag)
#define QUEUE_ACQUIRE(tag) __tsan_acquire(tag)
#else
#define QUEUE_RELEASE(tag) ((void)(tag))
#define QUEUE_ACQUIRE(tag) ((void)(tag))
#endif

struct rpc_loop {
    grpc_completion_queue *queue;
    pthread_t thread;
    atomic_uint users;
};

static void *loop_run(void *arg)
{
    struct rpc_loop *loop = arg;
    for (;;) {
        grpc_event event =
            grpc_completion_queue_next(loop->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        if (event.type == GRPC_QUEUE_SHUTDOWN)
            return NULL;
        ENSURE(event.type == GRPC_OP_COMPLETE);
        struct rpc_tag *tag = event.tag;
        QUEUE_ACQUIRE(tag);
        tag->fn(tag, event.success != 0);
    }
}

int rpc_loop_create(struct rpc_loop **ret, struct err *err)
{
    struct rpc_loop *loop = calloc(1, sizeof(*loop));
    ENSURE(loop);
    loop->queue = grpc_completion_queue_create_for_next(NULL);
    int rc = pthread_create(&loop->thread, NULL, loop_run, loop);
    if (rc != 0) {
        grpc_completion_queue_shutdown(loop->queue);
        loop_run(loop);
        grpc_completion_queue_destroy(loop->queue);
        free(loop);
        return err_set(err, ERR_INTERNAL, "cannot start a thread: %s", strerror(rc));
    }
    *ret = loop;
    return 0;
}

void rpc_loop_destroy(struct rpc_loop *loop)
{
    if (!loop)
        return;
    ENSURE(atomic_load(&loop->users) == 0);
    ENSURE(!rpc_loop_is_current(loop));
    grpc_completion_queue_shutdown(loop->queue);
    pthread_join(loop->thread, NULL);
    grpc_completion_queue_destroy(loop->queue);
    free(loop);
}

bool rpc_loop_is_current(const struct rpc_loop *loop)
{
    return pthread_equal(loop->thread, pthread_self());
}

grpc_completion_queue *rpc_loop_queue(struct rpc_loop *loop)
{
    return loop->queue;
}

void rpc_loop_enter(struct rpc_loop *loop)
{
    atomic_fetch_add(&loop->users, 1);
}

void rpc_loop_leave(struct rpc_loop *loop)
{
    ENSURE(atomic_fetch_sub(&loop->users, 1) > 0);
}

void rpc_tag_publish(struct rpc_tag *tag)
{
    ENSURE(tag->fn);
    QUEUE_RELEASE(tag);
}

void rpc_batch_start(grpc_call *call, const grpc_op *ops, size_t count, struct rpc_tag *tag)
{
    rpc_tag_publish(tag);
    ENSURE(grpc_call_start_batch(call, ops, count, tag, NULL) == GRPC_CALL_OK);
}

gpr_timespec rpc_deadline(unsigned timeout_ms)
{
    if (timeout_ms == 0)
        return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                        gpr_time_from_millis(timeout_ms, GPR_TIMESPAN));
}

struct timespec rpc_wait_until(unsigned timeout_ms)
{
    gpr_timespec at =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(timeout_ms, GPR_TIMESPAN));
    return (struct timespec){.tv_sec = at.tv_sec, .tv_nsec = at.tv_nsec};
}
