#ifndef PUMASI_CONTROLPLANE_DOMAIN_USES_H
#define PUMASI_CONTROLPLANE_DOMAIN_USES_H

#include "controlplane/domain/lease.h"
#include "controlplane/domain/node.h"
#include "controlplane/domain/steps.h"
#include "controlplane/domain/usage.h"

/*
 * What is taken, added up through time: for each loan, allocation, pool and account a step function
 * of units, kept up lease by lease and interval by interval. A decision reads these instead of
 * adding thousands of leases up again; what it has changed itself it corrects by use.h.
 *
 * Sums only: the order in which things come and go does not show, and what comes and goes again
 * leaves nothing behind. Owned by the state, which tells it of every lease, interval and node; what
 * is handed out is borrowed until the next change.
 */
struct uses;

struct uses *uses_create(void);
void uses_destroy(struct uses *u); /* NULL is fine */

/* ---- What comes (sign 1) and goes (sign -1) ------------------------------------------------- */

/* A lease; one that holds no capacity changes nothing. */
void uses_add_lease(struct uses *u, const struct lease *l, int sign);

/* A lease on the owner's own pool. */
void uses_add_own(struct uses *u, const struct id *pool, const struct lease *l, int sign);

/* An interval of the lease. */
void uses_add_interval(struct uses *u, const struct lease *l, const struct usage_interval *i,
                       int sign);

/* The devices in service of a node. */
void uses_add_node(struct uses *u, const struct node *n, int sign);

/* Whether all sums over the two leases are the same, so that one may stand for the other. */
bool uses_alike(const struct lease *a, const struct lease *b);
/* Whether the intervals of the two count in the same sums. */
bool uses_meter_alike(const struct lease *a, const struct lease *b);

/* ---- Sums ----------------------------------------------------------------------------------- */

/* Units by leases that hold capacity, in the stretch in which they take it (capacity.h); 0 for what
 * is not known. */
const struct steps *uses_of_loan(const struct uses *u, const struct id *loan);
const struct steps *uses_of_allocation(const struct uses *u, const struct id *allocation);
const struct steps *uses_of_pool(const struct uses *u, const struct id *pool); /* its owner's own */

int64_t uses_in_service(const struct uses *u, const struct id *pool); /* units */

/* What one organisation uses of one model in one project on one loan. */
struct account_use {
    struct id organisation;
    char model[32];
    struct id loan;       /* none on an own pool */
    struct steps planned; /* leases as booked until they are over, from then on as metered */
    struct steps metered;
};

/* The project's; *ret_n of them, in order of the key. */
const struct account_use *uses_of_project(const struct uses *u, const struct id *project,
                                          size_t *ret_n);

#endif
