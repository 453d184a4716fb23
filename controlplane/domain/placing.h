#ifndef PUMASI_CONTROLPLANE_DOMAIN_PLACING_H
#define PUMASI_CONTROLPLANE_DOMAIN_PLACING_H

#include "controlplane/domain/capacity.h"
#include "controlplane/domain/turn.h"

/*
 * Where a lease can stand: on one loan to its project, or on an own pool of its organisation. Loans
 * come first, by name, then own pools; the first place where quota and real devices hold through
 * the whole window is taken. A lease never spans two loans or pools, because a grant names one.
 */
struct placing {
    const struct turn *turn;
    struct capacity *capacity; /* of the lease's model, the lease itself ignored */
    int64_t cleaning_s;
    bool one_node;
    struct id avoid; /* a loan not to stand on; none */
};

/*
 * Fills loan and placements (planned) of the draft, which has its window, size, isolation, project
 * and organisation. On failure the draft has no placements and err says what is wrong at the first
 * place that was tried: ERR_NO_CAPACITY with rule, instant, holder and remedy.
 */
MUST_CHECK int placing_find(const struct placing *p, struct lease *draft, struct err *err);

/* ---- Place by place ------------------------------------------------------------------------ */

struct place {
    const struct loan *loan; /* NULL: an own pool */
    const struct id *pool;
};

/* Visits, in the order in which they are tried, the loans to the draft's project and the own pools
 * of its organisation of the draft's model. Stops when visit returns false. */
typedef bool (*place_fn)(const struct place *place, void *arg);
void placing_each(const struct placing *p, const struct lease *draft, place_fn visit, void *arg);

/* Whether the place is open to the draft at all, in its window: a loan in force, that runs long
 * enough and permits its isolation. */
MUST_CHECK int placing_open(const struct place *place, const struct lease *draft, struct err *err);

/* As placing_find(), on this one place. */
MUST_CHECK int placing_try(const struct placing *p, struct lease *draft, const struct place *place,
                           struct err *err);

/* The question that placing_try() puts to the calendar. Borrows from draft and pool. */
struct calendar_query placing_query(const struct placing *p, const struct lease *draft,
                                    const struct id *pool);

/* ---- Drafts -------------------------------------------------------------------------------- */

/* Takes its devices off a draft. */
void placing_clear(struct lease *draft);

/* Writes the lease's devices down in the draft calendar, so that nothing else that this decision
 * places takes them. */
void placing_note(struct turn *t, const struct lease *l);

/* Moves a lease that holds no grants yet to other devices: new placements, a new fence, and the
 * draft calendar brought up to date. `avoid`: a loan not to stand on; `going`: ids of leases that
 * are about to go and count no more; both may be NULL. -ERR_NO_CAPACITY leaves it where it is. */
MUST_CHECK int placing_move(struct turn *t, const struct id *lease, const struct id *avoid,
                            const struct table *going, struct err *err);

/* Whether every device of the lease is in service. */
bool placing_in_service(const struct turn *t, const struct lease *l);

#endif
