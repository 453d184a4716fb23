#ifndef PUMASI_LIB_MERKLE_TREE_H
#define PUMASI_LIB_MERKLE_TREE_H

#include "lib/merkle/proof.h"

/*
 * A tree in memory: the hashes of its leaves and of every perfect subtree, 64 bytes a leaf. Any
 * root and any proof, also of an earlier size, in logarithmic time. One thread appends; meanwhile
 * nobody reads; readers may be several.
 */
struct merkle_tree;

struct merkle_tree *merkle_tree_create(void);
void merkle_tree_destroy(struct merkle_tree *t); /* NULL is fine */

void merkle_tree_append(struct merkle_tree *t, const struct merkle_hash *leaf);
uint64_t merkle_tree_size(const struct merkle_tree *t);

/* The hash of leaf `index`, which must be below the size. */
struct merkle_hash merkle_tree_leaf(const struct merkle_tree *t, uint64_t index);

/* The root, and the frontier, when it had `size` leaves; at most the size it has. */
struct merkle_hash merkle_tree_root(const struct merkle_tree *t, uint64_t size);
struct merkle_frontier merkle_tree_frontier(const struct merkle_tree *t, uint64_t size);

/* index < size <= the size it has; from <= to <= the size it has. */
void merkle_tree_prove_inclusion(const struct merkle_tree *t, uint64_t index, uint64_t size,
                                 struct merkle_proof *ret);
void merkle_tree_prove_consistency(const struct merkle_tree *t, uint64_t from, uint64_t to,
                                   struct merkle_proof *ret);

static inline void merkle_tree_cleanup(struct merkle_tree **t)
{
    merkle_tree_destroy(*t);
}
#define CLEANUP_MERKLE_TREE __attribute__((cleanup(merkle_tree_cleanup)))

#endif
