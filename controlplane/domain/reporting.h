#ifndef PUMASI_CONTROLPLANE_DOMAIN_REPORTING_H
#define PUMASI_CONTROLPLANE_DOMAIN_REPORTING_H

#include "controlplane/domain/turn.h"

/*
 * What nodes tell of themselves: that they are there with which devices, and what they hold.
 *
 * A node whose guard can enforce nothing serves nobody. A device that people took out of service,
 * or that is tainted, stays so when its node comes back; one that is not there any more is faulty.
 *
 * A node says all that it holds, so what it does not name it does not hold: a lease that is being
 * taken back and is not named counts as returned. A device is tainted while its node cannot verify
 * it clean, and in service again once the node reports the lease returned. What a node says about
 * another fence than the one in force changes nothing. A report that moves more leases than one
 * transaction holds is heard as far as there is room: reports are whole, so the next one tells the
 * rest.
 */

/* decide: attach_node_command, report_held_command */
MUST_CHECK int decide_attach_node(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_report_held(struct turn *t, const void *args, struct err *err);

#endif
