#ifndef PUMASI_CONTROLPLANE_DOMAIN_JOINING_H
#define PUMASI_CONTROLPLANE_DOMAIN_JOINING_H

#include "controlplane/domain/turn.h"

/*
 * How people and nodes come in and go: a token made by somebody who may, used once within
 * JOINING_TOKEN_S by whoever holds its secret; and the very first user, when there is none.
 *
 * Roles of the agency go to people of an agency's organisation only, a supplier's to a supplier's;
 * only an agency's administrator makes auditors.
 */
#define JOINING_TOKEN_S 600

/* decide: create_join_token_command, join_command, revoke_user_request, bootstrap_command */
MUST_CHECK int decide_create_join_token(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_join(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_revoke_user(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_bootstrap(struct turn *t, const void *args, struct err *err);

#endif
