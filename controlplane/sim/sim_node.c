/* Two lists are compared: what the node holds, and what enforce_each() says it shall hold. */
#include "controlplane/sim/sim_node.h"

#include "controlplane/domain/enforce.h"

#include <stdio.h>
#include <stdlib.h>

#define BOOT_ID       "00000000-0000-4000-8000-000000000001"
#define DEVICE_MAJOR  195
#define DEVICE_MEMORY 183359

struct sim_held {
    struct id lease;
    uint64_t fence;
    int64_t units;
    struct instant since; /* not reported yet from here on */
    bool wanted;
};

void sim_node_init(struct sim_node *n, const struct id *id, const struct id *pool)
{
    *n = (struct sim_node){.id = *id, .pool = *pool};
}

void sim_node_fini(struct sim_node *n)
{
    free(n->held.items);
    n->held = (struct list){0};
}

static int ask(struct sim_node *n, struct world *w, enum command_kind kind, const void *args,
               struct err *err)
{
    struct actor actor;
    TRY(world_node(w, &n->id, &actor, err));
    int rc = world_ask(w, &actor, kind, args, err);
    return rc < 0 ? err_prefix(err, rc, "node %s", n->id.text) : 0;
}

int sim_node_attach(struct sim_node *n, struct world *w, int64_t gpus, struct err *err)
{
    struct attach_node_command r = {
        .node = {.id = n->id, .tier = TIER_BPF, .agent_version = "sim", .boot_id = BOOT_ID}};
    for (uint32_t i = 0; i < gpus; i++) {
        struct device *d = record_list_add(&r.node.devices, sizeof *d);
        *d = (struct device){.index = i,
                             .major = DEVICE_MAJOR,
                             .minor = i,
                             .memory_mib = DEVICE_MEMORY,
                             .state = DEVICE_DELIVERED};
        snprintf(d->uuid, sizeof d->uuid, "GPU-%.32s-%u", n->id.text, i);
    }
    int rc = ask(n, w, COMMAND_ATTACH_NODE, &r, err);
    record_fini(&attach_node_command_type, &r);
    return rc;
}

/* ---- What shall be held ---------------------------------------------------------------------- */

struct comparison {
    struct sim_node *node;
    struct instant now;
    bool moved;
};

static struct sim_held *held(struct sim_node *n, const struct id *lease, uint64_t fence)
{
    LIST_EACH(struct sim_held, h, &n->held)
    {
        if (h->fence == fence && id_equal(&h->lease, lease))
            return h;
    }
    return NULL;
}

static void take_up(const struct enforcement *e, void *arg)
{
    struct comparison *c = arg;
    struct sim_held *h = held(c->node, &e->lease->id, e->lease->fence);
    if (!h) {
        h = record_list_add(&c->node->held, sizeof *h);
        *h = (struct sim_held){.lease = e->lease->id, .fence = e->lease->fence, .since = c->now};
        LIST_EACH(const struct placed_device, d, &e->placement->devices)
        {
            h->units += d->units.units;
        }
        c->moved = true;
    }
    h->wanted = true;
}

static void compare(struct comparison *c, const struct state *s)
{
    LIST_EACH(struct sim_held, h, &c->node->held)
    {
        h->wanted = false;
    }
    enforce_each(s, &c->node->id, c->now, take_up, c);
    LIST_EACH(const struct sim_held, h, &c->node->held)
    {
        c->moved |= !h->wanted;
    }
}

/* ---- Usage ----------------------------------------------------------------------------------- */

static enum usage_cause cause(const struct world *w, const struct sim_held *h)
{
    const struct lease *l = state_find(w->state, ENTITY_LEASE, &h->lease);
    if (h->wanted)
        return USAGE_RUNNING;
    return l && l->end_reason == END_RECALLED ? USAGE_RECALLED : USAGE_ENDED;
}

static void add_interval(struct sim_node *n, const struct world *w, struct sim_held *h,
                         struct list *intervals)
{
    if (h->since.s >= w->now.s)
        return;
    struct usage_interval *u = record_list_add(intervals, sizeof *u);
    *u = (struct usage_interval){.node = n->id,
                                 .boot_id = BOOT_ID,
                                 .seq = ++n->seq,
                                 .lease = h->lease,
                                 .units = {h->units},
                                 .from = h->since,
                                 .to = w->now,
                                 .cause = cause(w, h),
                                 .opens = 1};
    h->since = w->now;
}

/* all: of everything that is held; else of what is not wanted any more. */
static int report_usage(struct sim_node *n, struct world *w, bool all, struct err *err)
{
    struct report_usage_command r = {.node = n->id};
    LIST_EACH(struct sim_held, h, &n->held)
    {
        if (all || !h->wanted)
            add_interval(n, w, h, &r.intervals);
    }
    int rc = r.intervals.n > 0 ? ask(n, w, COMMAND_REPORT_USAGE, &r, err) : 0;
    record_fini(&report_usage_command_type, &r);
    return rc;
}

int sim_node_meter(struct sim_node *n, struct world *w, struct err *err)
{
    return report_usage(n, w, true, err);
}

/* ---- Reporting ------------------------------------------------------------------------------- */

static void forget_returned(struct sim_node *n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n->held.n; i++) {
        struct sim_held *h = LIST_AT(struct sim_held, &n->held, i);
        if (h->wanted)
            *LIST_AT(struct sim_held, &n->held, kept++) = *h;
    }
    n->held.n = kept;
}

static int report_held(struct sim_node *n, struct world *w, struct err *err)
{
    struct report_held_command r = {.node = n->id};
    LIST_EACH(const struct sim_held, h, &n->held)
    {
        struct held_lease *told = record_list_add(&r.held, sizeof *told);
        *told = (struct held_lease){.lease = h->lease,
                                    .fence = h->fence,
                                    .state = id_literal(h->wanted ? "active" : "returned")};
    }
    int rc = ask(n, w, COMMAND_REPORT_HELD, &r, err);
    record_fini(&report_held_command_type, &r);
    forget_returned(n);
    return rc;
}

int sim_node_settle(struct sim_node *n, struct world *w, bool *ret_moved, struct err *err)
{
    struct comparison c = {.node = n, .now = w->now};
    compare(&c, w->state);
    *ret_moved = c.moved;
    if (!c.moved)
        return 0;
    TRY(report_usage(n, w, false, err));
    return report_held(n, w, err);
}
