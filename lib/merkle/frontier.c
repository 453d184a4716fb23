/* The frontier of a tree. Pure. Invariant: nodes[0 .. popcount(size)) are in force, largest first.
 */
#include "lib/merkle/frontier.h"

int merkle_frontier_count(uint64_t size)
{
    return __builtin_popcountll(size);
}

void merkle_frontier_append(struct merkle_frontier *f, struct hasher *h,
                            const struct merkle_hash *leaf)
{
    int count = merkle_frontier_count(f->size);
    struct merkle_hash grown = *leaf;
    ENSURE(f->size < INT64_MAX);
    for (uint64_t carry = f->size; carry & 1; carry >>= 1)
        grown = merkle_node(h, &f->nodes[--count], &grown);
    f->nodes[count] = grown;
    f->size++;
    ENSURE(count + 1 == merkle_frontier_count(f->size));
}

struct merkle_hash merkle_frontier_root(const struct merkle_frontier *f, struct hasher *h)
{
    int count = merkle_frontier_count(f->size);
    if (count == 0)
        return merkle_empty(h);
    struct merkle_hash root = f->nodes[count - 1];
    for (int i = count - 2; i >= 0; i--)
        root = merkle_node(h, &f->nodes[i], &root);
    return root;
}

bool merkle_frontier_equal(const struct merkle_frontier *a, const struct merkle_frontier *b)
{
    size_t used = (size_t)merkle_frontier_count(a->size) * sizeof a->nodes[0];
    return a->size == b->size && memcmp(a->nodes, b->nodes, used) == 0;
}
