#ifndef PUMASI_LIB_ETCD_CLIENT_H
#define PUMASI_LIB_ETCD_CLIENT_H

#include "lib/base/env.h"
#include "lib/base/err.h"

#include <stddef.h>

/*
 * A client of one etcd cluster. What can be asked of it stands in kv.h (keys), watch.h, lease.h
 * and maintenance.h; how failures are read, in outcome.h.
 *
 * All endpoints share the calls in turn; each call says that it wants a server that has a leader
 * ("hasleader"), so that a member that was cut off answers "no leader" at once and the next try
 * goes elsewhere. A dead connection is noticed by pings.
 *
 * An operation has the caller's deadline; inside it, attempts have a short one and are repeated
 * after a pause of 20 ms to 1 s with jitter: reads after any failure that may pass, writes only if
 * the attempt surely changed nothing.
 *
 * Thread-safe. Callbacks run on the loop given or on the client's timer thread; they must not
 * block, and must not call what is marked (blocks).
 */
struct etcd_client;
struct rpc_loop;
struct rpc_tls_pem;

#define ETCD_TIMEOUT_MAX_MS 600000 /* the longest deadline of an operation */

struct etcd_client_options {
    /* "127.0.0.1:2379", "unix:/path", "host:port", or several IPv4 addresses with ports, separated
     * by commas */
    const char *endpoints;
    struct rpc_loop *loop;
    struct env env;
    const struct rpc_tls_pem *tls; /* NULL: plaintext. Used while creating only */
    /* Expected in the server's certificate; NULL: the endpoint's host. Needed with TLS and several
     * endpoints: one name that stands in all their certificates (gRPC checks one per channel). */
    const char *tls_name;
    unsigned attempt_ms;   /* of one attempt; 0: 1000 */
    unsigned keepalive_ms; /* ping after so long a silence; 0: 10000. At least twice etcd's
                              --grpc-keepalive-min-time (5 s), or etcd hangs up */
};

/* Does not connect yet: a cluster that is down shows at the first operation. ERR_INVALID: bad
 * endpoints or PEM texts, a missing tls_name; ERR_INTERNAL: no thread could be started. */
MUST_CHECK int etcd_client_create(const struct etcd_client_options *options,
                                  struct etcd_client **ret, struct err *err);

/* Ends what is on the way (writes as ETCD_UNKNOWN unless they surely never left) and waits until
 * its last callback has run. Watches and leases must have been given back. NULL is fine. (blocks)
 */
void etcd_client_destroy(struct etcd_client *client);

#endif
