/*
 * The books of one device model: per pool what is in service and what its owner uses, per loan what
 * its leases use, all as step functions; and the lending tree through time. Pure.
 */
#include "controlplane/domain/capacity.h"

#include "controlplane/domain/quota_profile.h"
#include "controlplane/domain/steps.h"

#include <stdio.h>
#include <stdlib.h>

struct pool_book {
    const struct pool *pool;
    int64_t in_service; /* units */
    struct steps own;   /* leases of the owner */
};

struct loan_book {
    const struct loan *loan;
    struct steps used;
};

struct capacity {
    const struct turn *turn;
    const char *model;
    const struct table *ignore;
    struct list pools;   /* struct pool_book */
    struct list loans;   /* struct loan_book: those that leases may run on */
    struct table leases; /* borrowed: those that take capacity */
    struct quota_profile *tree;
};

/* ---- What a loan gives ---------------------------------------------------------------------- */

bool capacity_binds(const struct loan *loan)
{
    return loan->state >= LOAN_CONSENTED && loan->state <= LOAN_RECALLING;
}

static bool inside(const struct loan *loan, struct instant t)
{
    return window_contains((struct window){loan->from, loan->to}, t);
}

int64_t capacity_guaranteed(const struct loan *loan, struct instant t)
{
    if (!inside(loan, t))
        return 0;
    int64_t recalled = t.s >= loan->recall_at.s ? loan->recalled_units.units : 0;
    return loan->guaranteed_units.units - recalled;
}

static int64_t burst_at(const struct loan *loan, struct instant t)
{
    struct window rest = {loan->recall_at, instant_add(loan->recall_at, loan->cooldown_s)};
    return inside(loan, t) && !window_contains(rest, t) ? loan->burst_units.units : 0;
}

int64_t capacity_of_loan(const struct loan *loan, struct instant t)
{
    return capacity_guaranteed(loan, t) + burst_at(loan, t);
}

struct instant capacity_next_change(const struct loan *loan, struct instant t)
{
    const struct instant changes[] = {loan->from, loan->to, loan->recall_at,
                                      instant_add(loan->recall_at, loan->cooldown_s)};
    struct instant next = INSTANT_NEVER;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        if (changes[i].s > t.s)
            next = instant_min(next, changes[i]);
    }
    return next;
}

struct window capacity_window(const struct lease *l)
{
    return (struct window){l->from, l->state == LEASE_RETURNING ? l->void_at : l->ends_at};
}

/* ---- What a pool has promised ---------------------------------------------------------------- */

struct promise {
    const struct id *beside;
    struct steps lent;
};

static bool visit_promise(const void *record, void *arg)
{
    struct promise *p = arg;
    const struct loan *loan = record;
    if (!capacity_binds(loan) || (p->beside && id_equal(&loan->id, p->beside)))
        return true;
    struct instant t = loan->from;
    while (t.s < loan->to.s) {
        struct instant next = instant_min(capacity_next_change(loan, t), loan->to);
        steps_add(&p->lent, (struct window){t, next}, capacity_guaranteed(loan, t));
        t = next;
    }
    return true;
}

int64_t capacity_lent_peak(const struct turn *t, const struct id *pool, const struct id *beside,
                           struct window window, struct instant *ret_at)
{
    struct promise p = {.beside = beside};
    turn_each_linked(t, LINK_LOAN_POOL, ENTITY_LOAN, pool, visit_promise, &p);
    __int128 peak = 0;
    *ret_at = window.from;
    for (struct instant at = window.from; at.s < window.to.s; at = steps_next(&p.lent, at)) {
        __int128 lent = steps_at(&p.lent, at);
        if (lent > peak) {
            peak = lent;
            *ret_at = at;
        }
    }
    steps_fini(&p.lent);
    return peak > INT64_MAX ? INT64_MAX : (int64_t)peak;
}

/* ---- Gathering ------------------------------------------------------------------------------- */

static struct pool_book *pool_book(const struct capacity *c, const struct id *pool)
{
    LIST_EACH(struct pool_book, book, &c->pools)
    {
        if (id_equal(&book->pool->id, pool))
            return book;
    }
    return NULL;
}

static struct loan_book *loan_book(const struct capacity *c, const struct id *loan)
{
    LIST_EACH(struct loan_book, book, &c->loans)
    {
        if (id_equal(&book->loan->id, loan))
            return book;
    }
    return NULL;
}

static bool add_pool(const void *record, void *arg)
{
    struct capacity *c = arg;
    const struct pool *pool = record;
    if (strcmp(pool->model, c->model) == 0) {
        struct pool_book *book = record_list_add(&c->pools, sizeof *book);
        book->pool = pool;
    }
    return true;
}

static bool add_loan(const void *record, void *arg)
{
    struct capacity *c = arg;
    const struct loan *loan = record;
    bool counts = loan->state >= LOAN_APPROVED && loan->state <= LOAN_RECALLING;
    if (counts && pool_book(c, &loan->pool)) {
        struct loan_book *book = record_list_add(&c->loans, sizeof *book);
        book->loan = loan;
    }
    return true;
}

/* The pool that an owner's own lease stands on: that of its first node. */
static struct pool_book *own_book(const struct capacity *c, const struct lease *l)
{
    if (l->placements.n == 0)
        return NULL;
    const struct placement *first = LIST_AT(const struct placement, &l->placements, 0);
    const struct node *node = turn_find(c->turn, ENTITY_NODE, &first->node);
    return node ? pool_book(c, &node->pool) : NULL;
}

static bool add_lease(const void *record, void *arg)
{
    struct capacity *c = arg;
    const struct lease *l = record;
    bool ignored = c->ignore && table_find(c->ignore, &l->id);
    if (!lease_holds_capacity(l) || ignored || table_find(&c->leases, &l->id))
        return true;
    table_put(&c->leases, (void *)l);
    struct loan_book *loan = loan_book(c, &l->loan);
    struct pool_book *own = id_is_none(&l->loan) ? own_book(c, l) : NULL;
    if (loan)
        steps_add(&loan->used, capacity_window(l), lease_units(l).units);
    if (own)
        steps_add(&own->own, capacity_window(l), lease_units(l).units);
    return true;
}

static bool add_node(const void *record, void *arg)
{
    struct capacity *c = arg;
    const struct node *node = record;
    pool_book(c, &node->pool)->in_service +=
        share_gpus((int64_t)node_devices_in_service(node)).units;
    turn_each_linked(c->turn, LINK_LEASE_NODE, ENTITY_LEASE, &node->id, add_lease, c);
    return true;
}

/* ---- The tree -------------------------------------------------------------------------------- */

#define TREE_ROOT     "*"
#define TREE_NAME_CAP (ID_CAP + 8)

/* Organisations and projects may have the same name; neither holds a blank. */
static void organisation_node(const struct id *organisation, char name[TREE_NAME_CAP])
{
    snprintf(name, TREE_NAME_CAP, "lender %s", organisation->text);
}

static void project_node(const struct id *project, char name[TREE_NAME_CAP])
{
    snprintf(name, TREE_NAME_CAP, "to %s", project->text);
}

struct tree_name {
    char text[TREE_NAME_CAP];
};

static void add_name(struct list *names, const char *text)
{
    LIST_EACH(const struct tree_name, name, names)
    {
        if (strcmp(name->text, text) == 0)
            return;
    }
    struct tree_name *name = record_list_add(names, sizeof *name);
    memcpy(name->text, text, strlen(text) + 1);
}

static int create_tree(struct capacity *c, struct err *err)
{
    struct list names = {0};
    char text[TREE_NAME_CAP];
    add_name(&names, TREE_ROOT);
    LIST_EACH(const struct pool_book, book, &c->pools)
    {
        organisation_node(&book->pool->owner, text);
        add_name(&names, text);
    }
    LIST_EACH(const struct loan_book, book, &c->loans)
    {
        project_node(&book->loan->borrower, text);
        add_name(&names, text);
    }
    struct quota_node *nodes = calloc(names.n, sizeof *nodes);
    ENSURE(nodes != NULL);
    for (size_t i = 0; i < names.n; i++)
        nodes[i] = (struct quota_node){
            .name = LIST_AT(const struct tree_name, &names, i)->text,
            .parent = i > 0 ? TREE_ROOT : NULL,
            .borrow_limit = i > 0 ? 0 : QUOTA_NO_LIMIT,
            .lend_limit = i > 0 ? 0 : QUOTA_NO_LIMIT,
        };
    int rc = quota_profile_create(nodes, names.n, &c->tree, err);
    free(nodes);
    free(names.items);
    return rc;
}

static size_t tree_index(const struct capacity *c, const char *name)
{
    size_t index;
    ENSURE(quota_profile_find(c->tree, span_text(name), &index, NULL) == 0);
    return index;
}

/* The lender's numbers from t until `until`. */
static void set_lender(struct capacity *c, const struct id *lender, struct window segment)
{
    char name[TREE_NAME_CAP];
    int64_t in_service = 0, limit = 0, lent = 0;
    LIST_EACH(const struct pool_book, book, &c->pools)
    {
        if (!id_equal(&book->pool->owner, lender))
            continue;
        in_service += book->in_service;
        limit += book->pool->lend_limit_units.units;
    }
    LIST_EACH(const struct loan_book, book, &c->loans)
    {
        if (id_equal(&book->loan->lender, lender))
            lent += capacity_guaranteed(book->loan, segment.from);
    }
    organisation_node(lender, name);
    size_t at = tree_index(c, name);
    if (in_service > lent)
        quota_profile_add_nominal(c->tree, at, segment, in_service - lent);
    quota_profile_set_limits(c->tree, at, segment.from, 0, limit > lent ? limit - lent : 0);
}

static void set_borrower(struct capacity *c, const struct id *project, struct window segment)
{
    char name[TREE_NAME_CAP];
    int64_t guaranteed = 0, burst = 0;
    LIST_EACH(const struct loan_book, book, &c->loans)
    {
        if (!id_equal(&book->loan->borrower, project))
            continue;
        guaranteed += capacity_guaranteed(book->loan, segment.from);
        burst += burst_at(book->loan, segment.from);
    }
    project_node(project, name);
    size_t at = tree_index(c, name);
    quota_profile_add_nominal(c->tree, at, segment, guaranteed);
    quota_profile_set_limits(c->tree, at, segment.from, burst, 0);
}

static struct instant next_loan_change(const struct capacity *c, struct instant t)
{
    struct instant next = INSTANT_NEVER;
    LIST_EACH(const struct loan_book, book, &c->loans)
    {
        next = instant_min(next, capacity_next_change(book->loan, t));
    }
    return next;
}

/* True for the first book of its owner or borrower, so that each node is set once. */
static bool first_of_owner(const struct capacity *c, size_t i)
{
    const struct pool_book *books = c->pools.items;
    for (size_t k = 0; k < i; k++) {
        if (id_equal(&books[k].pool->owner, &books[i].pool->owner))
            return false;
    }
    return true;
}

static bool first_of_borrower(const struct capacity *c, size_t i)
{
    const struct loan_book *books = c->loans.items;
    for (size_t k = 0; k < i; k++) {
        if (id_equal(&books[k].loan->borrower, &books[i].loan->borrower))
            return false;
    }
    return true;
}

static void fill_segment(struct capacity *c, struct window segment)
{
    for (size_t i = 0; i < c->pools.n; i++) {
        if (first_of_owner(c, i))
            set_lender(c, &LIST_AT(struct pool_book, &c->pools, i)->pool->owner, segment);
    }
    for (size_t i = 0; i < c->loans.n; i++) {
        if (first_of_borrower(c, i))
            set_borrower(c, &LIST_AT(struct loan_book, &c->loans, i)->loan->borrower, segment);
    }
}

/* Where in the tree a lease takes: at its project on a loan, at its organisation on an own pool. */
static size_t lease_index(const struct capacity *c, const struct lease *l)
{
    char name[TREE_NAME_CAP];
    if (id_is_none(&l->loan))
        organisation_node(&l->organisation, name);
    else
        project_node(&l->project, name);
    return tree_index(c, name);
}

static void fill_usage(struct capacity *c)
{
    for (size_t i = 0; i < c->leases.n; i++) {
        const struct lease *l = c->leases.rows[i];
        bool known = id_is_none(&l->loan) ? own_book(c, l) != NULL : loan_book(c, &l->loan) != NULL;
        if (known)
            quota_profile_add_usage(c->tree, lease_index(c, l), capacity_window(l),
                                    lease_units(l).units);
    }
}

static int fill_tree(struct capacity *c, struct err *err)
{
    TRY(create_tree(c, err));
    struct instant t = {INSTANT_MIN_S};
    while (t.s != INSTANT_NEVER.s) {
        struct instant next = next_loan_change(c, t);
        fill_segment(c, (struct window){t, next});
        t = next;
    }
    fill_usage(c);
    return 0;
}

int capacity_create(const struct turn *t, const char *model, const struct table *ignore,
                    struct capacity **ret, struct err *err)
{
    CLEANUP_CAPACITY struct capacity *c = calloc(1, sizeof *c);
    ENSURE(c != NULL);
    c->turn = t;
    c->model = model;
    c->ignore = ignore;
    turn_each(t, ENTITY_POOL, add_pool, c);
    turn_each(t, ENTITY_LOAN, add_loan, c);
    LIST_EACH(const struct pool_book, book, &c->pools)
    {
        turn_each_linked(t, LINK_NODE_POOL, ENTITY_NODE, &book->pool->id, add_node, c);
    }
    c->ignore = NULL;
    TRY(fill_tree(c, err));
    *ret = c;
    c = NULL;
    return 0;
}

void capacity_destroy(struct capacity *c)
{
    if (!c)
        return;
    LIST_EACH(struct pool_book, pool, &c->pools)
    {
        steps_fini(&pool->own);
    }
    LIST_EACH(struct loan_book, loan, &c->loans)
    {
        steps_fini(&loan->used);
    }
    free(c->pools.items);
    free(c->loans.items);
    table_fini(&c->leases);
    quota_profile_destroy(c->tree);
    free(c);
}

/* ---- Judging --------------------------------------------------------------------------------- */

/* A lease being judged: where it would stand, when, and how much it takes. */
struct claim {
    struct capacity *capacity;
    const struct lease *lease;
    const struct pool_book *pool;
    const struct loan_book *loan; /* NULL on an own pool */
    struct window window;
    int64_t units;
};

/* Who takes the most at t among the leases on the same loan, or on the same pool. */
static const struct lease *largest_holder(const struct claim *claim, struct instant t)
{
    const struct lease *largest = NULL;
    const struct capacity *c = claim->capacity;
    for (size_t i = 0; i < c->leases.n; i++) {
        const struct lease *l = c->leases.rows[i];
        bool same =
            claim->loan ? id_equal(&l->loan, &claim->lease->loan) : own_book(c, l) == claim->pool;
        if (!same || !window_contains(capacity_window(l), t))
            continue;
        if (!largest || lease_units(l).units > lease_units(largest).units)
            largest = l;
    }
    return largest;
}

/* "at 2026-…: 8 of 16 GPUs are free; lease-4 holds the most, until 2026-…" */
static int refuse(const struct claim *claim, const char *rule, struct instant at, int64_t room,
                  struct err *err)
{
    char when[INSTANT_TEXT_CAP], until[INSTANT_TEXT_CAP];
    char wanted[SHARE_TEXT_CAP], left[SHARE_TEXT_CAP];
    const struct lease *holder = largest_holder(claim, at);
    share_format((struct share){claim->units}, wanted);
    share_format((struct share){room > 0 ? room : 0}, left);
    if (!holder)
        return err_set(err, ERR_NO_CAPACITY, "%s leaves %s %s at %s, %s are asked for", rule, left,
                       claim->capacity->model, instant_format(at, when), wanted);
    return err_set(err, ERR_NO_CAPACITY,
                   "%s leaves %s %s at %s, %s are asked for; %s holds the most, until %s", rule,
                   left, claim->capacity->model, instant_format(at, when), wanted, holder->id.text,
                   instant_format(capacity_window(holder).to, until));
}

static int check_loan(const struct claim *claim, struct err *err)
{
    const struct loan *loan = claim->loan->loan;
    struct instant t = claim->window.from;
    while (t.s < claim->window.to.s) {
        __int128 room = capacity_of_loan(loan, t) - steps_at(&claim->loan->used, t);
        if (room < claim->units) {
            char rule[ID_CAP + 16];
            snprintf(rule, sizeof rule, "loan %s", loan->id.text);
            return refuse(claim, rule, t, (int64_t)room, err);
        }
        t = instant_min(capacity_next_change(loan, t), steps_next(&claim->loan->used, t));
    }
    return 0;
}

/* What the pool's loans take of it at t with the claim: the greater of guarantee and use. */
static __int128 given_away(const struct claim *claim, struct instant t)
{
    __int128 given = 0;
    LIST_EACH(const struct loan_book, book, &claim->capacity->loans)
    {
        if (!id_equal(&book->loan->pool, &claim->pool->pool->id))
            continue;
        __int128 used = steps_at(&book->used, t) + (book == claim->loan ? claim->units : 0);
        int64_t guaranteed = capacity_guaranteed(book->loan, t);
        given += used > guaranteed ? used : guaranteed;
    }
    return given;
}

static int check_pool_at(const struct claim *claim, struct instant t, struct err *err)
{
    const struct pool *pool = claim->pool->pool;
    bool guaranteed = claim->loan && steps_at(&claim->loan->used, t) + claim->units <=
                                         capacity_guaranteed(claim->loan->loan, t);
    if (guaranteed)
        return 0; /* the borrower's by contract, whatever else the pool has promised */
    char rule[ID_CAP + 64];
    __int128 given = given_away(claim, t);
    __int128 own = steps_at(&claim->pool->own, t) + (claim->loan ? 0 : claim->units);
    if (claim->loan && given > pool->lend_limit_units.units) {
        snprintf(rule, sizeof rule, "the lend limit of pool %s", pool->id.text);
        __int128 room = pool->lend_limit_units.units - given + claim->units;
        return refuse(claim, rule, t, (int64_t)room, err);
    }
    if (given + own > claim->pool->in_service) {
        snprintf(rule, sizeof rule, "pool %s, with what it guarantees,", pool->id.text);
        __int128 room = claim->pool->in_service - given - own + claim->units;
        return refuse(claim, rule, t, (int64_t)room, err);
    }
    return 0;
}

static struct instant next_pool_change(const struct claim *claim, struct instant t)
{
    struct instant next = steps_next(&claim->pool->own, t);
    LIST_EACH(const struct loan_book, book, &claim->capacity->loans)
    {
        if (!id_equal(&book->loan->pool, &claim->pool->pool->id))
            continue;
        next = instant_min(next, capacity_next_change(book->loan, t));
        next = instant_min(next, steps_next(&book->used, t));
    }
    return next;
}

static int check_pool(const struct claim *claim, struct err *err)
{
    for (struct instant t = claim->window.from; t.s < claim->window.to.s;
         t = next_pool_change(claim, t))
        TRY(check_pool_at(claim, t, err));
    return 0;
}

static int check_tree(const struct claim *claim, struct err *err)
{
    struct capacity *c = claim->capacity;
    size_t node = lease_index(c, claim->lease);
    struct instant at;
    if (quota_fits(c->tree, node, claim->window, claim->units, &at))
        return 0;
    char rule[ID_CAP + 64];
    int64_t room = quota_available(quota_profile_at(c->tree, at), node);
    snprintf(rule, sizeof rule, "the lending tree, for %s,",
             claim->loan ? claim->lease->project.text : claim->lease->organisation.text);
    return refuse(claim, rule, at, room, err);
}

int capacity_check(struct capacity *c, const struct lease *l, const struct id *pool,
                   int64_t cleaning_s, struct err *err)
{
    struct claim claim = {
        .capacity = c,
        .lease = l,
        .pool = pool_book(c, pool),
        .loan = id_is_none(&l->loan) ? NULL : loan_book(c, &l->loan),
        .window = {instant_add(l->from, -cleaning_s), instant_add(l->ends_at, cleaning_s)},
        .units = lease_units(l).units,
    };
    ENSURE(claim.pool != NULL && (id_is_none(&l->loan) || claim.loan != NULL));
    if (claim.loan) {
        struct window own = {claim.loan->loan->from, claim.loan->loan->to};
        claim.window = window_intersect(claim.window, own);
        TRY(check_loan(&claim, err));
    }
    TRY(check_pool(&claim, err));
    return check_tree(&claim, err);
}
