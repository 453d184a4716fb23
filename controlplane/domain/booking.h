#ifndef PUMASI_CONTROLPLANE_DOMAIN_BOOKING_H
#define PUMASI_CONTROLPLANE_DOMAIN_BOOKING_H

#include "controlplane/domain/turn.h"

/*
 * Booking and giving up leases. A lease is booked only if, at every instant of its window and the
 * cleaning time around it, the allocation, the loan, the pool and the lending tree leave room, real
 * devices are free, and the budget holds its price. Each refusal names the rule, the instant, who
 * holds what is missing, and what would do; a lack of room comes with the earliest start that
 * works. Who asks to wait is put on the waiting list instead (waiting.h).
 */
#define BOOKING_GPUS_MAX 4096 /* devices of one lease */
#define BOOKING_UIDS_MAX 16

/* decide: book_lease_request, release_lease_request, cancel_lease_request */
MUST_CHECK int decide_book_lease(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_release_lease(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_cancel_lease(struct turn *t, const void *args, struct err *err);

/* What a request is measured against; borrowed. */
struct booking_order {
    const struct book_lease_request *request;
    const struct allocation *allocation;
    const struct project *project;
    const struct programme *programme;
};
MUST_CHECK int booking_open(const struct turn *t, const struct book_lease_request *r,
                            struct booking_order *ret, struct err *err);

/* The lease as asked for, without devices; fails where the request itself is wrong. ret owns
 * nothing yet: record_fini() it when it has been placed. */
MUST_CHECK int booking_draft(const struct turn *t, const struct booking_order *o, struct lease *ret,
                             struct err *err);

/* Books a draft that has been placed: holds its price, names it unless it has a name, writes it
 * down. The answer carries the quote. ERR_BUDGET when the allocation can't bear it. */
MUST_CHECK int booking_confirm(struct turn *t, struct lease *draft, struct err *err);

/* Holds that much more of its allocation's budget for the lease; the lease is the caller's to put.
 * Says so when a threshold of the programme is passed. */
MUST_CHECK int booking_hold(struct turn *t, struct lease *l, struct won more, struct err *err);

#endif
