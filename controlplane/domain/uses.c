/*
 * Tables of step functions by loan, allocation and pool, and by project an array of accounts in
 * order of organisation, model and loan. A sum that is 0 everywhere is dropped, so that memory
 * follows what is there. Pure.
 */
#include "controlplane/domain/uses.h"

#include "controlplane/domain/table.h"

#include <stdlib.h>

/* First the id, as tables want it. */
struct sum {
    struct id id;
    struct steps steps;
};

struct pool_sum {
    struct id id;
    int64_t in_service;
};

struct project_uses {
    struct id id;
    struct account_use *accounts;
    size_t n, cap;
};

struct uses {
    struct table loans;       /* struct sum */
    struct table allocations; /* struct sum */
    struct table pools;       /* struct sum: owners' own leases */
    struct table in_service;  /* struct pool_sum */
    struct table projects;    /* struct project_uses */
};

static void *zeroed(size_t size)
{
    void *p = calloc(1, size);
    ENSURE(p != NULL);
    return p;
}

struct uses *uses_create(void)
{
    return zeroed(sizeof(struct uses));
}

static void sums_fini(struct table *sums)
{
    struct sorted_place p = SORTED_BEGIN;
    for (struct sum *s; (s = table_next(sums, &p));) {
        steps_fini(&s->steps);
        free(s);
    }
    table_fini(sums);
}

static void account_fini(struct account_use *a)
{
    steps_fini(&a->planned);
    steps_fini(&a->metered);
}

static void project_destroy(struct project_uses *p)
{
    for (size_t i = 0; i < p->n; i++)
        account_fini(&p->accounts[i]);
    free(p->accounts);
    free(p);
}

void uses_destroy(struct uses *u)
{
    if (!u)
        return;
    sums_fini(&u->loans);
    sums_fini(&u->allocations);
    sums_fini(&u->pools);
    struct sorted_place at = SORTED_BEGIN;
    for (struct pool_sum *s; (s = table_next(&u->in_service, &at));)
        free(s);
    table_fini(&u->in_service);
    at = SORTED_BEGIN;
    for (struct project_uses *p; (p = table_next(&u->projects, &at));)
        project_destroy(p);
    table_fini(&u->projects);
    free(u);
}

/* ---- Sums by one id -------------------------------------------------------------------------- */

static void sum_add(struct table *sums, const struct id *id, struct window window, int64_t units)
{
    if (id_is_none(id) || window_empty(window) || units == 0)
        return;
    struct sum *s = table_find(sums, id);
    if (!s) {
        s = zeroed(sizeof *s);
        s->id = *id;
        table_put(sums, s);
    }
    steps_add(&s->steps, window, units);
    if (s->steps.n > 0)
        return;
    table_remove(sums, id);
    steps_fini(&s->steps);
    free(s);
}

static const struct steps *sum_of(const struct table *sums, const struct id *id)
{
    static const struct steps nothing = {0};
    const struct sum *s = table_find(sums, id);
    return s ? &s->steps : &nothing;
}

const struct steps *uses_of_loan(const struct uses *u, const struct id *loan)
{
    return sum_of(&u->loans, loan);
}

const struct steps *uses_of_allocation(const struct uses *u, const struct id *allocation)
{
    return sum_of(&u->allocations, allocation);
}

const struct steps *uses_of_pool(const struct uses *u, const struct id *pool)
{
    return sum_of(&u->pools, pool);
}

/* ---- Accounts -------------------------------------------------------------------------------- */

struct account_key {
    const struct id *organisation;
    const char *model;
    const struct id *loan;
};

static int account_compare(const struct account_use *a, const struct account_key *key)
{
    int order = id_compare(&a->organisation, key->organisation);
    if (order == 0)
        order = strcmp(a->model, key->model);
    return order ? order : id_compare(&a->loan, key->loan);
}

/* The place of the account, or where it belongs. Few to a project: a walk. */
static size_t account_place(const struct project_uses *p, const struct account_key *key,
                            bool *ret_found)
{
    size_t at = 0;
    int order = -1;
    while (at < p->n && (order = account_compare(&p->accounts[at], key)) < 0)
        at++;
    *ret_found = at < p->n && order == 0;
    return at;
}

static struct project_uses *project_named(struct uses *u, const struct id *id)
{
    struct project_uses *p = table_find(&u->projects, id);
    if (p)
        return p;
    p = zeroed(sizeof *p);
    p->id = *id;
    table_put(&u->projects, p);
    return p;
}

static void account_insert(struct project_uses *p, size_t at, const struct account_key *key)
{
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 4;
        p->accounts = reallocarray(p->accounts, p->cap, sizeof *p->accounts);
        ENSURE(p->accounts != NULL);
    }
    memmove(&p->accounts[at + 1], &p->accounts[at], (p->n - at) * sizeof *p->accounts);
    p->accounts[at] = (struct account_use){.organisation = *key->organisation, .loan = *key->loan};
    memcpy(p->accounts[at].model, key->model, strlen(key->model));
    p->n++;
}

static void account_settle(struct uses *u, struct project_uses *p, size_t at)
{
    struct account_use *a = &p->accounts[at];
    if (a->planned.n > 0 || a->metered.n > 0)
        return;
    account_fini(a);
    memmove(a, a + 1, (p->n - at - 1) * sizeof *a);
    p->n--;
    if (p->n > 0)
        return;
    table_remove(&u->projects, &p->id);
    project_destroy(p);
}

struct amount {
    struct window window;
    int64_t units;
    bool planned;
    bool metered;
};

static void account_add(struct uses *u, const struct lease *l, const char *model,
                        const struct amount *amount)
{
    if (window_empty(amount->window) || amount->units == 0)
        return;
    struct project_uses *p = project_named(u, &l->project);
    struct account_key key = {&l->organisation, model, &l->loan};
    bool found;
    size_t at = account_place(p, &key, &found);
    if (!found)
        account_insert(p, at, &key);
    if (amount->planned)
        steps_add(&p->accounts[at].planned, amount->window, amount->units);
    if (amount->metered)
        steps_add(&p->accounts[at].metered, amount->window, amount->units);
    account_settle(u, p, at);
}

const struct account_use *uses_of_project(const struct uses *u, const struct id *project,
                                          size_t *ret_n)
{
    const struct project_uses *p = table_find(&u->projects, project);
    *ret_n = p ? p->n : 0;
    return p ? p->accounts : NULL;
}

/* ---- What comes and goes --------------------------------------------------------------------- */

void uses_add_lease(struct uses *u, const struct lease *l, int sign)
{
    if (!lease_holds_capacity(l))
        return;
    int64_t units = sign * lease_units(l).units;
    sum_add(&u->loans, &l->loan, lease_window(l), units);
    sum_add(&u->allocations, &l->allocation, lease_window(l), units);
    account_add(u, l, l->model,
                &(struct amount){.window = {l->from, l->ends_at}, .units = units, .planned = true});
}

void uses_add_own(struct uses *u, const struct id *pool, const struct lease *l, int sign)
{
    if (lease_holds_capacity(l))
        sum_add(&u->pools, pool, lease_window(l), sign * lease_units(l).units);
}

void uses_add_interval(struct uses *u, const struct lease *l, const struct usage_interval *i,
                       int sign)
{
    account_add(u, l, i->model,
                &(struct amount){.window = {i->from, i->to},
                                 .units = sign * i->units.units,
                                 .planned = !lease_holds_capacity(l),
                                 .metered = true});
}

void uses_add_node(struct uses *u, const struct node *n, int sign)
{
    int64_t units = share_gpus((int64_t)node_devices_in_service(n)).units;
    if (id_is_none(&n->pool) || units == 0)
        return;
    struct pool_sum *s = table_find(&u->in_service, &n->pool);
    if (!s) {
        s = zeroed(sizeof *s);
        s->id = n->pool;
        table_put(&u->in_service, s);
    }
    s->in_service += sign * units;
    if (s->in_service != 0)
        return;
    table_remove(&u->in_service, &n->pool);
    free(s);
}

int64_t uses_in_service(const struct uses *u, const struct id *pool)
{
    const struct pool_sum *s = table_find(&u->in_service, pool);
    return s ? s->in_service : 0;
}

static bool same_account(const struct lease *a, const struct lease *b)
{
    return id_equal(&a->project, &b->project) && id_equal(&a->organisation, &b->organisation) &&
           id_equal(&a->loan, &b->loan) && strcmp(a->model, b->model) == 0;
}

static bool same_window(struct window a, struct window b)
{
    return a.from.s == b.from.s && a.to.s == b.to.s;
}

/* An own lease counts in the pool of its first node. */
static bool same_first_node(const struct lease *a, const struct lease *b)
{
    if (a->placements.n == 0 || b->placements.n == 0)
        return a->placements.n == b->placements.n;
    return id_equal(&LIST_AT(struct placement, &a->placements, 0)->node,
                    &LIST_AT(struct placement, &b->placements, 0)->node);
}

bool uses_alike(const struct lease *a, const struct lease *b)
{
    return lease_holds_capacity(a) == lease_holds_capacity(b) && same_account(a, b) &&
           id_equal(&a->allocation, &b->allocation) &&
           lease_units(a).units == lease_units(b).units &&
           same_window(lease_window(a), lease_window(b)) && a->ends_at.s == b->ends_at.s &&
           (!id_is_none(&a->loan) || same_first_node(a, b));
}

bool uses_meter_alike(const struct lease *a, const struct lease *b)
{
    return lease_holds_capacity(a) == lease_holds_capacity(b) && same_account(a, b);
}
