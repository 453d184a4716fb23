/*
 * A tree: levels[k] holds the roots of the perfect subtrees of 2^k leaves, in order. Invariant:
 * levels[k].n == size >> k.
 */
#include "lib/merkle/tree.h"

#include <stdlib.h>

struct level {
    struct merkle_hash *hashes;
    size_t n, cap;
};

struct merkle_tree {
    struct hasher *hasher; /* for appending: readers may be several */
    struct level levels[MERKLE_LEVELS];
};

struct merkle_tree *merkle_tree_create(void)
{
    struct merkle_tree *t = calloc(1, sizeof *t);
    ENSURE(t);
    t->hasher = hasher_create();
    return t;
}

void merkle_tree_destroy(struct merkle_tree *t)
{
    if (!t)
        return;
    for (int k = 0; k < MERKLE_LEVELS; k++)
        free(t->levels[k].hashes);
    hasher_destroy(t->hasher);
    free(t);
}

static void push(struct level *l, const struct merkle_hash *hash)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 16;
        l->hashes = realloc(l->hashes, l->cap * sizeof l->hashes[0]);
        ENSURE(l->hashes);
    }
    l->hashes[l->n++] = *hash;
}

void merkle_tree_append(struct merkle_tree *t, const struct merkle_hash *leaf)
{
    struct merkle_hash grown = *leaf;
    int k = 0;
    push(&t->levels[0], &grown);
    for (; t->levels[k].n % 2 == 0; k++) {
        const struct level *l = &t->levels[k];
        ENSURE(k + 1 < MERKLE_LEVELS);
        grown = merkle_node(t->hasher, &l->hashes[l->n - 2], &l->hashes[l->n - 1]);
        push(&t->levels[k + 1], &grown);
    }
}

uint64_t merkle_tree_size(const struct merkle_tree *t)
{
    return t->levels[0].n;
}

struct merkle_hash merkle_tree_leaf(const struct merkle_tree *t, uint64_t index)
{
    ENSURE(index < t->levels[0].n);
    return t->levels[0].hashes[index];
}

struct merkle_frontier merkle_tree_frontier(const struct merkle_tree *t, uint64_t size)
{
    struct merkle_frontier f = {.size = size};
    uint64_t begin = 0;
    int n = 0;
    ENSURE(size <= merkle_tree_size(t));
    for (int k = MERKLE_LEVELS - 1; k >= 0; k--) {
        if (!(size >> k & 1))
            continue;
        f.nodes[n++] = t->levels[k].hashes[begin >> k];
        begin += UINT64_C(1) << k;
    }
    return f;
}

struct merkle_hash merkle_tree_root(const struct merkle_tree *t, uint64_t size)
{
    CLEANUP_HASHER struct hasher *h = hasher_create();
    struct merkle_frontier f = merkle_tree_frontier(t, size);
    return merkle_frontier_root(&f, h);
}

/* ---- Proofs --------------------------------------------------------------------------------- */

/* The root of the leaves [begin, end), begin being a multiple of the largest power of two below
 * the count: what RFC 6962 calls MTH(D[begin:end]). */
static struct merkle_hash subtree(const struct merkle_tree *t, uint64_t begin, uint64_t end)
{
    CLEANUP_HASHER struct hasher *h = hasher_create();
    struct merkle_hash parts[MERKLE_LEVELS];
    int n = 0;
    ENSURE(begin < end && end <= merkle_tree_size(t));
    while (begin < end) {
        int k = 63 - __builtin_clzll(end - begin);
        parts[n++] = t->levels[k].hashes[begin >> k];
        begin += UINT64_C(1) << k;
    }
    struct merkle_hash root = parts[n - 1];
    for (int i = n - 2; i >= 0; i--)
        root = merkle_node(h, &parts[i], &root);
    return root;
}

/* The largest power of two below n; n > 1. */
static uint64_t split(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

static void reverse(struct merkle_proof *p)
{
    for (uint32_t i = 0; i < p->n / 2; i++) {
        struct merkle_hash h = p->path[i];
        p->path[i] = p->path[p->n - 1 - i];
        p->path[p->n - 1 - i] = h;
    }
}

static void add(struct merkle_proof *p, struct merkle_hash hash)
{
    ENSURE(p->n < MERKLE_PATH_MAX);
    p->path[p->n++] = hash;
}

void merkle_tree_prove_inclusion(const struct merkle_tree *t, uint64_t index, uint64_t size,
                                 struct merkle_proof *ret)
{
    uint64_t begin = 0;
    uint64_t end = size;
    ENSURE(index < size && size <= merkle_tree_size(t));
    ret->n = 0;
    while (end - begin > 1) {
        uint64_t middle = begin + split(end - begin);
        if (index < middle) {
            add(ret, subtree(t, middle, end));
            end = middle;
        } else {
            add(ret, subtree(t, begin, middle));
            begin = middle;
        }
    }
    reverse(ret);
}

/* SUBPROOF of RFC 6962, from the root down; `whole`: the old tree is a node of its own here. */
void merkle_tree_prove_consistency(const struct merkle_tree *t, uint64_t from, uint64_t to,
                                   struct merkle_proof *ret)
{
    uint64_t begin = 0;
    uint64_t end = to;
    bool whole = true;
    ENSURE(from <= to && to <= merkle_tree_size(t));
    ret->n = 0;
    if (from == 0 || from == to)
        return;
    while (from < end) {
        uint64_t middle = begin + split(end - begin);
        if (from <= middle) {
            add(ret, subtree(t, middle, end));
            end = middle;
        } else {
            add(ret, subtree(t, begin, middle));
            begin = middle;
            whole = false;
        }
    }
    if (!whole)
        add(ret, subtree(t, begin, end));
    reverse(ret);
}
