#ifndef PUMASI_CONTROLPLANE_DOMAIN_SUBJECT_H
#define PUMASI_CONTROLPLANE_DOMAIN_SUBJECT_H

#include "controlplane/domain/turn.h"

/*
 * What an approval is about: one row a kind of object. Who is a party to it and can't decide on it,
 * and what becomes of it when its plan is approved or not.
 *
 * Kinds: loan, allocation, recall, stage decision.
 */

/* Whether the organisation gains or loses by it, or is in conflict with one that does. */
bool subject_is_party(const struct turn *t, const struct approval *a,
                      const struct id *organisation);

/* Whether its plan needs signatures of two organisations, one of them the agency: all that need
 * two approvers, as an emergency recall does. */
bool subject_needs_two_organisations(const struct approval *a);

/* Every approver has signed. */
MUST_CHECK int subject_approve(struct turn *t, const struct approval *a, struct err *err);

/* REQUEST_EVENT_RETURN or REQUEST_EVENT_WITHDRAW. */
MUST_CHECK int subject_refuse(struct turn *t, const struct approval *a, enum request_event event,
                              struct err *err);

#endif
