#include "lib/store/store_internal.h"

#include "lib/store/txn.h"

#include <pthread.h>

/*
 * Owns the border: arguments are checked here once, for all makers. What breaks the header's
 * promises aborts. The waiting commit is the other one plus a condition variable.
 */
static void ensure_timeout(int timeout_ms)
{
    ENSURE(timeout_ms >= 1 && timeout_ms <= STORE_TIMEOUT_MAX_MS);
}

static void ensure_key(struct span key)
{
    ENSURE(key.len >= 1 && key.len <= STORE_KEY_BYTES);
}

void store_destroy(struct store *s)
{
    if (s != NULL)
        s->vtable->destroy(s);
}

bool store_step(struct store *s)
{
    return s->vtable->step(s);
}

int store_get(struct store *s, struct span key, int timeout_ms, struct buf *ret_value,
              struct store_version *ret_version, struct err *err)
{
    ensure_timeout(timeout_ms);
    ensure_key(key);
    TRY(s->vtable->get(s, key, timeout_ms, ret_value, ret_version, err));
    if (ret_value != NULL && ret_value->full)
        return err_set(err, ERR_LIMIT, "store: the value is larger than %zu bytes", ret_value->max);
    return 0;
}

int store_range(struct store *s, const struct store_range *range, store_kv_fn each, void *ud,
                int64_t *ret_revision, struct err *err)
{
    ensure_timeout(range->timeout_ms);
    ENSURE(range->prefix.len <= STORE_KEY_BYTES && range->revision >= 0);
    ENSURE(range->after.len == 0 || span_starts_with(range->after, range->prefix));
    return s->vtable->range(s, range, each, ud, ret_revision, err);
}

const char *store_outcome_name(enum store_outcome outcome)
{
    static const char *const names[STORE_OUTCOME_COUNT] = {"ok", "compare-failed", "not-applied",
                                                           "unknown"};
    ENSURE((unsigned)outcome < STORE_OUTCOME_COUNT);
    return names[outcome];
}

void store_commit(struct store *s, const struct store_txn *txn, int timeout_ms, store_done_fn done,
                  void *ud)
{
    ensure_timeout(timeout_ms);
    ENSURE(store_txn_ops(txn) >= 1 && done != NULL);
    s->vtable->commit(s, txn, timeout_ms, done, ud);
}

struct store_watch *store_watch(struct store *s, struct span prefix, int64_t from_revision,
                                const struct store_watch_ops *ops, void *ud)
{
    ensure_key(prefix);
    ENSURE(from_revision > 0 && ops->on_events != NULL);
    return s->vtable->watch(s, prefix, from_revision, ops, ud);
}

void store_unwatch(struct store_watch *watch)
{
    if (watch != NULL)
        watch->store->vtable->unwatch(watch);
}

int store_lease_grant(struct store *s, int ttl_s, int timeout_ms, store_lost_fn lost, void *ud,
                      struct store_lease **ret, struct err *err)
{
    ensure_timeout(timeout_ms);
    ENSURE(ttl_s >= 1 && ttl_s <= 3600);
    return s->vtable->lease_grant(s, ttl_s, timeout_ms, lost, ud, ret, err);
}

int store_lease_revoke(struct store_lease *lease, int timeout_ms, struct err *err)
{
    ensure_timeout(timeout_ms);
    return lease->store->vtable->lease_revoke(lease, timeout_ms, err);
}

void store_lease_abandon(struct store_lease *lease)
{
    if (lease != NULL)
        lease->store->vtable->lease_abandon(lease);
}

int store_compact(struct store *s, int64_t revision, int timeout_ms, struct err *err)
{
    ensure_timeout(timeout_ms);
    ENSURE(revision > 0);
    return s->vtable->compact(s, revision, timeout_ms, err);
}

int store_status(struct store *s, int timeout_ms, struct store_status *ret, struct err *err)
{
    ensure_timeout(timeout_ms);
    return s->vtable->status(s, timeout_ms, ret, err);
}

/* ---- the waiting commit ---- */

struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool done;
    struct store_result *result;
};

static void on_awaited(const struct store_result *result, void *ud)
{
    struct waiter *w = ud;
    pthread_mutex_lock(&w->mutex);
    ENSURE(!w->done);
    *w->result = *result;
    w->done = true;
    pthread_cond_signal(&w->cond); /* under the lock: the waiter then frees all this */
    pthread_mutex_unlock(&w->mutex);
}

void store_commit_wait(struct store *s, const struct store_txn *txn, int timeout_ms,
                       struct store_result *ret)
{
    struct waiter w = {.result = ret};
    pthread_mutex_init(&w.mutex, NULL);
    pthread_cond_init(&w.cond, NULL);
    store_commit(s, txn, timeout_ms, on_awaited, &w);
    pthread_mutex_lock(&w.mutex);
    while (!w.done) {
        pthread_mutex_unlock(&w.mutex);
        bool stepped = store_step(s);
        pthread_mutex_lock(&w.mutex);
        if (!stepped && !w.done)
            pthread_cond_wait(&w.cond, &w.mutex);
    }
    pthread_mutex_unlock(&w.mutex);
    pthread_cond_destroy(&w.cond);
    pthread_mutex_destroy(&w.mutex);
}
