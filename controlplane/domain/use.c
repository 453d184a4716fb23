/*
 * The state's sums with one decision's corrections: the state's value of each lease that was
 * changed or is ignored is taken out, the decision's own put in. A sum that needs no correction is
 * borrowed. Pure.
 */
#include "controlplane/domain/use.h"

#include "controlplane/domain/uses.h"

#include <stdlib.h>

void use_fini(struct use *u)
{
    steps_fini(&u->own);
    u->steps = NULL;
}

/* ---- Leases that differ from the state ------------------------------------------------------- */

/* old: as the state has it, NULL if the decision made it; now: as it counts here, NULL if it does
 * not. */
typedef void (*differing_fn)(const struct lease *old, const struct lease *now, void *arg);

static void each_differing(const struct turn *t, const struct table *ignore, differing_fn visit,
                           void *arg)
{
    for (size_t i = 0; i < t->out->n; i++) {
        const struct change *item = &t->out->items[i];
        if (item->kind != ENTITY_LEASE || (ignore && table_find(ignore, &item->id)))
            continue;
        visit(state_find(t->state, ENTITY_LEASE, &item->id), item->record, arg);
    }
    struct sorted_place p = SORTED_BEGIN;
    for (const struct id *id; ignore && (id = table_next(ignore, &p));) {
        const struct lease *old = state_find(t->state, ENTITY_LEASE, id);
        if (old)
            visit(old, NULL, arg);
    }
}

/* ---- Sums by one id -------------------------------------------------------------------------- */

struct correction {
    const struct turn *turn;
    struct use *use;
    /* Whether the lease counts in the sum of that id. */
    bool (*counts)(const struct turn *t, const struct lease *l, const struct id *id);
    const struct id *id;
};

static void correct_by(const struct correction *c, const struct lease *l, int sign)
{
    if (!l || !lease_holds_capacity(l) || !c->counts(c->turn, l, c->id))
        return;
    struct use *u = c->use;
    if (u->steps != &u->own) {
        u->own = steps_copy(u->steps);
        u->steps = &u->own;
    }
    steps_add(&u->own, lease_window(l), sign * lease_units(l).units);
}

static void correct(const struct lease *old, const struct lease *now, void *arg)
{
    correct_by(arg, old, -1);
    correct_by(arg, now, 1);
}

static bool on_loan(const struct turn *t, const struct lease *l, const struct id *loan)
{
    (void)t;
    return id_equal(&l->loan, loan);
}

static bool in_allocation(const struct turn *t, const struct lease *l, const struct id *allocation)
{
    (void)t;
    return id_equal(&l->allocation, allocation);
}

/* An own lease counts in the pool of its first node. */
static bool on_pool(const struct turn *t, const struct lease *l, const struct id *pool)
{
    if (!id_is_none(&l->loan) || l->placements.n == 0)
        return false;
    const struct placement *first = LIST_AT(const struct placement, &l->placements, 0);
    const struct node *node = state_find(t->state, ENTITY_NODE, &first->node);
    return node && id_equal(&node->pool, pool);
}

void use_of_loan(const struct turn *t, const struct id *loan, const struct table *ignore,
                 struct use *ret)
{
    *ret = (struct use){.steps = uses_of_loan(state_uses(t->state), loan)};
    each_differing(t, ignore, correct, &(struct correction){t, ret, on_loan, loan});
}

void use_of_pool(const struct turn *t, const struct id *pool, const struct table *ignore,
                 struct use *ret)
{
    *ret = (struct use){.steps = uses_of_pool(state_uses(t->state), pool)};
    each_differing(t, ignore, correct, &(struct correction){t, ret, on_pool, pool});
}

void use_of_allocation(const struct turn *t, const struct id *allocation, struct use *ret)
{
    *ret = (struct use){.steps = uses_of_allocation(state_uses(t->state), allocation)};
    each_differing(t, NULL, correct, &(struct correction){t, ret, in_allocation, allocation});
}

static int64_t units_of(const struct node *n, const struct id *pool)
{
    return n && id_equal(&n->pool, pool) ? share_gpus((int64_t)node_devices_in_service(n)).units
                                         : 0;
}

int64_t use_in_service(const struct turn *t, const struct id *pool)
{
    int64_t units = uses_in_service(state_uses(t->state), pool);
    for (size_t i = 0; i < t->out->n; i++) {
        const struct change *item = &t->out->items[i];
        const struct node *old =
            item->kind == ENTITY_NODE ? state_find(t->state, ENTITY_NODE, &item->id) : NULL;
        if (old)
            units += units_of(item->record, pool) - units_of(old, pool);
    }
    return units;
}

/* ---- Accounts -------------------------------------------------------------------------------- */

void use_account_fini(struct use_account *a)
{
    LIST_EACH(struct use_line, line, &a->lines)
    {
        steps_fini(&line->units);
    }
    free(a->lines.items);
    a->lines = (struct list){0};
}

static struct use_line *line_of(struct use_account *a, const char *model, const struct id *loan)
{
    LIST_EACH(struct use_line, line, &a->lines)
    {
        if (strcmp(line->model, model) == 0 && id_equal(&line->loan, loan))
            return line;
    }
    struct use_line *line = record_list_add(&a->lines, sizeof *line);
    ENSURE(strlen(model) < sizeof line->model);
    memcpy(line->model, model, strlen(model) + 1);
    line->loan = *loan;
    return line;
}

void use_account_add(struct use_account *a, const char *model, const struct id *loan,
                     struct window window, int64_t units)
{
    struct window inside = window_intersect(window, a->window);
    if (!window_empty(inside))
        steps_add(&line_of(a, model, loan)->units, inside, units);
}

static bool belongs(const struct use_account *a, const struct lease *l)
{
    return id_equal(&l->project, &a->project) && id_equal(&l->organisation, &a->organisation);
}

struct intervals {
    struct use_account *account;
    const struct lease *lease;
    int sign;
};

static bool add_interval(const void *record, void *arg)
{
    const struct intervals *v = arg;
    const struct usage_interval *i = record;
    use_account_add(v->account, i->model, &v->lease->loan, (struct window){i->from, i->to},
                    v->sign * i->units.units);
    return true;
}

struct account_correction {
    const struct turn *turn;
    struct use_account *account;
};

static void add_intervals(const struct account_correction *c, const struct lease *l, int sign)
{
    struct intervals v = {.account = c->account, .lease = l, .sign = sign};
    if (belongs(c->account, l))
        state_each_linked(c->turn->state, LINK_USAGE_LEASE, &l->id, add_interval, &v);
}

static void add_planned(const struct account_correction *c, const struct lease *l, int sign)
{
    if (!lease_holds_capacity(l))
        add_intervals(c, l, sign);
    else if (belongs(c->account, l))
        use_account_add(c->account, l->model, &l->loan, (struct window){l->from, l->ends_at},
                        sign * lease_units(l).units);
}

static void correct_planned(const struct lease *old, const struct lease *now, void *arg)
{
    if (old)
        add_planned(arg, old, -1);
    if (now)
        add_planned(arg, now, 1);
}

static void correct_metered(const struct lease *old, const struct lease *now, void *arg)
{
    if (!old || (now && uses_meter_alike(old, now)))
        return; /* one that the decision made has no intervals */
    add_intervals(arg, old, -1);
    if (now)
        add_intervals(arg, now, 1);
}

/* The state's lines of the organisation, cut to the window. */
static void copy_lines(const struct turn *t, bool metered, struct use_account *a)
{
    size_t n;
    const struct account_use *all = uses_of_project(state_uses(t->state), &a->project, &n);
    for (size_t i = 0; i < n; i++) {
        if (!id_equal(&all[i].organisation, &a->organisation))
            continue;
        struct steps units = steps_cut(metered ? &all[i].metered : &all[i].planned, a->window);
        if (units.n > 0)
            line_of(a, all[i].model, &all[i].loan)->units = units;
    }
}

void use_planned(const struct turn *t, const struct id *skip, struct use_account *a)
{
    struct account_correction c = {.turn = t, .account = a};
    struct table skipped = {0};
    if (!id_is_none(skip))
        table_put(&skipped, (void *)skip);
    copy_lines(t, false, a);
    each_differing(t, &skipped, correct_planned, &c);
    table_fini(&skipped);
}

void use_metered(const struct turn *t, const struct id *skip, struct use_account *a)
{
    struct account_correction c = {.turn = t, .account = a};
    const struct usage_interval *known = state_find(t->state, ENTITY_USAGE_INTERVAL, skip);
    const struct lease *l = known ? turn_find(t, ENTITY_LEASE, &known->lease) : NULL;
    copy_lines(t, true, a);
    each_differing(t, NULL, correct_metered, &c);
    if (l && belongs(a, l))
        add_interval(known, &(struct intervals){.account = a, .lease = l, .sign = -1});
}
