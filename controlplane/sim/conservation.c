/* Sums what the leases' placements say, node by node. */
#include "controlplane/sim/conservation.h"

#include "controlplane/domain/allocation.h"
#include "controlplane/domain/lease.h"
#include "controlplane/domain/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void conservation_fini(struct conservation *c)
{
    free(c->pools.items);
    free(c->violations.items);
    *c = (struct conservation){.n_checks = 0};
}

void conservation_violated(struct conservation *c, struct instant at, const char *fmt, ...)
{
    if (c->n_violations++ >= CONSERVATION_VIOLATIONS_KEPT)
        return;
    struct violation *v = record_list_add(&c->violations, sizeof *v);
    va_list ap;
    v->at = at;
    va_start(ap, fmt);
    vsnprintf(v->text, sizeof v->text, fmt, ap);
    va_end(ap);
}

/* ---- One node -------------------------------------------------------------------------------- */

struct look {
    struct conservation *conservation;
    const struct state *state;
    struct instant now;
    const struct node *node;
    int64_t granted_units; /* on the node */
    int64_t by_device[LIMIT_GPUS_PER_NODE];
};

static void add_device(struct look *l, const struct lease *lease, const struct placed_device *d)
{
    const struct device *device = node_device(l->node, d->uuid);
    l->granted_units += d->units.units;
    if (!device) {
        conservation_violated(l->conservation, l->now, "%s holds %s, which node %s does not have",
                              lease->id.text, d->uuid, l->node->id.text);
        return;
    }
    ptrdiff_t i = device - LIST_AT(const struct device, &l->node->devices, 0);
    l->by_device[i] += d->units.units;
    if (l->by_device[i] > SHARE_PER_GPU)
        conservation_violated(l->conservation, l->now, "device: %s is held more than whole, by %s",
                              d->uuid, lease->id.text);
}

/* A lease is on the node from its grants until it has given back. */
static bool visit_lease(const void *record, void *arg)
{
    struct look *l = arg;
    const struct lease *lease = record;
    if (lease->state < LEASE_PREPARING || lease->state > LEASE_RETURNING)
        return true;
    LIST_EACH(const struct placement, p, &lease->placements)
    {
        bool there = p->state == PLACEMENT_GRANTED || p->state == PLACEMENT_ACTIVE ||
                     p->state == PLACEMENT_TAINTED;
        if (!there || !id_equal(&p->node, &l->node->id))
            continue;
        LIST_EACH(const struct placed_device, d, &p->devices)
        {
            add_device(l, lease, d);
        }
    }
    return true;
}

/* ---- Pools ----------------------------------------------------------------------------------- */

static struct pool_use *use_of(struct conservation *c, const struct id *pool)
{
    LIST_EACH(struct pool_use, u, &c->pools)
    {
        if (id_equal(&u->pool, pool))
            return u;
    }
    struct pool_use *u = record_list_add(&c->pools, sizeof *u);
    *u = (struct pool_use){.pool = *pool, .most_at = INSTANT_NEVER};
    return u;
}

static bool visit_node(const void *record, void *arg)
{
    const struct look *all = arg;
    struct look l = *all;
    l.node = record;
    state_each_lease_on(l.state, &l.node->id, visit_lease, &l);
    struct pool_use *u = use_of(l.conservation, &l.node->pool);
    u->granted_units += l.granted_units;
    u->in_service_units += (int64_t)node_devices_in_service(l.node) * SHARE_PER_GPU;
    return true;
}

static bool visit_pool(const void *record, void *arg)
{
    const struct look *l = arg;
    struct pool_use *u = use_of(l->conservation, record); /* its first field is its id */
    u->granted_units = 0;
    u->in_service_units = 0;
    return true;
}

static void judge_pool(struct conservation *c, struct pool_use *u, struct instant now)
{
    char granted[SHARE_TEXT_CAP], there[SHARE_TEXT_CAP];
    if (u->granted_units > u->most_granted_units) {
        u->most_granted_units = u->granted_units;
        u->most_at = now;
    }
    if (u->granted_units > u->in_service_units)
        conservation_violated(c, now, "pool %s: leases hold %s GPUs, %s are in service",
                              u->pool.text, share_format((struct share){u->granted_units}, granted),
                              share_format((struct share){u->in_service_units}, there));
}

/* ---- Budgets --------------------------------------------------------------------------------- */

static bool visit_allocation(const void *record, void *arg)
{
    const struct look *l = arg;
    const struct allocation *a = record;
    int64_t both;
    bool sums = !__builtin_add_overflow(a->held_krw.krw, a->posted_krw.krw, &both);
    if (!sums || a->held_krw.krw < 0 || a->posted_krw.krw < 0 || both > a->budget_krw.krw)
        conservation_violated(l->conservation, l->now,
                              "budget: %s: %lld held and %lld posted of %lld won", a->id.text,
                              (long long)a->held_krw.krw, (long long)a->posted_krw.krw,
                              (long long)a->budget_krw.krw);
    return true;
}

void conservation_check(struct conservation *c, const struct state *s, struct instant now)
{
    struct look l = {.conservation = c, .state = s, .now = now};
    state_each(s, ENTITY_POOL, NULL, visit_pool, &l);
    state_each(s, ENTITY_NODE, NULL, visit_node, &l);
    LIST_EACH(struct pool_use, u, &c->pools)
    {
        judge_pool(c, u, now);
    }
    state_each(s, ENTITY_ALLOCATION, NULL, visit_allocation, &l);
    c->n_checks++;
}
