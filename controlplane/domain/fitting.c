/* Placing a draft, and the search for the earliest start that works. Pure. */
#include "controlplane/domain/fitting.h"

#include "controlplane/domain/earliest.h"
#include "controlplane/domain/steps.h"
#include "controlplane/domain/use.h"

#include <stdio.h>

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

static struct placing placing_of(const struct fitting *f, struct capacity *capacity)
{
    return (struct placing){.turn = f->turn,
                            .capacity = capacity,
                            .cleaning_s = f->programme->cleaning_s,
                            .one_node = f->one_node};
}

int fitting_place_within(const struct fitting *f, struct capacity *capacity, struct lease *draft,
                         struct err *err)
{
    struct placing placing = placing_of(f, capacity);
    TRY(check_awarded(f, draft, err));
    return placing_find(&placing, draft, err);
}

/* Where the allocation has room for the draft next. */
static struct instant next_awarded(const struct lease *draft, void *arg)
{
    const struct fitting *f = arg;
    struct use used;
    use_of_allocation(f->turn, &f->allocation->id, &used);
    int64_t room = f->allocation->awarded_units.units - lease_units(draft).units;
    int64_t length = draft->to.s - draft->from.s;
    struct instant start = room < 0 ? INSTANT_NEVER : draft->from;
    while (start.s != INSTANT_NEVER.s) {
        struct window window = {start, instant_add(start, length)};
        struct instant at = steps_first_above(used.steps, window, room);
        if (at.s == INSTANT_NEVER.s)
            break;
        while (at.s != INSTANT_NEVER.s && steps_at(used.steps, at) > room)
            at = steps_next(used.steps, at);
        start = at;
    }
    use_fini(&used);
    return start;
}

static struct instant find_earliest(const struct fitting *f, struct capacity *capacity,
                                    const struct lease *wanted, bool *ret_all)
{
    struct placing placing = placing_of(f, capacity);
    struct earliest e = {.placing = &placing,
                         .last = instant_add(f->allocation->to, wanted->from.s - wanted->to.s),
                         .limit = next_awarded,
                         .arg = (void *)f};
    return earliest_start(&e, wanted, ret_all);
}

/* The largest number of GPUs, below that of the draft, which the draft's window has room for. */
static uint32_t most_within(const struct fitting *f, struct capacity *capacity,
                            const struct lease *wanted)
{
    struct lease draft;
    uint32_t low = 0, high = wanted->gpus;
    record_copy(&lease_type, &draft, wanted);
    while (low + 1 < high) {
        draft.gpus = low + (high - low) / 2;
        if (fitting_place_within(f, capacity, &draft, NULL) == 0)
            low = draft.gpus;
        else
            high = draft.gpus;
    }
    record_fini(&lease_type, &draft);
    return low;
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
        m.earliest = find_earliest(f, capacity, draft, &m.all);
    if (m.searched)
        m.gpus = most_within(f, capacity, draft);
    *ret_misfit = m;
    return rc;
}

int fitting_refuse(const struct fitting *f, const struct misfit *misfit, struct err *err)
{
    char when[INSTANT_TEXT_CAP], fewer[48] = "";
    const char *why = misfit->why.text;
    if (misfit->why.code != ERR_NO_CAPACITY || !misfit->searched)
        return err_set(err, misfit->why.code, "%s", why);
    if (misfit->gpus > 0)
        snprintf(fewer, sizeof fewer, "; in that window %u would fit", misfit->gpus);
    if (misfit->earliest.s != INSTANT_NEVER.s)
        return err_set(err, ERR_NO_CAPACITY, "%s%s; the earliest start that works is %s", why,
                       fewer, instant_format(misfit->earliest, when));
    if (!misfit->all)
        return err_set(err, ERR_NO_CAPACITY, "%s%s; no later start that was looked at works either",
                       why, fewer);
    return err_set(err, ERR_NO_CAPACITY, "%s%s; no later start inside %s works either", why, fewer,
                   f->allocation->id.text);
}
