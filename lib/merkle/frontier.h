#ifndef PUMASI_LIB_MERKLE_FRONTIER_H
#define PUMASI_LIB_MERKLE_FRONTIER_H

#include "lib/base/err.h"
#include "lib/merkle/hash.h"

/*
 * The frontier of a tree: the roots of the perfect subtrees that make it up, one for each bit of
 * its size, the largest first. From it the tree grows leaf by leaf and gives its root, without the
 * leaves before: an auditor who has the frontier of a month's beginning and the month's entries
 * recomputes both roots.
 *
 * A plain value; a zeroed one is the empty tree. Sizes are below 2^63.
 */
#define MERKLE_LEVELS 63

struct merkle_frontier {
    uint64_t size; /* leaves */
    struct merkle_hash nodes[MERKLE_LEVELS];
};

/* How many nodes stand for a tree of that size. */
int merkle_frontier_count(uint64_t size);

void merkle_frontier_append(struct merkle_frontier *f, struct hasher *h,
                            const struct merkle_hash *leaf);

struct merkle_hash merkle_frontier_root(const struct merkle_frontier *f, struct hasher *h);

bool merkle_frontier_equal(const struct merkle_frontier *a, const struct merkle_frontier *b);

#endif
