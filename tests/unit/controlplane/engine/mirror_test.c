/* The store's content as a state: loading, what can't be read, and what a check finds. */
#include "controlplane/engine/mirror.h"

#include "controlplane/domain/organisation.h"
#include "controlplane/domain/state.h"
#include "controlplane/engine/keys.h"
#include "lib/base/limits.h"
#include "lib/store/store_etcd.h"
#include "lib/store/store_faulty.h"
#include "lib/store/store_mem.h"
#include "lib/store/txn.h"
#include "tests/unit/lib/etcd/etcd_fixture.h"

#include <stdio.h>

static struct store *mem, *store;
static struct mirror *mirror;
static struct err err;

static void setup(void)
{
    mem = store_mem_create(STORE_MEM_IMMEDIATE);
    store = store_faulty_create(mem, 1);
    mirror = NULL;
    err = ERR_INIT;
}

static void teardown(void)
{
    mirror_destroy(mirror);
    mirror_destroy(NULL);
    store_destroy(store);
    store_destroy(mem);
}

static const struct id lunit = {"lunit"}, kaist = {"kaist"};

/* ---- Writing behind the mirror's back ---- */

static int64_t commit(struct store *s, struct store_txn *txn)
{
    struct store_result result;
    store_commit_wait(s, txn, 5000, &result);
    ck_assert_msg(result.outcome == STORE_OK, "%s", result.err.text);
    store_txn_destroy(txn);
    return result.revision;
}

static int64_t put_bytes(const char *key, struct span value)
{
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_put(txn, span_text(key), value, NULL), 0);
    return commit(mem, txn);
}

static void add_organisation(struct store_txn *txn, const char *key, const struct id *id)
{
    struct organisation o = {.id = *id, .name_en = "Name"};
    CLEANUP_BUF struct buf value;
    buf_init(&value, LIMIT_VALUE_BYTES);
    codec_encode_object(ENTITY_ORGANISATION, &o, &value);
    ck_assert_int_eq(store_txn_put(txn, span_text(key), buf_span(&value), NULL), 0);
}

static int64_t put_organisation(const struct id *id)
{
    struct store_key key = keys_of(ENTITY_ORGANISATION, id);
    struct store_txn *txn = store_txn_create();
    add_organisation(txn, key.text, id);
    return commit(mem, txn);
}

/* Each names the one put before it. */
static int64_t put_commit(uint64_t seq, const char *request_id)
{
    static struct blob previous;
    struct commit c = {
        .seq = seq, .at = {1000 * (int64_t)seq}, .next_number = 10 * seq, .previous = previous};
    struct store_key key = keys_of_commit(seq);
    CLEANUP_BUF struct buf value;
    buf_init(&value, LIMIT_VALUE_BYTES);
    if (request_id) {
        struct outcome *outcome = record_list_add(&c.outcomes, sizeof *outcome);
        *outcome = (struct outcome){
            .request_id = id_literal(request_id), .actor = {"kim.upstage"}, .id = {"lease-7"}};
    }
    codec_encode_commit(&c, &value);
    record_fini(&commit_type, &c);
    previous.len = DIGEST_BYTES;
    digest_sha256(buf_span(&value), previous.data);
    return put_bytes(key.text, buf_span(&value));
}

static int64_t remove_key(const char *key)
{
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_delete(txn, span_text(key)), 0);
    return commit(mem, txn);
}

static void load(void)
{
    ck_assert_msg(mirror_load(store, &mirror, &err) == 0, "%s", err.text);
}

/* ---- Loading ---- */

START_TEST(an_empty_store_is_an_empty_state)
{
    load();
    ck_assert_uint_eq(mirror_seq(mirror), 0);
    ck_assert_int_eq(mirror_committed_at(mirror).s, 0); /* the begin of time */
    for (int kind = 0; kind < ENTITY_KIND_COUNT; kind++)
        ck_assert_uint_eq(state_count(mirror_state(mirror), (enum entity_kind)kind), 0);
}
END_TEST

START_TEST(objects_come_with_the_revisions_of_their_keys)
{
    int64_t first = put_organisation(&lunit), second = put_organisation(&kaist);
    int64_t again = put_organisation(&lunit);
    load();
    ck_assert_ptr_nonnull(state_find(mirror_state(mirror), ENTITY_ORGANISATION, &kaist));
    ck_assert_int_gt(again, first);
    ck_assert_int_eq(mirror_version(mirror, ENTITY_ORGANISATION, &lunit), again);
    ck_assert_int_eq(mirror_version(mirror, ENTITY_ORGANISATION, &kaist), second);
    ck_assert_int_eq(mirror_version(mirror, ENTITY_POOL, &kaist), 0);
    ck_assert_int_eq(mirror_revision(mirror), again);
}
END_TEST

START_TEST(the_last_commit_counts_also_when_the_first_are_sealed_away)
{
    put_commit(5, "r5");
    put_commit(6, NULL);
    put_commit(7, "r7");
    load();
    ck_assert_uint_eq(mirror_seq(mirror), 7);
    ck_assert_int_eq(mirror_committed_at(mirror).s, 7000);
    ck_assert_uint_eq(state_next_number(mirror_state(mirror)), 70);
    ck_assert_ptr_nonnull(mirror_digest(mirror));
}
END_TEST

static void expect_edited(void)
{
    ck_assert_int_eq(mirror_load(store, &mirror, &err), -ERR_CORRUPT);
    ck_assert_msg(strstr(err.text, "the log was edited"), "%s", err.text);
}

START_TEST(a_commit_that_was_dropped_is_missed)
{
    put_commit(1, "r1");
    put_commit(2, NULL);
    put_commit(3, NULL);
    remove_key("/pumasi/v1/log/00000000000000000002");
    expect_edited();
}
END_TEST

START_TEST(a_commit_that_was_put_anew_does_not_fit_the_next)
{
    put_commit(1, "r1");
    put_commit(2, NULL);
    put_commit(1, "r9");
    expect_edited();
}
END_TEST

START_TEST(a_commit_under_the_number_of_another_is_noticed)
{
    struct commit c = {.seq = 4};
    CLEANUP_BUF struct buf value;
    buf_init(&value, LIMIT_VALUE_BYTES);
    codec_encode_commit(&c, &value);
    put_bytes("/pumasi/v1/log/00000000000000000005", buf_span(&value));
    expect_edited();
}
END_TEST

START_TEST(outcomes_of_all_commits_are_remembered)
{
    const struct id actor = {"kim.upstage"}, r1 = {"r1"}, r2 = {"r2"}, r3 = {"r3"};
    put_commit(1, "r1");
    put_commit(2, "r2");
    load();
    const struct outcomes *outcomes = mirror_outcomes(mirror);
    ck_assert_uint_eq(outcomes_count(outcomes), 2);
    ck_assert_str_eq(outcomes_find(outcomes, &actor, &r1)->id.text, "lease-7");
    ck_assert_ptr_nonnull(outcomes_find(outcomes, &actor, &r2));
    ck_assert_ptr_null(outcomes_find(outcomes, &actor, &r3));
}
END_TEST

START_TEST(the_leader_key_and_what_lies_outside_are_passed_over)
{
    put_bytes(KEY_LEADER, span_text("pumasid-1 127.0.0.1:1"));
    put_bytes("/other/v1/thing", span_text("x"));
    load();
    ck_assert_uint_eq(mirror_seq(mirror), 0);
}
END_TEST

static const struct {
    const char *key, *value;
    const char *text;
} unreadable[] = {
    {"/pumasi/v1/organisations/lunit", "\xff\xff\xff", "key /pumasi/v1/organisations/lunit: "},
    {"/pumasi/v1/leases/lease-1", "\x08\x01", "key /pumasi/v1/leases/lease-1: "},
    {"/pumasi/v1/log/00000000000000000001", "\xff", "key /pumasi/v1/log/00000000000000000001: "},
    {"/pumasi/v1/log/1", "", "key /pumasi/v1/log/1: not a key of this version"},
    {"/pumasi/v1/organisations/UPPER", "", "UPPER: not a key of this version"},
    {"/pumasi/v1/unicorns/u", "", "key /pumasi/v1/unicorns/u: not a key of this version"},
    {"/pumasi/v1/nothing", "", "key /pumasi/v1/nothing: not a key of this version"},
};

START_TEST(what_cannot_be_read_is_named_by_its_key)
{
    put_organisation(&kaist);
    put_bytes(unreadable[_i].key, span_text(unreadable[_i].value));
    ck_assert_int_eq(mirror_load(store, &mirror, &err), -ERR_CORRUPT);
    ck_assert_msg(strstr(err.text, unreadable[_i].text) != NULL, "%s", err.text);
    ck_assert_ptr_null(mirror);
}
END_TEST

START_TEST(an_object_under_the_key_of_another_is_corrupt)
{
    struct store_txn *txn = store_txn_create();
    add_organisation(txn, "/pumasi/v1/organisations/lunit", &kaist);
    commit(mem, txn);
    ck_assert_int_eq(mirror_load(store, &mirror, &err), -ERR_CORRUPT);
    ck_assert_msg(strstr(err.text, "organisations/lunit: the object inside has another id"), "%s",
                  err.text);
}
END_TEST

START_TEST(a_store_that_does_not_answer_is_unavailable)
{
    store_faulty_once(store, STORE_FAULT_READ_FAIL);
    ck_assert_int_eq(mirror_load(store, &mirror, &err), -ERR_UNAVAILABLE);
    ck_assert_ptr_null(mirror);
    load();
    store_faulty_once(store, STORE_FAULT_READ_FAIL);
    ck_assert_int_eq(mirror_check(mirror, store, &err), -ERR_UNAVAILABLE);
    ck_assert_int_eq(mirror_check(mirror, store, &err), 0);
}
END_TEST

/* ---- Following ---- */

START_TEST(own_commits_are_noted)
{
    int64_t first = put_organisation(&lunit);
    load();
    mirror_note(mirror, ENTITY_ORGANISATION, &lunit, first + 1, true);
    mirror_note(mirror, ENTITY_ORGANISATION, &lunit, first + 1, true); /* gone is gone */
    mirror_note(mirror, ENTITY_ORGANISATION, &kaist, first + 1, false);
    mirror_note_commit(mirror, 1, first + 1, (const uint8_t[DIGEST_BYTES]){1});
    ck_assert_int_eq(mirror_version(mirror, ENTITY_ORGANISATION, &lunit), 0);
    ck_assert_int_eq(mirror_version(mirror, ENTITY_ORGANISATION, &kaist), first + 1);
    ck_assert_uint_eq(mirror_seq(mirror), 1);
    ck_assert_int_eq(mirror_revision(mirror), first + 1);
}
END_TEST

/* ---- Checking ---- */

static void load_two(void)
{
    put_organisation(&lunit);
    put_organisation(&kaist);
    put_commit(1, NULL);
    load();
    ck_assert_msg(mirror_check(mirror, store, &err) == 0, "%s", err.text);
}

static void expect_conflict(const char *text)
{
    ck_assert_int_eq(mirror_check(mirror, store, &err), -ERR_CONFLICT);
    ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
}

START_TEST(a_check_finds_nothing_where_nothing_happened_and_moves_on)
{
    load_two();
    int64_t revision = put_bytes(KEY_LEADER, span_text("pumasid-2 127.0.0.1:2"));
    ck_assert_int_lt(mirror_revision(mirror), revision);
    ck_assert_int_eq(mirror_check(mirror, store, &err), 0);
    ck_assert_int_eq(mirror_revision(mirror), revision);
}
END_TEST

START_TEST(a_check_finds_a_changed_object)
{
    load_two();
    put_organisation(&kaist); /* with the very same bytes: still not ours */
    expect_conflict("key /pumasi/v1/organisations/kaist was changed by someone else at revision");
}
END_TEST

START_TEST(a_check_finds_an_added_object)
{
    load_two();
    put_organisation(&(struct id){"upstage"});
    expect_conflict("key /pumasi/v1/organisations/upstage was changed");
}
END_TEST

START_TEST(a_check_finds_a_deleted_object)
{
    load_two();
    remove_key("/pumasi/v1/organisations/kaist");
    expect_conflict("the store holds 1 objects, 2 are known here");
}
END_TEST

START_TEST(a_check_finds_an_object_made_again)
{
    load_two();
    remove_key("/pumasi/v1/organisations/kaist");
    put_organisation(&kaist);
    expect_conflict("organisations/kaist was changed");
}
END_TEST

START_TEST(a_check_finds_a_foreign_commit)
{
    load_two();
    put_commit(2, NULL);
    expect_conflict("key /pumasi/v1/log/00000000000000000002 was changed");
}
END_TEST

START_TEST(old_commits_may_go)
{
    load_two();
    remove_key("/pumasi/v1/log/00000000000000000001");
    ck_assert_msg(mirror_check(mirror, store, &err) == 0, "%s", err.text);
}
END_TEST

/* ---- On a real etcd ---- */

#define MANY 2500 /* more than one page of a listing */

static void put_many(struct store *s)
{
    for (int i = 0; i < MANY;) {
        struct store_txn *txn = store_txn_create();
        for (int k = 0; k < LIMIT_TXN_OPS && i < MANY; k++, i++) {
            struct id id = id_number("org", (uint64_t)i);
            struct store_key key = keys_of(ENTITY_ORGANISATION, &id);
            add_organisation(txn, key.text, &id);
        }
        commit(s, txn);
    }
}

START_TEST(everything_is_loaded_over_several_pages)
{
    struct fixture f;
    fixture_init(&f);
    fixture_start_etcd(&f);
    struct store *etcd = store_etcd_create(f.client);
    put_many(etcd);
    ck_assert_msg(mirror_load(etcd, &mirror, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(state_count(mirror_state(mirror), ENTITY_ORGANISATION), MANY);
    ck_assert_msg(mirror_check(mirror, etcd, &err) == 0, "%s", err.text);
    store_destroy(etcd);
    fixture_fini(&f);
}
END_TEST

static Suite *mirror_suite(void)
{
    Suite *s = suite_create("engine/mirror");
    TCase *c = tcase_create("mirror");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, an_empty_store_is_an_empty_state);
    tcase_add_test(c, objects_come_with_the_revisions_of_their_keys);
    tcase_add_test(c, the_last_commit_counts_also_when_the_first_are_sealed_away);
    tcase_add_test(c, a_commit_that_was_dropped_is_missed);
    tcase_add_test(c, a_commit_that_was_put_anew_does_not_fit_the_next);
    tcase_add_test(c, a_commit_under_the_number_of_another_is_noticed);
    tcase_add_test(c, outcomes_of_all_commits_are_remembered);
    tcase_add_test(c, the_leader_key_and_what_lies_outside_are_passed_over);
    tcase_add_loop_test(c, what_cannot_be_read_is_named_by_its_key, 0,
                        (int)(sizeof unreadable / sizeof unreadable[0]));
    tcase_add_test(c, an_object_under_the_key_of_another_is_corrupt);
    tcase_add_test(c, a_store_that_does_not_answer_is_unavailable);
    tcase_add_test(c, own_commits_are_noted);
    tcase_add_test(c, a_check_finds_nothing_where_nothing_happened_and_moves_on);
    tcase_add_test(c, a_check_finds_a_changed_object);
    tcase_add_test(c, a_check_finds_an_added_object);
    tcase_add_test(c, a_check_finds_a_deleted_object);
    tcase_add_test(c, a_check_finds_an_object_made_again);
    tcase_add_test(c, a_check_finds_a_foreign_commit);
    tcase_add_test(c, old_commits_may_go);
    if (fixture_has_etcd()) {
        tcase_set_timeout(c, 60);
        tcase_add_test(c, everything_is_loaded_over_several_pages);
    }
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(mirror_suite)
