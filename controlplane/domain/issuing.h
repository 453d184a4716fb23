#ifndef PUMASI_CONTROLPLANE_DOMAIN_ISSUING_H
#define PUMASI_CONTROLPLANE_DOMAIN_ISSUING_H

#include "controlplane/domain/issued.h"
#include "controlplane/domain/turn.h"

/*
 * Statements are issued, disputed and closed. Issuing computes the statement as of now and refuses
 * what billing refuses (ERR_NO_RATE: a rate that is not set); the period of a running month ends
 * now. A further version of the same line needs a reason, and supersedes the one before. The ledger
 * gets one entry for each member, with the document's hash, so that every log binds it.
 */

/* The basis of an issued statement again, uses and all, from the state as it is. ERR_VERIFICATION:
 * it does not give the document that was issued. *ret: end it with record_fini(&basis_type, ret).
 */
MUST_CHECK int issuing_basis(const struct state *s, const struct issued_statement *issued,
                             void (*sha256)(struct span bytes, uint8_t out[32]), struct basis *ret,
                             struct err *err);

/* decide: issue_statement_request, dispute_statement_request, close_statement_request */
MUST_CHECK int decide_issue_statement(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_dispute_statement(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_close_statement(struct turn *t, const void *args, struct err *err);

#endif
