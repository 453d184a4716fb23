#ifndef PUMASI_LIB_STORE_STORE_H
#define PUMASI_LIB_STORE_STORE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/span.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The seam to the truth: an ordered map of keys with one revision counter, guarded transactions,
 * watches and leases. Three makers: store_etcd.h (a real etcd), store_mem.h (in memory, driven by
 * steps), store_faulty.h (a decorator that fails by seed). One suite tests all three.
 *
 * Revisions count committed transactions of the whole store: a transaction with several
 * operations has one revision. A key's create_revision is that of the put that made it (0: the
 * key does not exist), its mod_revision that of its last put.
 *
 * Deadlines: every call has timeout_ms, 1..STORE_TIMEOUT_MAX_MS. No call waits for ever.
 *
 * Threads: a store on etcd may be used from any thread; its callbacks run on a thread of its own,
 * must not block and must not call the functions marked (blocks). A store without threads belongs
 * to one thread; its callbacks run inside store_step() or inside the call that caused them.
 *
 * Reads here are hints: what a decision rests on must be guarded by the transaction that acts on
 * it.
 */
struct store;
struct store_txn;   /* lib/store/txn.h */
struct store_watch; /* a running watch */
struct store_lease; /* a lease that is being kept alive */

#define STORE_KEY_BYTES      1024 /* longest key or prefix; keys are 1..STORE_KEY_BYTES long */
#define STORE_TIMEOUT_MAX_MS 600000

/* Ends a store. A commit still on its way gets its outcome first, at the latest at its deadline;
 * without threads: STORE_UNKNOWN at once. Watches and leases must have been given back. Not from a
 * callback. (blocks) */
void store_destroy(struct store *s); /* NULL is fine */

/* Does one piece of the waiting work of a store without threads, and says whether there was any.
 * A store with threads has none: false. */
bool store_step(struct store *s);

/* ---- Reading ------------------------------------------------------------------------------- */

/* One key as it is. The spans are borrowed for the time of the callback that shows it. */
struct store_kv {
    struct span key;
    struct span value;       /* empty in a delete event */
    int64_t create_revision; /* 0 in a delete event */
    int64_t mod_revision;    /* in a delete event: the revision that deleted */
};

/* The revisions of one key, and that of the store when it was read. */
struct store_version {
    int64_t create_revision;
    int64_t mod_revision;
    int64_t read_revision;
};

/* Reads one key, linearizable: appends its value to ret_value and fills ret_version; either may be
 * NULL. -ERR_NOT_FOUND: there is no such key; ret_version then has read_revision and zeros.
 * -ERR_LIMIT: ret_value is full; -ERR_UNAVAILABLE: no answer in time. (blocks) */
MUST_CHECK int store_get(struct store *s, struct span key, int timeout_ms, struct buf *ret_value,
                         struct store_version *ret_version, struct err *err);

/* What to list: keys that begin with the prefix and come after `after`, in bytewise order. */
struct store_range {
    struct span prefix;
    struct span after; /* empty: from the first; else the last key of the page before */
    size_t limit;      /* at most so many keys; 0: all of them, fetched by pages inside */
    int64_t revision;  /* as of that revision; 0: of now, linearizable */
    int timeout_ms;    /* for all pages together */
    bool keys_only;    /* the values may be left out */
};

/* Shows one key of a listing. A negative return ends the listing, which returns that code. */
typedef int (*store_kv_fn)(const struct store_kv *kv, void *ud);

/* Lists keys, all as of one revision, which comes back through ret_revision: a watch from
 * revision + 1 misses nothing. `each` runs on the calling thread. -ERR_CONFLICT: the revision
 * asked for is compacted; -ERR_INVALID: it is in the future; -ERR_UNAVAILABLE: no answer in time
 * (some keys may have been shown). (blocks) */
MUST_CHECK int store_range(struct store *s, const struct store_range *range, store_kv_fn each,
                           void *ud, int64_t *ret_revision, struct err *err);

/* ---- Writing ------------------------------------------------------------------------------- */

enum store_outcome {
    STORE_OK,             /* applied; `revision` is its revision */
    STORE_COMPARE_FAILED, /* a guard did not hold; nothing was applied */
    STORE_NOT_APPLIED,    /* nothing was applied, for the reason in err: may be tried again */
    STORE_UNKNOWN,        /* it may have been applied, or may be yet: look before doing it again */
    STORE_OUTCOME_COUNT
};

struct store_result {
    enum store_outcome outcome;
    int64_t revision; /* STORE_OK: of the transaction; STORE_COMPARE_FAILED: at the judgement */
    struct err err;   /* STORE_NOT_APPLIED, STORE_UNKNOWN: why */
};

const char *store_outcome_name(enum store_outcome outcome); /* "ok", "compare-failed", ... */

/* Runs exactly once for each commit. The result is borrowed for the time of the call. */
typedef void (*store_done_fn)(const struct store_result *result, void *ud);

/* Applies all operations of the transaction iff all its guards hold, as one revision. Does not
 * block. txn (at least one operation) is borrowed until `done` is called, is not changed and may be
 * committed again. `done` may run on another thread, and before store_commit() returns. Without
 * an answer within timeout_ms the outcome is STORE_UNKNOWN, or STORE_NOT_APPLIED if it surely never
 * reached the store. Never tried twice inside unless the first attempt surely changed nothing. */
void store_commit(struct store *s, const struct store_txn *txn, int timeout_ms, store_done_fn done,
                  void *ud);

/* The same, waiting for the result (drives a store without threads by steps). (blocks) */
void store_commit_wait(struct store *s, const struct store_txn *txn, int timeout_ms,
                       struct store_result *ret);

/* ---- Watching ------------------------------------------------------------------------------ */

enum store_event_kind { STORE_EVENT_PUT, STORE_EVENT_DELETE, STORE_EVENT_KIND_COUNT };

struct store_event {
    enum store_event_kind kind;
    struct store_kv kv;
};

/* All get the `ud` of the watch and run one at a time, in order. on_events is a must. */
struct store_watch_ops {
    /* Events in the order of revisions; all of one revision in one batch. `revision` is that of
     * the last event. A careful reader drops what is not newer than what it has: etcd 3.4.23 was
     * seen repeating and losing events. */
    void (*on_events)(const struct store_event *events, size_t n, int64_t revision, void *ud);
    /* All events up to and with this revision were shown. A hint; rare. */
    void (*on_progress)(int64_t revision, void *ud);
    /* The connection broke; the watch goes on by itself from the last event it showed. */
    void (*on_lost)(const struct err *err, void *ud);
    /* The events wanted are compacted away: the watch is over (still to be given back). Read all
     * keys again and watch from there. */
    void (*on_compacted)(int64_t compact_revision, void *ud);
};

/* Watches the keys that begin with the prefix (copied), from_revision (> 0) included. Does not
 * block: what fails is tried again, and told by on_lost. ops must outlive the watch. */
struct store_watch *store_watch(struct store *s, struct span prefix, int64_t from_revision,
                                const struct store_watch_ops *ops, void *ud);

/* Gives a watch back: when it returns, no callback runs any more. Not from a callback of the
 * store. NULL is fine. (blocks, shortly) */
void store_unwatch(struct store_watch *watch);

/* ---- Leases: a hint of who is alive, never a proof ------------------------------------------ */

/* Runs at most once: the lease is gone, or was not confirmed for its whole ttl. */
typedef void (*store_lost_fn)(void *ud);

/* A lease of ttl_s seconds (1..3600), kept alive from now on by itself. Keys put with it vanish
 * with it. lost may be NULL. (blocks) */
MUST_CHECK int store_lease_grant(struct store *s, int ttl_s, int timeout_ms, store_lost_fn lost,
                                 void *ud, struct store_lease **ret, struct err *err);

/* Ends a lease with its keys at once, and frees the handle whatever happens: a failure means that
 * the keys stay until the ttl is over. No callback runs after it returns. Not from a callback.
 * (blocks) */
int store_lease_revoke(struct store_lease *lease, int timeout_ms, struct err *err);

/* Frees the handle and stops keeping the lease alive, as a crash would: its keys stay until the
 * ttl is over. No callback runs after it returns. Not from a callback. NULL is fine. (blocks,
 * shortly) */
void store_lease_abandon(struct store_lease *lease);

/* ---- Housekeeping -------------------------------------------------------------------------- */

/* Forgets history before the revision: older reads and watches fail as compacted. -ERR_CONFLICT:
 * already compacted there; -ERR_INVALID: in the future. (blocks) */
MUST_CHECK int store_compact(struct store *s, int64_t revision, int timeout_ms, struct err *err);

struct store_status {
    int64_t revision;   /* the newest */
    int64_t size_bytes; /* of the database on disk, or of the memory in use */
    bool has_leader;    /* false: nothing can be written now */
};

/* How the store is. -ERR_UNAVAILABLE: no answer in time. (blocks) */
MUST_CHECK int store_status(struct store *s, int timeout_ms, struct store_status *ret,
                            struct err *err);

#endif
