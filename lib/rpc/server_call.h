#ifndef PUMASI_LIB_RPC_SERVER_CALL_H
#define PUMASI_LIB_RPC_SERVER_CALL_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/span.h"
#include "lib/rpc/peer.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A call, the server's end. It belongs to its handler, which may pass it to any thread, until it
 * is finished: exactly once, with rpc_call_reply(), rpc_call_end() or rpc_call_fail(), also when
 * the client has gone. After that the pointer is dead. Nothing here blocks.
 *
 * Except for rpc_call_send() and rpc_call_is_cancelled(), one thread at a time.
 */
struct rpc_call;

/* ---- finishing: exactly once ---- */

/* Unary: success with this reply. A reply above LIMIT_REPLY_BYTES becomes ERR_LIMIT. */
void rpc_call_reply(struct rpc_call *call, const ProtobufCMessage *reply);

/* Streams: success, after the messages queued have gone out. */
void rpc_call_end(struct rpc_call *call);

/* Failure: the client gets the code's gRPC status, the text, and the code's name. Messages queued
 * but not sent are dropped. A stream whose queue is full is cut off at once, and the client gets
 * status and text without the name. err->code must not be ERR_OK. */
void rpc_call_fail(struct rpc_call *call, const struct err *err);

/* ---- streams ---- */

/* Queues a message (packed at once). ERR_LIMIT: the queue is full: the reader is slow; wait for
 * `writable` or drop it. ERR_CANCELLED: the client has gone. Thread-safe, but not after the call
 * is finished. */
MUST_CHECK int rpc_call_send(struct rpc_call *call, const ProtobufCMessage *message,
                             struct err *err);

/* Bidirectional: the last message is dealt with (and dead), read the next one. Another thread may
 * finish a call whose handler is running: the call then stays valid until the handler returns, and
 * what the handler still reads, sends or finishes is dropped. */
void rpc_call_next(struct rpc_call *call);

/* ---- hooks ---- */

/* All optional, on the loop's thread. `data` lives until release, which is always the last:
 * after the call is finished and everything of it has gone. The call itself may be finished by
 * another thread while `cancelled` or `writable` runs, so these take data, not the call. */
struct rpc_call_hooks {
    void (*cancelled)(void *data); /* client gone, deadline passed, server stopping: at most once */
    void (*writable)(void *data);  /* a queue that was full has half emptied */
    void (*release)(void *data);   /* exactly once */
};

/* Sets hooks and data: at most once a call, by whoever has it, before it is finished. If the call
 * is already cancelled, `cancelled` runs before this returns. hooks must be static. */
void rpc_call_set_hooks(struct rpc_call *call, const struct rpc_call_hooks *hooks, void *data);

/* What rpc_call_set_hooks() was given; NULL before. */
void *rpc_call_data(const struct rpc_call *call);

/* ---- queries ---- */

/* The client has gone or the deadline has passed: nobody waits for the answer. Known of streams, and
 * of unary calls that have hooks. Thread-safe. */
bool rpc_call_is_cancelled(const struct rpc_call *call);

/* Milliseconds until the client stops waiting; 0 when it has; INT64_MAX without a deadline. */
int64_t rpc_call_remaining_ms(const struct rpc_call *call);

/* Borrowed for the life of the call. */
const struct rpc_peer *rpc_call_peer(const struct rpc_call *call);
const char *rpc_call_path(const struct rpc_call *call); /* "/package.Service/Method" */

/* Metadata that the client sent; the first value of the key (lower case), or the empty span. */
struct span rpc_call_metadata(const struct rpc_call *call, const char *key);

/* The memory of the request, for the handler's own work: capped, gone with the call. */
struct arena *rpc_call_arena(struct rpc_call *call);

#endif
