#ifndef PUMASI_CONTROLPLANE_DOMAIN_STATING_H
#define PUMASI_CONTROLPLANE_DOMAIN_STATING_H

#include "billing/statement.h"
#include "controlplane/domain/state.h"

/*
 * The statement (이용내역서) of a project over a period: gathers the metered intervals, the
 * members' dated facts and their contributions, and lets billing work it out. Gaps are not filled:
 * what was not metered is not there.
 */

/* A draft, not issued (version 0). ERR_NOT_FOUND: no such project; otherwise as statement_create().
 * Free with statement_destroy(). */
MUST_CHECK int stating_project(const struct state *s, const struct id *project,
                               struct window period, struct statement **ret, struct err *err);

/* The same with the lines of one member alone: nothing of what the others used or paid is in it,
 * the total is its own. ERR_NOT_FOUND also: it is no member. */
MUST_CHECK int stating_member(const struct state *s, const struct id *project,
                              const struct id *organisation, struct window period,
                              struct statement **ret, struct err *err);

#endif
