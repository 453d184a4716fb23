#ifndef PUMASI_CONTROLPLANE_DOMAIN_FITTING_H
#define PUMASI_CONTROLPLANE_DOMAIN_FITTING_H

#include "controlplane/domain/capacity.h"
#include "controlplane/domain/turn.h"

/*
 * Whether a lease fits, where, and if not, when it would: one place for bookings, the waiting list
 * and explanations, so that all of them are told the same.
 */
struct fitting {
    const struct turn *turn;
    const struct allocation *allocation;
    const struct programme *programme;
    bool one_node;
};

/* Why not. */
struct misfit {
    struct err why;          /* rule, instant, who holds the most there */
    struct instant earliest; /* start that works, or NEVER */
    uint32_t gpus;           /* that would fit in the draft's own window */
    bool searched;           /* later starts were looked at */
    bool all;                /* each of them inside the allocation */
};

/* Places the draft (its window, size, isolation and organisation are given): fills loan and
 * placements. On ERR_NO_CAPACITY *ret_misfit says why and when; on other errors it has `why` only.
 */
MUST_CHECK int fitting_place(const struct fitting *f, struct lease *draft,
                             struct misfit *ret_misfit);

/* As fitting_place(), for the draft's own window only and without looking for another. capacity:
 * of the draft's model. */
MUST_CHECK int fitting_place_within(const struct fitting *f, struct capacity *capacity,
                                    struct lease *draft, struct err *err);

/* The misfit as one sentence: "…; the earliest start that works is …". */
MUST_CHECK int fitting_refuse(const struct fitting *f, const struct misfit *misfit,
                              struct err *err);

#endif
