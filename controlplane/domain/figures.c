/* Sums over nodes, loans and leases of one pool. */
#include "controlplane/domain/figures.h"

#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/node.h"

struct summing {
    const struct state *state;
    const struct pool *pool;
    struct instant now;
    struct pool_figures sums;
};

static void count_device(struct pool_figures *sums, const struct device *d)
{
    if (d->state == DEVICE_CONTRACTED || d->state == DEVICE_RETIRED)
        return;
    sums->delivered.units += SHARE_PER_GPU;
    if (d->state == DEVICE_DELIVERED)
        return;
    sums->accepted.units += SHARE_PER_GPU;
    if (d->state == DEVICE_IN_SERVICE)
        sums->in_service.units += SHARE_PER_GPU;
}

static bool add_lease(const void *record, void *arg)
{
    const struct lease *l = record;
    struct summing *s = arg;
    bool held = l->state >= LEASE_PREPARING && l->state <= LEASE_RETURNING;
    const struct loan *loan =
        id_is_none(&l->loan) ? NULL : state_find(s->state, ENTITY_LOAN, &l->loan);
    if (!held || (loan && !id_equal(&loan->pool, &s->pool->id)))
        return true;
    LIST_EACH(const struct placement, p, &l->placements)
    {
        const struct node *node = state_find(s->state, ENTITY_NODE, &p->node);
        if (!node || !id_equal(&node->pool, &s->pool->id))
            continue;
        LIST_EACH(const struct placed_device, d, &p->devices)
        {
            s->sums.leased.units += d->units.units;
        }
    }
    return true;
}

static bool add_node(const void *record, void *arg)
{
    const struct node *n = record;
    struct summing *s = arg;
    if (!id_equal(&n->pool, &s->pool->id))
        return true;
    LIST_EACH(const struct device, d, &n->devices)
    {
        count_device(&s->sums, d);
    }
    return true;
}

static bool add_loan(const void *record, void *arg)
{
    const struct loan *l = record;
    struct summing *s = arg;
    if (id_equal(&l->pool, &s->pool->id) && loan_in_force(l, s->now))
        s->sums.lent.units += l->guaranteed_units.units;
    return true;
}

struct pool_figures figures_of_pool(const struct state *s, const struct pool *pool,
                                    struct instant now)
{
    struct summing summing = {.state = s, .pool = pool, .now = now};
    summing.sums.contracted = pool->contracted_units;
    state_each(s, ENTITY_NODE, NULL, add_node, &summing);
    state_each(s, ENTITY_LOAN, NULL, add_loan, &summing);
    state_each(s, ENTITY_LEASE, NULL, add_lease, &summing);
    return summing.sums;
}
