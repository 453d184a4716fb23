/* Longer leases. */
#include "controlplane/domain/extending.h"

#include "controlplane/domain/booking.h"
#include "controlplane/domain/capacity.h"
#include "controlplane/domain/posting.h"
#include "controlplane/domain/quoting.h"
#include "controlplane/domain/staging.h"
#include "controlplane/domain/timetable.h"
#include "controlplane/domain/use.h"
#include "lib/base/text.h"

static int check_state(const struct lease *l, struct instant to, struct instant now,
                       struct err *err)
{
    char end[INSTANT_TEXT_CAP];
    bool goes_on =
        l->state == LEASE_BOOKED || l->state == LEASE_PREPARING || l->state == LEASE_ACTIVE;
    if (!goes_on || l->end_reason != END_NONE || l->ends_at.s <= now.s)
        return err_set(err, ERR_STATE, "%s is %s and can't be extended", l->id.text,
                       l->end_reason == END_NONE ? enum_name(&lease_state_names, (int)l->state)
                                                 : enum_name(&end_reason_names, l->end_reason));
    if (to.s == INSTANT_NEVER.s || to.s <= l->ends_at.s)
        return err_set(err, ERR_INVALID, "%s: to: it runs until %s already", l->id.text,
                       instant_format(l->ends_at, end));
    return 0;
}

static int check_allocation(const struct turn *t, const struct lease *old, const struct lease *l,
                            struct err *err)
{
    char when[INSTANT_TEXT_CAP];
    const struct allocation *a = turn_find(t, ENTITY_ALLOCATION, &l->allocation);
    if (!a || a->state != REQUEST_APPROVED)
        return err_set(err, ERR_STATE, "%s is not in force", l->allocation.text);
    if (l->ends_at.s > a->to.s)
        return err_set(err, ERR_INVALID, "%s: %s ends at %s: ask for its extension first",
                       l->id.text, a->id.text, instant_format(a->to, when));
    struct use used;
    use_of_allocation(t, &a->id, &used);
    int64_t room = a->awarded_units.units - lease_units(l).units;
    struct instant at =
        steps_first_above(used.steps, (struct window){old->ends_at, l->ends_at}, room);
    use_fini(&used);
    if (at.s == INSTANT_NEVER.s)
        return 0;
    return err_set(err, ERR_NO_CAPACITY, "%s: what %s awards is taken at %s", l->id.text,
                   a->id.text, instant_format(at, when));
}

/* ---- Its own devices
 * ------------------------------------------------------------------------------ */

struct conflict {
    const struct lease *lease;
    struct window more; /* the time that it wants, cleaning included */
    const struct lease *found;
};

static const struct placed_device *placed(const struct placement *p, const char *uuid)
{
    for (size_t i = 0; p && i < p->devices.n; i++) {
        const struct placed_device *d = LIST_AT(const struct placed_device, &p->devices, i);
        if (strcmp(d->uuid, uuid) == 0)
            return d;
    }
    return NULL;
}

/* Parts of a device may lie beside each other; how much of it there is the pool rule knows. */
static bool excludes(const struct lease *a, const struct placed_device *mine, const struct lease *b,
                     const struct placed_device *theirs)
{
    return mine->units.units + theirs->units.units > SHARE_PER_GPU ||
           a->isolation != b->isolation ||
           (a->isolation != ISOLATION_MIG && !id_equal(&a->project, &b->project));
}

static bool visit_neighbour(const void *record, void *arg)
{
    struct conflict *c = arg;
    const struct lease *other = record;
    if (id_equal(&other->id, &c->lease->id) || !lease_holds_capacity(other) ||
        !window_overlaps(lease_window(other), c->more))
        return true;
    LIST_EACH(const struct placement, p, &c->lease->placements)
    {
        const struct placement *theirs = lease_placement(other, &p->node);
        LIST_EACH(const struct placed_device, d, &p->devices)
        {
            const struct placed_device *same = placed(theirs, d->uuid);
            if (same && excludes(c->lease, d, other, same))
                c->found = other;
        }
    }
    return !c->found;
}

static int check_devices(const struct turn *t, const struct lease *old, const struct lease *l,
                         int64_t cleaning_s, struct err *err)
{
    char when[INSTANT_TEXT_CAP];
    struct conflict c = {.lease = l, .more = {old->ends_at, instant_add(l->ends_at, cleaning_s)}};
    LIST_EACH(const struct placement, p, &l->placements)
    {
        if (!c.found)
            turn_each_linked(t, LINK_LEASE_NODE, ENTITY_LEASE, &p->node, visit_neighbour, &c);
    }
    if (!c.found)
        return 0;
    return err_set(err, ERR_NO_CAPACITY,
                   "%s: %s has devices of it from %s: extend it until then, less %lld s of "
                   "cleaning, or book others",
                   l->id.text, c.found->id.text, instant_format(c.found->from, when),
                   (long long)cleaning_s);
}

static int check_quota(const struct turn *t, const struct lease *l, int64_t cleaning_s,
                       struct err *err)
{
    char until[INSTANT_TEXT_CAP];
    CLEANUP_CAPACITY struct capacity *capacity = NULL;
    struct table self = {0};
    const struct loan *loan = turn_find(t, ENTITY_LOAN, &l->loan);
    const struct node *node =
        turn_find(t, ENTITY_NODE, &LIST_AT(const struct placement, &l->placements, 0)->node);
    ENSURE(node != NULL);
    if (loan && l->ends_at.s > loan->to.s)
        return err_set(err, ERR_NO_CAPACITY, "%s: loan %s ends at %s", l->id.text, loan->id.text,
                       instant_format(loan->to, until));
    table_put(&self, (void *)&l->id);
    int rc = capacity_create(t, l->model, &self, &capacity, err);
    if (rc == 0)
        rc = capacity_check(capacity, l, loan ? &loan->pool : &node->pool, cleaning_s, err);
    table_fini(&self);
    return rc;
}

/* ---- The request
 * ----------------------------------------------------------------------------------- */

static int check_longer(const struct turn *t, const struct lease *old, const struct lease *l,
                        struct err *err)
{
    const struct project *project = turn_find(t, ENTITY_PROJECT, &l->project);
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &l->programme);
    ENSURE(project != NULL && programme != NULL && l->placements.n > 0);
    TRY(staging_check_open(t, project, l->ends_at, err));
    TRY(check_allocation(t, old, l, err));
    TRY(check_devices(t, old, l, programme->cleaning_s, err));
    return check_quota(t, l, programme->cleaning_s, err);
}

static int pay(struct turn *t, const struct lease *old, struct lease *l, struct err *err)
{
    struct quote before, after;
    struct won more;
    TRY(quote_lease(t, old, &before, err));
    TRY(quote_lease(t, l, &after, err));
    TRY(won_sub(after.value_krw, before.value_krw, &more));
    t->out->answer.has_quote = true;
    t->out->answer.quote = after;
    return booking_hold(t, l, more, err);
}

int decide_extend_lease(struct turn *t, const void *args, struct err *err)
{
    const struct extend_lease_request *r = args;
    const void *found;
    TRY(turn_need(t, ENTITY_LEASE, &r->id, &found, err));
    const struct lease *old = found;
    TRY(turn_own(t, &old->organisation, 0, "a lease of", err));
    TRY(check_state(old, r->to, turn_now(t), err));
    int64_t held = old->held_krw.krw;
    struct lease longer = *old; /* borrows the lists */
    longer.to = longer.ends_at = r->to;
    TRY(check_longer(t, old, &longer, err));
    TRY(pay(t, old, &longer, err));
    longer.void_at = instant_add(longer.ends_at, TIMETABLE_RETURN_MARGIN_S);
    const struct lease *l = turn_put(t, ENTITY_LEASE, &longer);
    struct ledger_entry *entry = posting_lease(t, LEDGER_BOOK, l);
    posting_money(entry, PHASE_PENDING, l->held_krw.krw - held);
    text_cut(entry->reason, sizeof entry->reason, "extended");
    turn_answer(t, ENTITY_LEASE, &l->id, enum_name(&lease_state_names, (int)l->state));
    return 0;
}
