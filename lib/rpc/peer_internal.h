#ifndef PUMASI_LIB_RPC_PEER_INTERNAL_H
#define PUMASI_LIB_RPC_PEER_INTERNAL_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/rpc/peer.h"

#include <grpc/grpc.h>

/* Reads who is at the other end of a server's call; the strings live in the arena. ERR_LIMIT when
 * it is full. */
MUST_CHECK int rpc_peer_read(grpc_call *call, struct arena *arena, struct rpc_peer *ret,
                             struct err *err);

#endif
