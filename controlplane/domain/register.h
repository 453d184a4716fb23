#ifndef PUMASI_CONTROLPLANE_DOMAIN_REGISTER_H
#define PUMASI_CONTROLPLANE_DOMAIN_REGISTER_H

#include "controlplane/domain/turn.h"

/*
 * Organisations, programmes, projects, sites and pools: put as whole new values. What they name has
 * to exist, what has begun to count is not rewritten (a dated fact in force stays; a new line takes
 * over from a date to come), and what others rely on is not pulled away: a pool's lend limit stays
 * above what is lent, a member with a lease stays a member.
 *
 * Each registration shows plans anew whose facts it moved.
 */

/* decide: apply_organisation_request, apply_programme_request, ... */
MUST_CHECK int decide_apply_organisation(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_apply_programme(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_apply_project(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_apply_site(struct turn *t, const void *args, struct err *err);
MUST_CHECK int decide_apply_pool(struct turn *t, const void *args, struct err *err);

#endif
