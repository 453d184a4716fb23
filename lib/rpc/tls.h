#ifndef PUMASI_LIB_RPC_TLS_H
#define PUMASI_LIB_RPC_TLS_H

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <stdint.h>

/*
 * Keys and certificates for connections: PEM text, TLS 1.2 and 1.3 only, both sides proved.
 *
 * A server reads its files again when one of them has changed (looked at on every handshake), so
 * a new certificate, key or authority holds for all connections made after it was written, while
 * live ones go on. A set that can't be read or doesn't fit together is reported in gRPC's log and
 * the old one stays. A client's set is fixed for the life of its channel: to rotate, make a new
 * channel.
 */

/* PEM texts, borrowed. cert (leaf first, then intermediates) and key are both given or both
 * empty: then the client shows no certificate. ca: the authorities that the peer must chain to. */
struct rpc_tls_pem {
    struct span ca;
    struct span cert;
    struct span key;
};

/* Paths of such texts. cert and key may both be NULL for a client without a certificate. */
struct rpc_tls_files {
    const char *ca;
    const char *cert;
    const char *key;
};

/* A set of PEM texts read from files, owning its memory; the key is wiped when it goes. */
struct rpc_tls_bundle;

/* Errors of file_read() name the path; the key must be a private file (file_read_private()).
 * ERR_INVALID: a file that holds no PEM, a certificate without its key. Blocks on the disk. */
MUST_CHECK int rpc_tls_bundle_load(const struct rpc_tls_files *files, struct rpc_tls_bundle **ret,
                                   struct err *err);
void rpc_tls_bundle_destroy(struct rpc_tls_bundle *bundle);                 /* NULL is fine */
struct rpc_tls_pem rpc_tls_bundle_pem(const struct rpc_tls_bundle *bundle); /* borrowed */

/* What a server asks of its clients. A certificate that is shown is always verified. */
enum rpc_tls_clients {
    RPC_TLS_CLIENTS_REQUIRED, /* no certificate, no connection */
    RPC_TLS_CLIENTS_OPTIONAL, /* without one, the peer counts as not authenticated */
};

/* The server's side: three paths (all needed) and what was last read from them. Thread-safe. It
 * must outlive the server and the runtime's threads: destroy it after rpc_server_destroy(). */
struct rpc_tls_source;

/* Reads the files once, so that a bad path fails here and not at the first handshake: errors as
 * for rpc_tls_bundle_load(). */
MUST_CHECK int rpc_tls_source_create(const struct rpc_tls_files *files,
                                     enum rpc_tls_clients clients, struct rpc_tls_source **ret,
                                     struct err *err);
void rpc_tls_source_destroy(struct rpc_tls_source *source); /* NULL is fine */

/* How often a changed set has been handed to gRPC, the first one included: for metrics. */
uint64_t rpc_tls_source_loads(const struct rpc_tls_source *source);

#endif
