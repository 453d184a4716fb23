#ifndef PUMASI_CONTROLPLANE_DOMAIN_RECALLING_H
#define PUMASI_CONTROLPLANE_DOMAIN_RECALLING_H

#include "controlplane/domain/recall.h"
#include "controlplane/domain/turn.h"

/*
 * Recall (회수): the lender or the agency takes part of a loan back, no sooner than its notice.
 *
 * What counts is the borrower's total on the loan from the recall on: as long as it fits what
 * remains, nobody is stopped. Otherwise leases are marked to leave, in this order: opportunistic
 * before committed, lower priority first, then the latest started, then by id, until the rest fits;
 * then the marked are put back in reverse order as long as everything still fits. A lease that is
 * marked moves to another loan or pool if there is room, the last to leave first: before it has
 * started as it is, later by going on as another lease (swapping.h). The others end at the recall's
 * instant. The protected runtime gives way here, because the notice has run out by then.
 *
 * The burst rests from the recall on for the loan's cool-down.
 *
 * With less notice than the loan's it is an emergency: it waits, as an object of its own, for two
 * approvers of different organisations, one of them of the agency. The borrower's members can't be
 * among them, nor whoever competes with them: a member of another project of the programme.
 */

/* decide: recall_loan_request */
MUST_CHECK int decide_recall_loan(struct turn *t, const void *args, struct err *err);

/* Opens a recall that has to be approved: loan, borrower, units, by, cause and reason are given.
 * The answer names it and its approval. */
MUST_CHECK int recalling_propose(struct turn *t, const struct recall *given, struct err *err);

/* What becomes of a recall that had to be approved. */
bool recalling_is_party(const struct turn *t, const void *recall, const struct id *organisation);
MUST_CHECK int recalling_approve(struct turn *t, const struct id *recall, struct err *err);
MUST_CHECK int recalling_refuse(struct turn *t, const struct id *recall, enum request_event event,
                                struct err *err);

/* The recall's instant has come: the guarantee is lower from now on, and the loan goes on with what
 * is left or is returned. */
MUST_CHECK int recall_take_effect(struct turn *t, const struct id *loan, struct err *err);

#endif
