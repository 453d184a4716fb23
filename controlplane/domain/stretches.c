/* Sorts the intervals of a lease by node and begin, and walks over them once. Pure. */
#include "controlplane/domain/stretches.h"

#include "controlplane/domain/usage.h"

#include <stdlib.h>

struct stretches {
    const struct lease *lease;
    const struct loan *loan;
    struct window period;
    struct instant as_of;
    struct basis *basis;
    const struct usage_interval **intervals;
    size_t n, cap;
};

static bool collect(const void *record, void *arg)
{
    struct stretches *s = arg;
    const struct usage_interval *u = record;
    if (s->as_of.s != INSTANT_NEVER.s && u->received_at.s >= s->as_of.s)
        return true;
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 64;
        s->intervals = reallocarray(s->intervals, s->cap, sizeof *s->intervals);
        ENSURE(s->intervals != NULL);
    }
    s->intervals[s->n++] = u;
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct usage_interval *const *x = a, *const *y = b;
    int by = id_compare(&(*x)->node, &(*y)->node);
    by = by ? by : instant_compare((*x)->from, (*y)->from);
    return by ? by : id_compare(&(*x)->id, &(*y)->id);
}

static enum payer payer_by_loan(const struct loan *loan, enum time_kind time)
{
    if (!loan || time == TIME_USED)
        return PAYER_USUAL;
    const enum payer by_kind[TIME_KIND_COUNT] = {[TIME_IDLE] = loan->pays_idle,
                                                 [TIME_NOTICE] = loan->pays_notice,
                                                 [TIME_HANDOVER] = loan->pays_handover,
                                                 [TIME_FAULT] = loan->pays_fault};
    return by_kind[time];
}

/* like: an interval of the same lease and node. metered: how many intervals it is made of. */
static void add(struct stretches *s, const struct usage_interval *like, struct window window,
                enum time_kind time, uint32_t metered)
{
    struct window inside = window_intersect(window, s->period);
    if (window_empty(inside))
        return;
    struct basis_use *u = record_list_add(&s->basis->uses, sizeof *u);
    *u = (struct basis_use){.organisation = s->lease->organisation,
                            .lease = s->lease->id,
                            .node = like->node,
                            .supplier = s->loan ? s->loan->lender : ID_NONE,
                            .loan = s->lease->loan,
                            .from = inside.from,
                            .to = inside.to,
                            .units = like->units,
                            .time = time,
                            .payer = payer_by_loan(s->loan, time),
                            .opportunistic = s->lease->service_class == CLASS_OPPORTUNISTIC,
                            .isolation =
                                id_literal(enum_name(&isolation_names, (int)like->isolation)),
                            .price_krw = s->loan ? s->loan->price_krw : WON_ZERO,
                            .intervals = metered};
    memcpy(u->model, s->lease->model, sizeof u->model);
}

/* One interval, cut where the notice begins. */
static void add_interval(struct stretches *s, const struct usage_interval *u, enum time_kind time)
{
    struct window before = {u->from, instant_min(u->to, s->lease->notice_at)};
    struct window after = {instant_max(u->from, s->lease->notice_at), u->to};
    add(s, u, before, time, 1);
    add(s, u, after, TIME_NOTICE, window_empty(before) ? 1 : 0);
}

/* The first begin at or after t, of this lease on any node; NEVER: none. */
static struct instant next_begin(const struct stretches *s, struct instant t)
{
    struct instant next = INSTANT_NEVER;
    for (size_t i = 0; i < s->n; i++) {
        if (s->intervals[i]->from.s >= t.s)
            next = instant_min(next, s->intervals[i]->from);
    }
    return next;
}

static void add_fault(struct stretches *s, const struct usage_interval *u)
{
    struct instant end = instant_min(s->lease->ends_at, s->lease->ended_at);
    struct window window = {u->to, instant_min(end, next_begin(s, u->to))};
    struct window inside = window_intersect(window, s->period);
    add(s, u, window, TIME_FAULT, 0);
    if (window_empty(inside))
        return;
    struct basis_wait *wait = record_list_add(&s->basis->waits, sizeof *wait);
    *wait = (struct basis_wait){.organisation = s->lease->organisation,
                                .from = inside.from,
                                .to = inside.to,
                                .units = u->units};
    memcpy(wait->model, s->lease->model, sizeof wait->model);
}

/* The handover of a node that replaced another is over before the lease got there. */
static void add_handover(struct stretches *s, const struct usage_interval *first)
{
    struct instant begin = next_begin(s, s->lease->from);
    if (first->from.s <= begin.s || first->from.s < s->lease->active_at.s)
        add(s, first, (struct window){s->lease->from, first->from}, TIME_HANDOVER, 0);
}

static void walk(struct stretches *s)
{
    bool opened = false;
    for (size_t i = 0; i < s->n; i++) {
        const struct usage_interval *u = s->intervals[i];
        bool first = i == 0 || !id_equal(&u->node, &s->intervals[i - 1]->node);
        if (first) {
            opened = false;
            add_handover(s, u);
        }
        opened = opened || u->opens > 0;
        add_interval(s, u, opened ? TIME_USED : TIME_IDLE);
        if (u->cause == USAGE_FAULT)
            add_fault(s, u);
    }
}

void stretches_of_lease(const struct state *state, const struct lease *l, const struct loan *loan,
                        struct window period, struct instant as_of, struct basis *basis)
{
    struct stretches s = {
        .lease = l, .loan = loan, .period = period, .as_of = as_of, .basis = basis};
    state_each_linked(state, LINK_USAGE_LEASE, &l->id, collect, &s);
    if (s.n > 1)
        qsort(s.intervals, s.n, sizeof *s.intervals, compare);
    walk(&s);
    free(s.intervals);
}
