/* Attaching nodes, and the progress of leases by what nodes hold. */
#include "controlplane/domain/reporting.h"

#include "controlplane/domain/ending.h"

#include <stdlib.h>

/* ---- Attaching ------------------------------------------------------------------------------- */

static int need_own_node(const struct turn *t, const struct id *id, struct err *err)
{
    if (!id_equal(id, &t->ctx->actor.name))
        return err_set(err, ERR_DENIED, "%s can't speak for node %s", t->ctx->actor.name.text,
                       id->text);
    if (!turn_find(t, ENTITY_NODE, id))
        return err_set(err, ERR_NOT_FOUND, "node %s does not exist: join first", id->text);
    return 0;
}

static int check_devices(const struct node *told, struct err *err)
{
    if (told->devices.n > LIMIT_GPUS_PER_NODE)
        return err_set(err, ERR_LIMIT, "node %s: devices: at most %d, not %zu", told->id.text,
                       LIMIT_GPUS_PER_NODE, told->devices.n);
    LIST_EACH(const struct device, d, &told->devices)
    {
        if (d->uuid[0] == '\0' || node_device(told, d->uuid) != d)
            return err_set(err, ERR_INVALID, "node %s: devices: \"%s\" stands twice or is empty",
                           told->id.text, d->uuid);
    }
    return 0;
}

/* A step that the life cycle has by the caller's own checks. */
static enum device_state after(enum device_state state, enum device_event event)
{
    ENSURE(device_next(state, event, &state, NULL) == 0);
    return state;
}

/* What people and leases made of a device no word of its node undoes. */
static bool is_sticky(const struct device *known)
{
    return known && (known->state == DEVICE_TAINTED || known->state == DEVICE_MAINTENANCE ||
                     known->state == DEVICE_RETIRED);
}

static enum device_state state_on_attach(const struct device *known, const struct device *told,
                                         enum enforcement_tier tier)
{
    if (is_sticky(known))
        return known->state;
    enum device_state state = known ? known->state : DEVICE_CONTRACTED;
    if (state == DEVICE_CONTRACTED)
        state = after(state, DEVICE_EVENT_DELIVER);
    if (told->state == DEVICE_FAULTY)
        return state == DEVICE_FAULTY ? state : after(state, DEVICE_EVENT_BREAK);
    if (state == DEVICE_FAULTY)
        state = after(state, DEVICE_EVENT_REPAIR);
    if (tier == TIER_NONE)
        return state == DEVICE_DELIVERED ? state : after(state, DEVICE_EVENT_DEMOTE);
    if (state == DEVICE_DELIVERED)
        state = after(state, DEVICE_EVENT_ACCEPT);
    return state == DEVICE_ACCEPTED ? after(state, DEVICE_EVENT_SERVE) : state;
}

static int by_index(const void *a, const void *b)
{
    const struct device *x = a, *y = b;
    int order = (x->index > y->index) - (x->index < y->index);
    return order ? order : strcmp(x->uuid, y->uuid);
}

/* The devices told now, and those known before that are missing: faulty until they are back. */
static struct list merge_devices(const struct node *known, const struct node *told)
{
    struct list devices = {0};
    LIST_EACH(const struct device, d, &told->devices)
    {
        struct device *merged = record_list_add(&devices, sizeof *merged);
        *merged = *d;
        merged->state = state_on_attach(node_device(known, d->uuid), d, told->tier);
    }
    LIST_EACH(const struct device, d, &known->devices)
    {
        if (node_device(told, d->uuid))
            continue;
        struct device *missing = record_list_add(&devices, sizeof *missing);
        *missing = *d;
        if (!is_sticky(d) && d->state != DEVICE_FAULTY)
            missing->state = after(d->state, DEVICE_EVENT_BREAK);
    }
    if (devices.n > 1)
        qsort(devices.items, devices.n, sizeof(struct device), by_index);
    return devices;
}

static enum node_state node_state_on_attach(const struct node *known, enum enforcement_tier tier)
{
    if (known->state == NODE_DRAINED || known->state == NODE_RETIRED)
        return known->state;
    return tier == TIER_NONE ? NODE_JOINED : NODE_IN_SERVICE;
}

int decide_attach_node(struct turn *t, const void *args, struct err *err)
{
    const struct attach_node_command *r = args;
    const struct node *told = &r->node;
    TRY(need_own_node(t, &told->id, err));
    TRY(check_devices(told, err));
    struct node *n = turn_edit(t, ENTITY_NODE, &told->id);
    if (told->model[0] != '\0' && strcmp(told->model, n->model) != 0)
        return err_set(err, ERR_INVALID, "node %s has %s, its pool %s is for %s", n->id.text,
                       told->model, n->pool.text, n->model);
    struct list devices = merge_devices(n, told);
    free(n->devices.items);
    n->devices = devices;
    n->state = node_state_on_attach(n, told->tier);
    n->tier = told->tier;
    if (!id_is_none(&told->nvlink_domain))
        n->nvlink_domain = told->nvlink_domain;
    memcpy(n->agent_version, told->agent_version, sizeof n->agent_version);
    memcpy(n->boot_id, told->boot_id, sizeof n->boot_id);
    n->attached_at = turn_now(t);
    turn_entry(t, LEDGER_REGISTER, ENTITY_NODE, &n->id)->units =
        share_gpus((int64_t)node_devices_in_service(n));
    if (n->tier == TIER_NONE)
        changes_note(t->out, "%s can enforce nothing: no lease is placed on it", n->id.text);
    turn_answer(t, ENTITY_NODE, &n->id, enum_name(&node_state_names, (int)n->state));
    return 0;
}

/* ---- What a node holds ----------------------------------------------------------------------- */

/* Changed objects after which nothing more is heard: a lease that is over changes itself, its node,
 * its allocation and its loan, and all of a decision has to fit one transaction. */
#define CHANGES_MAX (LIMIT_TXN_OPS - 28)

/* One report being read. */
struct report {
    struct turn *turn;
    const struct report_held_command *told;
    struct err *err;
    int rc;
};

static bool has_room(const struct report *r)
{
    return r->rc == 0 && r->turn->out->n < CHANGES_MAX;
}

static bool says(const struct held_lease *h, const char *state)
{
    return strcmp(h->state.text, state) == 0;
}

static bool is_running(const struct lease *l)
{
    return l->state >= LEASE_PREPARING && l->state <= LEASE_DRAINING;
}

/* What the placement becomes by the node's word. */
static enum placement_state heard(const struct lease *l, const struct placement *p,
                                  const struct held_lease *h)
{
    if (says(h, "tainted"))
        return PLACEMENT_TAINTED;
    if (says(h, "returned") && p->state != PLACEMENT_PLANNED)
        return PLACEMENT_RETURNED;
    if ((says(h, "installed") || says(h, "active")) && is_running(l))
        return PLACEMENT_ACTIVE;
    return p->state;
}

/* The placement's devices on the node that can take the event take it. */
static void set_devices(struct turn *t, const struct id *node_id, const struct placement *p,
                        enum device_event event)
{
    struct node *node = turn_edit(t, ENTITY_NODE, node_id);
    LIST_EACH(const struct placed_device, placed, &p->devices)
    {
        struct device *d = (struct device *)node_device(node, placed->uuid);
        enum device_state next;
        if (d && device_next(d->state, event, &next, NULL) == 0)
            d->state = next;
    }
}

static bool all_are(const struct lease *l, enum placement_state a, enum placement_state b)
{
    LIST_EACH(const struct placement, p, &l->placements)
    {
        if (p->state != a && p->state != b)
            return false;
    }
    return true;
}

static int move_on(struct turn *t, const struct id *id, struct err *err)
{
    const struct lease *l = turn_find(t, ENTITY_LEASE, id);
    if (l->state == LEASE_RETURNING && all_are(l, PLACEMENT_RETURNED, PLACEMENT_TAINTED))
        return ending_finish(t, id, "every node has given it back", err);
    if (l->state != LEASE_PREPARING || !all_are(l, PLACEMENT_ACTIVE, PLACEMENT_ACTIVE))
        return 0;
    struct lease *edited = turn_edit(t, ENTITY_LEASE, id);
    edited->active_at = turn_now(t);
    return lease_next(edited->state, LEASE_EVENT_ACTIVATE, &edited->state, err);
}

static void set_placement(struct report *r, const struct id *lease, enum placement_state to)
{
    struct lease *l = turn_edit(r->turn, ENTITY_LEASE, lease);
    struct placement *p = (struct placement *)lease_placement(l, &r->told->node);
    if (to == PLACEMENT_TAINTED)
        set_devices(r->turn, &r->told->node, p, DEVICE_EVENT_TAINT);
    if (p->state == PLACEMENT_TAINTED)
        set_devices(r->turn, &r->told->node, p, DEVICE_EVENT_CLEAN);
    p->state = to;
    r->rc = move_on(r->turn, lease, r->err);
}

/* The node has given back what still runs: it was silent for longer than the loan tolerates, and
 * that is a recall. What it gave back under a fence it never takes again. */
static void hear_lost(struct report *r, const struct id *lease)
{
    struct turn *t = r->turn;
    changes_note(t->out, "%s: node %s was silent for too long and has given it back", lease->text,
                 r->told->node.text);
    r->rc = ending_stop(t, lease, turn_now(t), END_RECALLED, r->err);
    if (r->rc == 0)
        r->rc = move_on(t, lease, r->err);
}

static void hear(struct report *r, const struct held_lease *h)
{
    const struct lease *l = turn_find(r->turn, ENTITY_LEASE, &h->lease);
    const struct placement *p = l ? lease_placement(l, &r->told->node) : NULL;
    if (!p || h->fence != l->fence)
        return; /* not in the set that the node is answered with: it takes it back */
    bool ran = is_running(l);
    enum placement_state to = heard(l, p, h);
    if (to != p->state)
        set_placement(r, &l->id, to);
    if (ran && to == PLACEMENT_RETURNED && r->rc == 0)
        hear_lost(r, &h->lease);
}

static bool is_named(const struct report *r, const struct id *lease)
{
    LIST_EACH(const struct held_lease, h, &r->told->held)
    {
        if (id_equal(&h->lease, lease))
            return true;
    }
    return false;
}

static bool visit_unnamed(const void *record, void *arg)
{
    struct report *r = arg;
    const struct lease *l = record;
    const struct placement *p = lease_placement(l, &r->told->node);
    bool was_there = p && (p->state == PLACEMENT_GRANTED || p->state == PLACEMENT_ACTIVE);
    if (l->state == LEASE_RETURNING && was_there && !is_named(r, &l->id))
        set_placement(r, &l->id, PLACEMENT_RETURNED);
    return has_room(r);
}

/* What finds no room is heard in the next report, which the commit of this one asks the node for.
 */
int decide_report_held(struct turn *t, const void *args, struct err *err)
{
    const struct report_held_command *told = args;
    TRY(need_own_node(t, &told->node, err));
    struct report r = {.turn = t, .told = told, .err = err};
    for (size_t i = 0; i < told->held.n && has_room(&r); i++)
        hear(&r, LIST_AT(const struct held_lease, &told->held, i));
    if (has_room(&r))
        turn_each_linked(t, LINK_LEASE_NODE, ENTITY_LEASE, &told->node, visit_unnamed, &r);
    turn_answer(t, ENTITY_NODE, &told->node, NULL);
    return r.rc;
}
