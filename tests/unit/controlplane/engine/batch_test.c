/* One transaction in the making: what stands in it, what fits, and what guards it. */
#include "controlplane/engine/batch.h"

#include "controlplane/domain/organisation.h"
#include "controlplane/engine/keys.h"
#include "lib/base/limits.h"
#include "lib/store/store_mem.h"
#include "tests/support/suite.h"

#include <stdio.h>

static struct changes changes;
static struct batch *batch;

static void setup(void)
{
    changes_init(&changes);
    batch = batch_create();
}

static void teardown(void)
{
    batch_destroy(batch);
    batch_destroy(NULL);
    changes_fini(&changes);
}

static const struct id lunit = {"lunit"}, kaist = {"kaist"};

static void put(const struct id *id, const char *name)
{
    struct organisation o = {.id = *id};
    memcpy(o.name_en, name, strlen(name) + 1);
    changes_put(&changes, ENTITY_ORGANISATION, &o);
}

/* With so many size facts of about 150 bytes each when stored. */
static void put_large(const char *id, size_t facts)
{
    struct organisation o = {.id = id_literal(id)};
    for (size_t i = 0; i < facts; i++) {
        struct size_fact *fact = record_list_add(&o.sizes, sizeof *fact);
        fact->from.s = (int64_t)i + 1;
        memset(fact->evidence, 'x', sizeof fact->evidence - 1);
    }
    changes_put(&changes, ENTITY_ORGANISATION, &o);
    record_fini(&organisation_type, &o);
}

/* What was put and deleted since the last time, as a parcel. */
static struct parcel pack(const struct outcome *outcome)
{
    struct parcel p;
    struct err err = ERR_INIT;
    ck_assert_msg(parcel_pack(&changes, outcome, &p, &err) == 0, "%s", err.text);
    changes_reset(&changes);
    return p;
}

static void add(void)
{
    struct parcel p = pack(NULL);
    ck_assert(batch_has_room(batch, &p));
    batch_add(batch, &p);
    ck_assert_uint_eq(p.n, 0);
    parcel_fini(&p);
}

struct seen {
    size_t n;
    char text[256];
};

static void see(enum entity_kind kind, const struct id *id, bool deleted, void *arg)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->text);
    seen->n++;
    snprintf(seen->text + len, sizeof seen->text - len, "%s%s/%s ", deleted ? "-" : "",
             entity_prefix(kind), id->text);
}

START_TEST(an_object_changed_twice_stands_once_with_its_last_value)
{
    struct seen seen = {0};
    struct store *store = store_mem_create(STORE_MEM_IMMEDIATE);
    struct mirror *mirror;
    ck_assert_int_eq(mirror_load(store, &mirror, NULL), 0);
    put(&lunit, "first");
    put(&kaist, "only");
    add();
    put(&lunit, "second");
    add();
    batch_each(batch, see, &seen);
    ck_assert_str_eq(seen.text, "organisations/lunit organisations/kaist ");
    const struct store_txn *txn = batch_seal(batch, mirror, &(struct batch_seal){.fence = 7});
    struct store_op op = store_txn_op_at(txn, 1); /* behind the log entry */
    void *record;
    ck_assert_int_eq(codec_decode_object(ENTITY_ORGANISATION, op.value, &record, NULL), 0);
    ck_assert_str_eq(((struct organisation *)record)->name_en, "second");
    record_destroy(&organisation_type, record);
    mirror_destroy(mirror);
    store_destroy(store);
}
END_TEST

START_TEST(an_object_changed_and_deleted_is_deleted)
{
    struct seen seen = {0};
    put(&lunit, "first");
    add();
    changes_delete(&changes, ENTITY_ORGANISATION, &lunit);
    add();
    batch_each(batch, see, &seen);
    ck_assert_str_eq(seen.text, "-organisations/lunit ");
}
END_TEST

START_TEST(it_is_empty_until_something_is_in_it)
{
    struct outcome outcome = {.request_id = {"r1"}, .actor = {"kim.upstage"}};
    ck_assert(batch_is_empty(batch));
    struct parcel nothing = pack(NULL);
    batch_add(batch, &nothing);
    ck_assert(batch_is_empty(batch));
    struct parcel p = pack(&outcome); /* nothing changed, but it must be remembered */
    batch_add(batch, &p);
    ck_assert(!batch_is_empty(batch));
    batch_reset(batch);
    ck_assert(batch_is_empty(batch));
    changes_entry(&changes, LEDGER_RECALL);
    p = pack(NULL);
    batch_add(batch, &p);
    ck_assert(!batch_is_empty(batch));
}
END_TEST

START_TEST(there_is_room_for_so_many_objects_and_changed_ones_count_once)
{
    for (int i = 0; i < PARCEL_OBJECTS; i++) {
        struct id id = id_number("org", (uint64_t)i);
        put(&id, "name");
    }
    struct parcel whole = pack(NULL);
    ck_assert(batch_has_room(batch, &whole)); /* into an empty batch every parcel fits */
    batch_add(batch, &whole);
    put(&(struct id){"org-7"}, "again");
    struct parcel again = pack(NULL);
    ck_assert(batch_has_room(batch, &again));
    batch_add(batch, &again);
    put(&lunit, "one too many");
    struct parcel more = pack(NULL);
    ck_assert(!batch_has_room(batch, &more));
    parcel_fini(&more);
}
END_TEST

START_TEST(there_is_room_for_so_many_bytes_and_what_is_replaced_gives_its_own_back)
{
    put_large("a", 5000);
    add();
    put_large("b", 5000);
    struct parcel beside = pack(NULL);
    ck_assert_uint_gt(2 * beside.bytes, PARCEL_BYTES);
    ck_assert(!batch_has_room(batch, &beside));
    parcel_fini(&beside);
    put_large("a", 5001);
    add(); /* in place of the first */
    put_large("a", 1);
    add();
    put_large("b", 5000);
    add(); /* now there is room beside it */
}
END_TEST

START_TEST(there_is_room_for_so_much_in_the_log)
{
    struct parcel p;
    size_t added = 0;
    for (;; added++) {
        struct ledger_entry *entry = changes_entry(&changes, LEDGER_RECALL);
        memset(entry->reason, 'x', sizeof entry->reason - 1);
        p = pack(NULL);
        if (!batch_has_room(batch, &p))
            break;
        batch_add(batch, &p);
    }
    ck_assert_uint_gt(added, PARCEL_LOG_BYTES / 1500);
    ck_assert_uint_lt(added, PARCEL_LOG_BYTES / 1000);
    parcel_fini(&p);
}
END_TEST

/* ---- Seals ---- */

/* A store that holds lunit and commit 4, and the mirror of it. */
struct past {
    struct store *store;
    struct mirror *mirror;
    int64_t revision;
};

static void past_init(struct past *p)
{
    struct store_txn *txn = store_txn_create();
    struct store_key key = keys_of(ENTITY_ORGANISATION, &lunit), log = keys_of_commit(4);
    struct organisation o = {.id = lunit, .name_en = "old"};
    struct commit commit = {.seq = 4, .at = {1000}};
    struct store_result result;
    CLEANUP_BUF struct buf object, entry;
    buf_init(&object, LIMIT_VALUE_BYTES);
    buf_init(&entry, LIMIT_VALUE_BYTES);
    codec_encode_object(ENTITY_ORGANISATION, &o, &object);
    codec_encode_commit(&commit, &entry);
    p->store = store_mem_create(STORE_MEM_IMMEDIATE);
    ck_assert_int_eq(store_txn_put(txn, span_text(key.text), buf_span(&object), NULL), 0);
    ck_assert_int_eq(store_txn_put(txn, span_text(log.text), buf_span(&entry), NULL), 0);
    store_commit_wait(p->store, txn, 1000, &result);
    ck_assert_int_eq(result.outcome, STORE_OK);
    p->revision = result.revision;
    store_txn_destroy(txn);
    ck_assert_int_eq(mirror_load(p->store, &p->mirror, NULL), 0);
}

static void past_fini(struct past *p)
{
    mirror_destroy(p->mirror);
    store_destroy(p->store);
}

static const struct batch_seal seal = {.writer = {"pumasid-1"},
                                       .write_id = {1, 2, 3, 4, 5, 6, 7, 8},
                                       .at = {2000},
                                       .next_number = 42,
                                       .fence = 77};

static void expect_guard(const struct store_txn *txn, size_t i, enum store_guard_kind kind,
                         const char *key, int64_t revision)
{
    struct store_guard guard = store_txn_guard_at(txn, i);
    ck_assert_int_eq(guard.kind, kind);
    ck_assert_msg(span_equal(guard.key, span_text(key)), "%.*s, not %s", (int)guard.key.len,
                  (const char *)guard.key.data, key);
    ck_assert_int_eq(guard.revision, revision);
}

static void expect_op(const struct store_txn *txn, size_t i, enum store_op_kind kind,
                      const char *key)
{
    struct store_op op = store_txn_op_at(txn, i);
    ck_assert_int_eq(op.kind, kind);
    ck_assert_msg(span_equal(op.key, span_text(key)), "%.*s, not %s", (int)op.key.len,
                  (const char *)op.key.data, key);
    ck_assert_int_eq(op.lease_id, 0);
}

START_TEST(a_seal_guards_the_fence_the_log_entry_and_each_object)
{
    struct past past;
    past_init(&past);
    put(&lunit, "new");
    put(&kaist, "fresh");
    changes_delete(&changes, ENTITY_POOL, &(struct id){"p"});
    add();
    const struct store_txn *txn = batch_seal(batch, past.mirror, &seal);
    ck_assert_uint_eq(store_txn_guards(txn), 5);
    expect_guard(txn, 0, STORE_GUARD_MOD, KEY_LEADER, 77);
    expect_guard(txn, 1, STORE_GUARD_CREATE, "/pumasi/v1/log/00000000000000000005", 0);
    expect_guard(txn, 2, STORE_GUARD_MOD, "/pumasi/v1/organisations/lunit", past.revision);
    expect_guard(txn, 3, STORE_GUARD_CREATE, "/pumasi/v1/organisations/kaist", 0);
    expect_guard(txn, 4, STORE_GUARD_CREATE, "/pumasi/v1/pools/p", 0);
    ck_assert_uint_eq(store_txn_ops(txn), 4);
    expect_op(txn, 0, STORE_OP_PUT, "/pumasi/v1/log/00000000000000000005");
    expect_op(txn, 1, STORE_OP_PUT, "/pumasi/v1/organisations/lunit");
    expect_op(txn, 2, STORE_OP_PUT, "/pumasi/v1/organisations/kaist");
    expect_op(txn, 3, STORE_OP_DELETE, "/pumasi/v1/pools/p");
    ck_assert_ptr_eq(batch_txn(batch), txn);
    past_fini(&past);
}
END_TEST

START_TEST(the_log_entry_says_who_when_and_what)
{
    struct past past;
    struct commit commit;
    struct outcome outcome = {.request_id = {"r1"}, .actor = {"kim.upstage"}};
    past_init(&past);
    changes_entry(&changes, LEDGER_BOOK)->at.s = 1900;
    struct parcel p = pack(&outcome);
    batch_add(batch, &p);
    const struct store_txn *txn = batch_seal(batch, past.mirror, &seal);
    struct err err = ERR_INIT;
    ck_assert_msg(codec_decode_commit(store_txn_op_at(txn, 0).value, &commit, &err) == 0, "%s",
                  err.text);
    ck_assert(record_equal(&commit_type, &commit, batch_commit(batch)));
    ck_assert_uint_eq(commit.seq, 5);
    ck_assert_str_eq(commit.writer.text, "pumasid-1");
    ck_assert_uint_eq(commit.write_id.len, 16);
    ck_assert_int_eq(memcmp(commit.write_id.data, seal.write_id, 16), 0);
    ck_assert_int_eq(commit.at.s, 2000);
    ck_assert_uint_eq(commit.next_number, 42);
    ck_assert_str_eq(LIST_AT(struct outcome, &commit.outcomes, 0)->request_id.text, "r1");
    ck_assert_int_eq(LIST_AT(struct ledger_entry, &commit.entries, 0)->kind, LEDGER_BOOK);
    record_fini(&commit_type, &commit);
    past_fini(&past);
}
END_TEST

START_TEST(a_reset_batch_is_good_for_the_next_transaction)
{
    struct past past;
    past_init(&past);
    put(&lunit, "new");
    add();
    (void)batch_seal(batch, past.mirror, &seal);
    batch_reset(batch);
    put(&kaist, "fresh");
    add();
    mirror_note_commit(past.mirror, 5, past.revision + 1, (const uint8_t[DIGEST_BYTES]){1});
    const struct store_txn *txn = batch_seal(batch, past.mirror, &seal);
    ck_assert_uint_eq(store_txn_ops(txn), 2);
    expect_op(txn, 0, STORE_OP_PUT, "/pumasi/v1/log/00000000000000000006");
    expect_op(txn, 1, STORE_OP_PUT, "/pumasi/v1/organisations/kaist");
    past_fini(&past);
}
END_TEST

START_TEST(a_full_batch_fits_into_one_transaction)
{
    struct past past;
    past_init(&past);
    for (int i = 0; i < PARCEL_OBJECTS; i++) {
        struct id id = ID_NONE;
        memset(id.text, 'a', ID_CAP - 1);
        id.text[0] = (char)('a' + i / 26);
        id.text[1] = (char)('a' + i % 26);
        put(&id, "name");
    }
    add();
    const struct store_txn *txn = batch_seal(batch, past.mirror, &seal);
    ck_assert_uint_eq(store_txn_ops(txn), PARCEL_OBJECTS + 1);
    ck_assert_uint_le(store_txn_guards(txn), LIMIT_TXN_OPS);
    past_fini(&past);
}
END_TEST

static Suite *batch_suite(void)
{
    Suite *s = suite_create("engine/batch");
    TCase *c = tcase_create("batch");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, an_object_changed_twice_stands_once_with_its_last_value);
    tcase_add_test(c, an_object_changed_and_deleted_is_deleted);
    tcase_add_test(c, it_is_empty_until_something_is_in_it);
    tcase_add_test(c, there_is_room_for_so_many_objects_and_changed_ones_count_once);
    tcase_add_test(c, there_is_room_for_so_many_bytes_and_what_is_replaced_gives_its_own_back);
    tcase_add_test(c, there_is_room_for_so_much_in_the_log);
    tcase_add_test(c, a_seal_guards_the_fence_the_log_entry_and_each_object);
    tcase_add_test(c, the_log_entry_says_who_when_and_what);
    tcase_add_test(c, a_reset_batch_is_good_for_the_next_transaction);
    tcase_add_test(c, a_full_batch_fits_into_one_transaction);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(batch_suite)
