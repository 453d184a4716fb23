#ifndef PUMASI_CONTROLPLANE_DOMAIN_CAPACITY_H
#define PUMASI_CONTROLPLANE_DOMAIN_CAPACITY_H

#include "controlplane/domain/table.h"
#include "controlplane/domain/turn.h"

/*
 * What may be taken of one device model, at every instant. Three rules, in this order:
 *
 * loan    leases on a loan take at most what it gives: its guarantee less what is recalled, and its
 *         burst, which rests while a recall cools down.
 * pool    beyond its guarantee a loan takes only what the pool has left: for every loan of the pool
 *         the greater of guarantee and use, together within the pool's lend limit, and with the
 *         owner's own leases within its devices in service.
 * tree    the lending tree (quota.h). One root; below it each organisation that owns a pool
 *         (nominal: its devices in service less what it guarantees; it lends what its pools' limits
 *         leave, and borrows nothing) and each project with a loan (nominal: what is guaranteed to
 *         it; it borrows at most its burst, and lends nothing).
 *
 * An opportunistic lease may have what loans guarantee and nobody uses: it keeps the loan rule and
 * takes part in the pool rule with uses alone, and has no place in the tree. A committed lease that
 * finds no room because of it makes it give way (reclaiming.h).
 *
 * A lease takes its units from its begin until its devices are back. Built for one decision, with
 * all that the decision has changed so far; borrowed records must not be edited meanwhile.
 */
struct capacity;

/* ignore: ids of leases that are about to go or to be judged anew (NULL: none); borrowed as long as
 * the capacity lives. ERR_LIMIT when the tree is too large. */
MUST_CHECK int capacity_create(const struct turn *t, const char *model, const struct table *ignore,
                               struct capacity **ret, struct err *err);
void capacity_destroy(struct capacity *c); /* NULL is fine */

/*
 * Whether the lease, as drafted, may take its units from the pool (on its loan, or as the owner's
 * own) through its window and the cleaning time on both sides. Cleaning that falls before or after
 * the loan's own window is its lender's affair: quota does not ask there.
 * ERR_NO_CAPACITY names the rule, the instant, and who holds the most there.
 */
MUST_CHECK int capacity_check(struct capacity *c, const struct lease *l, const struct id *pool,
                              int64_t cleaning_s, struct err *err);

/* For who looks for another start: true where capacity_check() refuses, and then *ret_until is the
 * end of the first stretch that is in the way. A window that reaches into that stretch is refused
 * as well, so the next that may do begins, cleaning included, at *ret_until; NEVER: there is none.
 */
bool capacity_in_the_way(struct capacity *c, const struct lease *l, const struct id *pool,
                         int64_t cleaning_s, struct instant *ret_until);

/* ---- What a loan gives ---------------------------------------------------------------------- */

/* Whether the loan counts against its pool: consented or later, not returned. */
bool capacity_binds(const struct loan *loan);

/* The guarantee at t, less what is recalled by then; 0 outside the loan's window. */
int64_t capacity_guaranteed(const struct loan *loan, struct instant t);

/* Guarantee and burst at t. */
int64_t capacity_of_loan(const struct loan *loan, struct instant t);

/* The first instant after t at which either changes, or INSTANT_NEVER. */
struct instant capacity_next_change(const struct loan *loan, struct instant t);

/* The most that the pool's binding loans guarantee together at one instant of the window, the loan
 * `beside` left out (NULL: none); *ret_at is the first such instant. Where beside follows a stage
 * decision, the loans that this one ends count until then. */
int64_t capacity_lent_peak(const struct turn *t, const struct id *pool, const struct loan *beside,
                           struct window window, struct instant *ret_at);

static inline void capacity_cleanup(struct capacity **c)
{
    capacity_destroy(*c);
}
#define CLEANUP_CAPACITY __attribute__((cleanup(capacity_cleanup)))

#endif
