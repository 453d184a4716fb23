#ifndef PUMASI_LIB_ETCD_LEASE_H
#define PUMASI_LIB_ETCD_LEASE_H

#include "lib/base/err.h"

#include <stdint.h>

/*
 * A lease of etcd that is kept alive by itself: every third of its ttl, over a stream that is
 * opened again when it breaks. A hint of who is alive, never a proof: etcd 3.4.23 was seen ending
 * leases that were renewed without a break.
 */
struct etcd_client;
struct etcd_lease;

/* At most once: etcd said that the lease is gone, or no renewal sent within the last ttl was
 * confirmed. On the loop or on the client's timer thread. */
typedef void (*etcd_lost_fn)(void *ud);

/* ttl_s: 1..3600. lost may be NULL. An attempt whose outcome is unknown leaves a lease that nobody
 * renews. (blocks) */
MUST_CHECK int etcd_lease_grant(struct etcd_client *client, int ttl_s, unsigned timeout_ms,
                                etcd_lost_fn lost, void *ud, struct etcd_lease **ret,
                                struct err *err);

int64_t etcd_lease_id(const struct etcd_lease *lease);

/* Ends the lease and its keys in etcd; one that is gone already is a success. The handle is freed
 * whatever happens. Afterwards no callback runs. Not from a callback. (blocks) */
int etcd_lease_revoke(struct etcd_lease *lease, unsigned timeout_ms, struct err *err);

/* Stops renewing and frees the handle; etcd ends the lease when its ttl is over. Afterwards no
 * callback runs. Not from a callback. NULL is fine. (blocks, shortly) */
void etcd_lease_abandon(struct etcd_lease *lease);

#endif
