/* controlplane/ledger: following, sealing, and a crash at every step of a seal. */
#include "controlplane/ledger/keeper.h"

#include "controlplane/engine/keys.h"
#include "controlplane/ledger/sealing.h"
#include "lib/base/file.h"
#include "lib/merkle/cosignature.h"
#include "lib/store/store_mem.h"
#include "lib/store/txn.h"
#include "tests/support/suite.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[32];
static struct key *key;
static struct store *store;
static struct env_fake fake;
static struct env env;
static struct err err;
static struct blob previous;

/* ---- Crashing at the n-th write, fsync, rename or link --------------------------------------- */

static long steps_left = -1; /* -1: never */
static long steps;

static void step(void)
{
    steps++;
    if (steps_left == 0)
        _exit(99);
    if (steps_left > 0)
        steps_left--;
}

ssize_t __real_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    step();
    /* A write may be cut short by the crash: half of it is there. */
    if (steps_left == 0 && n > 1)
        return __real_write(fd, bytes, n / 2);
    return __real_write(fd, bytes, n);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    step();
    return __real_fsync(fd);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    step();
    return __real_rename(from, to);
}

int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to)
{
    step();
    return __real_link(from, to);
}

/* ---- A log ----------------------------------------------------------------------------------- */

static void put_commit(uint64_t seq, const struct ledger_entry *entries, size_t n)
{
    struct commit c = {.seq = seq, .at = {1772400000 + (int64_t)seq}, .previous = previous};
    struct store_key at = keys_of_commit(seq);
    struct store_txn *txn = store_txn_create();
    struct store_result result;
    CLEANUP_BUF struct buf value;
    buf_init(&value, 1 << 20);
    for (size_t i = 0; i < n; i++)
        *(struct ledger_entry *)record_list_add(&c.entries, sizeof *entries) = entries[i];
    codec_encode_commit(&c, &value);
    record_fini(&commit_type, &c);
    previous.len = DIGEST_BYTES;
    digest_sha256(buf_span(&value), previous.data);
    ck_assert_int_eq(store_txn_put(txn, span_text(at.text), buf_span(&value), NULL), 0);
    store_commit_wait(store, txn, 1000, &result);
    ck_assert_int_eq(result.outcome, STORE_OK);
    store_txn_destroy(txn);
}

static struct ledger_entry entry(enum ledger_kind kind, const char *subject, const char *party)
{
    struct ledger_entry e = {.kind = kind, .at = {1772400000}};
    e.subject_kind = id_literal("lease");
    e.subject = id_literal(subject);
    e.organisation = id_literal("upstage");
    if (party)
        e.counterparty = id_literal(party);
    e.from = e.to = e.received_at = INSTANT_NEVER;
    return e;
}

static struct ledger_entry close_of(const char *month)
{
    struct ledger_entry e = entry(LEDGER_CLOSE, month, NULL);
    e.organisation = id_literal("nipa");
    return e;
}

static uint64_t next_seq = 1;

/* Some commits, the last of which closes the month. */
static void live_through(const char *month)
{
    for (int i = 0; i < 5; i++) {
        struct ledger_entry e[2] = {entry(LEDGER_BOOK, "lease-1", "elice"),
                                    entry(LEDGER_GRANT, "lease-1", i % 2 ? "elice" : NULL)};
        put_commit(next_seq++, e, 2);
    }
    struct ledger_entry c = close_of(month);
    put_commit(next_seq++, &c, 1);
}

/* ---- Fixture --------------------------------------------------------------------------------- */

static void setup(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/keeper-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    store = store_mem_create(STORE_MEM_IMMEDIATE);
    fake = (struct env_fake){.wall = {1772500000}, .seed = 1};
    env = env_of_fake(&fake);
    err = ERR_INIT;
}

static void remove_dir(void)
{
    char command[64];
    (void)snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0); /* NOLINT: a test's own directory */
}

static void teardown(void)
{
    store_destroy(store);
    key_destroy(key);
    remove_dir();
}

static int make_keeper(struct keeper **ret)
{
    struct keeper_options options = {
        .store = store, .dir = dir, .key = key, .env = &env, .every_ms = 10, .checkpoint_s = 600};
    return keeper_create(&options, ret, &err);
}

static struct keeper *keeper(void)
{
    struct keeper *k;
    ck_assert_msg(make_keeper(&k) == 0, "%s", err.text);
    return k;
}

static void turn(struct keeper *k)
{
    ck_assert_msg(keeper_turn(k, &err) == 0, "%s", err.text);
}

/* All names and bytes below segments/ and months/, as one digest; signatures left out. */
static void fingerprint(char ret[DIGEST_TEXT_CAP])
{
    struct archive *a;
    struct books *books = books_create();
    ck_assert_msg(archive_open(dir, key, &a, &err) == 0, "%s", err.text);
    ck_assert_msg(archive_load(a, books, &err) == 0, "%s", err.text);
    archive_note_digest(a, ret);
    archive_close(a);
    books_destroy(books);
}

static struct checkpoint checkpoint_of(struct keeper *k, const char *organisation)
{
    struct public_key public = key_public(key);
    struct id id = id_literal(organisation);
    struct checkpoint c;
    struct note note;
    CLEANUP_BUF struct buf text;
    buf_init(&text, NOTE_BYTES);
    ck_assert_msg(keeper_checkpoint(k, &id, &text, &err) == 0, "%s", err.text);
    ck_assert_msg(checkpoint_open(buf_span(&text), &public, &note, &c, &err) == 0, "%s", err.text);
    return c;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

START_TEST(an_entry_stands_in_both_parties_logs)
{
    live_through("2026-02");
    struct keeper *k = keeper();
    turn(k);
    ck_assert_uint_eq(checkpoint_of(k, "upstage").size, 10);
    ck_assert_uint_eq(checkpoint_of(k, "elice").size, 7);
    ck_assert_uint_eq(checkpoint_of(k, "nipa").size, 1);
    ck_assert_uint_eq(checkpoint_of(k, "upstage").commit, 6);
    ck_assert_str_eq(checkpoint_of(k, "elice").origin, "pumasi.internal/ledger/elice");
    keeper_destroy(k);
}
END_TEST

START_TEST(a_sealed_archive_gives_the_same_books_as_the_log)
{
    live_through("2026-02");
    struct keeper *k = keeper();
    turn(k);
    struct checkpoint before = checkpoint_of(k, "upstage");
    keeper_destroy(k);
    for (uint64_t seq = 1; seq <= 6; seq++) { /* the store forgets */
        struct store_key at = keys_of_commit(seq);
        struct store_txn *txn = store_txn_create();
        struct store_result result;
        ck_assert_int_eq(store_txn_delete(txn, span_text(at.text)), 0);
        store_commit_wait(store, txn, 1000, &result);
        store_txn_destroy(txn);
    }
    live_through("2026-03");
    k = keeper();
    struct checkpoint after = checkpoint_of(k, "upstage");
    ck_assert_uint_eq(after.size, before.size);
    ck_assert(merkle_hash_equal(&after.root, &before.root));
    turn(k);
    fake.wall.s += 601;
    after = checkpoint_of(k, "upstage");
    ck_assert_uint_eq(after.size, 20);
    struct merkle_proof proof;
    struct id upstage = id_literal("upstage");
    ck_assert_int_eq(keeper_prove_consistency(k, &upstage, before.size, after.size, &proof, NULL),
                     0);
    ck_assert_int_eq(
        merkle_verify_consistency(&proof, before.size, after.size, &before.root, &after.root, NULL),
        0);
    ck_assert_int_eq(keeper_prove_consistency(k, &upstage, 0, 99, &proof, NULL), -ERR_INVALID);
    ck_assert_int_eq(keeper_prove_inclusion(k, &upstage, 20, 20, &proof, NULL), -ERR_INVALID);
    ck_assert_int_eq(keeper_prove_inclusion(k, &upstage, 19, 20, &proof, NULL), 0);
    keeper_destroy(k);
}
END_TEST

START_TEST(a_missing_commit_is_noticed)
{
    live_through("2026-02");
    next_seq++;
    struct ledger_entry e = entry(LEDGER_BOOK, "lease-1", NULL);
    put_commit(next_seq, &e, 1);
    struct keeper *k = keeper();
    ck_assert_int_eq(keeper_turn(k, &err), -ERR_CORRUPT);
    keeper_destroy(k);
}
END_TEST

static void change_a_byte(const char *folder)
{
    char command[256];
    (void)snprintf(command, sizeof command, "f=$(ls %s/%s/* | head -n 1); sed -i '2s/1/7/' \"$f\"",
                   dir, folder);
    ck_assert_int_eq(system(command), 0); /* NOLINT: a test's own directory */
}

START_TEST(an_archive_that_was_changed_is_not_believed)
{
    static const char *const folders[] = {"segments", "months"};
    live_through("2026-12");
    struct keeper *k = keeper();
    turn(k);
    keeper_destroy(k);
    change_a_byte(folders[_i]);
    int rc = make_keeper(&k);
    ck_assert_msg(rc == -ERR_VERIFICATION, "%d %s", rc, err.text);
}
END_TEST

START_TEST(a_witness_cosigns_the_last_checkpoint_and_no_other)
{
    struct key *witness;
    struct public_key public;
    struct id upstage = id_literal("upstage");
    struct note note;
    struct note_signature line;
    CLEANUP_BUF struct buf text;
    buf_init(&text, NOTE_BYTES);
    ck_assert_int_eq(key_generate(&witness, NULL), 0);
    public = key_public(witness);
    live_through("2026-02");
    struct keeper *k = keeper();
    turn(k);
    ck_assert_int_eq(keeper_checkpoint(k, &upstage, &text, NULL), 0);
    ck_assert_int_eq(note_parse(buf_span(&text), &note, NULL), 0);
    ck_assert_int_eq(cosignature_sign(note.text, "w.nipa", env_now(&env), witness, &line, NULL), 0);
    for (int i = 0; i < 2; i++) /* the second replaces the first */
        ck_assert_int_eq(keeper_cosign(k, &upstage, &line, &public, NULL), 0);
    buf_reset(&text);
    ck_assert_int_eq(keeper_checkpoint(k, &upstage, &text, NULL), 0);
    ck_assert_int_eq(note_parse(buf_span(&text), &note, NULL), 0);
    ck_assert_uint_eq(note.n, 2);
    ck_assert_int_eq(
        cosignature_sign(span_text("another\n"), "w.nipa", env_now(&env), witness, &line, NULL), 0);
    ck_assert_int_eq(keeper_cosign(k, &upstage, &line, &public, NULL), -ERR_STALE);
    keeper_destroy(k);
    key_destroy(witness);
}
END_TEST

/* In a child: a keeper that seals, until its n-th step. The child's exit says whether it came to
 * its end. */
static bool seal_until(long n)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct keeper *k;
        steps_left = n;
        if (make_keeper(&k) < 0 || keeper_turn(k, &err) < 0)
            _exit(98);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_msg(WEXITSTATUS(status) != 98, "step %ld: a failure, not a crash", n);
    return WEXITSTATUS(status) == 0;
}

START_TEST(a_crash_at_any_write_sync_or_rename_leaves_one_close_and_loses_nothing)
{
    char wanted[DIGEST_TEXT_CAP], got[DIGEST_TEXT_CAP];
    live_through("2026-02");
    live_through("2026-03");
    ck_assert(seal_until(-1));
    fingerprint(wanted);
    bool whole = false;
    long n = 0;
    for (; !whole; n++) {
        remove_dir();
        whole = seal_until(n);
        ck_assert(seal_until(-1)); /* after the restart */
        fingerprint(got);
        ck_assert_msg(strcmp(wanted, got) == 0, "after a crash at step %ld", n);
    }
    ck_assert_int_gt(n, 25); /* three logs, twice: writes, syncs, renames, links, folders */
}
END_TEST

static Suite *keeper_suite(void)
{
    Suite *s = suite_create("ledger/keeper");
    TCase *c = tcase_create("keeper");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, an_entry_stands_in_both_parties_logs);
    tcase_add_test(c, a_sealed_archive_gives_the_same_books_as_the_log);
    tcase_add_test(c, a_missing_commit_is_noticed);
    tcase_add_loop_test(c, an_archive_that_was_changed_is_not_believed, 0, 2);
    tcase_add_test(c, a_witness_cosigns_the_last_checkpoint_and_no_other);
    tcase_add_test(c, a_crash_at_any_write_sync_or_rename_leaves_one_close_and_loses_nothing);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(keeper_suite)
