#ifndef PUMASI_CONTROLPLANE_DOMAIN_QUOTA_H
#define PUMASI_CONTROLPLANE_DOMAIN_QUOTA_H

#include "lib/base/err.h"
#include "lib/base/span.h"

/*
 * The lending tree of one device model at one instant: who may take how much of whose. Pools hang
 * under sites or alliances, cohorts above them; every number is a plain amount (GPUs or units of
 * 1/7000 GPU, the same in the whole tree), 0..INT64_MAX.
 *
 *     subtree   = own nominal + sum over children of (subtree - local)
 *     local     = max(0, subtree - lend_limit), 0 without a lend limit: kept, never lent
 *     usage     = own usage + sum over children of max(0, usage - local)
 *     available = subtree - usage at a root; below it max(0, local - usage) + P with
 *                 P = available(parent), capped by a borrow limit at
 *                 (subtree - local) - max(0, usage - local) + borrow_limit
 *     potential = the same with nothing in use
 *
 * Sums saturate at INT64_MAX and never wrap; what saturated comes back exactly when the amounts go
 * down again. Inner values of `available` may be negative (more taken than there is); what is
 * returned is never below 0. Not thread-safe; nothing blocks.
 */
#define QUOTA_NO_LIMIT  INT64_C(-1)
#define QUOTA_NODES_MAX 65536
#define QUOTA_DEPTH_MAX 1024 /* nodes from a root to a leaf */

struct quota_node {
    const char *name;
    const char *parent; /* NULL: a root */
    int64_t nominal;
    int64_t borrow_limit; /* QUOTA_NO_LIMIT: as much as there is */
    int64_t lend_limit;   /* QUOTA_NO_LIMIT: everything */
};

struct quota_tree;

/*
 * Builds a tree (or several) with nothing in use; node i keeps its index. ERR_INVALID names the
 * node and the rule: no name, a name twice, an unknown parent, a cycle or too deep a chain, a limit
 * at a root, a negative number. ERR_LIMIT above QUOTA_NODES_MAX.
 */
MUST_CHECK int quota_tree_create(const struct quota_node *nodes, size_t n, struct quota_tree **ret,
                                 struct err *err);
void quota_tree_destroy(struct quota_tree *t); /* NULL is fine */

size_t quota_count(const struct quota_tree *t);
const char *quota_name(const struct quota_tree *t, size_t node); /* borrowed */
/* ERR_NOT_FOUND names it. */
MUST_CHECK int quota_find(const struct quota_tree *t, struct span name, size_t *ret,
                          struct err *err);

/* Changes of one node; its ancestors follow, O(depth). The amounts must be >= 0. A limit at a root
 * is a broken promise. */
void quota_set_nominal(struct quota_tree *t, size_t node, int64_t nominal);
void quota_set_limits(struct quota_tree *t, size_t node, int64_t borrow_limit, int64_t lend_limit);

/* Takes an amount at a node, whether or not it is available: that is asked before. Remove must not
 * take back more than was added. Add and then remove restores every figure. */
void quota_add_usage(struct quota_tree *t, size_t node, int64_t amount);
void quota_remove_usage(struct quota_tree *t, size_t node, int64_t amount);
void quota_set_usage(struct quota_tree *t, size_t node, int64_t amount); /* what it takes itself */

int64_t quota_available(const struct quota_tree *t, size_t node);
int64_t quota_potential(const struct quota_tree *t, size_t node);
int64_t quota_nominal(const struct quota_tree *t, size_t node);
int64_t quota_usage(const struct quota_tree *t, size_t node); /* what it takes, children included */

static inline void quota_tree_cleanup(struct quota_tree **t)
{
    quota_tree_destroy(*t);
}
#define CLEANUP_QUOTA_TREE __attribute__((cleanup(quota_tree_cleanup)))

#endif
