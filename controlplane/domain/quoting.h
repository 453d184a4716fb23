#ifndef PUMASI_CONTROLPLANE_DOMAIN_QUOTING_H
#define PUMASI_CONTROLPLANE_DOMAIN_QUOTING_H

#include "controlplane/domain/turn.h"

/*
 * What GPU time costs, by the function that statements are made with (billing/cofunding.h).
 *
 * A month's value follows from all that an organisation uses in it, so the price of one more lease
 * is the value with it less the value without it: the prices of several leases add up to the bill,
 * however they are split. Where both values are whole won the difference is exact to the won.
 *
 * ERR_NO_RATE says which price, size class, openness or rate is missing and where to set it.
 */

/* The price of the lease as planned ([from, ends_at)), beside all that its organisation has booked
 * or used in the project. The lease itself may be booked already or be a draft without a name. */
MUST_CHECK int quote_lease(const struct turn *t, const struct lease *l, struct quote *ret,
                           struct err *err);

/* What a metered interval adds to the value of what its organisation has used in the project. */
MUST_CHECK int quote_interval(const struct turn *t, const struct usage_interval *u, struct won *ret,
                              struct err *err);

/* The value of all that the organisation has used in the project: as metered, or with what is
 * booked to the end of it. */
MUST_CHECK int quote_account(const struct turn *t, const struct id *project,
                             const struct id *organisation, bool metered, struct quote *ret,
                             struct err *err);

/* The value of the loan's guaranteed GPUs over its window, at its price or the programme's. */
MUST_CHECK int quote_loan(const struct turn *t, const struct loan *l, struct won *ret,
                          struct err *err);

#endif
