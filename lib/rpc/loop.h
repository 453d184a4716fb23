#ifndef PUMASI_LIB_RPC_LOOP_H
#define PUMASI_LIB_RPC_LOOP_H

#include "lib/base/err.h"

#include <stdbool.h>

/*
 * A loop is one completion queue and the threads that drain it. All callbacks of the channels and
 * servers made on a loop run on its threads and must not block: a handler answers at once from
 * memory or hands the call on and answers later.
 *
 * One thread is fastest on few cores. Callbacks of one call or one stream never run at the same
 * time; with more than one thread, those of different calls do.
 */
struct rpc_loop;

#define RPC_LOOP_THREADS_MAX 16

/* threads: 1..RPC_LOOP_THREADS_MAX. ERR_INTERNAL when threads can't be started. */
MUST_CHECK int rpc_loop_create(unsigned threads, struct rpc_loop **ret, struct err *err);

/* Drains the queue and joins the threads. Every channel and server made on the loop must have
 * been destroyed before (a broken promise otherwise). Not on a thread of the loop. NULL is fine. */
void rpc_loop_destroy(struct rpc_loop *loop);

/* True on a thread of the loop: where the caller must not block. */
bool rpc_loop_is_current(const struct rpc_loop *loop);

#endif
