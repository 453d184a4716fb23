#ifndef PUMASI_LIB_RPC_SELFDIAL_H
#define PUMASI_LIB_RPC_SELFDIAL_H

#include "lib/base/err.h"
#include "lib/rpc/channel.h"

/*
 * A server that calls itself. gRPC 1.51 stops accepting for ever once accept() has failed with
 * "too many open files", and nothing in it tells. So a thread makes a new connection to the
 * server's own listener every period, handshake included, and asks for its health. Any answer
 * counts, also a refusal by the policy; silence, a refused connection or a failed handshake is a
 * miss. After `misses` in a row it calls back, once; the daemon then exits and is started anew.
 */
struct rpc_selfdial;

struct rpc_selfdial_options {
    const char *target;                 /* the listener, "127.0.0.1:7070" or "unix:/path" */
    struct rpc_channel_options channel; /* how to connect; with mTLS, a certificate it accepts */
    unsigned period_ms;                 /* 0: 5000 */
    unsigned timeout_ms;                /* of one attempt; 0: 2000 */
    unsigned misses;                    /* 0: 3 */
    /* Called once, on the thread; why: the last miss, in words. Must not destroy the selfdial. */
    void (*lost)(void *arg, unsigned misses, const char *why);
    void *arg;
};

/* Starts the thread; the first attempt is one period away. Everything but arg is copied, PEM
 * texts included. ERR_INVALID: no target, bad PEM. ERR_INTERNAL: no thread. */
MUST_CHECK int rpc_selfdial_create(const struct rpc_selfdial_options *options,
                                   struct rpc_selfdial **ret, struct err *err);

/* Stops the thread; waits for an attempt in flight, at most timeout_ms and a little. Before the
 * server stops, or its stopping counts as a miss. NULL is fine. */
void rpc_selfdial_destroy(struct rpc_selfdial *selfdial);

#endif
