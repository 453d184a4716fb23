#ifndef PUMASI_CONTROLPLANE_DOMAIN_APPROVING_H
#define PUMASI_CONTROLPLANE_DOMAIN_APPROVING_H

#include "controlplane/domain/turn.h"

/*
 * Plans before people: opened by whoever proposes, signed or returned by approvers of the agency
 * whose organisations are no party, gone stale when the facts move, withdrawn by whoever proposed
 * them or when time is over. Who decides may take another's place (delegating.h). Where two
 * approvers are needed, they are of two organisations, one of them the agency.
 */
#define APPROVING_DUE_S (INT64_C(7) * 24 * 3600) /* an answer is expected within */
#define APPROVING_EXPIRES_S                                                                        \
    (INT64_C(30) * 24 * 3600) /* withdrawn after, or at the subject's end                          \
                               */

/* Opens an approval of a loan or allocation and names it in the answer, plan included.
 * last: the instant after which the subject makes no sense any more. */
MUST_CHECK int approving_open(struct turn *t, enum entity_kind kind, const struct id *subject,
                              struct instant last, struct id *ret, struct err *err);

/* Shows a new plan wherever the facts have moved: the signatures under the old one no longer count.
 * To be called by every decision that changes what plans are made of. */
void approving_refresh(struct turn *t);

/* Nobody answered in time: the approval and its subject are withdrawn. */
MUST_CHECK int approving_expire(struct turn *t, const struct id *approval, struct err *err);

/* decide: sign_approval_request, return_approval_request, withdraw_approval_request */
MUST_CHECK int decide_sign_approval(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_return_approval(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_withdraw_approval(struct turn *t, const void *args, struct err *err);

#endif
