#ifndef PUMASI_LIB_RPC_TLS_INTERNAL_H
#define PUMASI_LIB_RPC_TLS_INTERNAL_H

#include "lib/rpc/tls.h"

#include <grpc/grpc.h>

/* TLS material as gRPC takes it. */

/* Credentials of a channel; pem NULL: plaintext. ERR_INVALID as rpc_channel_create() says. */
MUST_CHECK int rpc_tls_channel_credentials(const struct rpc_tls_pem *pem,
                                           grpc_channel_credentials **ret, struct err *err);

/* Credentials of one listener, which asks the source on every handshake; source NULL: plaintext.
 * Never NULL; the caller releases them. */
grpc_server_credentials *rpc_tls_listener_credentials(struct rpc_tls_source *source);

#endif
