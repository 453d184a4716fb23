/*
 * The books of one device model: per pool what is in service and what its owner uses, per loan what
 * its leases use, all as step functions that the state keeps (use.h); and the lending tree through
 * time, in which these are the usage. Pure.
 */
#include "controlplane/domain/capacity.h"

#include "controlplane/domain/quota_profile.h"
#include "controlplane/domain/stage.h"
#include "controlplane/domain/use.h"

#include <stdio.h>
#include <stdlib.h>

struct pool_book {
    const struct pool *pool;
    int64_t in_service; /* units */
    size_t lender;      /* its owner, an index of parties */
    struct use own;     /* by leases of the owner */
};

struct loan_book {
    const struct loan *loan;
    const struct pool_book *pool;
    size_t borrower; /* an index of parties */
    struct use used;
};

struct capacity {
    const struct turn *turn;
    const char *model;
    const struct table *ignore;
    struct list pools;   /* struct pool_book */
    struct list loans;   /* struct loan_book: those that leases may run on */
    struct list parties; /* struct party: the tree's nodes below the root */
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

/* ---- What a pool has promised ---------------------------------------------------------------- */

struct promise {
    const struct loan *beside;
    const struct stage_decision *ends; /* NULL, or what beside follows */
    struct steps lent;
};

/* The loan's end, as far as beside is concerned. */
static struct instant end_of(const struct promise *p, const struct loan *loan)
{
    bool ends = p->ends && id_equal(&p->ends->project, &loan->borrower);
    return ends ? instant_min(loan->to, p->ends->effective_at) : loan->to;
}

static bool visit_promise(const void *record, void *arg)
{
    struct promise *p = arg;
    const struct loan *loan = record;
    if (!capacity_binds(loan) || (p->beside && id_equal(&loan->id, &p->beside->id)))
        return true;
    struct instant t = loan->from, end = end_of(p, loan);
    while (t.s < end.s) {
        struct instant next = instant_min(capacity_next_change(loan, t), end);
        steps_add(&p->lent, (struct window){t, next}, capacity_guaranteed(loan, t));
        t = next;
    }
    return true;
}

int64_t capacity_lent_peak(const struct turn *t, const struct id *pool, const struct loan *beside,
                           struct window window, struct instant *ret_at)
{
    struct promise p = {.beside = beside};
    if (beside)
        p.ends = turn_find(t, ENTITY_STAGE_DECISION, &beside->follows);
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

/* The books stand in the order of their ids, as the state hands them out. */
static int by_pool(const void *id, const void *book)
{
    return id_compare(id, &((const struct pool_book *)book)->pool->id);
}

static int by_loan(const void *id, const void *book)
{
    return id_compare(id, &((const struct loan_book *)book)->loan->id);
}

static struct pool_book *pool_book(const struct capacity *c, const struct id *pool)
{
    return c->pools.n > 0
               ? bsearch(pool, c->pools.items, c->pools.n, sizeof(struct pool_book), by_pool)
               : NULL;
}

static struct loan_book *loan_book(const struct capacity *c, const struct id *loan)
{
    return c->loans.n > 0
               ? bsearch(loan, c->loans.items, c->loans.n, sizeof(struct loan_book), by_loan)
               : NULL;
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
    const struct pool_book *pool = counts ? pool_book(c, &loan->pool) : NULL;
    if (pool) {
        struct loan_book *book = record_list_add(&c->loans, sizeof *book);
        book->loan = loan;
        book->pool = pool;
    }
    return true;
}

/* The uses are found when the lists are complete: they must not be moved. */
static void fill_books(struct capacity *c)
{
    LIST_EACH(struct pool_book, book, &c->pools)
    {
        book->in_service = use_in_service(c->turn, &book->pool->id);
        use_of_pool(c->turn, &book->pool->id, c->ignore, &book->own);
    }
    LIST_EACH(struct loan_book, book, &c->loans)
    {
        use_of_loan(c->turn, &book->loan->id, c->ignore, &book->used);
    }
}

/* ---- The tree -------------------------------------------------------------------------------- */

#define TREE_ROOT     "*"
#define TREE_NAME_CAP (ID_CAP + 8)

/* A lender or a borrower. Organisations and projects may have the same name; neither holds a
 * blank. */
struct party {
    char name[TREE_NAME_CAP];
    bool lends;
    struct steps terms; /* of a lender: what its loans guarantee; of a borrower: its burst */
    int64_t in_service; /* of a lender */
    int64_t lend_limit; /* of a lender: that of all its pools */
};

static void party_name(char name[TREE_NAME_CAP], bool lends, const struct id *id)
{
    snprintf(name, TREE_NAME_CAP, lends ? "lender %s" : "to %s", id->text);
}

static struct party *party_at(const struct capacity *c, size_t i)
{
    return LIST_AT(struct party, &c->parties, i);
}

/* The index, or the number of parties when there is no such party. */
static size_t find_party(const struct capacity *c, bool lends, const struct id *id)
{
    char name[TREE_NAME_CAP];
    size_t i = 0;
    party_name(name, lends, id);
    while (i < c->parties.n && strcmp(party_at(c, i)->name, name) != 0)
        i++;
    return i;
}

static size_t need_party(struct capacity *c, bool lends, const struct id *id)
{
    size_t i = find_party(c, lends, id);
    if (i == c->parties.n) {
        struct party *p = record_list_add(&c->parties, sizeof *p);
        party_name(p->name, lends, id);
        p->lends = lends;
    }
    return i;
}

/* Adds up, from one change of the loan to the next, what it gives. */
static void add_terms(struct steps *terms, const struct loan *loan,
                      int64_t (*given)(const struct loan *loan, struct instant t))
{
    struct instant t = loan->from;
    while (t.s < loan->to.s) {
        struct instant next = instant_min(capacity_next_change(loan, t), loan->to);
        steps_add(terms, (struct window){t, next}, given(loan, t));
        t = next;
    }
}

static void collect_parties(struct capacity *c)
{
    LIST_EACH(struct pool_book, book, &c->pools)
    {
        book->lender = need_party(c, true, &book->pool->owner);
        struct party *p = party_at(c, book->lender);
        p->in_service += book->in_service;
        p->lend_limit += book->pool->lend_limit_units.units;
    }
    LIST_EACH(struct loan_book, book, &c->loans)
    {
        book->borrower = need_party(c, false, &book->loan->borrower);
        size_t lender = find_party(c, true, &book->loan->lender);
        add_terms(&party_at(c, book->borrower)->terms, book->loan, burst_at);
        if (lender < c->parties.n)
            add_terms(&party_at(c, lender)->terms, book->loan, capacity_guaranteed);
    }
}

/* The root stands first; party i is node i + 1. */
static int create_tree(struct capacity *c, struct err *err)
{
    struct quota_node *nodes = calloc(c->parties.n + 1, sizeof *nodes);
    ENSURE(nodes != NULL);
    nodes[0] = (struct quota_node){
        .name = TREE_ROOT, .borrow_limit = QUOTA_NO_LIMIT, .lend_limit = QUOTA_NO_LIMIT};
    for (size_t i = 0; i < c->parties.n; i++)
        nodes[i + 1] = (struct quota_node){.name = party_at(c, i)->name, .parent = TREE_ROOT};
    int rc = quota_profile_create(nodes, c->parties.n + 1, &c->tree, err);
    free(nodes);
    return rc;
}

static int64_t positive(__int128 n)
{
    return n <= 0 ? 0 : n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

/* What the lender has less what it guarantees, from each change to the next. */
static void fill_lender(struct capacity *c, size_t i)
{
    const struct party *p = party_at(c, i);
    struct instant t = {INSTANT_MIN_S};
    while (t.s != INSTANT_NEVER.s) {
        struct instant next = steps_next(&p->terms, t);
        __int128 lent = steps_at(&p->terms, t);
        quota_profile_add_nominal(c->tree, i + 1, (struct window){t, next},
                                  positive(p->in_service - lent));
        quota_profile_set_limits(c->tree, i + 1, t, 0, positive(p->lend_limit - lent));
        t = next;
    }
}

static void fill_borrower(struct capacity *c, size_t i)
{
    const struct party *p = party_at(c, i);
    for (struct instant t = {INSTANT_MIN_S}; t.s != INSTANT_NEVER.s; t = steps_next(&p->terms, t))
        quota_profile_set_limits(c->tree, i + 1, t, positive(steps_at(&p->terms, t)), 0);
}

static void fill_nominal(struct capacity *c, const struct loan_book *book)
{
    struct steps guaranteed = {0};
    add_terms(&guaranteed, book->loan, capacity_guaranteed);
    for (size_t i = 0; i + 1 < guaranteed.n; i++)
        quota_profile_add_nominal(
            c->tree, book->borrower + 1,
            (struct window){guaranteed.items[i].from, guaranteed.items[i + 1].from},
            (int64_t)guaranteed.items[i].value);
    steps_fini(&guaranteed);
}

static int fill_tree(struct capacity *c, struct err *err)
{
    collect_parties(c);
    TRY(create_tree(c, err));
    LIST_EACH(const struct pool_book, book, &c->pools)
    {
        quota_profile_take(c->tree, book->lender + 1, book->own.steps);
    }
    LIST_EACH(const struct loan_book, book, &c->loans)
    {
        fill_nominal(c, book);
        quota_profile_take(c->tree, book->borrower + 1, book->used.steps);
    }
    for (size_t i = 0; i < c->parties.n; i++) {
        if (party_at(c, i)->lends)
            fill_lender(c, i);
        else
            fill_borrower(c, i);
    }
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
    fill_books(c);
    TRY(fill_tree(c, err));
    *ret = c;
    c = NULL;
    return 0;
}

void capacity_destroy(struct capacity *c)
{
    if (!c)
        return;
    quota_profile_destroy(c->tree);
    LIST_EACH(struct pool_book, pool, &c->pools)
    {
        use_fini(&pool->own);
    }
    LIST_EACH(struct loan_book, loan, &c->loans)
    {
        use_fini(&loan->used);
    }
    LIST_EACH(struct party, party, &c->parties)
    {
        steps_fini(&party->terms);
    }
    free(c->pools.items);
    free(c->loans.items);
    free(c->parties.items);
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
    struct instant *refused_at; /* written when it is refused; may be NULL */
};

struct holding {
    const struct claim *claim;
    struct instant at;
    const struct lease *largest;
};

static bool visit_holder(const void *record, void *arg)
{
    struct holding *h = arg;
    const struct lease *l = record, *most = h->largest;
    const struct table *ignore = h->claim->capacity->ignore;
    bool counts = lease_holds_capacity(l) && id_equal(&l->loan, &h->claim->lease->loan) &&
                  window_contains(lease_window(l), h->at) &&
                  !(ignore && table_find(ignore, &l->id));
    if (!counts)
        return true;
    int64_t units = lease_units(l).units, before = most ? lease_units(most).units : 0;
    if (!most || units > before || (units == before && id_compare(&l->id, &most->id) < 0))
        h->largest = l;
    return true;
}

static bool visit_node(const void *record, void *arg)
{
    struct holding *h = arg;
    turn_each_linked(h->claim->capacity->turn, LINK_LEASE_NODE, ENTITY_LEASE,
                     &((const struct node *)record)->id, visit_holder, h);
    return true;
}

/* Who takes the most at t among the leases on the same loan, or on the same pool. */
static const struct lease *largest_holder(const struct claim *claim, struct instant t)
{
    struct holding h = {.claim = claim, .at = t};
    const struct turn *turn = claim->capacity->turn;
    if (claim->loan)
        turn_each_linked(turn, LINK_LEASE_LOAN, ENTITY_LEASE, &claim->loan->loan->id, visit_holder,
                         &h);
    else
        turn_each_linked(turn, LINK_NODE_POOL, ENTITY_NODE, &claim->pool->pool->id, visit_node, &h);
    return h.largest;
}

/* "at 2026-…: 8 of 16 GPUs are free; lease-4 holds the most, until 2026-…" */
static int refuse(const struct claim *claim, const char *rule, struct instant at, int64_t room,
                  struct err *err)
{
    char when[INSTANT_TEXT_CAP], until[INSTANT_TEXT_CAP];
    char wanted[SHARE_TEXT_CAP], left[SHARE_TEXT_CAP];
    if (claim->refused_at)
        *claim->refused_at = at;
    if (!err)
        return -ERR_NO_CAPACITY;
    const struct lease *holder = largest_holder(claim, at);
    share_format((struct share){claim->units}, wanted);
    share_format((struct share){room > 0 ? room : 0}, left);
    if (!holder)
        return err_set(err, ERR_NO_CAPACITY, "%s leaves %s %s at %s, %s are asked for", rule, left,
                       claim->capacity->model, instant_format(at, when), wanted);
    return err_set(err, ERR_NO_CAPACITY,
                   "%s leaves %s %s at %s, %s are asked for; %s holds the most, until %s", rule,
                   left, claim->capacity->model, instant_format(at, when), wanted, holder->id.text,
                   instant_format(lease_window(holder).to, until));
}

/* Whether nothing that the loan gives changes inside the window, and its peak leaves enough. */
static bool loan_surely_fits(const struct claim *claim)
{
    const struct loan *loan = claim->loan->loan;
    bool constant = capacity_next_change(loan, claim->window.from).s >= claim->window.to.s;
    return constant && !window_empty(claim->window) &&
           steps_peak(claim->loan->used.steps, claim->window) + claim->units <=
               capacity_of_loan(loan, claim->window.from);
}

static int check_loan(const struct claim *claim, struct err *err)
{
    const struct loan *loan = claim->loan->loan;
    if (loan_surely_fits(claim))
        return 0;
    struct instant t = claim->window.from;
    while (t.s < claim->window.to.s) {
        __int128 room = capacity_of_loan(loan, t) - steps_at(claim->loan->used.steps, t);
        if (room < claim->units) {
            char rule[ID_CAP + 16];
            snprintf(rule, sizeof rule, "loan %s", loan->id.text);
            return refuse(claim, rule, t, (int64_t)room, err);
        }
        t = instant_min(capacity_next_change(loan, t), steps_next(claim->loan->used.steps, t));
    }
    return 0;
}

/* What the pool's loans take of it at t with the claim: the greater of guarantee and use. An
 * opportunistic lease may have what is guaranteed and not used: it gives way in time. */
static __int128 given_away(const struct claim *claim, struct instant t)
{
    bool gives_way = claim->lease->service_class == CLASS_OPPORTUNISTIC;
    __int128 given = 0;
    LIST_EACH(const struct loan_book, book, &claim->capacity->loans)
    {
        if (book->pool != claim->pool)
            continue;
        __int128 used = steps_at(book->used.steps, t) + (book == claim->loan ? claim->units : 0);
        int64_t guaranteed = gives_way ? 0 : capacity_guaranteed(book->loan, t);
        given += used > guaranteed ? used : guaranteed;
    }
    return given;
}

static int check_pool_at(const struct claim *claim, struct instant t, struct err *err)
{
    const struct pool *pool = claim->pool->pool;
    bool guaranteed = claim->loan && steps_at(claim->loan->used.steps, t) + claim->units <=
                                         capacity_guaranteed(claim->loan->loan, t);
    if (guaranteed)
        return 0; /* the borrower's by contract, whatever else the pool has promised */
    char rule[ID_CAP + 64];
    __int128 given = given_away(claim, t);
    __int128 own = steps_at(claim->pool->own.steps, t) + (claim->loan ? 0 : claim->units);
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
    struct instant next = steps_next(claim->pool->own.steps, t);
    LIST_EACH(const struct loan_book, book, &claim->capacity->loans)
    {
        if (book->pool != claim->pool)
            continue;
        next = instant_min(next, capacity_next_change(book->loan, t));
        next = instant_min(next, steps_next(book->used.steps, t));
    }
    return next;
}

/* The pool at its worst: every loan at its peak, or at the most that it guarantees, all at once. */
static bool pool_surely_fits(const struct claim *claim)
{
    const struct pool_book *pool = claim->pool;
    __int128 given = 0;
    if (window_empty(claim->window))
        return true;
    LIST_EACH(const struct loan_book, book, &claim->capacity->loans)
    {
        if (book->pool != pool)
            continue;
        __int128 used =
            steps_peak(book->used.steps, claim->window) + (book == claim->loan ? claim->units : 0);
        given +=
            used > book->loan->guaranteed_units.units ? used : book->loan->guaranteed_units.units;
    }
    __int128 own = steps_peak(pool->own.steps, claim->window) + (claim->loan ? 0 : claim->units);
    bool lent = !claim->loan || given <= pool->pool->lend_limit_units.units;
    return lent && given + own <= pool->in_service;
}

static int check_pool(const struct claim *claim, struct err *err)
{
    if (pool_surely_fits(claim))
        return 0;
    for (struct instant t = claim->window.from; t.s < claim->window.to.s;
         t = next_pool_change(claim, t))
        TRY(check_pool_at(claim, t, err));
    return 0;
}

static int check_tree(const struct claim *claim, struct err *err)
{
    struct capacity *c = claim->capacity;
    size_t node = 1 + (claim->loan ? claim->loan->borrower : claim->pool->lender);
    struct instant at;
    if (quota_fits(c->tree, node, claim->window, claim->units, &at))
        return 0;
    char rule[ID_CAP + 64];
    int64_t room = quota_available(quota_profile_at(c->tree, at), node);
    snprintf(rule, sizeof rule, "the lending tree, for %s,",
             claim->loan ? claim->lease->project.text : claim->lease->organisation.text);
    return refuse(claim, rule, at, room, err);
}

static struct claim claim_of(struct capacity *c, const struct lease *l, const struct id *pool,
                             int64_t cleaning_s)
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
    }
    return claim;
}

static int judge(const struct claim *claim, struct err *err)
{
    if (claim->loan)
        TRY(check_loan(claim, err));
    TRY(check_pool(claim, err));
    return claim->lease->service_class == CLASS_OPPORTUNISTIC ? 0 : check_tree(claim, err);
}

int capacity_check(struct capacity *c, const struct lease *l, const struct id *pool,
                   int64_t cleaning_s, struct err *err)
{
    struct claim claim = claim_of(c, l, pool, cleaning_s);
    return judge(&claim, err);
}

/* More than the place has at its best. */
static bool never_fits(const struct claim *claim)
{
    const struct loan *loan = claim->loan ? claim->loan->loan : NULL;
    return claim->units > claim->pool->in_service ||
           (loan && claim->units > loan->guaranteed_units.units + loan->burst_units.units);
}

/* The first instant after t at which any figure of the books changes. */
static struct instant next_change(const struct capacity *c, struct instant t)
{
    struct instant next = INSTANT_NEVER;
    LIST_EACH(const struct pool_book, book, &c->pools)
    {
        next = instant_min(next, steps_next(book->own.steps, t));
    }
    LIST_EACH(const struct loan_book, book, &c->loans)
    {
        next = instant_min(next, capacity_next_change(book->loan, t));
        next = instant_min(next, steps_next(book->used.steps, t));
    }
    return next;
}

bool capacity_in_the_way(struct capacity *c, const struct lease *l, const struct id *pool,
                         int64_t cleaning_s, struct instant *ret_until)
{
    struct instant at;
    struct claim claim = claim_of(c, l, pool, cleaning_s);
    claim.refused_at = &at;
    if (never_fits(&claim)) {
        *ret_until = INSTANT_NEVER;
        return true;
    }
    bool refused = (claim.loan && check_loan(&claim, NULL) < 0) || check_pool(&claim, NULL) < 0;
    if (refused) {
        *ret_until = next_pool_change(&claim, at);
        return true;
    }
    if (l->service_class == CLASS_OPPORTUNISTIC || check_tree(&claim, NULL) == 0)
        return false;
    *ret_until = next_change(c, at);
    return true;
}
