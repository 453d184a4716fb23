#ifndef PUMASI_CONTROLPLANE_DOMAIN_AWARD_H
#define PUMASI_CONTROLPLANE_DOMAIN_AWARD_H

#include "controlplane/domain/turn.h"

/*
 * Allocations (배분): a member of a project asks for GPUs and a budget; the agency decides on the
 * plan (approving.h), and what it awards is what was asked for.
 */

/* decide: request_allocation_request */
MUST_CHECK int decide_request_allocation(struct turn *t, const void *args, struct err *err);

#endif
