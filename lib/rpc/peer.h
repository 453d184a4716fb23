#ifndef PUMASI_LIB_RPC_PEER_H
#define PUMASI_LIB_RPC_PEER_H

#include "lib/base/span.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Who is at the other end of a call, as TLS proved it. Identity is the URI names; the common name
 * is for messages and for certificates that have none. On plaintext, and for a client that showed
 * no certificate, `authenticated` is false and the names are empty.
 *
 * A plain value; everything in it lives as long as its call.
 */
#define RPC_PEER_URIS_MAX 16 /* further ones are left out */

struct rpc_peer {
    bool authenticated;
    const char *address;     /* "ipv4:127.0.0.1:40812", "unix:"; for logs only */
    const char *common_name; /* "" when there is none */
    const char *const *uris; /* subject alternative names of type URI */
    size_t uri_count;
    struct span leaf_pem; /* the client's certificate */
};

#endif
