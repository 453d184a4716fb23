#ifndef PUMASI_CONTROLPLANE_DOMAIN_STRETCHES_H
#define PUMASI_CONTROLPLANE_DOMAIN_STRETCHES_H

#include "billing/basis.h"
#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/state.h"

/*
 * What the time of a lease was, node by node: from the begin of its window to the first interval
 * handover; until a program has opened a device idle; from the notice of a recall on notice; after
 * an interval that ended by a fault, until the next one or the end of the lease, fault; everything
 * else that was metered, used. Any other gap is nobody's and is not there.
 */

/* Appends uses, and a wait for each fault, inside the period. loan: NULL on an own pool. Intervals
 * received from as_of on are left out. */
void stretches_of_lease(const struct state *s, const struct lease *l, const struct loan *loan,
                        struct window period, struct instant as_of, struct basis *basis);

#endif
