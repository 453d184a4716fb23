#ifndef PUMASI_LIB_RPC_CLIENT_H
#define PUMASI_LIB_RPC_CLIENT_H

#include "lib/base/err.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/status.h"

#include <protobuf-c/protobuf-c.h>

/*
 * Unary calls. There is one way, asynchronous: any number may be in flight on one channel, from
 * any thread; the caller bounds them. The waiting form is that one plus a condition variable.
 *
 * Every call has a deadline. gRPC never repeats a call by itself.
 */

/* One call: which method, what to say (packed before the function returns, so it need not
 * outlive it), and how long to wait: 1 ms or more. */
struct rpc_request {
    struct rpc_method method;
    const ProtobufCMessage *message;
    unsigned timeout_ms;
};

/* The outcome, exactly once, on the thread of the channel's loop. reply is the callee's from now on
 * (rpc_message_destroy()); NULL unless status->code is RPC_OK. status lives for the call. */
typedef void (*rpc_reply_fn)(void *arg, const struct rpc_status *status, ProtobufCMessage *reply);

/* Starts a call. 0: done will run exactly once, possibly before this returns. ERR_CANCELLED: the
 * channel is being destroyed, done will not run. */
MUST_CHECK int rpc_client_start(struct rpc_channel *channel, const struct rpc_request *request,
                                rpc_reply_fn done, void *arg, struct err *err);

/* Calls and waits, at most timeout_ms and a little. *ret_reply is the caller's
 * (rpc_message_destroy()). On failure err is rpc_status_err() of the outcome; ret_status (may be
 * NULL) receives the outcome in any case. Not on the thread of the channel's loop. */
MUST_CHECK int rpc_client_call(struct rpc_channel *channel, const struct rpc_request *request,
                               ProtobufCMessage **ret_reply, struct rpc_status *ret_status,
                               struct err *err);

#endif
