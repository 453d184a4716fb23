/* What a pool's loans take through time, held against a limit. Pure. */
#include "controlplane/domain/pool_limit.h"

#include "controlplane/domain/capacity.h"
#include "controlplane/domain/use.h"
#include "lib/base/buf.h"

struct taking {
    const struct turn *turn;
    struct steps units; /* of all loans of the pool */
};

static int64_t taken_of(const struct loan *l, const struct use *used, struct instant at)
{
    __int128 booked = steps_at(used->steps, at);
    int64_t guaranteed = capacity_guaranteed(l, at);
    return booked > guaranteed ? (int64_t)booked : guaranteed;
}

static bool add_loan(const void *record, void *arg)
{
    struct taking *g = arg;
    const struct loan *l = record;
    if (!capacity_binds(l))
        return true;
    struct use used;
    use_of_loan(g->turn, &l->id, NULL, &used);
    for (struct instant at = l->from; at.s < l->to.s;) {
        struct instant next = instant_min(capacity_next_change(l, at), steps_next(used.steps, at));
        next = instant_min(next, l->to);
        steps_add(&g->units, (struct window){at, next}, taken_of(l, &used, at));
        at = next;
    }
    use_fini(&used);
    return true;
}

struct naming {
    const struct turn *turn;
    struct instant at;
    struct buf names;
    size_t n;
};

static bool name_lease(const void *record, void *arg)
{
    struct naming *g = arg;
    const struct lease *l = record;
    if (lease_holds_capacity(l) && window_contains(lease_window(l), g->at) &&
        g->n++ < POOL_LIMIT_LEASES_MAX)
        buf_printf(&g->names, "%s%s", g->names.len > 0 ? ", " : "", l->id.text);
    return true;
}

/* The leases of a loan on which more is booked than it guarantees. */
static bool name_leases(const void *record, void *arg)
{
    struct naming *g = arg;
    const struct loan *l = record;
    struct use used;
    if (!capacity_binds(l))
        return true;
    use_of_loan(g->turn, &l->id, NULL, &used);
    bool beyond = steps_at(used.steps, g->at) > capacity_guaranteed(l, g->at);
    use_fini(&used);
    if (beyond)
        turn_each_linked(g->turn, LINK_LEASE_LOAN, ENTITY_LEASE, &l->id, name_lease, g);
    return true;
}

static int refuse(const struct turn *t, const struct pool *pool, struct instant at, int64_t taken,
                  struct err *err)
{
    char when[INSTANT_TEXT_CAP], lent[SHARE_TEXT_CAP];
    struct naming g = {.turn = t, .at = at};
    buf_init(&g.names, ERR_TEXT_MAX);
    turn_each_linked(t, LINK_LOAN_POOL, ENTITY_LOAN, &pool->id, name_leases, &g);
    int rc = err_set(
        err, ERR_STATE, "pool %s: lend_limit_units: %s are lent at %s: recall them first%s%.*s%s",
        pool->id.text, share_format((struct share){taken}, lent), instant_format(at, when),
        g.n > 0 ? "; beyond what is guaranteed stand " : "", (int)g.names.len,
        g.names.len > 0 ? g.names.data : "", g.n > POOL_LIMIT_LEASES_MAX ? " and more" : "");
    buf_fini(&g.names);
    return rc;
}

int pool_limit_check(const struct turn *t, const struct pool *pool, struct err *err)
{
    struct taking g = {.turn = t};
    struct window ahead = {turn_now(t), INSTANT_NEVER};
    turn_each_linked(t, LINK_LOAN_POOL, ENTITY_LOAN, &pool->id, add_loan, &g);
    struct instant at = steps_first_above(&g.units, ahead, pool->lend_limit_units.units);
    int64_t taken = at.s == INSTANT_NEVER.s ? 0 : (int64_t)steps_at(&g.units, at);
    steps_fini(&g.units);
    return at.s == INSTANT_NEVER.s ? 0 : refuse(t, pool, at, taken, err);
}
