/* Verifying proofs, after RFC 9162 sections 2.1.3.2 and 2.1.4.2. Pure. */
#include "lib/merkle/proof.h"

static int refuse(struct err *err, const char *what)
{
    return err_set(err, ERR_VERIFICATION, "%s", what);
}

int merkle_verify_inclusion(const struct merkle_proof *proof, uint64_t index, uint64_t size,
                            const struct merkle_hash *leaf, const struct merkle_hash *root,
                            struct err *err)
{
    if (index >= size || proof->n > MERKLE_PATH_MAX)
        return refuse(err, "inclusion proof: the entry is not inside the tree");
    CLEANUP_HASHER struct hasher *h = hasher_create();
    struct merkle_hash at = *leaf;
    uint64_t node = index;
    uint64_t last = size - 1;
    for (uint32_t i = 0; i < proof->n; i++) {
        if (last == 0)
            return refuse(err, "inclusion proof: the path is too long");
        if ((node & 1) || node == last) {
            at = merkle_node(h, &proof->path[i], &at);
            for (; !(node & 1) && node; last >>= 1)
                node >>= 1;
        } else {
            at = merkle_node(h, &at, &proof->path[i]);
        }
        node >>= 1;
        last >>= 1;
    }
    if (last != 0)
        return refuse(err, "inclusion proof: the path is too short");
    if (!merkle_hash_equal(&at, root))
        return refuse(err, "inclusion proof: it leads to another root");
    return 0;
}

static int verify_trivial(const struct merkle_proof *proof, uint64_t from, uint64_t to,
                          const struct merkle_hash *from_root, const struct merkle_hash *to_root,
                          struct err *err)
{
    if (proof->n != 0)
        return refuse(err, "consistency proof: the path should be empty");
    if (from == to && !merkle_hash_equal(from_root, to_root))
        return refuse(err, "consistency proof: two roots for one size");
    return 0;
}

/* Walks from the last subtree that both trees share, keeping the root of each. */
static int walk(const struct merkle_proof *proof, uint64_t node, uint64_t last,
                struct merkle_hash *from_at, struct merkle_hash *to_at)
{
    CLEANUP_HASHER struct hasher *h = hasher_create();
    for (uint32_t i = 1; i < proof->n; i++) {
        if (last == 0)
            return -ERR_VERIFICATION;
        if ((node & 1) || node == last) {
            *from_at = merkle_node(h, &proof->path[i], from_at);
            *to_at = merkle_node(h, &proof->path[i], to_at);
            for (; !(node & 1) && node; last >>= 1)
                node >>= 1;
        } else {
            *to_at = merkle_node(h, to_at, &proof->path[i]);
        }
        node >>= 1;
        last >>= 1;
    }
    return last == 0 ? 0 : -ERR_VERIFICATION;
}

int merkle_verify_consistency(const struct merkle_proof *proof, uint64_t from, uint64_t to,
                              const struct merkle_hash *from_root,
                              const struct merkle_hash *to_root, struct err *err)
{
    if (from > to)
        return refuse(err, "consistency proof: the log became shorter");
    if (from == 0 || from == to)
        return verify_trivial(proof, from, to, from_root, to_root, err);
    /* A tree of a power of two is itself the first node of the path, and left out. */
    struct merkle_proof full = {.n = 0};
    if ((from & (from - 1)) == 0)
        full.path[full.n++] = *from_root;
    if (proof->n == 0 || proof->n + full.n > MERKLE_PATH_MAX)
        return refuse(err, "consistency proof: the path has a wrong length");
    memcpy(full.path + full.n, proof->path, proof->n * sizeof proof->path[0]);
    full.n += proof->n;
    uint64_t node = from - 1;
    uint64_t last = to - 1;
    for (; node & 1; last >>= 1)
        node >>= 1;
    struct merkle_hash from_at = full.path[0];
    struct merkle_hash to_at = full.path[0];
    if (walk(&full, node, last, &from_at, &to_at) < 0)
        return refuse(err, "consistency proof: the path has a wrong length");
    if (!merkle_hash_equal(&from_at, from_root))
        return refuse(err, "consistency proof: the older tree is not part of the newer one");
    if (!merkle_hash_equal(&to_at, to_root))
        return refuse(err, "consistency proof: it leads to another root");
    return 0;
}
