/* Decisions as bytes: what no transaction can hold is refused before anything has happened. */
#include "controlplane/engine/parcel.h"

#include "controlplane/domain/organisation.h"
#include "lib/base/limits.h"
#include "tests/support/suite.h"

#include <stdio.h>

static struct changes changes;

static void setup(void)
{
    changes_init(&changes);
}

static void teardown(void)
{
    changes_fini(&changes);
}

/* An organisation with so many size facts, about 100 bytes each when stored. */
static void put(const char *id, size_t facts)
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

START_TEST(a_parcel_holds_objects_entries_and_outcome)
{
    struct parcel p;
    struct err err = ERR_INIT;
    struct outcome outcome = {.request_id = id_literal("r1"), .actor = id_literal("kim.upstage")};
    put("lunit", 1);
    changes_delete(&changes, ENTITY_ORGANISATION, &(struct id){"kaist"});
    struct ledger_entry *entry = changes_entry(&changes, LEDGER_REGISTER);
    entry->subject = id_literal("lunit");
    ck_assert_msg(parcel_pack(&changes, &outcome, &p, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(p.n, 2);
    ck_assert_str_eq(p.objects[0].key.text, "/pumasi/v1/organisations/lunit");
    ck_assert(!p.objects[0].deleted && p.objects[0].value.len > 100);
    ck_assert(p.objects[1].deleted && p.objects[1].value.len == 0);
    ck_assert_uint_eq(p.bytes, p.objects[0].value.len);
    ck_assert_uint_eq(p.entries.n, 1);
    ck_assert(p.has_outcome);
    parcel_fini(&p);
}
END_TEST

START_TEST(what_entries_and_outcome_take_is_never_underestimated)
{
    struct parcel p;
    struct outcome outcome = {.request_id = id_literal("r1"), .actor = id_literal("kim.upstage")};
    struct commit commit = {.seq = 1};
    struct buf bytes;
    buf_init(&bytes, LIMIT_VALUE_BYTES);
    for (int i = 0; i < 20; i++) {
        struct ledger_entry *entry = changes_entry(&changes, LEDGER_REGISTER);
        memset(entry->reason, 'r', sizeof entry->reason - 1);
        memset(entry->paper, 'p', sizeof entry->paper - 1);
        memset(entry->subject.text, 's', sizeof entry->subject.text - 1);
        entry->at.s = INSTANT_MAX_S;
        entry->units.units = INT64_MAX;
        entry->amount_krw.krw = INT64_MIN;
    }
    memset(outcome.approval.text, 'a', sizeof outcome.approval.text - 1);
    ck_assert_int_eq(parcel_pack(&changes, &outcome, &p, NULL), 0);
    commit.entries = p.entries;
    *(struct outcome *)record_list_add(&commit.outcomes, sizeof outcome) = outcome;
    codec_encode_commit(&commit, &bytes);
    ck_assert(!bytes.full);
    ck_assert_uint_ge(p.log_bytes, bytes.len);
    commit.entries = (struct list){0};
    record_fini(&commit_type, &commit);
    parcel_fini(&p);
    buf_fini(&bytes);
}
END_TEST

static void refused(const char *text)
{
    struct parcel p = {.n = 77};
    struct err err = ERR_INIT;
    ck_assert_int_eq(parcel_pack(&changes, NULL, &p, &err), -ERR_LIMIT);
    ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
    ck_assert_uint_eq(p.n, 77);
}

START_TEST(too_many_objects_are_refused)
{
    for (int i = 0; i <= PARCEL_OBJECTS; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "org-%d", i);
        put(id, 1);
    }
    refused("121 objects");
}
END_TEST

START_TEST(too_large_an_object_is_refused_by_name)
{
    put("lunit", 9000);
    refused("organisation lunit");
}
END_TEST

START_TEST(too_many_bytes_are_refused)
{
    put("lunit", 5000);
    put("kaist", 5000);
    refused("one transaction holds");
}
END_TEST

static Suite *parcel_suite(void)
{
    Suite *s = suite_create("engine/parcel");
    TCase *t = tcase_create("parcel");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_parcel_holds_objects_entries_and_outcome);
    tcase_add_test(t, what_entries_and_outcome_take_is_never_underestimated);
    tcase_add_test(t, too_many_objects_are_refused);
    tcase_add_test(t, too_large_an_object_is_refused_by_name);
    tcase_add_test(t, too_many_bytes_are_refused);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(parcel_suite)
