#ifndef PUMASI_LIB_ETCD_KV_H
#define PUMASI_LIB_ETCD_KV_H

#include "lib/base/err.h"
#include "lib/base/span.h"
#include "lib/etcd/outcome.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Keys: listing by pages and guarded transactions. Spans passed to callbacks are borrowed for the
 * time of the call. Timeouts are 1..ETCD_TIMEOUT_MAX_MS.
 */
struct etcd_client;

/* ---- Reading ------------------------------------------------------------------------------- */

struct etcd_kv {
    struct span key;
    struct span value;
    int64_t create_revision;
    int64_t mod_revision;
    int64_t lease_id; /* 0: none */
};

/* A negative return ends the listing, which returns that code. */
typedef int (*etcd_kv_fn)(const struct etcd_kv *kv, void *ud);

/* Keys that begin with the prefix (empty: all keys) and come after `after` (empty: from the
 * first), in bytewise order. */
struct etcd_range {
    struct span prefix;
    struct span after;
    size_t limit;        /* 0: all */
    size_t page;         /* keys asked for at once; 0: 5000. etcd counts the rest of the range for
                            every page, so small pages of a large range cost its square */
    int64_t revision;    /* 0: of now, linearizable; the later pages are of the first one's */
    unsigned timeout_ms; /* for all pages together */
    bool keys_only;      /* values are left out */
};

/* -ERR_CONFLICT: compacted; -ERR_INVALID: a future revision; -ERR_UNAVAILABLE: no answer in time.
 * A page too large to receive is asked for again in smaller pieces. (blocks) */
MUST_CHECK int etcd_range(struct etcd_client *client, const struct etcd_range *range,
                          etcd_kv_fn each, void *ud, int64_t *ret_revision, struct err *err);

/* One key, linearizable. `each` runs once if the key exists, not at all otherwise. (blocks) */
MUST_CHECK int etcd_get(struct etcd_client *client, struct span key, unsigned timeout_ms,
                        etcd_kv_fn each, void *ud, int64_t *ret_revision, struct err *err);

/* ---- Writing ------------------------------------------------------------------------------- */

enum etcd_compare_kind { ETCD_COMPARE_MOD, ETCD_COMPARE_CREATE, ETCD_COMPARE_KIND_COUNT };

/* The key's mod_revision or create_revision equals `revision`; 0: there is no such key. */
struct etcd_compare {
    enum etcd_compare_kind kind;
    struct span key;
    int64_t revision;
};

enum etcd_op_kind { ETCD_PUT, ETCD_DELETE, ETCD_OP_KIND_COUNT };

struct etcd_op {
    enum etcd_op_kind kind;
    struct span key;
    struct span value; /* ETCD_PUT */
    int64_t lease_id;  /* ETCD_PUT; 0: none */
};

/* All ops are applied as one revision iff all compares hold. etcd takes at most --max-txn-ops
 * (128) of each, and one op for a key. */
struct etcd_txn {
    const struct etcd_compare *compares;
    size_t compare_count;
    const struct etcd_op *ops;
    size_t op_count; /* at least 1 */
};

struct etcd_result {
    enum etcd_outcome outcome;
    int64_t revision; /* ETCD_OK, ETCD_COMPARE_FAILED: the store's, with this transaction */
    struct err err;   /* ETCD_NOT_APPLIED, ETCD_UNKNOWN: why */
};

/* Runs exactly once; the result is borrowed for the time of the call. */
typedef void (*etcd_result_fn)(const struct etcd_result *result, void *ud);

/* Starts a transaction; never blocks. The arrays are borrowed for the time of the call, the bytes
 * that their spans point to until `done`, which may run before this returns. */
void etcd_txn_start(struct etcd_client *client, const struct etcd_txn *txn, unsigned timeout_ms,
                    etcd_result_fn done, void *ud);

/* The same, waiting. (blocks) */
void etcd_txn_wait(struct etcd_client *client, const struct etcd_txn *txn, unsigned timeout_ms,
                   struct etcd_result *ret);

/* One unguarded operation: a transaction of one op. (blocks) */
void etcd_put(struct etcd_client *client, struct span key, struct span value, int64_t lease_id,
              unsigned timeout_ms, struct etcd_result *ret);
void etcd_delete(struct etcd_client *client, struct span key, unsigned timeout_ms,
                 struct etcd_result *ret);

#endif
