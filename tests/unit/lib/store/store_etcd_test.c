#include "lib/store/store_etcd.h"

#include "lib/store/store_mem.h"
#include "lib/store/txn.h"
#include "tests/unit/lib/etcd/etcd_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The store on an etcd that is stopped and killed under it, and beside its twin in memory. */
#define WAIT_MS 5000

static struct fixture f;
static struct store *s;

static void set_up(void)
{
    fixture_init(&f);
    fixture_start_etcd(&f);
    s = store_etcd_create(f.client);
}

static void tear_down(void)
{
    store_destroy(s);
    fixture_fini(&f);
}

static struct store_txn *put_of(const char *key, const char *value)
{
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_put(txn, span_text(key), span_text(value), NULL), 0);
    return txn;
}

struct outcome {
    atomic_int done;
    struct store_result result;
};

static void on_done(const struct store_result *result, void *ud)
{
    struct outcome *o = ud;
    o->result = *result;
    atomic_fetch_add(&o->done, 1);
}

START_TEST(without_an_answer_the_outcome_is_unknown)
{
    struct store_txn *txn = put_of("/k", "v");
    struct store_result result;
    store_commit_wait(s, txn, WAIT_MS, &result);
    ck_assert_int_eq(result.outcome, STORE_OK);
    pid_t pid = etcd_child_pid(f.child);
    fixture_stop_whole(pid);
    store_commit_wait(s, txn, 300, &result);
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    ck_assert_int_eq(result.outcome, STORE_UNKNOWN);
    ck_assert_int_eq(result.err.code, ERR_UNKNOWN_OUTCOME);
    /* applied or not, only looking tells */
    struct store_version v = {0};
    ck_assert_int_eq(store_get(s, span_text("/k"), WAIT_MS, NULL, &v, NULL), 0);
    ck_assert(v.mod_revision == v.create_revision || v.mod_revision == v.create_revision + 1);
    store_txn_destroy(txn);
}
END_TEST

START_TEST(a_connection_lost_under_way_leaves_the_outcome_unknown)
{
    struct store_txn *txn = put_of("/k", "v");
    struct store_result warm;
    struct outcome o = {.done = 0};
    store_commit_wait(s, txn, WAIT_MS, &warm);
    pid_t pid = etcd_child_pid(f.child);
    fixture_stop_whole(pid);
    store_commit(s, txn, WAIT_MS, on_done, &o);
    (void)poll(NULL, 0, 50); /* the request leaves; nobody can tell us when */
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    EVENTUALLY(atomic_load(&o.done) == 1);
    ck_assert_msg(o.result.outcome == STORE_UNKNOWN, "%s", store_outcome_name(o.result.outcome));
    store_txn_destroy(txn);
}
END_TEST

START_TEST(acknowledged_commits_survive_a_kill)
{
    enum { N = 60 };
    struct outcome o[N];
    struct store_txn *txn[N];
    char key[32];
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof(key), "/n/%02d", i);
        txn[i] = put_of(key, "v");
        memset(&o[i], 0, sizeof(o[i]));
        store_commit(s, txn[i], WAIT_MS, on_done, &o[i]);
        if (i == N / 2)
            fixture_kill_etcd(&f);
    }
    int lost = 0;
    for (int i = 0; i < N; i++) {
        EVENTUALLY(atomic_load(&o[i].done) == 1);
        snprintf(key, sizeof(key), "/n/%02d", i);
        int rc = store_get(s, span_text(key), WAIT_MS, NULL, NULL, NULL);
        ck_assert(rc == 0 || rc == -ERR_NOT_FOUND);
        lost += o[i].result.outcome == STORE_OK && rc != 0;
        lost += o[i].result.outcome == STORE_NOT_APPLIED && rc == 0;
        store_txn_destroy(txn[i]);
    }
    ck_assert_int_eq(lost, 0);
}
END_TEST

START_TEST(unreachable_nothing_is_applied_and_reads_end_in_time)
{
    struct etcd_client *nobody = fixture_client(&f, "127.0.0.1:1", 100);
    struct store *cut = store_etcd_create(nobody);
    struct store_txn *txn = put_of("/k", "v");
    struct store_result result;
    struct store_status status;
    store_commit_wait(cut, txn, 300, &result);
    ck_assert_int_eq(result.outcome, STORE_NOT_APPLIED);
    ck_assert_int_eq(store_get(cut, span_text("/k"), 200, NULL, NULL, NULL), -ERR_UNAVAILABLE);
    ck_assert_int_eq(store_status(cut, 200, &status, NULL), -ERR_UNAVAILABLE);
    ck_assert_int_eq(store_compact(cut, 1, 200, NULL), -ERR_UNAVAILABLE);
    store_destroy(cut);
    etcd_client_destroy(nobody);
    store_txn_destroy(txn);
}
END_TEST

START_TEST(destroying_waits_for_what_is_on_the_way)
{
    struct store *own = store_etcd_create(f.client);
    struct store_txn *txn = put_of("/k", "v");
    struct outcome o = {.done = 0};
    store_commit(own, txn, WAIT_MS, on_done, &o);
    store_destroy(own);
    ck_assert_int_eq(atomic_load(&o.done), 1);
    store_txn_destroy(txn);
}
END_TEST

/* ---- beside memory ---- */

/* The same dice for both stores: a script of transactions over 12 keys with guards right and
 * wrong, written down with revisions counted from the start. */
struct script {
    struct store *store;
    unsigned dice;
    int64_t base;
    struct buf log;
};

static unsigned throw_dice(struct script *script, unsigned n)
{
    script->dice = script->dice * 1103515245U + 12345U;
    return (script->dice >> 16) % n;
}

static void add_guard(struct script *script, struct store_txn *txn, struct span key)
{
    struct store_version v = {0};
    (void)!store_get(script->store, key, WAIT_MS, NULL, &v, NULL);
    unsigned kind = throw_dice(script, 4);
    if (kind == 0)
        ck_assert_int_eq(store_txn_guard_create(txn, key, v.create_revision), 0);
    else if (kind == 1 && v.mod_revision > 0)
        ck_assert_int_eq(store_txn_guard_mod(txn, key, v.mod_revision), 0);
    else if (kind == 2)
        ck_assert_int_eq(store_txn_guard_create(txn, key, 0), 0);
    else if (throw_dice(script, 4) == 0)
        ck_assert_int_eq(store_txn_guard_mod(txn, key, v.mod_revision + 1), 0);
}

static void play_one(struct script *script, struct store_txn *txn)
{
    store_txn_reset(txn);
    for (unsigned i = 1 + throw_dice(script, 4); i > 0; i--) {
        char key[] = "/s/?";
        key[3] = (char)('a' + throw_dice(script, 12));
        add_guard(script, txn, span_text(key));
        int rc =
            throw_dice(script, 3) == 0
                ? store_txn_delete(txn, span_text(key))
                : store_txn_put(txn, span_text(key), span_text(key + throw_dice(script, 4)), NULL);
        ck_assert(rc == 0 || rc == -ERR_EXISTS);
    }
    struct store_result result;
    store_commit_wait(script->store, txn, WAIT_MS, &result);
    buf_printf(&script->log, "%s@%d ", store_outcome_name(result.outcome),
               (int)(result.revision - script->base));
}

static int write_kv(const struct store_kv *kv, void *ud)
{
    struct script *script = ud;
    buf_printf(&script->log, "%.*s=%.*s@%d,%d ", (int)kv->key.len, (const char *)kv->key.data,
               (int)kv->value.len, (const char *)kv->value.data,
               (int)(kv->create_revision - script->base), (int)(kv->mod_revision - script->base));
    return 0;
}

static void play(struct script *script, struct store *store)
{
    struct store_status status;
    *script = (struct script){.store = store, .dice = 42};
    buf_init(&script->log, 1 << 20);
    ck_assert_int_eq(store_status(store, WAIT_MS, &status, NULL), 0);
    script->base = status.revision;
    struct store_txn *txn = store_txn_create();
    for (int i = 0; i < 300; i++)
        play_one(script, txn);
    store_txn_destroy(txn);
    for (int back = 0; back < 40; back++) {
        int64_t revision;
        ck_assert_int_eq(store_status(store, WAIT_MS, &status, NULL), 0);
        const struct store_range range = {
            .prefix = span_text("/s/"), .revision = status.revision - back, .timeout_ms = WAIT_MS};
        ck_assert_int_eq(store_range(store, &range, write_kv, script, &revision, NULL), 0);
        buf_append_text(&script->log, "\n");
    }
}

START_TEST(memory_and_etcd_answer_the_same_script_alike)
{
    struct script real, twin;
    struct store *mem = store_mem_create(STORE_MEM_IMMEDIATE);
    play(&real, s);
    play(&twin, mem);
    ck_assert_str_eq(real.log.data, twin.log.data);
    ck_assert_ptr_nonnull(strstr(real.log.data, "compare-failed"));
    buf_fini(&real.log);
    buf_fini(&twin.log);
    store_destroy(mem);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("lib/store/store_etcd");
    TCase *t = tcase_create("real etcd");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, set_up, tear_down);
    if (fixture_has_etcd()) {
        tcase_add_test(t, without_an_answer_the_outcome_is_unknown);
        tcase_add_test(t, a_connection_lost_under_way_leaves_the_outcome_unknown);
        tcase_add_test(t, acknowledged_commits_survive_a_kill);
        tcase_add_test(t, unreachable_nothing_is_applied_and_reads_end_in_time);
        tcase_add_test(t, destroying_waits_for_what_is_on_the_way);
        tcase_add_test(t, memory_and_etcd_answer_the_same_script_alike);
    }
    suite_add_tcase(suite, t);
    return suite;
}

SUITE_MAIN(suite)
