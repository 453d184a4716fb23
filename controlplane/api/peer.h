#ifndef PUMASI_CONTROLPLANE_API_PEER_H
#define PUMASI_CONTROLPLANE_API_PEER_H

#include "controlplane/domain/actor.h"
#include "lib/pki/cert.h"
#include "lib/rpc/peer.h"

/*
 * From the certificate that TLS proved to a principal. Reading a certificate costs more than a
 * booking, so the last PEERS_MAX are remembered. Thread-safe.
 */
#define PEERS_MAX 1024

struct peers;

struct peers *peers_create(void);
void peers_destroy(struct peers *p); /* NULL is fine */

/* No certificate gives the anonymous principal. ERR_UNAUTHENTICATED: a certificate that is not of
 * this federation's form. ERR_DENIED: a service's; nobody could revoke it, and ACTOR_SERVICE, which
 * sees everything, is for the process itself. ret_key (may be NULL) gets the peer's public key. */
MUST_CHECK int peers_principal(struct peers *p, const struct rpc_peer *peer, struct principal *ret,
                               struct public_key *ret_key, struct err *err);

#endif
