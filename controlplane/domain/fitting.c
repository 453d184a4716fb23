/* Placing a draft, and the search for the earliest start that works. Pure. */
#include "controlplane/domain/fitting.h"

#include "controlplane/domain/placing.h"
#include "controlplane/domain/steps.h"
#include "controlplane/domain/use.h"

#include <stdlib.h>

/* ---- The allocation's own limit
 * -------------------------------------------------------------------- */

struct beside {
    const struct lease *largest; /* of those that overlap the draft */
    struct window window;
};

static bool visit_beside(const void *record, void *arg)
{
    struct beside *b = arg;
    const struct lease *l = record;
    if (!lease_holds_capacity(l) || !window_overlaps(lease_window(l), b->window))
        return true;
    if (!b->largest || lease_units(l).units > lease_units(b->largest).units)
        b->largest = l;
    return true;
}

static int refuse_beyond_award(const struct turn *t, const struct allocation *a,
                               const struct lease *l, struct instant at, struct err *err)
{
    char awarded[SHARE_TEXT_CAP], wanted[SHARE_TEXT_CAP], when[INSTANT_TEXT_CAP];
    struct beside b = {.window = {l->from, l->to}};
    if (!err)
        return -ERR_NO_CAPACITY;
    turn_each_linked(t, LINK_LEASE_ALLOCATION, ENTITY_LEASE, &a->id, visit_beside, &b);
    share_format(a->awarded_units, awarded);
    share_format(lease_units(l), wanted);
    return err_set(err, ERR_NO_CAPACITY,
                   "%s awards %s %s at a time; %s more are too many at %s%s%s", a->id.text, awarded,
                   a->model, wanted, instant_format(at, when), b.largest ? ", beside " : "",
                   b.largest ? b.largest->id.text : "");
}

static int check_awarded(const struct fitting *f, const struct lease *l, struct err *err)
{
    const struct allocation *a = f->allocation;
    struct use used;
    use_of_allocation(f->turn, &a->id, &used);
    int64_t room = a->awarded_units.units - lease_units(l).units;
    struct instant at = steps_first_above(used.steps, (struct window){l->from, l->to}, room);
    use_fini(&used);
    return at.s == INSTANT_NEVER.s ? 0 : refuse_beyond_award(f->turn, a, l, at, err);
}

/* ---- Placing, and when it could be placed
 * ---------------------------------------------------------- */

int fitting_place_within(const struct fitting *f, struct capacity *capacity, struct lease *draft,
                         struct err *err)
{
    struct placing placing = {.turn = f->turn,
                              .capacity = capacity,
                              .cleaning_s = f->programme->cleaning_s,
                              .one_node = f->one_node};
    TRY(check_awarded(f, draft, err));
    return placing_find(&placing, draft, err);
}

struct search {
    const struct fitting *fitting;
    struct capacity *capacity;
    struct lease draft; /* tried at later starts; owns its placements */
    struct instant wanted_from;
    int64_t length_s;
    int64_t step_s; /* after the instant visited */
    struct instant found;
    size_t tries;
};

static bool try_start(struct instant t, void *arg)
{
    struct search *s = arg;
    struct instant start = instant_add(t, s->step_s);
    if (start.s >= s->found.s || start.s < s->wanted_from.s || s->tries++ >= FITTING_TRIES_MAX)
        return false;
    s->draft.from = start;
    s->draft.to = instant_add(start, s->length_s);
    s->draft.ends_at = s->draft.to;
    if (fitting_place_within(s->fitting, s->capacity, &s->draft, NULL) < 0)
        return true;
    s->found = start;
    return false;
}

/* A loan gives more where it begins, and where its burst is back after a recall. There the cleaning
 * time counts, at its begin it does not. */
static bool visit_loan_changes(const void *record, void *arg)
{
    struct search *s = arg;
    const struct loan *loan = record;
    int64_t cleaning = s->step_s;
    struct instant t = s->draft.created_at;
    if (loan->state > LOAN_RECALLING || strcmp(loan->model, s->draft.model) != 0)
        return true;
    while ((t = capacity_next_change(loan, t)).s < loan->to.s) {
        s->step_s = t.s == loan->from.s ? 0 : cleaning;
        try_start(t, s);
    }
    s->step_s = cleaning;
    return true;
}

/* More can only become free where a booking ends, or where a loan changes. *ret_all: every such
 * instant was tried. */
static struct instant earliest_start(const struct fitting *f, struct capacity *capacity,
                                     const struct lease *wanted, bool *ret_all)
{
    int64_t cleaning = f->programme->cleaning_s, length = wanted->to.s - wanted->from.s;
    struct instant last = instant_add(f->allocation->to, -length);
    struct search s = {.fitting = f,
                       .capacity = capacity,
                       .wanted_from = wanted->from,
                       .length_s = length,
                       .step_s = cleaning,
                       .found = INSTANT_NEVER};
    record_copy(&lease_type, &s.draft, wanted);
    calendar_each_end(turn_calendar(f->turn), instant_add(wanted->from, -cleaning),
                      instant_add(last, -cleaning), try_start, &s);
    *ret_all = s.tries < FITTING_TRIES_MAX;
    s.tries = 0;
    turn_each_linked(f->turn, LINK_LOAN_BORROWER, ENTITY_LOAN, &wanted->project, visit_loan_changes,
                     &s);
    record_fini(&lease_type, &s.draft);
    return s.found.s <= last.s ? s.found : INSTANT_NEVER;
}

int fitting_place(const struct fitting *f, struct lease *draft, struct misfit *ret_misfit)
{
    CLEANUP_CAPACITY struct capacity *capacity = NULL;
    struct misfit m = {.why = ERR_INIT, .earliest = INSTANT_NEVER, .all = true};
    int rc = capacity_create(f->turn, draft->model, NULL, &capacity, &m.why);
    if (rc == 0)
        rc = fitting_place_within(f, capacity, draft, &m.why);
    m.searched = rc == -ERR_NO_CAPACITY;
    if (m.searched)
        m.earliest = earliest_start(f, capacity, draft, &m.all);
    *ret_misfit = m;
    return rc;
}

int fitting_refuse(const struct fitting *f, const struct misfit *misfit, struct err *err)
{
    char when[INSTANT_TEXT_CAP];
    const char *why = misfit->why.text;
    if (misfit->why.code != ERR_NO_CAPACITY || !misfit->searched)
        return err_set(err, misfit->why.code, "%s", why);
    if (misfit->earliest.s != INSTANT_NEVER.s)
        return err_set(err, ERR_NO_CAPACITY, "%s; the earliest start that works is %s", why,
                       instant_format(misfit->earliest, when));
    if (!misfit->all)
        return err_set(err, ERR_NO_CAPACITY, "%s; the next %d starts do not work either", why,
                       FITTING_TRIES_MAX);
    return err_set(err, ERR_NO_CAPACITY, "%s; no later start inside %s works either", why,
                   f->allocation->id.text);
}
