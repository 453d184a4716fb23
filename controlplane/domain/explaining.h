#ifndef PUMASI_CONTROLPLANE_DOMAIN_EXPLAINING_H
#define PUMASI_CONTROLPLANE_DOMAIN_EXPLAINING_H

#include "controlplane/domain/turn.h"

/*
 * Answers about leases and money that change nothing, by the functions that decide and bill: why a
 * lease can't be booked as asked, when it could, what it would cost; and what a budget has come to.
 */

/* Whether a request would be booked, and if not, why and when. */
struct explanation {
    bool fits;
    struct err why;          /* not fits: rule, instant, who holds the most there, what would do */
    bool later;              /* `from` and `to` are of the earliest start that works */
    struct instant from, to; /* as asked for, or as they could be */
    struct id loan;          /* where it would stand; none on an own pool, or nowhere */
    size_t nodes;            /* it would touch */
    bool has_quote;          /* it fits, now or later */
    struct quote quote;
    size_t before; /* leases on the waiting list for that model */
};

/* args: as for booking. Fails where the request itself is wrong (unknown allocation, window in the
 * past, not a member …); a lack of room or budget is an answer. t is a turn of its own: what it
 * leaves in its changes is to be dropped. */
MUST_CHECK int explain_booking(struct turn *t, const struct book_lease_request *args,
                               struct explanation *ret, struct err *err);

/* ---- Budget --------------------------------------------------------------------------------- */

struct budget_line {
    struct id organisation;
    struct won used_krw;   /* value of what was metered so far, in the whole project */
    struct won to_end_krw; /* value of all that is booked and used, to the end */
    struct won burden_krw; /* co-funding share of that */
};

struct budget {
    struct won left_krw;   /* neither held nor posted */
    struct won to_end_krw; /* held and posted: what it will have cost if nothing is changed */
    uint32_t percent;      /* of the budget that is taken, rounded down */
    struct list lines;     /* struct budget_line, by member; those that the actor may see */
};
void budget_fini(struct budget *b); /* safe on a zeroed struct */

/* Of an allocation that the turn's actor may see. Each member sees its own line, the lead and the
 * agency all of them. A line without a price (a rate that is not set) is left out. */
MUST_CHECK int explain_budget(const struct turn *t, const struct id *allocation, struct budget *ret,
                              struct err *err);

#endif
