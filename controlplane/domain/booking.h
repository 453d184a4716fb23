#ifndef PUMASI_CONTROLPLANE_DOMAIN_BOOKING_H
#define PUMASI_CONTROLPLANE_DOMAIN_BOOKING_H

#include "controlplane/domain/turn.h"

/*
 * Booking and releasing leases. A lease is booked only if, at every instant of its window and the
 * cleaning time around it, the allocation, the loan, the pool and the lending tree leave room, real
 * devices are free, and the budget holds its price. Each refusal names the rule, the instant, who
 * holds what is missing, and what would do; a lack of room comes with the earliest start that
 * works.
 */
#define BOOKING_GPUS_MAX  4096 /* devices of one lease */
#define BOOKING_UIDS_MAX  16
#define BOOKING_TRIES_MAX 200 /* starts that are tried for "the earliest that works" */

/* decide: book_lease_request, release_lease_request */
MUST_CHECK int decide_book_lease(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_release_lease(struct turn *t, const void *args, struct err *err);

#endif
