#ifndef PUMASI_LIB_MERKLE_HASH_H
#define PUMASI_LIB_MERKLE_HASH_H

#include "lib/base/span.h"
#include "lib/pki/digest.h"

#include <stdint.h>

/*
 * Hashes of RFC 6962: a leaf is SHA-256(0x00 || entry), a node SHA-256(0x01 || left || right), the
 * empty tree SHA-256(""). The prefixes keep a node from passing for a leaf.
 *
 * The hasher is scratch, borrowed for the call: one for a thread saves making one for each hash.
 */
struct merkle_hash {
    uint8_t bytes[DIGEST_BYTES];
};

struct merkle_hash merkle_leaf(struct hasher *h, struct span entry);
struct merkle_hash merkle_node(struct hasher *h, const struct merkle_hash *left,
                               const struct merkle_hash *right);
struct merkle_hash merkle_empty(struct hasher *h);

static inline bool merkle_hash_equal(const struct merkle_hash *a, const struct merkle_hash *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_BYTES) == 0;
}

#endif
