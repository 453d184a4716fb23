#ifndef PUMASI_LIB_ETCD_CALL_H
#define PUMASI_LIB_ETCD_CALL_H

#include "lib/etcd/client_internal.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/status.h"

#include <protobuf-c/protobuf-c.h>

/*
 * One operation of this folder: attempts with short deadlines inside the operation's own. All
 * unary calls of libetcd go through here, so that the rules of repeating stand in one place.
 */
enum etcd_repeat {
    ETCD_REPEAT_READ,  /* after any failure that may pass; each attempt may take twice as long */
    ETCD_REPEAT_WRITE, /* only if the attempt surely changed nothing */
};

struct etcd_call_spec {
    struct rpc_method method;
    const ProtobufCMessage *message; /* must live until the operation is done */
    enum etcd_repeat repeat;
    unsigned timeout_ms; /* 1..ETCD_TIMEOUT_MAX_MS, for all attempts */
};

/* Exactly once; reply is the callee's (rpc_message_destroy()), NULL unless the code is RPC_OK.
 * The status is that of the last attempt. */
typedef void (*etcd_call_fn)(void *ud, const struct rpc_status *status, ProtobufCMessage *reply);

/* Never blocks; done may run before it returns. */
void etcd_call_start(struct etcd_client *client, const struct etcd_call_spec *spec,
                     etcd_call_fn done, void *ud);

/* Waits for it. Not on the loop. ret_status gets the outcome; *ret_reply the reply or NULL. */
void etcd_call_wait(struct etcd_client *client, const struct etcd_call_spec *spec,
                    struct rpc_status *ret_status, ProtobufCMessage **ret_reply);

#endif
