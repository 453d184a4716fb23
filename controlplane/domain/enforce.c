/*
 * What a node shall enforce. A device goes to the next lease only when the one before has given it
 * back: overlapping bookings do not arise from booking, but an overdue lease may still sit on a
 * device whose next window has begun.
 */
#include "controlplane/domain/enforce.h"

#include "controlplane/domain/node.h"
#include "controlplane/domain/project.h"

struct listing {
    const struct state *state;
    const struct node *node;
    struct instant now;
    enforce_visit_fn visit;
    void *arg;
};

static const struct placed_device *placed(const struct placement *p, const char *uuid)
{
    LIST_EACH(const struct placed_device, d, &p->devices)
    {
        if (strcmp(d->uuid, uuid) == 0)
            return d;
    }
    return NULL;
}

/* ---- Devices that are still with another lease ----------------------------------------------- */

struct overdue {
    const struct listing *listing;
    const struct lease *lease; /* that wants the devices */
    const struct placement *placement;
    bool blocked;
};

static bool is_overdue(const struct lease *l, struct instant now)
{
    bool running = l->state >= LEASE_PREPARING && l->state <= LEASE_DRAINING;
    return l->state == LEASE_RETURNING || (running && l->ends_at.s <= now.s);
}

/* Parts of one device that together fit it, in a class that lets them, are in nobody's way. */
static bool in_the_way(const struct placed_device *theirs, const struct lease *their_lease,
                       const struct placed_device *ours, const struct lease *lease)
{
    return theirs->units.units + ours->units.units > SHARE_PER_GPU ||
           their_lease->isolation != lease->isolation;
}

static bool visit_holder(const void *record, void *arg)
{
    struct overdue *o = arg;
    const struct lease *other = record;
    if (id_equal(&other->id, &o->lease->id) || !is_overdue(other, o->listing->now))
        return true;
    const struct placement *theirs = lease_placement(other, &o->listing->node->id);
    if (!theirs || theirs->state == PLACEMENT_RETURNED || theirs->state == PLACEMENT_PLANNED)
        return true;
    LIST_EACH(const struct placed_device, ours, &o->placement->devices)
    {
        const struct placed_device *same = placed(theirs, ours->uuid);
        o->blocked |= same && in_the_way(same, other, ours, o->lease);
    }
    return !o->blocked;
}

static bool is_blocked(const struct listing *listing, const struct lease *l,
                       const struct placement *p)
{
    struct overdue o = {.listing = listing, .lease = l, .placement = p};
    state_each_lease_on(listing->state, &listing->node->id, visit_holder, &o);
    return o.blocked;
}

/* A tainted device is given to nobody new; who holds it keeps it to its end. */
static bool is_clean(const struct node *node, const struct placement *p)
{
    if (p->state == PLACEMENT_ACTIVE)
        return true;
    LIST_EACH(const struct placed_device, d, &p->devices)
    {
        const struct device *device = node_device(node, d->uuid);
        if (!device || device->state == DEVICE_TAINTED || device->state == DEVICE_RETIRED)
            return false;
    }
    return true;
}

/* ---- The listing ----------------------------------------------------------------------------- */

static int64_t ttl_ms(const struct loan *loan, struct instant ends_at, struct instant now)
{
    int64_t left_ms = (ends_at.s - now.s) * 1000;
    int64_t silence_ms = loan ? loan->silence_s * 1000 : ENFORCE_OWN_TTL_MS;
    return silence_ms < left_ms ? silence_ms : left_ms;
}

static bool visit_lease(const void *record, void *arg)
{
    const struct listing *listing = arg;
    const struct lease *l = record;
    bool running = l->state >= LEASE_PREPARING && l->state <= LEASE_DRAINING;
    if (!running || l->ends_at.s <= listing->now.s)
        return true;
    const struct placement *p = lease_placement(l, &listing->node->id);
    ENSURE(p != NULL);
    if (p->state == PLACEMENT_TAINTED || !is_clean(listing->node, p) || is_blocked(listing, l, p))
        return true;
    const struct project *project = state_find(listing->state, ENTITY_PROJECT, &l->project);
    if (project && project_eliminated(project))
        return true; /* its end may still be on the way to this object: staging.h */
    const struct loan *loan = state_find(listing->state, ENTITY_LOAN, &l->loan);
    if (loan && listing->node->tier < LOAN_TIER)
        return true;
    struct enforcement e = {.lease = l,
                            .placement = p,
                            .loan = loan,
                            .ttl_ms = ttl_ms(loan, l->ends_at, listing->now),
                            .ends_at = l->ends_at};
    if (e.ttl_ms > 0)
        listing->visit(&e, listing->arg);
    return true;
}

void enforce_each(const struct state *s, const struct id *node_id, struct instant now,
                  enforce_visit_fn visit, void *arg)
{
    const struct node *node = state_find(s, ENTITY_NODE, node_id);
    if (!node)
        return;
    struct listing listing = {.state = s, .node = node, .now = now, .visit = visit, .arg = arg};
    state_each_lease_on(s, node_id, visit_lease, &listing);
}
