#include "lib/store/store_etcd.h"

#include "lib/base/limits.h"
#include "lib/etcd/kv.h"
#include "lib/etcd/lease.h"
#include "lib/etcd/maintenance.h"
#include "lib/etcd/watch.h"
#include "lib/store/store_internal.h"
#include "lib/store/txn.h"

#include <pthread.h>
#include <stdlib.h>

/*
 * Owns the translation between the seam and libetcd, and the count of commits on the way, so that
 * destroying waits for them. All the rules (repeating, resuming, classifying) are libetcd's.
 */
struct etcd_store {
    struct store base;
    struct etcd_client *client;
    pthread_mutex_t mutex;
    pthread_cond_t idle;
    size_t commits; /* on the way */
    size_t handles; /* watches and leases not given back */
};

static struct etcd_store *self(struct store *s)
{
    return (struct etcd_store *)s;
}

static void count_handles(struct etcd_store *s, int change)
{
    pthread_mutex_lock(&s->mutex);
    s->handles += (size_t)change;
    pthread_mutex_unlock(&s->mutex);
}

static void etcd_store_destroy(struct store *store)
{
    struct etcd_store *s = self(store);
    pthread_mutex_lock(&s->mutex);
    ENSURE(s->handles == 0);
    while (s->commits > 0)
        pthread_cond_wait(&s->idle, &s->mutex);
    pthread_mutex_unlock(&s->mutex);
    pthread_cond_destroy(&s->idle);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

static bool etcd_store_step(struct store *store)
{
    (void)store;
    return false;
}

/* ---- reading ---- */

static struct store_kv kv_of(const struct etcd_kv *kv)
{
    return (struct store_kv){.key = kv->key,
                             .value = kv->value,
                             .create_revision = kv->create_revision,
                             .mod_revision = kv->mod_revision};
}

struct getting {
    struct buf *value;
    struct store_version version;
};

static int on_got(const struct etcd_kv *kv, void *ud)
{
    struct getting *g = ud;
    g->version.create_revision = kv->create_revision;
    g->version.mod_revision = kv->mod_revision;
    if (g->value != NULL)
        buf_append(g->value, kv->value.data, kv->value.len);
    return 0;
}

static int etcd_store_get(struct store *store, struct span key, int timeout_ms,
                          struct buf *ret_value, struct store_version *ret_version, struct err *err)
{
    struct getting g = {.value = ret_value};
    TRY(etcd_get(self(store)->client, key, (unsigned)timeout_ms, on_got, &g,
                 &g.version.read_revision, err));
    if (ret_version != NULL)
        *ret_version = g.version;
    if (g.version.mod_revision == 0)
        return err_set(err, ERR_NOT_FOUND, "store: no key %.*s", (int)key.len,
                       (const char *)key.data);
    return 0;
}

struct listing {
    store_kv_fn each;
    void *ud;
};

static int on_listed(const struct etcd_kv *kv, void *ud)
{
    const struct listing *l = ud;
    const struct store_kv shown = kv_of(kv);
    return l->each(&shown, l->ud);
}

static int etcd_store_range(struct store *store, const struct store_range *range, store_kv_fn each,
                            void *ud, int64_t *ret_revision, struct err *err)
{
    struct listing listing = {.each = each, .ud = ud};
    const struct etcd_range wanted = {
        .prefix = range->prefix,
        .after = range->after,
        .limit = range->limit,
        .revision = range->revision,
        .timeout_ms = (unsigned)range->timeout_ms,
        .keys_only = range->keys_only,
    };
    return etcd_range(self(store)->client, &wanted, on_listed, &listing, ret_revision, err);
}

/* ---- writing ---- */

struct commit {
    struct etcd_store *store;
    store_done_fn done;
    void *ud;
};

static enum store_outcome outcome_of(enum etcd_outcome outcome)
{
    static const enum store_outcome same[ETCD_OUTCOME_COUNT] = {
        [ETCD_OK] = STORE_OK,
        [ETCD_COMPARE_FAILED] = STORE_COMPARE_FAILED,
        [ETCD_NOT_APPLIED] = STORE_NOT_APPLIED,
        [ETCD_UNKNOWN] = STORE_UNKNOWN,
    };
    return same[outcome];
}

static void on_committed(const struct etcd_result *result, void *ud)
{
    struct commit *c = ud;
    struct etcd_store *s = c->store;
    const struct store_result told = {
        .outcome = outcome_of(result->outcome), .revision = result->revision, .err = result->err};
    c->done(&told, c->ud);
    free(c);
    pthread_mutex_lock(&s->mutex);
    if (--s->commits == 0)
        pthread_cond_broadcast(&s->idle);
    pthread_mutex_unlock(&s->mutex);
}

static void fill_compares(struct etcd_compare *dst, const struct store_txn *txn)
{
    for (size_t i = 0; i < store_txn_guards(txn); i++) {
        struct store_guard g = store_txn_guard_at(txn, i);
        dst[i].kind = g.kind == STORE_GUARD_MOD ? ETCD_COMPARE_MOD : ETCD_COMPARE_CREATE;
        dst[i].key = g.key;
        dst[i].revision = g.revision;
    }
}

static void fill_ops(struct etcd_op *dst, const struct store_txn *txn)
{
    for (size_t i = 0; i < store_txn_ops(txn); i++) {
        struct store_op op = store_txn_op_at(txn, i);
        dst[i].kind = op.kind == STORE_OP_PUT ? ETCD_PUT : ETCD_DELETE;
        dst[i].key = op.key;
        dst[i].value = op.value;
        dst[i].lease_id = op.lease_id;
    }
}

static void etcd_store_commit(struct store *store, const struct store_txn *txn, int timeout_ms,
                              store_done_fn done, void *ud)
{
    struct etcd_store *s = self(store);
    struct etcd_compare compares[LIMIT_TXN_OPS];
    struct etcd_op ops[LIMIT_TXN_OPS];
    fill_compares(compares, txn);
    fill_ops(ops, txn);
    struct commit *c = malloc(sizeof(*c));
    ENSURE(c != NULL);
    *c = (struct commit){.store = s, .done = done, .ud = ud};
    pthread_mutex_lock(&s->mutex);
    s->commits++;
    pthread_mutex_unlock(&s->mutex);
    const struct etcd_txn wanted = {.compares = compares,
                                    .compare_count = store_txn_guards(txn),
                                    .ops = ops,
                                    .op_count = store_txn_ops(txn)};
    etcd_txn_start(s->client, &wanted, (unsigned)timeout_ms, on_committed, c);
}

/* ---- watching ---- */

struct watch {
    struct store_watch base;
    struct etcd_watch *watch;
    const struct store_watch_ops *ops;
    void *ud;
};

static void on_events(const struct etcd_event *events, size_t n, int64_t revision, void *ud)
{
    struct watch *w = ud;
    struct store_event *told = calloc(n, sizeof(*told));
    ENSURE(told != NULL);
    for (size_t i = 0; i < n; i++) {
        told[i].kind = events[i].deleted ? STORE_EVENT_DELETE : STORE_EVENT_PUT;
        told[i].kv = kv_of(&events[i].kv);
    }
    w->ops->on_events(told, n, revision, w->ud);
    free(told);
}

static void on_progress(int64_t revision, void *ud)
{
    struct watch *w = ud;
    if (w->ops->on_progress != NULL)
        w->ops->on_progress(revision, w->ud);
}

static void on_lost(const struct err *err, void *ud)
{
    struct watch *w = ud;
    if (w->ops->on_lost != NULL)
        w->ops->on_lost(err, w->ud);
}

static void on_compacted(int64_t compact_revision, void *ud)
{
    struct watch *w = ud;
    if (w->ops->on_compacted != NULL)
        w->ops->on_compacted(compact_revision, w->ud);
}

static const struct etcd_watch_ops watch_ops = {.on_events = on_events,
                                                .on_progress = on_progress,
                                                .on_lost = on_lost,
                                                .on_compacted = on_compacted};

static struct store_watch *etcd_store_watch(struct store *store, struct span prefix,
                                            int64_t from_revision,
                                            const struct store_watch_ops *ops, void *ud)
{
    struct watch *w = calloc(1, sizeof(*w));
    ENSURE(w != NULL);
    *w = (struct watch){.base = {store}, .ops = ops, .ud = ud};
    count_handles(self(store), 1);
    w->watch = etcd_watch_create(self(store)->client, prefix, from_revision, &watch_ops, w);
    return &w->base;
}

static void etcd_store_unwatch(struct store_watch *watch)
{
    struct watch *w = (struct watch *)watch;
    etcd_watch_destroy(w->watch);
    count_handles(self(w->base.store), -1);
    free(w);
}

/* ---- leases ---- */

struct lease {
    struct store_lease base;
    struct etcd_lease *lease;
};

static int etcd_store_lease_grant(struct store *store, int ttl_s, int timeout_ms,
                                  store_lost_fn lost, void *ud, struct store_lease **ret,
                                  struct err *err)
{
    struct etcd_lease *granted = NULL;
    TRY(etcd_lease_grant(self(store)->client, ttl_s, (unsigned)timeout_ms, lost, ud, &granted,
                         err));
    struct lease *l = malloc(sizeof(*l));
    ENSURE(l != NULL);
    *l = (struct lease){.base = {.store = store, .id = etcd_lease_id(granted)}, .lease = granted};
    count_handles(self(store), 1);
    *ret = &l->base;
    return 0;
}

static int etcd_store_lease_revoke(struct store_lease *lease, int timeout_ms, struct err *err)
{
    struct lease *l = (struct lease *)lease;
    int rc = etcd_lease_revoke(l->lease, (unsigned)timeout_ms, err);
    count_handles(self(l->base.store), -1);
    free(l);
    return rc;
}

static void etcd_store_lease_abandon(struct store_lease *lease)
{
    struct lease *l = (struct lease *)lease;
    etcd_lease_abandon(l->lease);
    count_handles(self(l->base.store), -1);
    free(l);
}

/* ---- housekeeping ---- */

static int etcd_store_compact(struct store *store, int64_t revision, int timeout_ms,
                              struct err *err)
{
    return etcd_compact(self(store)->client, revision, (unsigned)timeout_ms, err);
}

static int etcd_store_status(struct store *store, int timeout_ms, struct store_status *ret,
                             struct err *err)
{
    struct etcd_status status;
    TRY(etcd_status(self(store)->client, (unsigned)timeout_ms, &status, err));
    *ret = (struct store_status){.revision = status.revision,
                                 .size_bytes = status.size_bytes,
                                 .has_leader = status.leader != 0};
    return 0;
}

struct store *store_etcd_create(struct etcd_client *client)
{
    static const struct store_vtable vtable = {
        .destroy = etcd_store_destroy,
        .step = etcd_store_step,
        .get = etcd_store_get,
        .range = etcd_store_range,
        .commit = etcd_store_commit,
        .watch = etcd_store_watch,
        .unwatch = etcd_store_unwatch,
        .lease_grant = etcd_store_lease_grant,
        .lease_revoke = etcd_store_lease_revoke,
        .lease_abandon = etcd_store_lease_abandon,
        .compact = etcd_store_compact,
        .status = etcd_store_status,
    };
    struct etcd_store *s = calloc(1, sizeof(*s));
    ENSURE(s != NULL);
    s->base.vtable = &vtable;
    s->client = client;
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->idle, NULL);
    return &s->base;
}
