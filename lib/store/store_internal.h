#ifndef PUMASI_LIB_STORE_STORE_INTERNAL_H
#define PUMASI_LIB_STORE_STORE_INTERNAL_H

#include "lib/store/store.h"

/*
 * What a maker of stores fills in. The functions are those of store.h, whose promises they keep;
 * store.c checks the arguments first. A store, a watch and a lease embed the base as their first
 * member.
 */
struct store_vtable {
    void (*destroy)(struct store *s);
    bool (*step)(struct store *s);
    int (*get)(struct store *s, struct span key, int timeout_ms, struct buf *ret_value,
               struct store_version *ret_version, struct err *err);
    int (*range)(struct store *s, const struct store_range *range, store_kv_fn each, void *ud,
                 int64_t *ret_revision, struct err *err);
    void (*commit)(struct store *s, const struct store_txn *txn, int timeout_ms, store_done_fn done,
                   void *ud);
    struct store_watch *(*watch)(struct store *s, struct span prefix, int64_t from_revision,
                                 const struct store_watch_ops *ops, void *ud);
    void (*unwatch)(struct store_watch *watch);
    int (*lease_grant)(struct store *s, int ttl_s, int timeout_ms, store_lost_fn lost, void *ud,
                       struct store_lease **ret, struct err *err);
    int (*lease_revoke)(struct store_lease *lease, int timeout_ms, struct err *err);
    void (*lease_abandon)(struct store_lease *lease);
    int (*compact)(struct store *s, int64_t revision, int timeout_ms, struct err *err);
    int (*status)(struct store *s, int timeout_ms, struct store_status *ret, struct err *err);
};

struct store {
    const struct store_vtable *vtable;
};

struct store_watch {
    struct store *store;
};

struct store_lease {
    struct store *store;
    int64_t id; /* never 0; transactions carry it */
};

#endif
