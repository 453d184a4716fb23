#ifndef PUMASI_LIB_RPC_OUTBOX_INTERNAL_H
#define PUMASI_LIB_RPC_OUTBOX_INTERNAL_H

#include "lib/rpc/loop_internal.h"

#include <pthread.h>

/*
 * Calls that another thread has finished, handed to the loop's thread to be sent: so gRPC is
 * entered by one thread only, which spares its locks and its own helper threads, and a burst of
 * answers costs one wake-up.
 */
struct rpc_outbox_item {
    struct rpc_outbox_item *next;
};

typedef void (*rpc_outbox_fn)(struct rpc_outbox_item *item);

struct rpc_outbox {
    pthread_mutex_t lock;
    struct rpc_outbox_item *first;
    struct rpc_outbox_item **last;
    struct rpc_tag woken;
    rpc_outbox_fn send;
};

/* send is called for each item, in order, on the loop's thread. */
void rpc_outbox_init(struct rpc_outbox *outbox, rpc_outbox_fn send);
void rpc_outbox_fini(struct rpc_outbox *outbox); /* must be empty */

/* The item must be kept alive until it is sent. `call` is one of the loop's, alive: the wake-up
 * travels as a batch without operations on it. Any thread. */
void rpc_outbox_put(struct rpc_outbox *outbox, struct rpc_outbox_item *item, grpc_call *call);

#endif
