#include "lib/store/store_faulty.h"

#include "lib/store/store_mem.h"
#include "lib/store/txn.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>

/* Each fault, made to happen once by name, and all of them by seed. */
static struct store *mem;
static struct store *s;

static void set_up(void)
{
    mem = store_mem_create(STORE_MEM_IMMEDIATE);
    s = store_faulty_create(mem, 7);
}

static void tear_down(void)
{
    store_destroy(s);
    store_destroy(mem);
}

static struct store_txn *put_of(const char *key, const char *value)
{
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_put(txn, span_text(key), span_text(value), NULL), 0);
    return txn;
}

static struct store_result put(const char *key, const char *value)
{
    struct store_result result;
    struct store_txn *txn = put_of(key, value);
    store_commit_wait(s, txn, 1, &result);
    store_txn_destroy(txn);
    return result;
}

/* In truth, past the decorator. */
static bool truly_has(const char *key)
{
    return store_get(mem, span_text(key), 1, NULL, NULL, NULL) == 0;
}

static const struct {
    enum store_fault fault;
    enum store_outcome outcome;
    bool applied;       /* when the outcome is told */
    bool applied_later; /* after some steps */
} commits[] = {
    {STORE_FAULT_LOSE_REQUEST, STORE_UNKNOWN, false, false},
    {STORE_FAULT_LOSE_REPLY, STORE_UNKNOWN, true, true},
    {STORE_FAULT_LATE_APPLY, STORE_UNKNOWN, false, true},
    {STORE_FAULT_REFUSE, STORE_NOT_APPLIED, false, false},
    {STORE_FAULT_DELAY, STORE_OK, true, true},
};

START_TEST(a_fault_of_commits_strikes_once)
{
    store_faulty_once(s, commits[_i].fault);
    struct store_result result = put("/k", "v");
    ck_assert_str_eq(store_outcome_name(result.outcome), store_outcome_name(commits[_i].outcome));
    ck_assert_int_eq(truly_has("/k"), commits[_i].applied);
    if (result.outcome == STORE_UNKNOWN)
        ck_assert_int_eq(result.err.code, ERR_UNKNOWN_OUTCOME);
    if (result.outcome == STORE_NOT_APPLIED)
        ck_assert_int_eq(result.err.code, ERR_UNAVAILABLE);
    while (store_step(s))
        ;
    ck_assert_int_eq(truly_has("/k"), commits[_i].applied_later);
    ck_assert_uint_eq(store_faulty_count(s, commits[_i].fault), 1);
    ck_assert_int_eq(put("/k2", "v").outcome, STORE_OK);
}
END_TEST

static void on_done(const struct store_result *result, void *ud)
{
    *(struct store_result *)ud = *result;
}

START_TEST(a_delayed_commit_comes_within_8_steps_or_at_the_end)
{
    struct store_result result = {.outcome = STORE_OUTCOME_COUNT};
    struct store_txn *txn = put_of("/k", "v");
    store_faulty_once(s, STORE_FAULT_DELAY);
    store_commit(s, txn, 1, on_done, &result);
    int steps = 0;
    while (result.outcome == STORE_OUTCOME_COUNT && steps < 100) {
        ck_assert(store_step(s));
        steps++;
    }
    ck_assert_int_eq(result.outcome, STORE_OK);
    ck_assert(steps >= 1 && steps <= 8);
    struct store *own = store_faulty_create(mem, 1);
    store_faulty_once(own, STORE_FAULT_DELAY);
    store_faulty_once(own, STORE_FAULT_LATE_APPLY);
    store_commit(own, txn, 1, on_done, &result); /* late apply: its clone is dropped */
    store_commit(own, txn, 1, on_done, &result);
    store_destroy(own);
    ck_assert_int_eq(result.outcome, STORE_UNKNOWN);
    store_txn_destroy(txn);
}
END_TEST

static int count_kv(const struct store_kv *kv, void *ud)
{
    (void)kv;
    ++*(int *)ud;
    return 0;
}

START_TEST(reads_fail_once)
{
    int n = 0;
    int64_t revision;
    const struct store_range range = {.prefix = span_text("/"), .timeout_ms = 1};
    put("/k", "v");
    store_faulty_once(s, STORE_FAULT_READ_FAIL);
    store_faulty_once(s, STORE_FAULT_READ_FAIL);
    ck_assert_int_eq(store_get(s, span_text("/k"), 1, NULL, NULL, NULL), -ERR_UNAVAILABLE);
    ck_assert_int_eq(store_range(s, &range, count_kv, &n, &revision, NULL), -ERR_UNAVAILABLE);
    ck_assert_int_eq(store_get(s, span_text("/k"), 1, NULL, NULL, NULL), 0);
    ck_assert_int_eq(store_range(s, &range, count_kv, &n, &revision, NULL), 0);
    ck_assert_int_eq(n, 1);
}
END_TEST

START_TEST(a_stale_read_is_of_an_older_revision)
{
    struct store_version v;
    int n = 0;
    int64_t revision, newest = 0;
    const struct store_range range = {.prefix = span_text("/"), .timeout_ms = 1};
    for (int i = 0; i < 10; i++)
        newest = put("/k", "v").revision;
    newest = put("/new", "v").revision;
    store_faulty_once(s, STORE_FAULT_STALE_READ);
    ck_assert_int_eq(store_get(s, span_text("/k"), 1, NULL, &v, NULL), 0);
    ck_assert_int_lt(v.read_revision, newest);
    ck_assert_int_ge(v.read_revision, newest - 8);
    ck_assert_int_eq(v.mod_revision, v.read_revision);
    store_faulty_once(s, STORE_FAULT_STALE_READ);
    ck_assert_int_eq(store_get(s, span_text("/new"), 1, NULL, &v, NULL), -ERR_NOT_FOUND);
    store_faulty_once(s, STORE_FAULT_STALE_READ);
    ck_assert_int_eq(store_range(s, &range, count_kv, &n, &revision, NULL), 0);
    ck_assert_int_eq(n, 1);
    ck_assert_int_lt(revision, newest);
    /* nothing older is left: the truth */
    ck_assert_int_eq(store_compact(s, newest, 1, NULL), 0);
    store_faulty_once(s, STORE_FAULT_STALE_READ);
    ck_assert_int_eq(store_get(s, span_text("/new"), 1, NULL, &v, NULL), 0);
    store_faulty_once(s, STORE_FAULT_STALE_READ);
    ck_assert_int_eq(store_range(s, &range, count_kv, &n, &revision, NULL), 0);
    ck_assert_int_eq(revision, newest);
}
END_TEST

/* ---- watches ---- */

struct seen {
    char text[256]; /* one letter a batch: the last value's first; '!' for lost */
    size_t n;
};

static void note(struct seen *seen, char c)
{
    ck_assert_uint_lt(seen->n, sizeof(seen->text) - 1);
    seen->text[seen->n++] = c;
}

static void on_events(const struct store_event *events, size_t n, int64_t revision, void *ud)
{
    ck_assert_int_eq(events[n - 1].kv.mod_revision, revision);
    ck_assert(span_equal(events[0].kv.key, span_text("/w")));
    note(ud, (char)events[n - 1].kv.value.data[0]);
}

static void on_watch_lost(const struct err *err, void *ud)
{
    ck_assert_int_eq(err->code, ERR_UNAVAILABLE);
    note(ud, '!');
}

static const struct store_watch_ops watch_ops = {.on_events = on_events, .on_lost = on_watch_lost};

static const struct {
    enum store_fault fault;
    const char *seen; /* of a, then b with the fault, then c */
} watches[] = {
    {STORE_FAULT_EVENT_DROP, "ac"},
    {STORE_FAULT_EVENT_REPEAT, "abbc"},
    {STORE_FAULT_WATCH_LOST, "a!bc"},
};

START_TEST(a_fault_of_watches_strikes_once)
{
    struct seen seen = {.n = 0};
    struct store_watch *w = store_watch(s, span_text("/w"), 1, &watch_ops, &seen);
    put("/w", "a");
    store_faulty_once(s, watches[_i].fault);
    put("/w", "b");
    put("/w", "c");
    store_unwatch(w);
    ck_assert_str_eq(seen.text, watches[_i].seen);
}
END_TEST

START_TEST(a_rewound_watch_shows_the_batch_before_again)
{
    struct seen seen = {.n = 0};
    struct store_watch *w = store_watch(s, span_text("/w"), 1, &watch_ops, &seen);
    store_faulty_once(s, STORE_FAULT_EVENT_REWIND);
    put("/w", "a"); /* no batch before: waits */
    put("/w", "b");
    put("/w", "c");
    store_unwatch(w);
    ck_assert_str_eq(seen.text, "abac");
}
END_TEST

/* ---- leases ---- */

static void on_lost(void *ud)
{
    ++*(int *)ud;
}

START_TEST(a_dropped_lease_is_told_within_8_steps)
{
    int lost = 0;
    struct store_lease *lease = NULL;
    struct store_result result;
    ck_assert_int_eq(store_lease_grant(s, 10, 1, on_lost, &lost, &lease, NULL), 0);
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_put(txn, span_text("/l"), span_text("v"), lease), 0);
    store_commit_wait(s, txn, 1, &result);
    ck_assert_int_eq(result.outcome, STORE_OK);
    store_faulty_once(s, STORE_FAULT_LEASE_DROP);
    (void)store_step(s);
    ck_assert(!truly_has("/l"));
    ck_assert_int_eq(lost, 0);
    for (int i = 0; i < 9; i++)
        (void)store_step(s);
    ck_assert_int_eq(lost, 1);
    store_commit_wait(s, txn, 1, &result); /* the lease is gone for good */
    ck_assert_int_eq(result.outcome, STORE_NOT_APPLIED);
    ck_assert_int_eq(store_lease_revoke(lease, 1, NULL), 0);
    store_txn_destroy(txn);
}
END_TEST

START_TEST(a_lease_lost_below_is_told_once)
{
    int lost = 0;
    struct store_lease *lease = NULL;
    ck_assert_int_eq(store_lease_grant(s, 10, 1, on_lost, &lost, &lease, NULL), 0);
    store_mem_lease_kill(mem, lease); /* by its id, which is the same below */
    store_mem_advance(mem, (struct boot_time){1});
    ck_assert_int_eq(lost, 1);
    store_lease_abandon(lease);
}
END_TEST

/* ---- by seed ---- */

/* A run of 300 puts with everything on: a letter each, then what is in the store. */
static void run(uint64_t seed, char out[512])
{
    struct store *own_mem = store_mem_create(STORE_MEM_STEPPED);
    struct store *own = store_faulty_create(own_mem, seed);
    for (int i = 0; i < STORE_FAULT_COUNT; i++)
        store_faulty_rate(own, (enum store_fault)i, 100);
    for (int i = 0; i < 300; i++) {
        char key[2] = {'/', (char)('a' + i % 16)};
        struct store_txn *txn = store_txn_create();
        struct store_result result;
        ck_assert_int_eq(store_txn_put(txn, span_of(key, 2), span_text("v"), NULL), 0);
        store_commit_wait(own, txn, 1, &result);
        store_txn_destroy(txn);
        out[i] = (char)('0' + (int)result.outcome);
    }
    struct store_status status;
    ck_assert_int_eq(store_status(own, 1, &status, NULL), 0);
    snprintf(out + 300, 212, " %d", (int)status.revision);
    store_destroy(own);
    store_destroy(own_mem);
}

START_TEST(the_same_seed_gives_the_same_faults)
{
    char a[512], b[512], c[512];
    run(1, a);
    run(1, b);
    run(2, c);
    ck_assert_str_eq(a, b);
    ck_assert_str_ne(a, c);
}
END_TEST

START_TEST(the_defects_of_3_4_23_leave_commits_alone)
{
    store_faulty_etcd_3_4_23(s, 1000);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(put("/k", "v").outcome, STORE_OK);
    struct store_version v;
    ck_assert_int_eq(store_get(s, span_text("/k"), 1, NULL, &v, NULL), 0);
    ck_assert_uint_eq(store_faulty_count(s, STORE_FAULT_STALE_READ), 1);
}
END_TEST

START_TEST(faults_have_names)
{
    for (int i = 0; i < STORE_FAULT_COUNT; i++) {
        enum store_fault fault = STORE_FAULT_COUNT;
        ck_assert_int_eq(
            store_fault_parse(span_text(store_fault_name((enum store_fault)i)), &fault, NULL), 0);
        ck_assert_int_eq((int)fault, i);
    }
    enum store_fault fault;
    struct err err = ERR_INIT;
    ck_assert_int_eq(store_fault_parse(span_text("gremlins"), &fault, &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "gremlins"));
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("lib/store/store_faulty");
    TCase *t = tcase_create("faults");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, a_fault_of_commits_strikes_once, 0,
                        (int)(sizeof(commits) / sizeof(commits[0])));
    tcase_add_test(t, a_delayed_commit_comes_within_8_steps_or_at_the_end);
    tcase_add_test(t, reads_fail_once);
    tcase_add_test(t, a_stale_read_is_of_an_older_revision);
    tcase_add_loop_test(t, a_fault_of_watches_strikes_once, 0,
                        (int)(sizeof(watches) / sizeof(watches[0])));
    tcase_add_test(t, a_rewound_watch_shows_the_batch_before_again);
    tcase_add_test(t, a_dropped_lease_is_told_within_8_steps);
    tcase_add_test(t, a_lease_lost_below_is_told_once);
    tcase_add_test(t, the_same_seed_gives_the_same_faults);
    tcase_add_test(t, the_defects_of_3_4_23_leave_commits_alone);
    tcase_add_test(t, faults_have_names);
    suite_add_tcase(suite, t);
    return suite;
}

SUITE_MAIN(suite)
