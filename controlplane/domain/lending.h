#ifndef PUMASI_CONTROLPLANE_DOMAIN_LENDING_H
#define PUMASI_CONTROLPLANE_DOMAIN_LENDING_H

#include "controlplane/domain/turn.h"

/*
 * Loans from proposal to consent. The lender proposes with a permit signed by the proposer's key;
 * somebody of the borrowing project consents; then the agency approves the plan (approving.h).
 * Recalls are in recall.h.
 */

/* decide: propose_loan_request, consent_loan_request */
MUST_CHECK int decide_propose_loan(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_consent_loan(struct turn *t, const void *args, struct err *err);

/* The agency has approved it: from its begin on leases may run on it. */
MUST_CHECK int lending_approve(struct turn *t, const struct id *loan, struct err *err);

#endif
