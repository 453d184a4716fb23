#ifndef PUMASI_CONTROLPLANE_DOMAIN_RECALL_H
#define PUMASI_CONTROLPLANE_DOMAIN_RECALL_H

#include "controlplane/domain/turn.h"

/*
 * Recall (회수): the lender or the agency takes part of a loan back, no sooner than its notice.
 *
 * What counts is the borrower's total on the loan from the recall on: as long as it fits what
 * remains, nobody is stopped. Otherwise leases are marked to leave, in this order: opportunistic
 * before committed, lower priority first, then the latest started, then by id, until the rest fits;
 * then the marked are put back in reverse order as long as everything still fits. A lease that is
 * marked and has not started moves to another loan or pool if there is room, the last to leave
 * first; the others end at the recall's instant. The protected runtime gives way here, because the
 * notice has run out by then.
 *
 * The burst rests from the recall on for the loan's cool-down.
 */

/* decide: recall_loan_request */
MUST_CHECK int decide_recall_loan(struct turn *t, const void *args, struct err *err);

/* The recall's instant has come: the guarantee is lower from now on, and the loan goes on with what
 * is left or is returned. */
MUST_CHECK int recall_take_effect(struct turn *t, const struct id *loan, struct err *err);

#endif
