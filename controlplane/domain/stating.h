#ifndef PUMASI_CONTROLPLANE_DOMAIN_STATING_H
#define PUMASI_CONTROLPLANE_DOMAIN_STATING_H

#include "billing/statement.h"
#include "controlplane/domain/state.h"

/*
 * The statement (이용내역서) of a project over a period: gathers its basis, the metered intervals,
 * the members' dated facts, their contributions, what the loans say about idle, notice, handover
 * and fault time, and lets billing work it out. Gaps are not filled: what was not metered is not
 * there, unless a fault or the handover is why, and those are lines of their own.
 */
struct stating_request {
    struct id project;
    const struct id *only; /* this member's lines alone; NULL: everybody's */
    struct window period;
    struct instant as_of; /* what was received from then on is left out; NEVER: nothing is */
};

/* A draft (version 0, kind month, no stage). *ret is overwritten; end it with
 * record_fini(&basis_type, ret). ERR_NOT_FOUND: no such project, or `only` is no member. */
MUST_CHECK int stating_basis(const struct state *s, const struct stating_request *request,
                             struct basis *ret, struct err *err);

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
