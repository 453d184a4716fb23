#ifndef PUMASI_CONTROLPLANE_DOMAIN_USE_H
#define PUMASI_CONTROLPLANE_DOMAIN_USE_H

#include "controlplane/domain/steps.h"
#include "controlplane/domain/table.h"
#include "controlplane/domain/turn.h"

/*
 * What is taken through time (uses.h), as one decision sees it: with the leases that it has changed
 * or made so far, and without those that it is asked to ignore.
 */
struct use {
    const struct steps *steps; /* of the state, or own */
    struct steps own;          /* where the decision changed something */
};
void use_fini(struct use *u); /* safe on a zeroed struct; do not copy a use */

/* ignore: ids of leases (NULL: none). ret is overwritten, not freed. Borrowed from the state: no
 * state_apply() meanwhile. */
void use_of_loan(const struct turn *t, const struct id *loan, const struct table *ignore,
                 struct use *ret);
/* Of the owner's own leases. */
void use_of_pool(const struct turn *t, const struct id *pool, const struct table *ignore,
                 struct use *ret);
void use_of_allocation(const struct turn *t, const struct id *allocation, struct use *ret);

/* Units of the pool's devices in service. */
int64_t use_in_service(const struct turn *t, const struct id *pool);

/* ---- Accounts ------------------------------------------------------------------------------- */

/* What one organisation uses of one model in one project on one loan, inside some window. */
struct use_line {
    char model[32];
    struct id loan; /* none on an own pool */
    struct steps units;
};

struct use_account {
    struct id project;
    struct id organisation;
    struct window window; /* what lies outside of it counts as 0 */
    struct list lines;    /* struct use_line */
};
void use_account_fini(struct use_account *a); /* safe on a zeroed struct */

/* Leases as booked until they are over, from then on as metered; `skip` left out. */
void use_planned(const struct turn *t, const struct id *skip, struct use_account *a);
/* Intervals alone; `skip` left out. */
void use_metered(const struct turn *t, const struct id *skip, struct use_account *a);

/* Adds what is not there yet: the piece that is to be priced. */
void use_account_add(struct use_account *a, const char *model, const struct id *loan,
                     struct window window, int64_t units);

#endif
