/* A decorator of one store for one host. Keeps a queue of its own commits, oldest first. */
#include "tests/sim/bed_store.h"

#include "lib/store/store_internal.h"
#include "lib/store/txn.h"
#include "tests/sim/bed.h"

#include <stdlib.h>
#include <utlist.h>

#define KEEP_NS       (500 * BED_MS)
#define LATE_ONE_IN   60 /* commits take longer than anyone waits, and happen all the same */
#define LATE_EXTRA_NS (1500 * BED_MS)

struct bed_store {
    struct store base;
    struct store *inner;
    int host;
    const uint64_t *life;
    uint64_t born;
    struct attempt *attempts;
};

/* One commit under way. */
struct attempt {
    struct attempt *prev, *next;
    struct bed_store *store;
    const struct store_txn *txn;
    store_done_fn done;
    void *ud;
    struct store_txn *late; /* a copy that arrives although nobody waits for it any more */
    bool sent, answered;
    unsigned refs;
};

struct bed_watch {
    struct store_watch base;
    struct store_watch *inner;
    const struct store_watch_ops *ops;
    void *ud;
};

struct bed_lease {
    struct store_lease base;
    struct store_lease *inner; /* NULL: it ran out */
    struct bed_store *store;
    int64_t ttl_ns;
    int64_t kept_at;
    store_lost_fn lost;
    void *ud;
    bool held; /* by the product */
};

static struct bed_store *self(struct store *s)
{
    return (struct bed_store *)s;
}

static bool alive(const struct bed_store *s)
{
    return *s->life == s->born;
}

static bool both_ways(const struct bed_store *s)
{
    return bed_reaches(s->host, BED_STORE) && bed_reaches(BED_STORE, s->host);
}

static int no_answer(struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "the store does not answer");
}

/* ---- reading ---- */

static int bed_get(struct store *store, struct span key, int timeout_ms, struct buf *ret_value,
                   struct store_version *ret_version, struct err *err)
{
    struct bed_store *s = self(store);
    if (!both_ways(s))
        return no_answer(err);
    return store_get(s->inner, key, timeout_ms, ret_value, ret_version, err);
}

static int bed_range(struct store *store, const struct store_range *range, store_kv_fn each,
                     void *ud, int64_t *ret_revision, struct err *err)
{
    struct bed_store *s = self(store);
    if (!both_ways(s))
        return no_answer(err);
    return store_range(s->inner, range, each, ud, ret_revision, err);
}

static int bed_compact(struct store *store, int64_t revision, int timeout_ms, struct err *err)
{
    struct bed_store *s = self(store);
    return both_ways(s) ? store_compact(s->inner, revision, timeout_ms, err) : no_answer(err);
}

static int bed_status(struct store *store, int timeout_ms, struct store_status *ret,
                      struct err *err)
{
    struct bed_store *s = self(store);
    return both_ways(s) ? store_status(s->inner, timeout_ms, ret, err) : no_answer(err);
}

/* ---- commits ---- */

static void let_go(struct attempt *a)
{
    if (--a->refs > 0)
        return;
    DL_DELETE(a->store->attempts, a);
    store_txn_destroy(a->late);
    free(a);
}

static void answer(struct attempt *a, const struct store_result *result)
{
    if (a->answered)
        return;
    a->answered = true;
    a->txn = NULL; /* the product's again */
    a->done(result, a->ud);
}

struct reply {
    struct attempt *attempt;
    struct store_result result;
};

static void reply_comes(void *arg)
{
    struct reply *r = arg;
    struct attempt *a = r->attempt;
    if (bed_reaches(BED_STORE, a->store->host))
        answer(a, &r->result);
    let_go(a);
    free(r);
}

static void note_result(const struct store_result *result, void *ud)
{
    struct reply *r = ud;
    r->result = *result;
}

/* The store does it; the reply is on its way. */
static struct reply *apply(struct attempt *a)
{
    struct reply *r = calloc(1, sizeof *r);
    ENSURE(r);
    a->sent = true;
    r->attempt = a;
    store_commit(a->store->inner, a->late ? a->late : a->txn, 1000, note_result, r);
    return r;
}

static void request_comes(void *arg)
{
    struct attempt *a = arg;
    bool lost = !bed_reaches(a->store->host, BED_STORE);
    if (!a->sent && (!a->answered || a->late) && !lost) {
        a->refs++;
        bed_after(bed_delay(), a->store->life, reply_comes, apply(a));
    }
    let_go(a);
}

static void time_is_up(void *arg)
{
    struct attempt *a = arg;
    struct store_result result = {.outcome = STORE_UNKNOWN};
    (void)err_set(&result.err, ERR_UNKNOWN_OUTCOME, "no answer in time");
    answer(a, &result);
    let_go(a);
}

static void bed_commit(struct store *store, const struct store_txn *txn, int timeout_ms,
                       store_done_fn done, void *ud)
{
    struct bed_store *s = self(store);
    struct attempt *a = calloc(1, sizeof *a);
    ENSURE(a);
    *a = (struct attempt){.store = s, .txn = txn, .done = done, .ud = ud, .refs = 2};
    DL_APPEND(s->attempts, a);
    bool late = bed()->slow_ms > 0 && chance_one_in(&bed()->chance, LATE_ONE_IN);
    if (late)
        a->late = store_txn_clone(txn);
    int64_t extra_ns = late ? timeout_ms * BED_MS + LATE_EXTRA_NS : 0;
    bed_after(bed_delay() + extra_ns, late ? NULL : s->life, request_comes, a);
    bed_after(timeout_ms * BED_MS, s->life, time_is_up, a);
}

/* Whoever waits for a commit stands still, and so does his world: all that is under way is done
 * at once. */
static bool bed_step(struct store *store)
{
    struct bed_store *s = self(store);
    struct attempt *a;
    DL_FOREACH(s->attempts, a)
    {
        if (!a->answered)
            break;
    }
    if (!a)
        return false;
    struct store_result unknown = {.outcome = STORE_UNKNOWN};
    if (a->sent || !both_ways(s)) {
        (void)err_set(&unknown.err, ERR_UNKNOWN_OUTCOME, "no answer in time");
        answer(a, &unknown);
        return true;
    }
    struct reply *r = apply(a);
    answer(a, &r->result);
    free(r);
    return true;
}

/* ---- watches: hints ---- */

static void on_events(const struct store_event *events, size_t n, int64_t revision, void *ud)
{
    struct bed_watch *w = ud;
    struct bed_store *s = self(w->base.store);
    if (alive(s) && both_ways(s))
        w->ops->on_events(events, n, revision, w->ud);
}

static struct store_watch *bed_watch(struct store *store, struct span prefix, int64_t from,
                                     const struct store_watch_ops *ops, void *ud)
{
    static const struct store_watch_ops own = {.on_events = on_events};
    struct bed_watch *w = calloc(1, sizeof *w);
    ENSURE(w);
    w->base.store = store;
    w->ops = ops;
    w->ud = ud;
    w->inner = store_watch(self(store)->inner, prefix, from, &own, w);
    return &w->base;
}

static void bed_unwatch(struct store_watch *watch)
{
    struct bed_watch *w = (struct bed_watch *)watch;
    store_unwatch(w->inner);
    free(w);
}

/* ---- leases ---- */

static void run_out(struct bed_lease *l)
{
    if (l->inner)
        (void)store_lease_revoke(l->inner, 1000, NULL);
    l->inner = NULL;
}

static void keep(void *arg)
{
    struct bed_lease *l = arg;
    struct bed_store *s = l->store;
    bool kept = l->held && alive(s) && bed_runs(s->host) && both_ways(s);
    if (kept && !l->inner) {
        if (l->lost)
            l->lost(l->ud);
        l->lost = NULL;
    }
    if (kept)
        l->kept_at = bed_now();
    if (bed_now() - l->kept_at >= l->ttl_ns)
        run_out(l);
    if (l->held || l->inner)
        bed_after(KEEP_NS, NULL, keep, l);
    else
        free(l);
}

static void on_lost(void *ud)
{
    (void)ud; /* told by keep(): the inner one has already gone */
}

static int bed_lease_grant(struct store *store, int ttl_s, int timeout_ms, store_lost_fn lost,
                           void *ud, struct store_lease **ret, struct err *err)
{
    struct bed_store *s = self(store);
    struct store_lease *inner;
    if (!both_ways(s))
        return no_answer(err);
    TRY(store_lease_grant(s->inner, ttl_s, timeout_ms, on_lost, NULL, &inner, err));
    struct bed_lease *l = calloc(1, sizeof *l);
    ENSURE(l);
    *l = (struct bed_lease){.base = {.store = store, .id = inner->id},
                            .inner = inner,
                            .store = s,
                            .ttl_ns = ttl_s * BED_S,
                            .kept_at = bed_now(),
                            .lost = lost,
                            .ud = ud,
                            .held = true};
    bed_after(KEEP_NS, NULL, keep, l);
    *ret = &l->base;
    return 0;
}

static int bed_lease_revoke(struct store_lease *lease, int timeout_ms, struct err *err)
{
    struct bed_lease *l = (struct bed_lease *)lease;
    (void)timeout_ms;
    l->held = false;
    if (!both_ways(l->store))
        return no_answer(err);
    run_out(l);
    return 0;
}

static void bed_lease_abandon(struct store_lease *lease)
{
    ((struct bed_lease *)lease)->held = false;
}

static void bed_destroy(struct store *store)
{
    free(store);
}

struct store *bed_store_create(int host, struct store *inner)
{
    static const struct store_vtable vtable = {
        .destroy = bed_destroy,
        .step = bed_step,
        .get = bed_get,
        .range = bed_range,
        .commit = bed_commit,
        .watch = bed_watch,
        .unwatch = bed_unwatch,
        .lease_grant = bed_lease_grant,
        .lease_revoke = bed_lease_revoke,
        .lease_abandon = bed_lease_abandon,
        .compact = bed_compact,
        .status = bed_status,
    };
    struct bed_store *s = calloc(1, sizeof *s);
    ENSURE(s);
    s->base.vtable = &vtable;
    s->inner = inner;
    s->host = host;
    s->life = &bed_host(host)->life;
    s->born = *s->life;
    return &s->base;
}
