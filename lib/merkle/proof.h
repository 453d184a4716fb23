#ifndef PUMASI_LIB_MERKLE_PROOF_H
#define PUMASI_LIB_MERKLE_PROOF_H

#include "lib/base/err.h"
#include "lib/merkle/frontier.h"

/*
 * Proofs of RFC 6962 and their verification. Pure; no input aborts. Whatever does not verify is
 * ERR_VERIFICATION, a path of the wrong length too.
 */
#define MERKLE_PATH_MAX (MERKLE_LEVELS + 1)

struct merkle_proof {
    uint32_t n;
    struct merkle_hash path[MERKLE_PATH_MAX]; /* from the leaf upwards */
};

/* That the leaf stands at `index` in the tree of `size` leaves with that root. */
MUST_CHECK int merkle_verify_inclusion(const struct merkle_proof *proof, uint64_t index,
                                       uint64_t size, const struct merkle_hash *leaf,
                                       const struct merkle_hash *root, struct err *err);

/* That the tree of `to` leaves begins with the tree of `from` leaves. Equal sizes need an empty
 * path and equal roots; from = 0 is consistent with everything, by an empty path. */
MUST_CHECK int merkle_verify_consistency(const struct merkle_proof *proof, uint64_t from,
                                         uint64_t to, const struct merkle_hash *from_root,
                                         const struct merkle_hash *to_root, struct err *err);

#endif
