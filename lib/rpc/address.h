#ifndef PUMASI_LIB_RPC_ADDRESS_H
#define PUMASI_LIB_RPC_ADDRESS_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Addresses that a server may listen on: "127.0.0.1:7070", "[::1]:7070", "name:7070" or
 * "unix:/path". A plain value.
 */
struct rpc_address {
    bool is_unix;
    char host[256]; /* without brackets; the path of a socket file */
    uint16_t port;  /* 0: any; and for socket files */
};

/* ERR_INVALID: no port, a port above 65535, an empty host or path, one that is too long. */
MUST_CHECK int rpc_address_parse(const char *text, struct rpc_address *ret, struct err *err);

/* Whether only this machine can reach it: a socket file, 127.0.0.0/8, ::1, "localhost". */
bool rpc_address_is_local(const struct rpc_address *address);

/* Why gRPC could not listen: tries to bind the address itself (and lets go of it). 0 when that
 * works, otherwise ERR_UNAVAILABLE with the reason. A socket file is not touched: 0. */
MUST_CHECK int rpc_address_try_bind(const struct rpc_address *address, struct err *err);

#endif
