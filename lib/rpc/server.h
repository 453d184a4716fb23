#ifndef PUMASI_LIB_RPC_SERVER_H
#define PUMASI_LIB_RPC_SERVER_H

#include "lib/base/err.h"
#include "lib/rpc/peer.h"
#include "lib/rpc/tls.h"

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

/*
 * A server: listeners, a table of services, a policy. Life: create, add services, listen, start,
 * stop, destroy; stop is the part that is worth reading.
 *
 * For each call, before a byte of its message is read: the method is looked up (unknown:
 * UNIMPLEMENTED), the number of live calls is checked (too many: ERR_BUSY), the policy is asked.
 * Then the message is read, checked (message.h) and unpacked into an arena of the call, and the
 * handler runs. What handlers do with a call stands in server_call.h.
 *
 * Policy and handlers run on the loop's thread and must not block.
 */
struct rpc_server;
struct rpc_loop;
struct rpc_call;

/* protoc-c drops the word `stream`, so the table says it; rpc_descriptors_check_service() compares
 * the table with the .proto files. */
enum rpc_kind {
    RPC_UNARY,         /* one message in, one out */
    RPC_SERVER_STREAM, /* one in, many out */
    RPC_BIDI,          /* many in, many out */
    RPC_KIND_COUNT
};

/* A call with its message. Unary and server-stream: once. Bidirectional: once for each message,
 * after rpc_call_next(), and a last time with request NULL when the client has closed its side.
 * request lives until the call is finished (bidi: until rpc_call_next()). arg is the service's. */
typedef void (*rpc_handler_fn)(struct rpc_call *call, const ProtobufCMessage *request, void *arg);

struct rpc_method_row {
    const char *name; /* as in the .proto file */
    enum rpc_kind kind;
    size_t max_request_bytes; /* 0: LIMIT_MESSAGE_BYTES; no more than that */
    unsigned role;            /* for the policy; the server doesn't read it */
    rpc_handler_fn handler;
};

/* A service and the methods of it that this server has. Methods left out are UNIMPLEMENTED.
 * rows and arg must outlive the server. */
struct rpc_service {
    const ProtobufCServiceDescriptor *descriptor;
    const struct rpc_method_row *rows;
    size_t row_count;
    void *arg;
};

/* May this peer call this method? 0: yes. Negative: no; the client gets err. `path` is
 * "/package.Service/Method". Called before the message is read. */
typedef int (*rpc_policy_fn)(void *arg, const char *path, const struct rpc_method_row *row,
                             const struct rpc_peer *peer, struct err *err);

/* All zero is a server with the defaults of limits.h that admits every peer. */
struct rpc_server_options {
    rpc_policy_fn policy; /* NULL: everybody may do everything */
    void *policy_arg;
    unsigned max_calls;                  /* unary calls at once; 0: LIMIT_CONCURRENT_CALLS */
    unsigned max_streams;                /* streaming calls at once; 0: LIMIT_STREAMS */
    unsigned max_streams_per_connection; /* both kinds; 0: LIMIT_STREAMS_PER_CONNECTION */
    unsigned stream_queue;               /* messages waiting on one stream; 0: LIMIT_STREAM_QUEUE */
    size_t arena_bytes;    /* all a request may allocate; 0: LIMIT_REQUEST_ARENA_BYTES */
    unsigned keepalive_ms; /* ping silent clients; 0: 30000 */
    unsigned finish_ms;    /* that handlers may take to finish when it stops; 0: 30000 */
};

/* Never fails. The loop must outlive the server. options may be NULL. */
struct rpc_server *rpc_server_create(struct rpc_loop *loop,
                                     const struct rpc_server_options *options);

/* Adds a service; before rpc_server_start(). ERR_INVALID: a row whose method the descriptor does
 * not have, a method given twice, a size above the limit. */
MUST_CHECK int rpc_server_add(struct rpc_server *server, const struct rpc_service *service,
                              struct err *err);

/* Listens on "127.0.0.1:7070", "[::]:7070", port 0 for any (*ret_port, may be NULL, gets it; 0 for
 * a socket file), or "unix:/path". tls NULL is plaintext and refused for anything but loopback
 * and unix sockets. ERR_UNAVAILABLE: address in use or not ours; ERR_INVALID: bad address or TLS
 * files that don't fit together. Before rpc_server_start(). */
MUST_CHECK int rpc_server_listen(struct rpc_server *server, const char *address,
                                 struct rpc_tls_source *tls, int *ret_port, struct err *err);

void rpc_server_start(struct rpc_server *server);

/* Stops: closes the listeners, refuses new calls, lets live ones go on for up to grace_ms, then
 * cancels them, and waits until every handler has finished its call. One that has not after
 * finish_ms is a broken promise, and ends the process. Blocks; not on the loop's thread.
 * Idempotent.
 */
void rpc_server_stop(struct rpc_server *server, unsigned grace_ms);

/* Stops with no grace if need be and frees. NULL and a server never started are fine. */
void rpc_server_destroy(struct rpc_server *server);

/* The full names of the services added, in order; NULL past the end. Borrowed. */
const char *rpc_server_service_name(const struct rpc_server *server, size_t index);

struct rpc_server_counts {
    unsigned calls;                     /* unary calls alive */
    unsigned streams;                   /* streaming calls alive */
    unsigned long long refused_limit;   /* since the start: too many calls */
    unsigned long long refused_policy;  /* refused by the policy */
    unsigned long long refused_message; /* messages that were too large or malformed */
};

/* A snapshot for metrics. Thread-safe. */
struct rpc_server_counts rpc_server_counts(struct rpc_server *server);

#endif
