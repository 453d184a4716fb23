#ifndef PUMASI_CONTROLPLANE_DOMAIN_DELEGATING_H
#define PUMASI_CONTROLPLANE_DOMAIN_DELEGATING_H

#include "controlplane/domain/turn.h"

/*
 * Taking an approver's place for a time: a colleague of the same organisation decides on plans with
 * its own key, in the approver's name. It ends at its date, when the approver ends it, or when the
 * approver has lost the role. What was delegated can't be delegated on. Both count as one person:
 * no plan is signed by the two of them, nor by one of them when the other has proposed it.
 */
#define DELEGATION_MAX_S (INT64_C(180) * 24 * 3600)

/* decide: delegate_approval_request */
MUST_CHECK int decide_delegate_approval(struct turn *t, const void *args, struct err *err);

/* The roles of those whose place the user may take now: of approvers only. */
uint32_t delegated_roles(const struct state *s, const struct user *user, struct instant now);

/* In whose place the actor decides when it needs the role: none, when the role is its own or nobody
 * has delegated it. */
struct id delegating_principal(const struct turn *t, enum role role);

#endif
