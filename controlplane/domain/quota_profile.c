/*
 * Step functions for every number of every node, and one tree that is brought to an instant before
 * it is read. A window is first judged by its worst figures, all at once; only where these do not
 * fit is it walked from change to change.
 */
#include "controlplane/domain/quota_profile.h"

#include "controlplane/domain/steps.h"

#include <stdlib.h>

struct dated_node {
    struct steps nominal;
    struct steps usage;
    const struct steps **taken; /* borrowed: usage as well */
    size_t n_taken;
    struct steps borrow_limit;
    struct steps lend_limit;
    bool root;
};

struct quota_profile {
    struct quota_tree *tree;
    struct dated_node *nodes;
    size_t n;
};

int quota_profile_create(const struct quota_node *nodes, size_t n, struct quota_profile **ret,
                         struct err *err)
{
    struct quota_tree *tree;
    TRY(quota_tree_create(nodes, n, &tree, err));
    struct quota_profile *p = calloc(1, sizeof(*p));
    ENSURE(p != NULL);
    p->tree = tree;
    p->n = n;
    p->nodes = calloc(n + 1, sizeof(p->nodes[0]));
    ENSURE(p->nodes != NULL);
    for (size_t i = 0; i < n; i++) {
        p->nodes[i].nominal.base = nodes[i].nominal;
        p->nodes[i].borrow_limit.base = nodes[i].borrow_limit;
        p->nodes[i].lend_limit.base = nodes[i].lend_limit;
        p->nodes[i].root = nodes[i].parent == NULL;
    }
    *ret = p;
    return 0;
}

void quota_profile_destroy(struct quota_profile *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->n; i++) {
        steps_fini(&p->nodes[i].nominal);
        steps_fini(&p->nodes[i].usage);
        free(p->nodes[i].taken);
        steps_fini(&p->nodes[i].borrow_limit);
        steps_fini(&p->nodes[i].lend_limit);
    }
    free(p->nodes);
    quota_tree_destroy(p->tree);
    free(p);
}

int quota_profile_find(const struct quota_profile *p, struct span name, size_t *ret,
                       struct err *err)
{
    return quota_find(p->tree, name, ret, err);
}

static struct dated_node *node_at(struct quota_profile *p, size_t node)
{
    ENSURE(node < p->n);
    return &p->nodes[node];
}

void quota_profile_add_nominal(struct quota_profile *p, size_t node, struct window window,
                               int64_t amount)
{
    steps_add(&node_at(p, node)->nominal, window, amount);
}

void quota_profile_add_usage(struct quota_profile *p, size_t node, struct window window,
                             int64_t amount)
{
    steps_add(&node_at(p, node)->usage, window, amount);
}

void quota_profile_take(struct quota_profile *p, size_t node, const struct steps *units)
{
    struct dated_node *n = node_at(p, node);
    n->taken = reallocarray(n->taken, n->n_taken + 1, sizeof(n->taken[0]));
    ENSURE(n->taken != NULL);
    n->taken[n->n_taken++] = units;
}

void quota_profile_set_limits(struct quota_profile *p, size_t node, struct instant from,
                              int64_t borrow_limit, int64_t lend_limit)
{
    struct dated_node *n = node_at(p, node);
    ENSURE(!n->root);
    steps_set(&n->borrow_limit, from, borrow_limit);
    steps_set(&n->lend_limit, from, lend_limit);
}

static int64_t amount_of(__int128 value)
{
    ENSURE(value >= 0);
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static int64_t usage_at(const struct dated_node *n, struct instant t)
{
    __int128 usage = steps_at(&n->usage, t);
    for (size_t i = 0; i < n->n_taken; i++)
        usage += steps_at(n->taken[i], t);
    return amount_of(usage);
}

const struct quota_tree *quota_profile_at(struct quota_profile *p, struct instant t)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct dated_node *n = &p->nodes[i];
        quota_set_nominal(p->tree, i, amount_of(steps_at(&n->nominal, t)));
        quota_set_usage(p->tree, i, usage_at(n, t));
        if (!n->root)
            quota_set_limits(p->tree, i, (int64_t)steps_at(&n->borrow_limit, t),
                             (int64_t)steps_at(&n->lend_limit, t));
    }
    return p->tree;
}

/* The first instant after t at which any number of any node changes. */
static struct instant next_change(const struct quota_profile *p, struct instant t)
{
    struct instant next = INSTANT_NEVER;
    for (size_t i = 0; i < p->n; i++) {
        const struct dated_node *n = &p->nodes[i];
        next = instant_min(next, steps_next(&n->nominal, t));
        next = instant_min(next, steps_next(&n->usage, t));
        for (size_t k = 0; k < n->n_taken; k++)
            next = instant_min(next, steps_next(n->taken[k], t));
        next = instant_min(next, steps_next(&n->borrow_limit, t));
        next = instant_min(next, steps_next(&n->lend_limit, t));
    }
    return next;
}

/* ---- The worst of a window ---- */

/* The smallest limit; false where one that is there for a part of the window only makes "none" no
 * number to compare with. */
static bool least_limit(const struct steps *s, struct window window, int64_t *ret)
{
    *ret = (int64_t)steps_least(s, window);
    return *ret != QUOTA_NO_LIMIT || steps_peak(s, window) == QUOTA_NO_LIMIT;
}

static int64_t peak_usage(const struct dated_node *n, struct window window)
{
    __int128 usage = steps_peak(&n->usage, window);
    for (size_t i = 0; i < n->n_taken; i++)
        usage += steps_peak(n->taken[i], window);
    return amount_of(usage);
}

/* Every figure at its worst, as if all of that fell on one instant. What is available grows with
 * nominal and limits and falls with usage, whosever they are; so what is available here is
 * available at every instant of the window. The other way round it says nothing. */
static bool surely_fits(struct quota_profile *p, size_t node, struct window window, int64_t amount)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct dated_node *n = &p->nodes[i];
        int64_t borrow, lend;
        quota_set_nominal(p->tree, i, amount_of(steps_least(&n->nominal, window)));
        quota_set_usage(p->tree, i, peak_usage(n, window));
        if (!least_limit(&n->borrow_limit, window, &borrow) ||
            !least_limit(&n->lend_limit, window, &lend))
            return false;
        if (!n->root)
            quota_set_limits(p->tree, i, borrow, lend);
    }
    return quota_available(p->tree, node) >= amount;
}

bool quota_fits(struct quota_profile *p, size_t node, struct window window, int64_t amount,
                struct instant *ret_conflict)
{
    if (window_empty(window) || surely_fits(p, node, window, amount))
        return true;
    for (struct instant t = window.from; t.s < window.to.s; t = next_change(p, t)) {
        if (quota_available(quota_profile_at(p, t), node) >= amount)
            continue;
        if (ret_conflict != NULL)
            *ret_conflict = t;
        return false;
    }
    return true;
}

int64_t quota_available_throughout(struct quota_profile *p, size_t node, struct window window)
{
    int64_t least = INT64_MAX;
    for (struct instant t = window.from; t.s < window.to.s; t = next_change(p, t)) {
        int64_t available = quota_available(quota_profile_at(p, t), node);
        least = available < least ? available : least;
    }
    return least;
}
