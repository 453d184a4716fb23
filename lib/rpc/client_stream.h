#ifndef PUMASI_LIB_RPC_CLIENT_STREAM_H
#define PUMASI_LIB_RPC_CLIENT_STREAM_H

#include "lib/base/err.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/status.h"

#include <protobuf-c/protobuf-c.h>

/*
 * Streams, the client's end: many messages in, one or many out, one end.
 *
 * Messages are sent in order from a bounded queue. The next message is read when the callback of
 * the last has returned, so a slow reader slows the server down. Callbacks of one stream run on
 * the channel's loop, one at a time. All functions are thread-safe and never block; they may be
 * called in the callbacks.
 */
struct rpc_stream;

struct rpc_stream_handler {
    /* A message came; it is the callee's (rpc_message_destroy()). */
    void (*message)(void *arg, ProtobufCMessage *message);
    /* The stream has ended: exactly once, the last callback. arg must live until then. */
    void (*done)(void *arg, const struct rpc_status *status);
    void *arg;
};

struct rpc_stream_options {
    unsigned timeout_ms; /* of the whole stream; 0: none */
    unsigned queue;      /* messages waiting to be sent; 0: LIMIT_STREAM_QUEUE */
};

/* Opens a stream. 0: handler->done will run exactly once, and messages may come before this
 * returns. ERR_CANCELLED: the channel is being destroyed, nothing will run. options may be NULL;
 * handler is copied. */
MUST_CHECK int rpc_stream_open(struct rpc_channel *channel, struct rpc_method method,
                               const struct rpc_stream_options *options,
                               const struct rpc_stream_handler *handler, struct rpc_stream **ret,
                               struct err *err);

/* Queues a message (packed at once). ERR_LIMIT: the queue is full. ERR_CANCELLED: the stream has
 * ended or its sending side was closed. */
MUST_CHECK int rpc_stream_send(struct rpc_stream *stream, const ProtobufCMessage *message,
                               struct err *err);

/* No more messages from here, after those queued. A server-streaming method wants this right
 * after its one request. Idempotent. */
void rpc_stream_close_send(struct rpc_stream *stream);

/* Ends the stream with RPC_CANCELLED unless it has ended. Idempotent. */
void rpc_stream_cancel(struct rpc_stream *stream);

/* Gives the handle back; cancels a live stream. handler->done still runs once if it hasn't.
 * NULL is fine. */
void rpc_stream_destroy(struct rpc_stream *stream);

#endif
