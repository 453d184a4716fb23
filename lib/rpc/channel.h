#ifndef PUMASI_LIB_RPC_CHANNEL_H
#define PUMASI_LIB_RPC_CHANNEL_H

#include "lib/base/err.h"
#include "lib/rpc/tls.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A channel: the client's way to one server or to several equal ones. It connects by itself,
 * reconnects by itself, and keeps an eye on its connection even when nobody calls.
 *
 * Calls (client.h) and streams (client_stream.h) wait for a connection until their deadline unless
 * the channel is `fail_fast`. All functions are thread-safe.
 */
struct rpc_channel;
struct rpc_loop;

enum rpc_balance {
    RPC_BALANCE_PICK_FIRST,  /* one server, the next one when it is lost */
    RPC_BALANCE_ROUND_ROBIN, /* all servers in turn; needed for etcd with several endpoints */
};

/* Sent with every call of the channel, for example {"hasleader", "true"}. Keys in lower case. */
struct rpc_metadata {
    const char *key;
    const char *value;
};

#define RPC_CHANNEL_METADATA_MAX 8

/* All zero is a plaintext channel with defaults. Everything is copied. */
struct rpc_channel_options {
    const struct rpc_tls_pem *tls; /* NULL: plaintext */
    const char *tls_name; /* the name to expect in the server's certificate; NULL: target */
    enum rpc_balance balance;
    unsigned keepalive_ms; /* 0: no pings; the server's minimum must be at most half of it */
    unsigned keepalive_timeout_ms; /* 0: 3000 */
    const struct rpc_metadata *metadata;
    size_t metadata_count;    /* at most RPC_CHANNEL_METADATA_MAX */
    size_t max_receive_bytes; /* 0: LIMIT_REPLY_BYTES */
    bool fail_fast;           /* calls fail at once while no server can be reached */
    bool own_connection;      /* shares no connection with other channels to the target */
};

/* A method by its service and its name in the .proto file: {&pumasi__v1__x__descriptor, "Get"}. A
 * name that the service doesn't have is a broken promise. */
struct rpc_method {
    const ProtobufCServiceDescriptor *service;
    const char *name;
};

/* target: "host:port", "unix:/path" or "ipv4:1.2.3.4:5,6.7.8.9:5". Doesn't wait for a connection.
 * ERR_INVALID: an empty target, a certificate without its key, text that is no PEM, too many or
 * malformed metadata. Whether key and certificate fit shows when it connects: in gRPC's log. */
MUST_CHECK int rpc_channel_create(struct rpc_loop *loop, const char *target,
                                  const struct rpc_channel_options *options,
                                  struct rpc_channel **ret, struct err *err);

/* Cancels every call and stream of the channel and waits until each has had its last callback:
 * after it, none runs. From its start new calls are refused with ERR_CANCELLED. Not on the
 * loop's thread. NULL is fine. */
void rpc_channel_destroy(struct rpc_channel *channel);

/* True while at least one server is connected: for metrics and messages, not for decisions. */
bool rpc_channel_is_connected(const struct rpc_channel *channel);

#endif
