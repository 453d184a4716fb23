#ifndef PUMASI_LIB_RPC_CHANNEL_INTERNAL_H
#define PUMASI_LIB_RPC_CHANNEL_INTERNAL_H

#include "lib/rpc/channel.h"
#include "lib/rpc/status.h"

#include <grpc/grpc.h>

/* A call or stream that is alive on a channel; embedded in its owner. */
struct rpc_live {
    struct rpc_live *next, *previous;
    struct rpc_channel *channel;
    grpc_call *call;
    const ProtobufCMethodDescriptor *method;
};

/* Makes the gRPC call and puts it on the channel's list. ERR_CANCELLED while the channel is being
 * destroyed. timeout_ms 0: no deadline. */
MUST_CHECK int rpc_live_enter(struct rpc_live *live, struct rpc_channel *channel,
                              struct rpc_method method, unsigned timeout_ms, struct err *err);

/* The owner has had its last tag and run its last callback. Afterwards the channel may go. */
void rpc_live_leave(struct rpc_live *live);

/* The op that begins every call: the channel's metadata and whether to wait for a connection. It
 * goes in a batch of its own: that one succeeds exactly when the headers were handed to a
 * connection, so its failure proves that the server has seen nothing of the call. */
grpc_op rpc_live_begin(const struct rpc_live *live);

/* What RECV_STATUS_ON_CLIENT fills in. */
struct rpc_ending {
    grpc_status_code code;
    grpc_slice text;
    grpc_metadata_array trailers;
};

void rpc_ending_init(struct rpc_ending *ending);
void rpc_ending_fini(struct rpc_ending *ending);
grpc_op rpc_ending_op(struct rpc_ending *ending);

/* The status that an ending means, once its op has completed. sent: whether the op that begins the
 * call succeeded. */
struct rpc_status rpc_ending_status(const struct rpc_ending *ending, bool sent,
                                    size_t request_bytes);

/* Makes it the status of a call whose answer came but can't be read: the server did the work. */
void rpc_status_spoil(struct rpc_status *status, const struct err *why);

/* The trailing metadata that names an err_code. */
#define RPC_ERROR_KEY "pumasi-error"

grpc_completion_queue *rpc_channel_queue(struct rpc_channel *channel);
bool rpc_channel_on_loop(const struct rpc_channel *channel);
size_t rpc_channel_max_receive(const struct rpc_channel *channel);

#endif
