#include "lib/store/store_mem.h"

#include "lib/store/txn.h"
#include "tests/support/suite.h"

/* What store_mem.h promises beyond store.h: steps, leases by a clock, an end at any moment. */
#define NS INT64_C(1000000000)

static struct store *s;
static int order; /* of callbacks, counted */

struct note {
    int done_at; /* place in the order; 0: not yet */
    enum store_outcome outcome;
};

static void set_up(void)
{
    order = 0;
    s = store_mem_create(STORE_MEM_STEPPED);
}

static void tear_down(void)
{
    store_destroy(s);
}

static void on_done(const struct store_result *result, void *ud)
{
    struct note *note = ud;
    ck_assert_int_eq(note->done_at, 0);
    note->done_at = ++order;
    note->outcome = result->outcome;
}

static struct store_txn *put_of(const char *key, const struct store_lease *lease)
{
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_put(txn, span_text(key), span_text("v"), lease), 0);
    return txn;
}

static bool has_key(const char *key)
{
    return store_get(s, span_text(key), 1, NULL, NULL, NULL) == 0;
}

static void on_events(const struct store_event *events, size_t n, int64_t revision, void *ud)
{
    (void)events;
    (void)n;
    (void)revision;
    ++*(int *)ud;
}

static const struct store_watch_ops watch_ops = {.on_events = on_events};

START_TEST(a_step_does_the_oldest_piece_of_work)
{
    int shown = 0;
    struct note a = {0}, b = {0};
    struct store_txn *first = put_of("/a", NULL), *second = put_of("/b", NULL);
    struct store_watch *w = store_watch(s, span_text("/"), 1, &watch_ops, &shown);
    ck_assert(!store_step(s));
    store_commit(s, first, 1, on_done, &a);
    store_commit(s, second, 1, on_done, &b);
    ck_assert(!has_key("/a"));
    ck_assert(store_step(s));
    ck_assert_int_eq(a.done_at, 1);
    ck_assert(has_key("/a") && !has_key("/b"));
    ck_assert_int_eq(shown, 0);
    ck_assert(store_step(s));
    ck_assert_int_eq(b.done_at, 2);
    ck_assert_int_eq(shown, 0);
    ck_assert(store_step(s));
    ck_assert_int_eq(shown, 1); /* both revisions in one batch */
    ck_assert(!store_step(s));
    store_unwatch(w);
    store_txn_destroy(first);
    store_txn_destroy(second);
}
END_TEST

START_TEST(a_slow_watch_finds_its_events_compacted)
{
    int shown = 0;
    struct note note = {0};
    struct store_txn *txn = put_of("/a", NULL);
    struct store_watch *w = store_watch(s, span_text("/"), 1, &watch_ops, &shown);
    for (int i = 0; i < 3; i++) {
        note.done_at = 0;
        store_commit(s, txn, 1, on_done, &note);
        while (note.done_at == 0)
            ck_assert(store_step(s));
    }
    ck_assert_int_eq(store_compact(s, 4, 1, NULL), 0);
    ck_assert(store_step(s)); /* on_compacted, which is not asked for */
    ck_assert(!store_step(s));
    ck_assert_int_eq(shown, 0);
    store_unwatch(w);
    store_txn_destroy(txn);
}
END_TEST

START_TEST(closing_answers_what_waits)
{
    struct note note = {0};
    struct store_txn *txn = put_of("/a", NULL);
    struct store *own = store_mem_create(STORE_MEM_STEPPED);
    store_commit(own, txn, 1, on_done, &note);
    store_destroy(own);
    ck_assert_int_eq(note.done_at, 1);
    ck_assert_int_eq(note.outcome, STORE_UNKNOWN);
    store_txn_destroy(txn);
    store_destroy(NULL);
}
END_TEST

/* ---- immediate ---- */

struct chain {
    struct store *store;
    struct store_txn *txn;
    int left;
    int depth, deepest;
    int done;
};

static void on_chained(const struct store_result *result, void *ud)
{
    struct chain *c = ud;
    ck_assert_int_eq(result->outcome, STORE_OK);
    c->done++;
    c->depth++;
    c->deepest = c->depth > c->deepest ? c->depth : c->deepest;
    if (c->left-- > 0)
        store_commit(c->store, c->txn, 1, on_chained, c);
    c->depth--;
}

START_TEST(an_immediate_store_is_done_when_the_outermost_call_returns)
{
    int shown = 0;
    struct chain c = {.store = store_mem_create(STORE_MEM_IMMEDIATE), .left = 100};
    c.txn = put_of("/a", NULL);
    struct store_watch *w = store_watch(c.store, span_text("/"), 1, &watch_ops, &shown);
    store_commit(c.store, c.txn, 1, on_chained, &c);
    ck_assert_int_eq(c.done, 101);
    ck_assert_int_eq(c.deepest, 1); /* callbacks are never nested */
    ck_assert_int_ge(shown, 1);
    ck_assert(!store_step(c.store));
    store_unwatch(w);
    store_destroy(c.store);
    store_txn_destroy(c.txn);
}
END_TEST

static int commit_while_listing(const struct store_kv *kv, void *ud)
{
    struct chain *c = ud;
    ck_assert(span_equal(kv->value, span_text("v")));
    store_commit(c->store, c->txn, 1, on_chained, c);
    ck_assert_int_eq(c->done, 0); /* only after the listing */
    return 0;
}

START_TEST(a_commit_inside_a_listing_waits_for_its_end)
{
    struct chain c = {.store = store_mem_create(STORE_MEM_IMMEDIATE)};
    struct note note = {0};
    struct store_txn *a = put_of("/a", NULL), *b = put_of("/b", NULL);
    c.txn = put_of("/aa", NULL);
    store_commit(c.store, a, 1, on_done, &note);
    note.done_at = 0;
    store_commit(c.store, b, 1, on_done, &note);
    int64_t revision;
    const struct store_range range = {.prefix = span_text("/"), .timeout_ms = 1};
    ck_assert_int_eq(store_range(c.store, &range, commit_while_listing, &c, &revision, NULL), 0);
    ck_assert_int_eq(c.done, 2);
    store_destroy(c.store);
    store_txn_destroy(a);
    store_txn_destroy(b);
    store_txn_destroy(c.txn);
}
END_TEST

/* ---- leases ---- */

static void on_lost(void *ud)
{
    ++*(int *)ud;
}

static struct store_lease *lease_with_key(int ttl_s, int *lost, const char *key)
{
    struct store_lease *lease = NULL;
    struct store_result result;
    ck_assert_int_eq(store_lease_grant(s, ttl_s, 1, on_lost, lost, &lease, NULL), 0);
    struct store_txn *txn = put_of(key, lease);
    store_commit_wait(s, txn, 1, &result);
    ck_assert_int_eq(result.outcome, STORE_OK);
    store_txn_destroy(txn);
    return lease;
}

START_TEST(a_held_lease_lives_and_an_abandoned_one_ends_with_its_ttl)
{
    int lost = 0;
    struct store_lease *lease = lease_with_key(10, &lost, "/l");
    store_mem_advance(s, (struct boot_time){1000 * NS});
    ck_assert(has_key("/l"));
    store_lease_abandon(lease);
    store_mem_advance(s, (struct boot_time){1010 * NS - 1});
    ck_assert(has_key("/l"));
    store_mem_advance(s, (struct boot_time){1010 * NS});
    ck_assert(!has_key("/l"));
    ck_assert_int_eq(lost, 0); /* nobody holds it */
}
END_TEST

START_TEST(a_killed_lease_is_gone_at_once_and_told_later_once)
{
    int lost = 0;
    struct store_lease *lease = lease_with_key(10, &lost, "/l");
    store_mem_lease_kill(s, lease);
    store_mem_lease_kill(s, lease);
    ck_assert(!has_key("/l"));
    ck_assert_int_eq(lost, 0);
    store_mem_advance(s, (struct boot_time){1});
    store_mem_advance(s, (struct boot_time){2});
    ck_assert_int_eq(lost, 1);
    ck_assert_int_eq(store_lease_revoke(lease, 1, NULL), 0);
    lease = lease_with_key(10, &lost, "/l");
    store_mem_lease_kill(s, lease);
    store_lease_abandon(lease);
    store_mem_advance(s, (struct boot_time){3});
    ck_assert_int_eq(lost, 1);
}
END_TEST

START_TEST(keys_of_a_lease_vanish_as_one_revision)
{
    int lost = 0, shown = 0;
    struct store_status status;
    struct store_lease *lease = lease_with_key(1, &lost, "/l/a");
    struct store_txn *txn = put_of("/l/b", lease);
    struct store_result result;
    store_commit_wait(s, txn, 1, &result);
    store_txn_destroy(txn);
    struct store_watch *w =
        store_watch(s, span_text("/l/"), result.revision + 1, &watch_ops, &shown);
    store_lease_abandon(lease);
    store_mem_advance(s, (struct boot_time){1 * NS});
    ck_assert(store_step(s));
    ck_assert_int_eq(shown, 1);
    ck_assert_int_eq(store_status(s, 1, &status, NULL), 0);
    ck_assert_int_eq(status.revision, result.revision + 1);
    store_unwatch(w);
}
END_TEST

START_TEST(time_never_runs_back)
{
    store_mem_advance(s, (struct boot_time){5});
    store_mem_advance(s, (struct boot_time){4});
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("lib/store/store_mem");
    TCase *t = tcase_create("memory");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_step_does_the_oldest_piece_of_work);
    tcase_add_test(t, a_slow_watch_finds_its_events_compacted);
    tcase_add_test(t, closing_answers_what_waits);
    tcase_add_test(t, an_immediate_store_is_done_when_the_outermost_call_returns);
    tcase_add_test(t, a_commit_inside_a_listing_waits_for_its_end);
    tcase_add_test(t, a_held_lease_lives_and_an_abandoned_one_ends_with_its_ttl);
    tcase_add_test(t, a_killed_lease_is_gone_at_once_and_told_later_once);
    tcase_add_test(t, keys_of_a_lease_vanish_as_one_revision);
    tcase_add_test_raise_signal(t, time_never_runs_back, 6);
    suite_add_tcase(suite, t);
    return suite;
}

SUITE_MAIN(suite)
