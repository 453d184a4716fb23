#ifndef PUMASI_CONTROLPLANE_DOMAIN_JOINING_H
#define PUMASI_CONTROLPLANE_DOMAIN_JOINING_H

#include "controlplane/domain/turn.h"

/*
 * How people and nodes come in and go: a token made by somebody who may, used once within
 * JOINING_TOKEN_S by whoever holds its secret; and the very first user, when there is none.
 *
 * Nobody gives more than is theirs to give: an agency-admin every role; an org-approver those of
 * its organisation's members; a supplier-approver the supplier's besides, but no org-approver.
 * Joining again under a name that is taken, and revoking, are for those who may give all that its
 * holder has; what the maker of a token may is looked at once more when it is used. One
 * agency-admin is always left.
 *
 * Roles of the agency go to people of an agency's organisation only, a supplier's to a supplier's.
 * Node names are short, because they stand in the ids of usage intervals.
 */
#define JOINING_TOKEN_S       600
#define JOINING_NODE_NAME_MAX 32

/*
 * Whoever is known by a certificate gets another for itself, in time before it ends, with the same
 * key or a new one. A key whose place is taken goes into the history (key_fact.h).
 *
 * decide: create_join_token_command, join_command, renew_certificate_command, revoke_user_request,
 * bootstrap_command
 */
MUST_CHECK int decide_create_join_token(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_join(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_renew_certificate(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_revoke_user(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_bootstrap(struct turn *t, const void *args, struct err *err);

#endif
