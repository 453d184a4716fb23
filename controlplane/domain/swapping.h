#ifndef PUMASI_CONTROLPLANE_DOMAIN_SWAPPING_H
#define PUMASI_CONTROLPLANE_DOMAIN_SWAPPING_H

#include "controlplane/domain/table.h"
#include "controlplane/domain/turn.h"

/*
 * Swap before stop: a running lease that has to leave its devices goes on, from the instant at
 * which it would be stopped, as another lease on equivalent free devices that ends when it would
 * have ended. The new lease names the old one (`continues`); its users have the time until then to
 * write what they need. The bill of the two is the bill of one.
 */

/* `avoid`: a loan that it must not stand on; `going`: ids of leases that are about to go, itself
 * among them. The lease is stopped as ending_stop() does, for `reason`. -ERR_NO_CAPACITY: no
 * devices are free; nothing is changed then. */
struct swap {
    const struct id *lease;
    const struct id *avoid;
    const struct table *going;
    struct instant at;
    enum end_reason reason;
};
MUST_CHECK int swap_lease(struct turn *t, const struct swap *s, struct err *err);

#endif
