#ifndef PUMASI_CONTROLPLANE_DOMAIN_RECLAIMING_H
#define PUMASI_CONTROLPLANE_DOMAIN_RECLAIMING_H

#include "controlplane/domain/fitting.h"

/*
 * Reclaim: opportunistic leases give way to a committed one that finds no room because of them.
 *
 * They stop where the committed lease's cleaning time begins, and have the programme's reclaim time
 * until then: signal, then stop. A lease that was to begin at once begins that much later; one that
 * is to begin sooner at a stated instant does not reclaim. Which ones go follows the order of a
 * recall: lower priority first, then the latest started, then by id, until the lease fits; then
 * whoever turns out not to be needed is put back. At most RECLAIM_LEASES_MAX are looked at.
 */
#define RECLAIM_LEASES_MAX 24

/* Places the draft (fitting_place() has refused it) and stops who is in its way. shifts: its end
 * moves with its begin. -ERR_NO_CAPACITY: nothing was changed. */
MUST_CHECK int reclaim_for(struct turn *t, const struct fitting *f, struct lease *draft,
                           bool shifts);

#endif
