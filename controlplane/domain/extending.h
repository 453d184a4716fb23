#ifndef PUMASI_CONTROLPLANE_DOMAIN_EXTENDING_H
#define PUMASI_CONTROLPLANE_DOMAIN_EXTENDING_H

#include "controlplane/domain/turn.h"

/*
 * Extension (연장) of a lease: it goes on where it stands, on the same devices, if they, the loan,
 * the pool, the tree, the allocation and the budget leave room for the longer window. It is judged
 * as a booking is, and a refusal says the same.
 */

/* decide: extend_lease_request */
MUST_CHECK int decide_extend_lease(struct turn *t, const void *args, struct err *err);

#endif
