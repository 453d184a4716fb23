#ifndef PUMASI_LIB_RPC_LOOP_H
#define PUMASI_LIB_RPC_LOOP_H

#include "lib/base/err.h"

#include <stdbool.h>

/*
 * A loop is one completion queue and the one thread that drains it. All callbacks of the channels
 * and servers made on a loop run on its thread, one at a time, and must not block: a handler
 * answers at once from memory or hands the call on and answers later from another thread.
 *
 * A program has a few: one for its server, one for its clients. More threads on one queue were
 * measured to be slower.
 */
struct rpc_loop;

/* ERR_INTERNAL when the thread can't be started. */
MUST_CHECK int rpc_loop_create(struct rpc_loop **ret, struct err *err);

/* Drains the queue and joins the thread. Every channel and server made on the loop must have been
 * destroyed before (a broken promise otherwise). Not on the loop's thread. NULL is fine. */
void rpc_loop_destroy(struct rpc_loop *loop);

/* True on the loop's thread: where the caller must not block. */
bool rpc_loop_is_current(const struct rpc_loop *loop);

#endif
