#ifndef PUMASI_CONTROLPLANE_DOMAIN_LOW_USE_H
#define PUMASI_CONTROLPLANE_DOMAIN_LOW_USE_H

#include "controlplane/domain/turn.h"

/*
 * Low use: a loan of whose guaranteed GPUs, over the programme's window, less than the programme's
 * percentage was used raises a proposal to recall what was never used at once. A proposal and
 * nothing more: people of the agency approve or return it, and then the loan's notice runs.
 *
 * Used is what leases on the loan really had: from the instant at which every node had installed
 * one until it ended. Judged once a window from the loan's start on; not while a proposal is open.
 */

/* The loan has started: from now on its use is looked at, if the programme wants that. */
void low_use_begin(const struct turn *t, struct loan *l);

/* A window is over. */
MUST_CHECK int low_use_judge(struct turn *t, const struct id *loan, struct err *err);

#endif
