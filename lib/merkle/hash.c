/* Leaf and node hashes. Pure. */
#include "lib/merkle/hash.h"

static const uint8_t leaf_prefix = 0;
static const uint8_t node_prefix = 1;

struct merkle_hash merkle_leaf(struct hasher *h, struct span entry)
{
    struct merkle_hash ret;
    hasher_update(h, span_of(&leaf_prefix, 1));
    hasher_update(h, entry);
    hasher_finish(h, ret.bytes);
    return ret;
}

struct merkle_hash merkle_node(struct hasher *h, const struct merkle_hash *left,
                               const struct merkle_hash *right)
{
    uint8_t bytes[1 + 2 * DIGEST_BYTES];
    struct merkle_hash ret;
    bytes[0] = node_prefix;
    memcpy(bytes + 1, left->bytes, DIGEST_BYTES);
    memcpy(bytes + 1 + DIGEST_BYTES, right->bytes, DIGEST_BYTES);
    hasher_update(h, span_of(bytes, sizeof bytes));
    hasher_finish(h, ret.bytes);
    return ret;
}

struct merkle_hash merkle_empty(struct hasher *h)
{
    struct merkle_hash ret;
    hasher_finish(h, ret.bytes);
    return ret;
}
