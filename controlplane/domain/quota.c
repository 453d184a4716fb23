/*
 * The lending tree. Each node keeps what it owns and, as exact 128-bit sums, what its children hand
 * up: lendable capacity and usage beyond their local room. Reading saturates these to int64; the
 * sums themselves never do, so that what was added can be taken back exactly. A change of one node
 * moves the difference upwards until it is absorbed.
 */
#include "controlplane/domain/quota.h"

#include "lib/base/limits.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NO_PARENT SIZE_MAX

struct node {
    char *name;
    size_t parent;
    int64_t nominal;
    int64_t borrow_limit;
    int64_t lend_limit;
    __int128 own_usage;
    __int128 lent_up;  /* sum over the children of (subtree - local) */
    __int128 taken_up; /* sum over the children of max(0, usage - local) */
};

struct quota_tree {
    struct node *nodes;
    size_t n;
    size_t *by_name; /* indexes, sorted by name */
};

static int64_t saturated(__int128 n)
{
    if (n > INT64_MAX)
        return INT64_MAX;
    return n < INT64_MIN ? INT64_MIN : (int64_t)n;
}

static int64_t add(int64_t a, int64_t b)
{
    return saturated((__int128)a + b);
}

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t positive(int64_t a)
{
    return a > 0 ? a : 0;
}

static int64_t subtree(const struct node *n)
{
    return saturated(n->nominal + n->lent_up);
}

static int64_t local(const struct node *n)
{
    return n->lend_limit == QUOTA_NO_LIMIT ? 0 : positive(subtree(n) - n->lend_limit);
}

static int64_t usage(const struct node *n)
{
    return saturated(n->own_usage + n->taken_up);
}

/* What the node hands to its parent. */
static int64_t lendable(const struct node *n)
{
    return subtree(n) - local(n);
}

static int64_t borrowed(const struct node *n)
{
    return positive(usage(n) - local(n));
}

static const struct node *node_at(const struct quota_tree *t, size_t i)
{
    ENSURE(i < t->n);
    return &t->nodes[i];
}

/* The two figures that a node hands up, before a change of it. */
struct handed_up {
    int64_t lendable;
    int64_t borrowed;
};

static struct handed_up handed_up(const struct node *n)
{
    return (struct handed_up){lendable(n), borrowed(n)};
}

/* Moves the difference that a change of node i made up the tree. */
static void carry_up(struct quota_tree *t, size_t i, struct handed_up before)
{
    while (t->nodes[i].parent != NO_PARENT) {
        struct handed_up after = handed_up(&t->nodes[i]);
        if (after.lendable == before.lendable && after.borrowed == before.borrowed)
            return;
        i = t->nodes[i].parent;
        struct node *parent = &t->nodes[i];
        struct handed_up parent_before = handed_up(parent);
        parent->lent_up += after.lendable - before.lendable;
        parent->taken_up += after.borrowed - before.borrowed;
        ENSURE(parent->lent_up >= 0 && parent->taken_up >= 0);
        before = parent_before;
    }
}

void quota_set_nominal(struct quota_tree *t, size_t node, int64_t nominal)
{
    ENSURE(node < t->n && nominal >= 0);
    struct handed_up before = handed_up(&t->nodes[node]);
    t->nodes[node].nominal = nominal;
    carry_up(t, node, before);
}

void quota_set_limits(struct quota_tree *t, size_t node, int64_t borrow_limit, int64_t lend_limit)
{
    ENSURE(node < t->n && borrow_limit >= QUOTA_NO_LIMIT && lend_limit >= QUOTA_NO_LIMIT);
    ENSURE(t->nodes[node].parent != NO_PARENT ||
           (borrow_limit == QUOTA_NO_LIMIT && lend_limit == QUOTA_NO_LIMIT));
    struct handed_up before = handed_up(&t->nodes[node]);
    t->nodes[node].borrow_limit = borrow_limit;
    t->nodes[node].lend_limit = lend_limit;
    carry_up(t, node, before);
}

static void change_usage(struct quota_tree *t, size_t node, __int128 by)
{
    ENSURE(node < t->n);
    struct handed_up before = handed_up(&t->nodes[node]);
    t->nodes[node].own_usage += by;
    ENSURE(t->nodes[node].own_usage >= 0);
    carry_up(t, node, before);
}

void quota_add_usage(struct quota_tree *t, size_t node, int64_t amount)
{
    ENSURE(amount >= 0);
    change_usage(t, node, amount);
}

void quota_remove_usage(struct quota_tree *t, size_t node, int64_t amount)
{
    ENSURE(amount >= 0);
    change_usage(t, node, -(__int128)amount);
}

void quota_set_usage(struct quota_tree *t, size_t node, int64_t amount)
{
    ENSURE(node < t->n && amount >= 0);
    change_usage(t, node, amount - t->nodes[node].own_usage);
}

/* The node, its parent, and so on to the root; returns how many. */
static size_t path_to_root(const struct quota_tree *t, size_t node, size_t path[QUOTA_DEPTH_MAX])
{
    size_t n = 0;
    for (size_t i = node; i != NO_PARENT; i = t->nodes[i].parent) {
        ENSURE(n < QUOTA_DEPTH_MAX);
        path[n++] = i;
    }
    return n;
}

int64_t quota_available(const struct quota_tree *t, size_t node)
{
    ENSURE(node < t->n);
    size_t path[QUOTA_DEPTH_MAX];
    size_t depth = path_to_root(t, node, path);
    const struct node *root = &t->nodes[path[depth - 1]];
    int64_t available = subtree(root) - usage(root);
    for (size_t i = depth - 1; i-- > 0;) {
        const struct node *n = &t->nodes[path[i]];
        if (n->borrow_limit != QUOTA_NO_LIMIT)
            available = min(available, add(lendable(n) - borrowed(n), n->borrow_limit));
        available = add(positive(local(n) - usage(n)), available);
    }
    return positive(available);
}

int64_t quota_potential(const struct quota_tree *t, size_t node)
{
    ENSURE(node < t->n);
    size_t path[QUOTA_DEPTH_MAX];
    size_t depth = path_to_root(t, node, path);
    int64_t potential = subtree(&t->nodes[path[depth - 1]]);
    for (size_t i = depth - 1; i-- > 0;) {
        const struct node *n = &t->nodes[path[i]];
        potential = add(local(n), potential);
        if (n->borrow_limit != QUOTA_NO_LIMIT)
            potential = min(potential, add(subtree(n), n->borrow_limit));
    }
    return potential;
}

int64_t quota_nominal(const struct quota_tree *t, size_t node)
{
    return node_at(t, node)->nominal;
}

int64_t quota_usage(const struct quota_tree *t, size_t node)
{
    return usage(node_at(t, node));
}

size_t quota_count(const struct quota_tree *t)
{
    return t->n;
}

const char *quota_name(const struct quota_tree *t, size_t node)
{
    return node_at(t, node)->name;
}

static bool search(const struct quota_tree *t, struct span name, size_t *ret)
{
    size_t low = 0, high = t->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = span_compare(span_text(t->nodes[t->by_name[middle]].name), name);
        if (order == 0) {
            *ret = t->by_name[middle];
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

int quota_find(const struct quota_tree *t, struct span name, size_t *ret, struct err *err)
{
    if (search(t, name, ret))
        return 0;
    int shown = name.len < LIMIT_NAME_BYTES ? (int)name.len : LIMIT_NAME_BYTES;
    return err_set(err, ERR_NOT_FOUND, "no node is called \"%.*s\" in the lending tree", shown,
                   name.len ? (const char *)name.data : "");
}

static int compare_by_name(const void *a, const void *b, void *arg)
{
    const struct quota_tree *t = arg;
    const size_t *x = a, *y = b;
    return strcmp(t->nodes[*x].name, t->nodes[*y].name);
}

static int index_names(struct quota_tree *t, struct err *err)
{
    for (size_t i = 0; i < t->n; i++)
        t->by_name[i] = i;
    qsort_r(t->by_name, t->n, sizeof(t->by_name[0]), compare_by_name, t);
    for (size_t i = 1; i < t->n; i++) {
        size_t a = t->by_name[i - 1], b = t->by_name[i];
        if (strcmp(t->nodes[a].name, t->nodes[b].name) == 0)
            return err_set(err, ERR_INVALID,
                           "nodes[%zu].name: \"%s\" is also nodes[%zu]: a name stands for one node",
                           a > b ? a : b, t->nodes[a].name, a > b ? b : a);
    }
    return 0;
}

static int check_node(const struct quota_node *node, size_t i, struct err *err)
{
    if (node->name == NULL || node->name[0] == '\0')
        return err_set(err, ERR_INVALID, "nodes[%zu].name: empty: name the node", i);
    const struct {
        const char *field;
        int64_t value, least;
    } numbers[] = {{"nominal", node->nominal, 0},
                   {"borrow_limit", node->borrow_limit, QUOTA_NO_LIMIT},
                   {"lend_limit", node->lend_limit, QUOTA_NO_LIMIT}};
    for (size_t j = 0; j < sizeof(numbers) / sizeof(*numbers); j++) {
        if (numbers[j].value < numbers[j].least)
            return err_set(err, ERR_INVALID, "nodes[%zu].%s: %lld is negative: 0 or more", i,
                           numbers[j].field, (long long)numbers[j].value);
    }
    bool limited = node->borrow_limit != QUOTA_NO_LIMIT || node->lend_limit != QUOTA_NO_LIMIT;
    if (node->parent == NULL && limited)
        return err_set(err, ERR_INVALID,
                       "nodes[%zu].%s: \"%s\" is a root, and a limit needs a parent: remove it", i,
                       node->borrow_limit != QUOTA_NO_LIMIT ? "borrow_limit" : "lend_limit",
                       node->name);
    return 0;
}

static int link_parents(struct quota_tree *t, const struct quota_node *nodes, struct err *err)
{
    for (size_t i = 0; i < t->n; i++) {
        if (nodes[i].parent == NULL)
            continue;
        if (!search(t, span_text(nodes[i].parent), &t->nodes[i].parent))
            return err_set(err, ERR_INVALID, "nodes[%zu].parent: no node is called \"%s\"", i,
                           nodes[i].parent);
    }
    return 0;
}

/* Follows every chain of parents; depth[i] is 1 at a root, 0 while unknown. */
static int check_chains(const struct quota_tree *t, uint16_t *depth, struct err *err)
{
    for (size_t i = 0; i < t->n; i++) {
        size_t chain[QUOTA_DEPTH_MAX], n = 0, at = i;
        for (; at != NO_PARENT && depth[at] == 0; at = t->nodes[at].parent) {
            if (n == QUOTA_DEPTH_MAX)
                break;
            chain[n++] = at;
        }
        size_t above = at == NO_PARENT ? 0 : depth[at];
        bool unresolved = at != NO_PARENT && depth[at] == 0;
        if (unresolved || above + n > QUOTA_DEPTH_MAX)
            return err_set(err, ERR_INVALID,
                           "nodes[%zu].parent: the parents of \"%s\" form a cycle or are more than "
                           "%d: every chain ends at a root",
                           i, t->nodes[i].name, QUOTA_DEPTH_MAX - 1);
        for (size_t j = n; j-- > 0;)
            depth[chain[j]] = (uint16_t)++above;
    }
    return 0;
}

static int build(struct quota_tree *t, const struct quota_node *nodes, struct err *err)
{
    for (size_t i = 0; i < t->n; i++) {
        TRY(check_node(&nodes[i], i, err));
        t->nodes[i].name = strdup(nodes[i].name);
        ENSURE(t->nodes[i].name != NULL);
        t->nodes[i].parent = NO_PARENT;
        t->nodes[i].borrow_limit = t->nodes[i].lend_limit = QUOTA_NO_LIMIT;
    }
    TRY(index_names(t, err));
    TRY(link_parents(t, nodes, err));
    uint16_t *depth = calloc(t->n + 1, sizeof(*depth));
    ENSURE(depth != NULL);
    int rc = check_chains(t, depth, err);
    free(depth);
    TRY(rc);
    for (size_t i = 0; i < t->n; i++) {
        quota_set_nominal(t, i, nodes[i].nominal);
        quota_set_limits(t, i, nodes[i].borrow_limit, nodes[i].lend_limit);
    }
    return 0;
}

int quota_tree_create(const struct quota_node *nodes, size_t n, struct quota_tree **ret,
                      struct err *err)
{
    if (n > QUOTA_NODES_MAX)
        return err_set(err, ERR_LIMIT, "nodes: %zu are more than %d", n, QUOTA_NODES_MAX);
    struct quota_tree *t = calloc(1, sizeof(*t));
    ENSURE(t != NULL);
    t->n = n;
    t->nodes = calloc(n + 1, sizeof(t->nodes[0]));
    t->by_name = calloc(n + 1, sizeof(t->by_name[0]));
    ENSURE(t->nodes != NULL && t->by_name != NULL);
    int rc = build(t, nodes, err);
    if (rc < 0) {
        quota_tree_destroy(t);
        return rc;
    }
    *ret = t;
    return 0;
}

void quota_tree_destroy(struct quota_tree *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->n; i++)
        free(t->nodes[i].name);
    free(t->nodes);
    free(t->by_name);
    free(t);
}
