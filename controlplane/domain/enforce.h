#ifndef PUMASI_CONTROLPLANE_DOMAIN_ENFORCE_H
#define PUMASI_CONTROLPLANE_DOMAIN_ENFORCE_H

#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/state.h"

/*
 * What a node shall enforce now, as a pure function of the state: the grants it is to be given. A
 * lease that is not in the list is to be taken back.
 *
 * ttl_ms: how long the node may keep the lease without hearing from us again: the loan's silence
 * tolerance, never beyond the lease's end. The owner's own leases get OWN_TTL_MS.
 */
#define ENFORCE_OWN_TTL_MS (INT64_C(7) * 24 * 3600 * 1000)

struct enforcement {
    const struct lease *lease;         /* borrowed from the state */
    const struct placement *placement; /* the part on this node */
    const struct loan *loan;           /* NULL on the owner's own pool */
    int64_t ttl_ms;
    struct instant ends_at;
};

typedef void (*enforce_visit_fn)(const struct enforcement *e, void *arg);
void enforce_each(const struct state *s, const struct id *node, struct instant now,
                  enforce_visit_fn visit, void *arg);

#endif
