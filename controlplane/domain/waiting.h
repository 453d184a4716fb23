#ifndef PUMASI_CONTROLPLANE_DOMAIN_WAITING_H
#define PUMASI_CONTROLPLANE_DOMAIN_WAITING_H

#include "controlplane/domain/fitting.h"

/*
 * The waiting list (대기): leases that were asked for and found no room stay `requested` until they
 * can begin. Each waits for one device model. They are served in order: committed before
 * opportunistic, higher priority first, then who came first; one that does not fit keeps nobody
 * behind it waiting. Whoever waits is told why, in the words of a refused booking.
 *
 * Every decision that frees capacity (a lease that ends or ends earlier, devices back in service, a
 * loan or a limit that gives more) makes the head of the list due at once, in its own commit: it is
 * served by the same thread in its next step, not by a timer. What is known to become free is tried
 * at that instant.
 *
 * An opportunistic lease is not booked past a committed one that waits for the same model.
 */
#define WAITING_TRIES_MAX 16 /* entries looked at in one step; the next step goes on */

struct waiting_order {
    const struct allocation *allocation;
    bool one_node;
    bool shifts; /* its end moves with its begin */
    const struct misfit *misfit;
};

/* Makes the draft one that waits. */
void waiting_enter(struct lease *draft, const struct waiting_order *order);
/* Names it and writes it down. */
MUST_CHECK int waiting_put(struct turn *t, struct lease *draft, struct err *err);

/* -ERR_NO_CAPACITY, and why, when a lease that waits has to be served before the draft. */
MUST_CHECK int waiting_precedes(const struct turn *t, const struct lease *draft,
                                struct misfit *ret_misfit);

/* It is due: served, refused because it is too late, or told why it waits on. */
MUST_CHECK int waiting_try(struct turn *t, const struct id *lease, struct err *err);

/* To be called at the end of every decision: wakes the heads of the lists for which it freed
 * something. */
void waiting_wake(struct turn *t);

#endif
