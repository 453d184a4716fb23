#ifndef PUMASI_LIB_STORE_TXN_H
#define PUMASI_LIB_STORE_TXN_H

#include "lib/store/store.h"

/*
 * A guarded transaction: guards that must all hold, and the operations that are then applied
 * together. At most LIMIT_TXN_OPS (128) of each; one operation for a key. It owns copies of its
 * bytes, and all of them together stay below STORE_TXN_BYTES (etcd refuses requests above 1.5 MiB).
 *
 * The adders return -ERR_LIMIT when the transaction is full (nothing was added; commit what there
 * is), and -ERR_EXISTS for a second operation on a key. A key must have 1..STORE_KEY_BYTES bytes
 * and a value at most LIMIT_VALUE_BYTES: anything else aborts. Not thread-safe.
 */
#define STORE_TXN_BYTES (1400 << 10)

struct store_txn *store_txn_create(void);
void store_txn_destroy(struct store_txn *txn); /* NULL is fine */
struct store_txn *store_txn_clone(const struct store_txn *txn);
void store_txn_reset(struct store_txn *txn); /* empties it, keeps its memory */

/* The key's mod_revision must be this one (> 0). */
MUST_CHECK int store_txn_guard_mod(struct store_txn *txn, struct span key, int64_t mod_revision);
/* The key's create_revision must be this one; 0: the key must not exist. */
MUST_CHECK int store_txn_guard_create(struct store_txn *txn, struct span key,
                                      int64_t create_revision);

/* Puts key = value. lease may be NULL; it need not outlive the transaction. */
MUST_CHECK int store_txn_put(struct store_txn *txn, struct span key, struct span value,
                             const struct store_lease *lease);
/* Deletes the key if it is there. */
MUST_CHECK int store_txn_delete(struct store_txn *txn, struct span key);

size_t store_txn_ops(const struct store_txn *txn);
size_t store_txn_guards(const struct store_txn *txn);
size_t store_txn_bytes(const struct store_txn *txn);
/* True if `ops` more operations and `guards` more guards of `bytes` in all would fit. */
bool store_txn_has_room(const struct store_txn *txn, size_t ops, size_t guards, size_t bytes);

/* ---- What it holds: for the makers of stores and for tests ---------------------------------- */

enum store_guard_kind { STORE_GUARD_MOD, STORE_GUARD_CREATE, STORE_GUARD_KIND_COUNT };

struct store_guard {
    enum store_guard_kind kind;
    struct span key;
    int64_t revision;
};

enum store_op_kind { STORE_OP_PUT, STORE_OP_DELETE, STORE_OP_KIND_COUNT };

struct store_op {
    enum store_op_kind kind;
    struct span key;
    struct span value;
    int64_t lease_id; /* 0: none */
};

/* Borrowed until the next change of the transaction; i below the count. */
struct store_guard store_txn_guard_at(const struct store_txn *txn, size_t i);
struct store_op store_txn_op_at(const struct store_txn *txn, size_t i);

#endif
