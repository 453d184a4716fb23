#include "lib/store/store_faulty.h"

#include "lib/base/text.h"
#include "lib/store/store_internal.h"
#include "lib/store/txn.h"

#include <pthread.h>
#include <stdlib.h>

/*
 * Owns the dice, the commits that wait, and a wrapper for each watch and lease. Dice are thrown
 * only for faults whose rate is not 0, so switching one on does not change what the others do
 * elsewhere. The mutex guards dice, lists and counters; nothing of the store below or of the user
 * is called with it.
 */
#define DELAY_STEPS_MAX 8
#define STALE_MAX       8 /* revisions that a stale read is behind */

struct delayed {
    struct delayed *next;
    unsigned steps;
    const struct store_txn *txn;
    struct store_txn *own; /* the txn if it is ours: applied late, nobody waits */
    int timeout_ms;
    store_done_fn done;
    void *ud;
};

struct faulty_lease {
    struct store_lease base;
    struct faulty_lease *next;
    struct store_lease *inner; /* NULL: dropped */
    unsigned steps;            /* until the holder of a dropped lease is told; 0: told */
    bool told;
    store_lost_fn lost;
    void *ud;
};

struct faulty_store {
    struct store base;
    struct store *inner;
    pthread_mutex_t mutex;
    uint64_t dice;
    unsigned rate[STORE_FAULT_COUNT]; /* per mille */
    unsigned once[STORE_FAULT_COUNT];
    uint64_t count[STORE_FAULT_COUNT];
    struct delayed *delayed; /* oldest first */
    struct faulty_lease *leases;
    size_t watches;
};

static const char *const fault_names[STORE_FAULT_COUNT] = {
#define X(id, name) name,
    STORE_FAULTS(X)
#undef X
};

const char *store_fault_name(enum store_fault fault)
{
    ENSURE((unsigned)fault < STORE_FAULT_COUNT);
    return fault_names[fault];
}

int store_fault_parse(struct span text, enum store_fault *ret, struct err *err)
{
    for (int i = 0; i < STORE_FAULT_COUNT; i++) {
        if (!span_equal(text, span_text(fault_names[i])))
            continue;
        *ret = (enum store_fault)i;
        return 0;
    }
    return err_set(err, ERR_INVALID, "there is no fault \"%.*s\"", (int)text.len,
                   (const char *)text.data);
}

static struct faulty_store *self(struct store *s)
{
    return (struct faulty_store *)s;
}

/* ---- dice ---- */

/* splitmix64: one multiplication chain a throw, any seed is good. With the lock. */
static uint64_t throw_dice(struct faulty_store *s)
{
    uint64_t z = s->dice += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 1..max. */
static unsigned pick(struct faulty_store *s, unsigned max)
{
    pthread_mutex_lock(&s->mutex);
    unsigned n = 1 + (unsigned)(throw_dice(s) % max);
    pthread_mutex_unlock(&s->mutex);
    return n;
}

static bool strikes(struct faulty_store *s, enum store_fault fault)
{
    pthread_mutex_lock(&s->mutex);
    bool hit = s->once[fault] > 0;
    if (hit)
        s->once[fault]--;
    else if (s->rate[fault] > 0)
        hit = throw_dice(s) % 1000 < s->rate[fault];
    s->count[fault] += hit;
    pthread_mutex_unlock(&s->mutex);
    return hit;
}

static bool is_armed(struct faulty_store *s, enum store_fault fault)
{
    pthread_mutex_lock(&s->mutex);
    bool armed = s->once[fault] > 0 || s->rate[fault] > 0;
    pthread_mutex_unlock(&s->mutex);
    return armed;
}

void store_faulty_rate(struct store *store, enum store_fault fault, unsigned per_mille)
{
    struct faulty_store *s = self(store);
    ENSURE((unsigned)fault < STORE_FAULT_COUNT && per_mille <= 1000);
    pthread_mutex_lock(&s->mutex);
    s->rate[fault] = per_mille;
    pthread_mutex_unlock(&s->mutex);
}

void store_faulty_once(struct store *store, enum store_fault fault)
{
    struct faulty_store *s = self(store);
    ENSURE((unsigned)fault < STORE_FAULT_COUNT);
    pthread_mutex_lock(&s->mutex);
    s->once[fault]++;
    pthread_mutex_unlock(&s->mutex);
}

void store_faulty_etcd_3_4_23(struct store *store, unsigned per_mille)
{
    static const enum store_fault known[] = {STORE_FAULT_STALE_READ, STORE_FAULT_EVENT_DROP,
                                             STORE_FAULT_EVENT_REPEAT, STORE_FAULT_EVENT_REWIND,
                                             STORE_FAULT_LEASE_DROP};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        store_faulty_rate(store, known[i], per_mille);
}

uint64_t store_faulty_count(const struct store *store, enum store_fault fault)
{
    struct faulty_store *s = (struct faulty_store *)store;
    ENSURE((unsigned)fault < STORE_FAULT_COUNT);
    pthread_mutex_lock(&s->mutex);
    uint64_t n = s->count[fault];
    pthread_mutex_unlock(&s->mutex);
    return n;
}

/* ---- commits ---- */

static void end_as(enum store_outcome outcome, store_done_fn done, void *ud)
{
    struct store_result result = {.outcome = outcome};
    if (outcome == STORE_NOT_APPLIED)
        (void)err_set(&result.err, ERR_UNAVAILABLE, "store: refused by a planned fault");
    else
        (void)err_set(&result.err, ERR_UNKNOWN_OUTCOME, "store: reply lost by a planned fault");
    done(&result, ud);
}

static void add_delayed(struct faulty_store *s, struct delayed delayed)
{
    struct delayed *d = malloc(sizeof(*d));
    ENSURE(d != NULL);
    *d = delayed;
    d->steps = pick(s, DELAY_STEPS_MAX);
    pthread_mutex_lock(&s->mutex);
    struct delayed **at = &s->delayed;
    while (*at != NULL)
        at = &(*at)->next;
    *at = d;
    pthread_mutex_unlock(&s->mutex);
}

/* A commit whose outcome is not told, or told as lost. */
struct muted {
    struct store_txn *own;
    store_done_fn done;
    void *ud;
};

static void on_muted(const struct store_result *result, void *ud)
{
    struct muted *m = ud;
    (void)result;
    if (m->done != NULL)
        end_as(STORE_UNKNOWN, m->done, m->ud);
    store_txn_destroy(m->own);
    free(m);
}

static void commit_muted(struct faulty_store *s, const struct store_txn *txn, int timeout_ms,
                         struct muted muted)
{
    struct muted *m = malloc(sizeof(*m));
    ENSURE(m != NULL);
    *m = muted;
    store_commit(s->inner, txn, timeout_ms, on_muted, m);
}

static void faulty_commit(struct store *store, const struct store_txn *txn, int timeout_ms,
                          store_done_fn done, void *ud)
{
    struct faulty_store *s = self(store);
    struct delayed waiting = {.timeout_ms = timeout_ms};
    if (strikes(s, STORE_FAULT_REFUSE)) {
        end_as(STORE_NOT_APPLIED, done, ud);
    } else if (strikes(s, STORE_FAULT_LOSE_REQUEST)) {
        end_as(STORE_UNKNOWN, done, ud);
    } else if (strikes(s, STORE_FAULT_LATE_APPLY)) {
        waiting.txn = waiting.own = store_txn_clone(txn);
        add_delayed(s, waiting);
        end_as(STORE_UNKNOWN, done, ud);
    } else if (strikes(s, STORE_FAULT_DELAY)) {
        waiting.txn = txn;
        waiting.done = done;
        waiting.ud = ud;
        add_delayed(s, waiting);
    } else if (strikes(s, STORE_FAULT_LOSE_REPLY)) {
        commit_muted(s, txn, timeout_ms, (struct muted){.done = done, .ud = ud});
    } else {
        store_commit(s->inner, txn, timeout_ms, done, ud);
    }
}

/* Takes off the list those whose steps are over, in order. With the lock. */
static struct delayed *take_ripe(struct faulty_store *s)
{
    struct delayed *ripe = NULL, **end = &ripe;
    for (struct delayed **at = &s->delayed; *at != NULL;) {
        struct delayed *d = *at;
        if (--d->steps > 0) {
            at = &d->next;
            continue;
        }
        *at = d->next;
        d->next = NULL;
        *end = d;
        end = &d->next;
    }
    return ripe;
}

/* Moves the delayed commits one step; false if there was none. */
static bool step_delayed(struct faulty_store *s)
{
    pthread_mutex_lock(&s->mutex);
    bool any = s->delayed != NULL;
    struct delayed *ripe = take_ripe(s);
    pthread_mutex_unlock(&s->mutex);
    while (ripe != NULL) {
        struct delayed *d = ripe;
        ripe = d->next;
        if (d->own != NULL)
            commit_muted(s, d->own, d->timeout_ms, (struct muted){.own = d->own});
        else
            store_commit(s->inner, d->txn, d->timeout_ms, d->done, d->ud);
        free(d);
    }
    return any;
}

/* ---- reading ---- */

static int fail_read(struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "store: no answer, by a planned fault");
}

/* A revision to read at instead of now; 0: none, read now. */
static int64_t stale_revision(struct faulty_store *s, int timeout_ms)
{
    struct store_status status;
    if (!strikes(s, STORE_FAULT_STALE_READ) ||
        store_status(s->inner, timeout_ms, &status, NULL) < 0)
        return 0;
    int64_t revision = status.revision - (int64_t)pick(s, STALE_MAX);
    return revision > 0 ? revision : 1;
}

struct stale_get {
    struct span key;
    struct buf *value;
    struct store_version version;
};

static int on_stale(const struct store_kv *kv, void *ud)
{
    struct stale_get *g = ud;
    if (!span_equal(kv->key, g->key))
        return 0;
    g->version.create_revision = kv->create_revision;
    g->version.mod_revision = kv->mod_revision;
    if (g->value != NULL)
        buf_append(g->value, kv->value.data, kv->value.len);
    return 0;
}

static int get_stale(struct faulty_store *s, int64_t revision, int timeout_ms, struct stale_get *g,
                     struct err *err)
{
    const struct store_range range = {
        .prefix = g->key, .limit = 1, .revision = revision, .timeout_ms = timeout_ms};
    TRY(store_range(s->inner, &range, on_stale, g, &g->version.read_revision, err));
    if (g->version.mod_revision == 0)
        return err_set(err, ERR_NOT_FOUND, "store: no such key");
    return 0;
}

static int faulty_get(struct store *store, struct span key, int timeout_ms, struct buf *ret_value,
                      struct store_version *ret_version, struct err *err)
{
    struct faulty_store *s = self(store);
    if (strikes(s, STORE_FAULT_READ_FAIL))
        return fail_read(err);
    int64_t revision = stale_revision(s, timeout_ms);
    if (revision > 0) {
        struct stale_get g = {.key = key, .value = ret_value};
        int rc = get_stale(s, revision, timeout_ms, &g, err);
        if (ret_version != NULL && (rc == 0 || rc == -ERR_NOT_FOUND))
            *ret_version = g.version;
        if (rc != -ERR_CONFLICT) /* so old that it is compacted: read the truth */
            return rc;
    }
    return store_get(s->inner, key, timeout_ms, ret_value, ret_version, err);
}

static int faulty_range(struct store *store, const struct store_range *range, store_kv_fn each,
                        void *ud, int64_t *ret_revision, struct err *err)
{
    struct faulty_store *s = self(store);
    if (strikes(s, STORE_FAULT_READ_FAIL))
        return fail_read(err);
    struct store_range stale = *range;
    if (range->revision == 0)
        stale.revision = stale_revision(s, range->timeout_ms);
    int rc = store_range(s->inner, &stale, each, ud, ret_revision, err);
    if (rc == -ERR_CONFLICT && stale.revision != range->revision)
        rc = store_range(s->inner, range, each, ud, ret_revision, err);
    return rc;
}

/* ---- watching ---- */

struct faulty_watch {
    struct store_watch base;
    struct store_watch *inner;
    const struct store_watch_ops *ops;
    void *ud;
    struct store_event *before; /* a copy of the batch before, with its bytes; NULL: none */
    size_t before_count;
};

static uint8_t *copy_bytes(uint8_t *to, struct span *bytes)
{
    if (bytes->len > 0)
        memcpy(to, bytes->data, bytes->len);
    bytes->data = to;
    return to + bytes->len;
}

/* Keeps a copy of the batch in one block: the events, then their bytes. */
static void keep_batch(struct faulty_watch *w, const struct store_event *events, size_t n)
{
    size_t size = n * sizeof(*events);
    for (size_t i = 0; i < n; i++)
        size += events[i].kv.key.len + events[i].kv.value.len;
    free(w->before);
    w->before = malloc(size);
    ENSURE(w->before != NULL);
    w->before_count = n;
    memcpy(w->before, events, n * sizeof(*events));
    uint8_t *to = (uint8_t *)(w->before + n);
    for (size_t i = 0; i < n; i++) {
        to = copy_bytes(to, &w->before[i].kv.key);
        to = copy_bytes(to, &w->before[i].kv.value);
    }
}

static void on_events(const struct store_event *events, size_t n, int64_t revision, void *ud)
{
    struct faulty_watch *w = ud;
    struct faulty_store *s = self(w->base.store);
    if (strikes(s, STORE_FAULT_WATCH_LOST) && w->ops->on_lost != NULL) {
        struct err err = ERR_INIT;
        (void)err_set(&err, ERR_UNAVAILABLE, "store: watch lost by a planned fault");
        w->ops->on_lost(&err, w->ud);
    }
    if (strikes(s, STORE_FAULT_EVENT_DROP))
        return;
    w->ops->on_events(events, n, revision, w->ud);
    if (strikes(s, STORE_FAULT_EVENT_REPEAT))
        w->ops->on_events(events, n, revision, w->ud);
    if (w->before != NULL && strikes(s, STORE_FAULT_EVENT_REWIND))
        w->ops->on_events(w->before, w->before_count,
                          w->before[w->before_count - 1].kv.mod_revision, w->ud);
    if (is_armed(s, STORE_FAULT_EVENT_REWIND))
        keep_batch(w, events, n);
}

static void on_progress(int64_t revision, void *ud)
{
    struct faulty_watch *w = ud;
    if (w->ops->on_progress != NULL)
        w->ops->on_progress(revision, w->ud);
}

static void on_lost(const struct err *err, void *ud)
{
    struct faulty_watch *w = ud;
    if (w->ops->on_lost != NULL)
        w->ops->on_lost(err, w->ud);
}

static void on_compacted(int64_t compact_revision, void *ud)
{
    struct faulty_watch *w = ud;
    if (w->ops->on_compacted != NULL)
        w->ops->on_compacted(compact_revision, w->ud);
}

static const struct store_watch_ops watch_ops = {.on_events = on_events,
                                                 .on_progress = on_progress,
                                                 .on_lost = on_lost,
                                                 .on_compacted = on_compacted};

static void count_watches(struct faulty_store *s, int change)
{
    pthread_mutex_lock(&s->mutex);
    s->watches += (size_t)change;
    pthread_mutex_unlock(&s->mutex);
}

static struct store_watch *faulty_watch(struct store *store, struct span prefix,
                                        int64_t from_revision, const struct store_watch_ops *ops,
                                        void *ud)
{
    struct faulty_watch *w = calloc(1, sizeof(*w));
    ENSURE(w != NULL);
    *w = (struct faulty_watch){.base = {store}, .ops = ops, .ud = ud};
    count_watches(self(store), 1);
    w->inner = store_watch(self(store)->inner, prefix, from_revision, &watch_ops, w);
    return &w->base;
}

static void faulty_unwatch(struct store_watch *watch)
{
    struct faulty_watch *w = (struct faulty_watch *)watch;
    store_unwatch(w->inner);
    count_watches(self(w->base.store), -1);
    free(w->before);
    free(w);
}

/* ---- leases ---- */

/* Tells the holder, once. */
static void tell_lost(struct faulty_lease *l)
{
    struct faulty_store *s = self(l->base.store);
    pthread_mutex_lock(&s->mutex);
    bool news = !l->told;
    l->told = true;
    pthread_mutex_unlock(&s->mutex);
    if (news && l->lost != NULL)
        l->lost(l->ud);
}

static void on_lease_lost(void *ud)
{
    tell_lost(ud);
}

static int faulty_lease_grant(struct store *store, int ttl_s, int timeout_ms, store_lost_fn lost,
                              void *ud, struct store_lease **ret, struct err *err)
{
    struct faulty_store *s = self(store);
    struct faulty_lease *l = calloc(1, sizeof(*l));
    ENSURE(l != NULL);
    *l = (struct faulty_lease){.base = {.store = store}, .lost = lost, .ud = ud};
    int rc = store_lease_grant(s->inner, ttl_s, timeout_ms, on_lease_lost, l, &l->inner, err);
    if (rc < 0) {
        free(l);
        return rc;
    }
    l->base.id = l->inner->id;
    pthread_mutex_lock(&s->mutex);
    l->next = s->leases;
    s->leases = l;
    pthread_mutex_unlock(&s->mutex);
    *ret = &l->base;
    return 0;
}

/* Takes the wrapper apart and returns the lease below, or NULL if it was dropped. */
static struct store_lease *free_lease(struct faulty_lease *l)
{
    struct faulty_store *s = self(l->base.store);
    struct store_lease *inner = l->inner;
    pthread_mutex_lock(&s->mutex);
    l->told = true; /* nothing is told any more */
    struct faulty_lease **at = &s->leases;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    pthread_mutex_unlock(&s->mutex);
    return inner;
}

static int faulty_lease_revoke(struct store_lease *lease, int timeout_ms, struct err *err)
{
    struct faulty_lease *l = (struct faulty_lease *)lease;
    struct store_lease *inner = free_lease(l);
    int rc = inner != NULL ? store_lease_revoke(inner, timeout_ms, err) : 0;
    free(l); /* only now: until here the lease below might have called back */
    return rc;
}

static void faulty_lease_abandon(struct store_lease *lease)
{
    struct faulty_lease *l = (struct faulty_lease *)lease;
    store_lease_abandon(free_lease(l));
    free(l);
}

/* Drops the lease made last, if the dice say so, and tells holders whose time has come. */
static void step_leases(struct faulty_store *s)
{
    struct faulty_lease *held = NULL;
    for (struct faulty_lease *l = s->leases; l != NULL; l = l->next) {
        if (l->inner != NULL && held == NULL)
            held = l;
        if (l->inner == NULL && l->steps > 0 && --l->steps == 0)
            tell_lost(l);
    }
    if (held == NULL || !strikes(s, STORE_FAULT_LEASE_DROP))
        return;
    struct store_lease *inner = held->inner;
    held->inner = NULL;
    held->steps = pick(s, DELAY_STEPS_MAX);
    (void)store_lease_revoke(inner, 1000, NULL);
}

static bool faulty_step(struct store *store)
{
    struct faulty_store *s = self(store);
    step_leases(s);
    bool delayed = step_delayed(s);
    bool inner = store_step(s->inner);
    return delayed || inner;
}

/* ---- housekeeping ---- */

static int faulty_compact(struct store *store, int64_t revision, int timeout_ms, struct err *err)
{
    return store_compact(self(store)->inner, revision, timeout_ms, err);
}

static int faulty_status(struct store *store, int timeout_ms, struct store_status *ret,
                         struct err *err)
{
    return store_status(self(store)->inner, timeout_ms, ret, err);
}

static void faulty_destroy(struct store *store)
{
    struct faulty_store *s = self(store);
    ENSURE(s->watches == 0 && s->leases == NULL);
    while (s->delayed != NULL) {
        struct delayed *d = s->delayed;
        s->delayed = d->next;
        if (d->done != NULL)
            end_as(STORE_UNKNOWN, d->done, d->ud);
        store_txn_destroy(d->own);
        free(d);
    }
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

struct store *store_faulty_create(struct store *inner, uint64_t seed)
{
    static const struct store_vtable vtable = {
        .destroy = faulty_destroy,
        .step = faulty_step,
        .get = faulty_get,
        .range = faulty_range,
        .commit = faulty_commit,
        .watch = faulty_watch,
        .unwatch = faulty_unwatch,
        .lease_grant = faulty_lease_grant,
        .lease_revoke = faulty_lease_revoke,
        .lease_abandon = faulty_lease_abandon,
        .compact = faulty_compact,
        .status = faulty_status,
    };
    struct faulty_store *s = calloc(1, sizeof(*s));
    ENSURE(s != NULL);
    s->base.vtable = &vtable;
    s->inner = inner;
    s->dice = seed;
    pthread_mutex_init(&s->mutex, NULL);
    return &s->base;
}
