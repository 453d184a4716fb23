/*
 * A list under a mutex. Invariant: while there is something in it, one wake-up is on its way.
 */
#include "lib/rpc/outbox_internal.h"

static void on_woken(struct rpc_tag *tag, bool ok)
{
    struct rpc_outbox *outbox = RPC_TAG_OWNER(tag, struct rpc_outbox, woken);
    (void)ok;
    pthread_mutex_lock(&outbox->lock);
    struct rpc_outbox_item *item = outbox->first;
    outbox->first = NULL;
    outbox->last = &outbox->first;
    pthread_mutex_unlock(&outbox->lock);
    ENSURE(item);
    rpc_outbox_fn send = outbox->send;
    while (item) { /* the last one sent may be the end of the outbox */
        struct rpc_outbox_item *next = item->next;
        send(item);
        item = next;
    }
}

void rpc_outbox_init(struct rpc_outbox *outbox, rpc_outbox_fn send)
{
    *outbox = (struct rpc_outbox){.woken = {.fn = on_woken}, .send = send};
    outbox->last = &outbox->first;
    ENSURE(pthread_mutex_init(&outbox->lock, NULL) == 0);
}

void rpc_outbox_fini(struct rpc_outbox *outbox)
{
    ENSURE(!outbox->first);
    pthread_mutex_destroy(&outbox->lock);
}

void rpc_outbox_put(struct rpc_outbox *outbox, struct rpc_outbox_item *item, grpc_call *call)
{
    item->next = NULL;
    pthread_mutex_lock(&outbox->lock);
    bool wake = !outbox->first;
    *outbox->last = item;
    outbox->last = &item->next;
    /* With the lock held: the call may be gone as soon as the loop has the item. */
    if (wake)
        rpc_batch_start(call, NULL, 0, &outbox->woken);
    pthread_mutex_unlock(&outbox->lock);
}
