#include "lib/store/store.h"

#include "lib/base/limits.h"
#include "lib/store/store_etcd.h"
#include "lib/store/store_faulty.h"
#include "lib/store/store_mem.h"
#include "lib/store/txn.h"
#include "tests/unit/lib/etcd/etcd_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/*
 * The sentences of store.h, checked on every maker: whoever passes may stand behind the seam.
 */
#define WAIT_MS 5000

enum below { MEM_IMMEDIATE, MEM_STEPPED, ETCD };

static const struct {
    const char *name;
    enum below below;
    bool faulty; /* decorated, with no fault switched on */
} makers[] = {
    {"memory, immediate", MEM_IMMEDIATE, false},
    {"memory, stepped", MEM_STEPPED, false},
    {"faulty, immediate", MEM_IMMEDIATE, true},
    {"faulty, stepped", MEM_STEPPED, true},
    {"etcd", ETCD, false},
};
#define MAKERS_MEM 4
#define MAKERS_ALL 5

static struct fixture f;
static bool with_etcd;
static struct store *below;
static struct store *s;

static void open_store(int maker)
{
    with_etcd = makers[maker].below == ETCD;
    if (with_etcd) {
        fixture_init(&f);
        fixture_start_etcd(&f);
        below = store_etcd_create(f.client);
    } else {
        below = store_mem_create(makers[maker].below == MEM_STEPPED ? STORE_MEM_STEPPED
                                                                    : STORE_MEM_IMMEDIATE);
    }
    s = makers[maker].faulty ? store_faulty_create(below, 1) : below;
}

static void close_store(void)
{
    if (s != below)
        store_destroy(s);
    store_destroy(below);
    if (with_etcd)
        fixture_fini(&f);
}

static void drive(void)
{
    while (store_step(s))
        ;
}

/* Does all that waits, until the expression is true. */
#define WHEN(expression) EVENTUALLY((drive(), (expression)))

/* ---- small words ---- */

static struct store_result commit(struct store_txn *txn)
{
    struct store_result result;
    store_commit_wait(s, txn, WAIT_MS, &result);
    store_txn_destroy(txn);
    return result;
}

static int64_t put(const char *key, const char *value)
{
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_put(txn, span_text(key), span_text(value), NULL), 0);
    struct store_result result = commit(txn);
    ck_assert_msg(result.outcome == STORE_OK, "%s", result.err.text);
    return result.revision;
}

static int64_t delete_key(const char *key)
{
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_delete(txn, span_text(key)), 0);
    struct store_result result = commit(txn);
    ck_assert_msg(result.outcome == STORE_OK, "%s", result.err.text);
    return result.revision;
}

static bool has_key(const char *key)
{
    int rc = store_get(s, span_text(key), WAIT_MS, NULL, NULL, NULL);
    ck_assert(rc == 0 || rc == -ERR_NOT_FOUND);
    return rc == 0;
}

static int write_kv(const struct store_kv *kv, void *ud)
{
    struct buf *out = ud;
    if (span_equal(kv->key, span_text("/r/stop")))
        return -ERR_CANCELLED;
    buf_append(out, kv->key.data, kv->key.len);
    buf_append_char(out, '=');
    buf_append(out, kv->value.data, kv->value.len);
    buf_append_char(out, ' ');
    return 0;
}

static int list(struct store_range range, struct buf *out, int64_t *ret_revision)
{
    buf_reset(out);
    range.timeout_ms = WAIT_MS;
    return store_range(s, &range, write_kv, out, ret_revision, NULL);
}

/* ---- reading and writing ---- */

START_TEST(get_gives_value_and_revisions_or_not_found)
{
    open_store(_i);
    CLEANUP_BUF struct buf value;
    buf_init(&value, 100);
    struct store_version v = {-1, -1, -1};
    ck_assert_int_eq(store_get(s, span_text("/g"), WAIT_MS, &value, &v, NULL), -ERR_NOT_FOUND);
    ck_assert_int_eq(v.create_revision, 0);
    ck_assert_int_eq(v.mod_revision, 0);
    ck_assert_int_gt(v.read_revision, 0);
    int64_t created = put("/g", "one");
    int64_t modified = put("/g", "two");
    put("/h", "x");
    ck_assert_int_eq(store_get(s, span_text("/g"), WAIT_MS, &value, &v, NULL), 0);
    ck_assert_str_eq(value.data, "two");
    ck_assert_int_eq(v.create_revision, created);
    ck_assert_int_eq(v.mod_revision, modified);
    ck_assert_int_eq(v.read_revision, modified + 1);
    CLEANUP_BUF struct buf small;
    buf_init(&small, 2);
    ck_assert_int_eq(store_get(s, span_text("/g"), WAIT_MS, &small, NULL, NULL), -ERR_LIMIT);
    close_store();
}
END_TEST

START_TEST(a_transaction_is_one_revision)
{
    open_store(_i);
    CLEANUP_BUF struct buf out;
    buf_init(&out, 1000);
    int64_t revision = 0;
    int64_t before = put("/t/old", "x");
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_put(txn, span_text("/t/a"), span_text("1"), NULL), 0);
    ck_assert_int_eq(store_txn_put(txn, span_text("/t/b"), span_text(""), NULL), 0);
    ck_assert_int_eq(store_txn_delete(txn, span_text("/t/old")), 0);
    ck_assert_int_eq(store_txn_delete(txn, span_text("/t/none")), 0);
    struct store_result result = commit(txn);
    ck_assert_int_eq(result.outcome, STORE_OK);
    ck_assert_int_eq(result.revision, before + 1);
    ck_assert_int_eq(list((struct store_range){.prefix = span_text("/t/")}, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/t/a=1 /t/b= ");
    ck_assert_int_eq(revision, before + 1);
    close_store();
}
END_TEST

START_TEST(deleting_nothing_makes_no_revision)
{
    open_store(_i);
    int64_t before = put("/d", "x");
    ck_assert_int_eq(delete_key("/none"), before);
    ck_assert_int_eq(delete_key("/d"), before + 1);
    close_store();
}
END_TEST

START_TEST(a_key_made_again_has_a_new_create_revision)
{
    open_store(_i);
    struct store_version v;
    put("/k", "1");
    delete_key("/k");
    int64_t created = put("/k", "2");
    ck_assert_int_eq(store_get(s, span_text("/k"), WAIT_MS, NULL, &v, NULL), 0);
    ck_assert_int_eq(v.create_revision, created);
    close_store();
}
END_TEST

START_TEST(guards_must_all_hold)
{
    open_store(_i);
    int64_t created = put("/g/a", "1");
    int64_t modified = put("/g/a", "2");
    put("/g/gone", "x");
    delete_key("/g/gone");
    const struct {
        enum store_guard_kind kind;
        const char *key;
        int64_t revision;
        bool holds;
    } guards[] = {
        {STORE_GUARD_MOD, "/g/a", modified, true},
        {STORE_GUARD_MOD, "/g/a", created, false},
        {STORE_GUARD_MOD, "/g/a", modified + 1, false},
        {STORE_GUARD_MOD, "/g/none", 1, false},
        {STORE_GUARD_CREATE, "/g/a", created, true},
        {STORE_GUARD_CREATE, "/g/a", modified, false},
        {STORE_GUARD_CREATE, "/g/a", 0, false},
        {STORE_GUARD_CREATE, "/g/none", 0, true},
        {STORE_GUARD_CREATE, "/g/gone", 0, true},
        {STORE_GUARD_CREATE, "/g/none", created, false},
    };
    for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
        struct store_txn *txn = store_txn_create();
        struct span key = span_text(guards[i].key);
        ck_assert_int_eq(store_txn_guard_create(txn, span_text("/g/none"), 0), 0);
        ck_assert_int_eq(guards[i].kind == STORE_GUARD_MOD
                             ? store_txn_guard_mod(txn, key, guards[i].revision)
                             : store_txn_guard_create(txn, key, guards[i].revision),
                         0);
        ck_assert_int_eq(store_txn_put(txn, span_text("/g/out"), span_text("x"), NULL), 0);
        struct store_result result = commit(txn);
        ck_assert_msg((result.outcome == STORE_OK) == guards[i].holds, "guard %zu: %s", i,
                      store_outcome_name(result.outcome));
        ck_assert(result.outcome == STORE_OK || result.outcome == STORE_COMPARE_FAILED);
        ck_assert_int_gt(result.revision, 0);
        ck_assert_int_eq(has_key("/g/out"), guards[i].holds);
        delete_key("/g/out");
    }
    close_store();
}
END_TEST

START_TEST(a_chain_of_log_entries_takes_each_number_once)
{
    open_store(_i);
    int64_t leader = put("/leader", "me");
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_guard_create(txn, span_text("/log/1"), 0), 0);
    ck_assert_int_eq(store_txn_guard_create(txn, span_text("/leader"), leader), 0);
    ck_assert_int_eq(store_txn_put(txn, span_text("/log/1"), span_text("entry"), NULL), 0);
    struct store_result first, second, third;
    store_commit_wait(s, txn, WAIT_MS, &first);
    store_commit_wait(s, txn, WAIT_MS, &second); /* the transaction is not changed */
    delete_key("/log/1");
    delete_key("/leader");
    put("/leader", "another");
    store_commit_wait(s, txn, WAIT_MS, &third);
    store_txn_destroy(txn);
    ck_assert_int_eq(first.outcome, STORE_OK);
    ck_assert_int_eq(second.outcome, STORE_COMPARE_FAILED);
    ck_assert_int_eq(second.revision, first.revision);
    ck_assert_int_eq(third.outcome, STORE_COMPARE_FAILED);
    close_store();
}
END_TEST

START_TEST(a_full_transaction_fits)
{
    open_store(_i);
    struct store_txn *txn = store_txn_create();
    char key[32];
    for (int i = 0; i < LIMIT_TXN_OPS; i++) {
        snprintf(key, sizeof(key), "/full/%03d", i);
        ck_assert_int_eq(store_txn_guard_create(txn, span_text(key), 0), 0);
        ck_assert_int_eq(store_txn_put(txn, span_text(key), span_text("x"), NULL), 0);
    }
    struct store_result result = commit(txn);
    ck_assert_msg(result.outcome == STORE_OK, "%s", result.err.text);
    close_store();
}
END_TEST

/* Counts calls, and starts the next of a chain of commits from the callback of the last. */
struct counter {
    const struct store_txn *txn;
    atomic_int done;
    atomic_int ok;
    int chain;
};

static void on_counted(const struct store_result *result, void *ud)
{
    struct counter *c = ud;
    if (result->outcome == STORE_OK)
        atomic_fetch_add(&c->ok, 1);
    if (c->chain > 0) {
        c->chain--;
        store_commit(s, c->txn, WAIT_MS, on_counted, c);
    }
    atomic_fetch_add(&c->done, 1);
}

START_TEST(every_commit_is_answered_once)
{
    open_store(_i);
    struct counter c = {.txn = NULL};
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_put(txn, span_text("/n"), span_text("x"), NULL), 0);
    c.txn = txn;
    for (int i = 0; i < 50; i++)
        store_commit(s, txn, WAIT_MS, on_counted, &c);
    WHEN(atomic_load(&c.done) == 50);
    ck_assert_int_eq(atomic_load(&c.ok), 50);
    c.chain = 20;
    store_commit(s, txn, WAIT_MS, on_counted, &c);
    WHEN(atomic_load(&c.done) == 71);
    ck_assert_int_eq(atomic_load(&c.ok), 71);
    close_store();
    ck_assert_int_eq(atomic_load(&c.done), 71);
    store_txn_destroy(txn);
}
END_TEST

/* ---- listing ---- */

START_TEST(a_listing_is_in_order_and_of_one_revision)
{
    open_store(_i);
    CLEANUP_BUF struct buf out;
    buf_init(&out, 1000);
    int64_t revision = 0;
    put("/q", "x");
    int64_t first = put("/r/c", "3");
    put("/r/a", "1");
    put("/r/b", "2");
    put("/s", "x");
    delete_key("/r/a");
    struct store_range range = {.prefix = span_text("/r/")};
    ck_assert_int_eq(list(range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/r/b=2 /r/c=3 ");
    ck_assert_int_eq(revision, first + 4);
    range.revision = first + 2;
    ck_assert_int_eq(list(range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/r/a=1 /r/b=2 /r/c=3 ");
    ck_assert_int_eq(revision, first + 2);
    range.limit = 2;
    ck_assert_int_eq(list(range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/r/a=1 /r/b=2 ");
    range.after = span_text("/r/b");
    ck_assert_int_eq(list(range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/r/c=3 ");
    range.after = span_text("/r/aa"); /* need not exist */
    ck_assert_int_eq(list(range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/r/b=2 /r/c=3 ");
    range = (struct store_range){.prefix = span_text("/r/"), .revision = first + 100};
    ck_assert_int_eq(list(range, &out, &revision), -ERR_INVALID);
    range = (struct store_range){.prefix = span_of(NULL, 0)};
    ck_assert_int_eq(list(range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/q=x /r/b=2 /r/c=3 /s=x ");
    range = (struct store_range){.prefix = span_text("/nothing")};
    ck_assert_int_eq(list(range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "");
    close_store();
}
END_TEST

START_TEST(a_negative_return_ends_a_listing)
{
    open_store(_i);
    CLEANUP_BUF struct buf out;
    buf_init(&out, 1000);
    int64_t revision = 42;
    put("/r/a", "1");
    put("/r/stop", "");
    put("/r/z", "2");
    struct store_range range = {.prefix = span_text("/r/")};
    ck_assert_int_eq(list(range, &out, &revision), -ERR_CANCELLED);
    ck_assert_str_eq(out.data, "/r/a=1 ");
    ck_assert_int_eq(revision, 42);
    close_store();
}
END_TEST

static int count_ordered(const struct store_kv *kv, void *ud)
{
    int *n = ud;
    char want[32];
    snprintf(want, sizeof(want), "/many/%05d", *n);
    if (!span_equal(kv->key, span_text(want)))
        return -ERR_CORRUPT;
    ++*n;
    return 0;
}

START_TEST(a_long_listing_comes_whole)
{
    open_store(_i);
    enum { TXNS = 44 }; /* 5632 keys: more than a page */
    char key[32];
    int n = 0;
    int64_t revision = 0;
    for (int t = 0; t < TXNS; t++) {
        struct store_txn *txn = store_txn_create();
        for (int i = 0; i < LIMIT_TXN_OPS; i++) {
            snprintf(key, sizeof(key), "/many/%05d", t * LIMIT_TXN_OPS + i);
            ck_assert_int_eq(store_txn_put(txn, span_text(key), span_text("v"), NULL), 0);
        }
        ck_assert_int_eq(commit(txn).outcome, STORE_OK);
    }
    const struct store_range range = {.prefix = span_text("/many/"), .timeout_ms = WAIT_MS};
    ck_assert_int_eq(store_range(s, &range, count_ordered, &n, &revision, NULL), 0);
    ck_assert_int_eq(n, TXNS * LIMIT_TXN_OPS);
    close_store();
}
END_TEST

/* ---- watching ---- */

/* What a watch showed, as text: "+key=value@n " and "-key@n ", n counted from `base`. */
struct seen {
    pthread_mutex_t mutex;
    struct buf text;
    int64_t base;
    int batches;
    bool wrong; /* a promise about revisions was broken */
    int64_t last;
    _Atomic int64_t compacted;
};

static void on_events(const struct store_event *events, size_t n, int64_t revision, void *ud)
{
    struct seen *w = ud;
    pthread_mutex_lock(&w->mutex);
    w->batches++;
    w->wrong |=
        n == 0 || events[0].kv.mod_revision <= w->last || events[n - 1].kv.mod_revision != revision;
    for (size_t i = 0; i < n; i++) {
        const struct store_kv *kv = &events[i].kv;
        bool is_put = events[i].kind == STORE_EVENT_PUT;
        w->wrong |= is_put != (kv->create_revision > 0) || (!is_put && kv->value.len > 0);
        buf_append_char(&w->text, is_put ? '+' : '-');
        buf_append(&w->text, kv->key.data, kv->key.len);
        buf_printf(&w->text, "%.*s@%d ", (int)kv->value.len, (const char *)kv->value.data,
                   (int)(kv->mod_revision - w->base));
    }
    w->last = revision;
    pthread_mutex_unlock(&w->mutex);
}

static void on_compacted(int64_t compact_revision, void *ud)
{
    struct seen *w = ud;
    atomic_store(&w->compacted, compact_revision);
}

static const struct store_watch_ops watch_ops = {.on_events = on_events,
                                                 .on_compacted = on_compacted};

static void seen_init(struct seen *w, int64_t base)
{
    memset(w, 0, sizeof(*w));
    pthread_mutex_init(&w->mutex, NULL);
    buf_init(&w->text, 10000);
    w->base = base;
}

static bool seen_is(struct seen *w, const char *text)
{
    pthread_mutex_lock(&w->mutex);
    bool same = strcmp(w->text.data, text) == 0;
    pthread_mutex_unlock(&w->mutex);
    return same;
}

static void seen_fini(struct seen *w)
{
    ck_assert(!w->wrong);
    buf_fini(&w->text);
    pthread_mutex_destroy(&w->mutex);
}

START_TEST(a_watch_shows_the_past_then_what_comes)
{
    open_store(_i);
    struct seen seen;
    put("/w/early", "0");
    int64_t base = put("/w/a", "1");
    put("/v", "other");
    seen_init(&seen, base);
    struct store_watch *w = store_watch(s, span_text("/w/"), base, &watch_ops, &seen);
    delete_key("/w/a");
    WHEN(seen_is(&seen, "+/w/a1@0 -/w/a@2 "));
    put("/w/b", "2");
    put("/w", "shorter than the prefix");
    put("/w/b", "3");
    WHEN(seen_is(&seen, "+/w/a1@0 -/w/a@2 +/w/b2@3 +/w/b3@5 "));
    store_unwatch(w);
    put("/w/b", "4");
    drive();
    ck_assert(seen_is(&seen, "+/w/a1@0 -/w/a@2 +/w/b2@3 +/w/b3@5 "));
    seen_fini(&seen);
    store_unwatch(NULL);
    close_store();
}
END_TEST

START_TEST(a_transaction_is_one_batch)
{
    open_store(_i);
    struct seen seen;
    int64_t base = put("/w/a", "0");
    seen_init(&seen, base);
    struct store_watch *w = store_watch(s, span_text("/w/"), base + 1, &watch_ops, &seen);
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_delete(txn, span_text("/w/a")), 0);
    ck_assert_int_eq(store_txn_put(txn, span_text("/w/b"), span_text("1"), NULL), 0);
    ck_assert_int_eq(store_txn_put(txn, span_text("/w/c"), span_text("2"), NULL), 0);
    ck_assert_int_eq(commit(txn).outcome, STORE_OK);
    WHEN(seen_is(&seen, "-/w/a@1 +/w/b1@1 +/w/c2@1 "));
    ck_assert_int_eq(seen.batches, 1);
    store_unwatch(w);
    seen_fini(&seen);
    close_store();
}
END_TEST

START_TEST(a_watch_from_the_future_waits_for_it)
{
    open_store(_i);
    struct seen seen;
    int64_t base = put("/w/a", "0");
    seen_init(&seen, base);
    struct store_watch *w = store_watch(s, span_text("/w/"), base + 3, &watch_ops, &seen);
    put("/w/a", "1");
    put("/w/a", "2");
    put("/w/a", "3");
    WHEN(seen_is(&seen, "+/w/a3@3 "));
    store_unwatch(w);
    seen_fini(&seen);
    close_store();
}
END_TEST

START_TEST(several_watches_see_the_same)
{
    open_store(_i);
    struct seen seen[3];
    struct store_watch *w[3];
    int64_t base = put("/w/a", "0");
    for (int i = 0; i < 3; i++) {
        seen_init(&seen[i], base);
        w[i] = store_watch(s, span_text("/w/"), base, &watch_ops, &seen[i]);
    }
    put("/w/a", "1");
    for (int i = 0; i < 3; i++)
        WHEN(seen_is(&seen[i], "+/w/a0@0 +/w/a1@1 "));
    for (int i = 0; i < 3; i++) {
        store_unwatch(w[i]);
        seen_fini(&seen[i]);
    }
    close_store();
}
END_TEST

/* ---- compaction ---- */

START_TEST(what_is_compacted_cannot_be_read_or_watched)
{
    open_store(_i);
    CLEANUP_BUF struct buf out;
    buf_init(&out, 1000);
    int64_t revision = 0;
    int64_t first = put("/r/a", "1");
    put("/r/b", "x");
    delete_key("/r/b");
    int64_t last = put("/r/a", "2");
    ck_assert_int_eq(store_compact(s, last, WAIT_MS, NULL), 0);
    struct store_range range = {.prefix = span_text("/r/"), .revision = first};
    ck_assert_int_eq(list(range, &out, &revision), -ERR_CONFLICT);
    range.revision = last;
    ck_assert_int_eq(list(range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/r/a=2 ");
    struct seen seen;
    seen_init(&seen, last);
    struct store_watch *w = store_watch(s, span_text("/r/"), first, &watch_ops, &seen);
    WHEN(atomic_load(&seen.compacted) == last);
    put("/r/a", "3");
    drive();
    ck_assert(seen_is(&seen, ""));
    store_unwatch(w);
    w = store_watch(s, span_text("/r/"), last + 1, &watch_ops, &seen);
    WHEN(seen_is(&seen, "+/r/a3@1 "));
    store_unwatch(w);
    seen_fini(&seen);
    ck_assert_int_eq(store_compact(s, last, WAIT_MS, NULL), -ERR_CONFLICT);
    ck_assert_int_eq(store_compact(s, last + 100, WAIT_MS, NULL), -ERR_INVALID);
    close_store();
}
END_TEST

START_TEST(a_live_watch_survives_a_compaction)
{
    open_store(_i);
    struct seen seen;
    int64_t base = put("/w/a", "0");
    seen_init(&seen, base);
    struct store_watch *w = store_watch(s, span_text("/w/"), base, &watch_ops, &seen);
    WHEN(seen_is(&seen, "+/w/a0@0 "));
    put("/v", "x");
    int64_t last = put("/v", "y");
    drive();
    ck_assert_int_eq(store_compact(s, last, WAIT_MS, NULL), 0);
    put("/w/a", "1");
    WHEN(seen_is(&seen, "+/w/a0@0 +/w/a1@3 "));
    ck_assert_int_eq(atomic_load(&seen.compacted), 0);
    store_unwatch(w);
    seen_fini(&seen);
    close_store();
}
END_TEST

/* ---- leases ---- */

static void on_lost(void *ud)
{
    atomic_fetch_add((atomic_int *)ud, 1);
}

static struct store_result put_with(const char *key, const struct store_lease *lease)
{
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_put(txn, span_text(key), span_text("mine"), lease), 0);
    return commit(txn);
}

START_TEST(keys_vanish_with_their_lease)
{
    open_store(_i);
    atomic_int lost = 0;
    struct store_lease *lease = NULL;
    struct seen seen;
    int64_t base = put("/other", "x");
    seen_init(&seen, base);
    struct store_watch *w = store_watch(s, span_text("/l/"), base + 1, &watch_ops, &seen);
    ck_assert_int_eq(store_lease_grant(s, 30, WAIT_MS, on_lost, &lost, &lease, NULL), 0);
    ck_assert_int_eq(put_with("/l/a", lease).outcome, STORE_OK);
    ck_assert_int_eq(put_with("/l/b", lease).outcome, STORE_OK);
    put("/l/b", "no lease any more");
    ck_assert_int_eq(store_lease_revoke(lease, WAIT_MS, NULL), 0);
    ck_assert(!has_key("/l/a"));
    ck_assert(has_key("/l/b"));
    WHEN(seen_is(&seen, "+/l/amine@1 +/l/bmine@2 +/l/bno lease any more@3 -/l/a@4 "));
    store_unwatch(w);
    seen_fini(&seen);
    ck_assert_int_eq(atomic_load(&lost), 0);
    close_store();
}
END_TEST

START_TEST(an_abandoned_lease_leaves_its_keys_for_now)
{
    open_store(_i);
    struct store_lease *lease = NULL;
    ck_assert_int_eq(store_lease_grant(s, 30, WAIT_MS, NULL, NULL, &lease, NULL), 0);
    ck_assert_int_eq(put_with("/l/a", lease).outcome, STORE_OK);
    store_lease_abandon(lease);
    store_lease_abandon(NULL);
    ck_assert(has_key("/l/a"));
    close_store();
}
END_TEST

START_TEST(a_put_with_a_dead_lease_is_not_applied)
{
    open_store(_i);
    struct store_lease *lease = NULL;
    ck_assert_int_eq(store_lease_grant(s, 30, WAIT_MS, NULL, NULL, &lease, NULL), 0);
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_put(txn, span_text("/l/a"), span_text("x"), lease), 0);
    ck_assert_int_eq(store_txn_put(txn, span_text("/l/b"), span_text("x"), NULL), 0);
    ck_assert_int_eq(store_lease_revoke(lease, WAIT_MS, NULL), 0);
    struct store_result result = commit(txn);
    ck_assert_int_eq(result.outcome, STORE_NOT_APPLIED);
    ck_assert_int_eq(result.err.code, ERR_NOT_FOUND);
    ck_assert(!has_key("/l/b"));
    close_store();
}
END_TEST

/* ---- housekeeping ---- */

START_TEST(status_tells_revision_size_and_leader)
{
    open_store(_i);
    struct store_status status;
    int64_t last = put("/s", "a value");
    ck_assert_int_eq(store_status(s, WAIT_MS, &status, NULL), 0);
    ck_assert_int_eq(status.revision, last);
    ck_assert_int_gt(status.size_bytes, 0);
    ck_assert(status.has_leader);
    close_store();
}
END_TEST

static Suite *suite(void)
{
    const TTest *const cases[] = {
        get_gives_value_and_revisions_or_not_found,
        a_transaction_is_one_revision,
        deleting_nothing_makes_no_revision,
        a_key_made_again_has_a_new_create_revision,
        guards_must_all_hold,
        a_chain_of_log_entries_takes_each_number_once,
        a_full_transaction_fits,
        every_commit_is_answered_once,
        a_listing_is_in_order_and_of_one_revision,
        a_negative_return_ends_a_listing,
        a_long_listing_comes_whole,
        a_watch_shows_the_past_then_what_comes,
        a_transaction_is_one_batch,
        a_watch_from_the_future_waits_for_it,
        several_watches_see_the_same,
        what_is_compacted_cannot_be_read_or_watched,
        a_live_watch_survives_a_compaction,
        keys_vanish_with_their_lease,
        an_abandoned_lease_leaves_its_keys_for_now,
        a_put_with_a_dead_lease_is_not_applied,
        status_tells_revision_size_and_leader,
    };
    Suite *suite = suite_create("lib/store/store");
    TCase *t = tcase_create("every maker");
    tcase_set_timeout(t, 40);
    int n = fixture_has_etcd() ? MAKERS_ALL : MAKERS_MEM;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        tcase_add_loop_test(t, cases[i], 0, n);
    suite_add_tcase(suite, t);
    return suite;
}

SUITE_MAIN(suite)
