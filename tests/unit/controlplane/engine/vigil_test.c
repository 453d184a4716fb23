/* When the mirror is checked against the store, and what that finds. */
#include "controlplane/engine/vigil.h"

#include "controlplane/engine/keys.h"
#include "lib/store/store_mem.h"
#include "lib/store/txn.h"
#include "tests/support/suite.h"

#define MS INT64_C(1000000)

static struct store *store;
static struct mirror *mirror;
static struct vigil *vigil;
static struct err err;

static struct boot_time at(int64_t ms)
{
    return (struct boot_time){ms * MS};
}

static int64_t put(const char *key)
{
    struct store_result result;
    struct store_txn *txn = store_txn_create();
    ck_assert_int_eq(store_txn_put(txn, span_text(key), span_text("x"), NULL), 0);
    store_commit_wait(store, txn, 1000, &result);
    ck_assert_int_eq(result.outcome, STORE_OK);
    store_txn_destroy(txn);
    return result.revision;
}

static void setup(void)
{
    err = ERR_INIT;
    store = store_mem_create(STORE_MEM_IMMEDIATE);
    put(KEY_LEADER);
    ck_assert_int_eq(mirror_load(store, &mirror, &err), 0);
    vigil = vigil_create(store);
    vigil_begin(vigil, mirror, at(0));
}

static void teardown(void)
{
    vigil_destroy(vigil);
    vigil_destroy(NULL);
    mirror_destroy(mirror);
    store_destroy(store);
}

static int check(int64_t ms)
{
    return vigil_check(vigil, mirror, at(ms), &err);
}

START_TEST(in_any_case_it_is_due_after_its_time)
{
    ck_assert(!vigil_is_due(vigil, at(VIGIL_MS - 1)));
    ck_assert(vigil_is_due(vigil, at(VIGIL_MS)));
    ck_assert_int_eq(check(VIGIL_MS), 0);
    ck_assert(!vigil_is_due(vigil, at(2 * VIGIL_MS - 1)));
}
END_TEST

START_TEST(a_revision_that_is_explained_raises_no_suspicion)
{
    vigil_saw(vigil, 7, 7);
    ck_assert(!vigil_is_due(vigil, at(VIGIL_MS - 1)));
}
END_TEST

START_TEST(a_revision_beyond_that_makes_it_due_soon)
{
    vigil_saw(vigil, 8, 7);
    ck_assert(!vigil_is_due(vigil, at(VIGIL_SUSPECT_MS - 1)));
    ck_assert(vigil_is_due(vigil, at(VIGIL_SUSPECT_MS)));
}
END_TEST

START_TEST(unfounded_suspicions_are_followed_ever_more_seldom)
{
    vigil_saw(vigil, 8, 7);
    ck_assert_int_eq(check(1000), 0);
    vigil_saw(vigil, 9, 7);
    ck_assert(!vigil_is_due(vigil, at(1000 + 2 * VIGIL_SUSPECT_MS - 1)));
    ck_assert(vigil_is_due(vigil, at(1000 + 2 * VIGIL_SUSPECT_MS)));
    ck_assert_int_eq(check(3000), 0);
    vigil_saw(vigil, 10, 7);
    ck_assert(!vigil_is_due(vigil, at(3000 + 4 * VIGIL_SUSPECT_MS - 1)));
    for (int64_t ms = 10000; ms < 100000; ms += 10000) {
        vigil_saw(vigil, 11, 7);
        ck_assert_int_eq(check(ms), 0);
    }
    vigil_saw(vigil, 12, 7);
    ck_assert(vigil_is_due(vigil, at(90000 + VIGIL_MS)));
}
END_TEST

START_TEST(a_check_without_suspicion_forgives)
{
    vigil_saw(vigil, 8, 7);
    ck_assert_int_eq(check(1000), 0);
    ck_assert_int_eq(check(70000), 0);
    vigil_saw(vigil, 9, 7);
    ck_assert(vigil_is_due(vigil, at(70000 + VIGIL_SUSPECT_MS)));
}
END_TEST

START_TEST(another_leader_is_heard_of_at_once)
{
    ck_assert(!vigil_is_due(vigil, at(1)));
    put(KEY_LEADER);
    ck_assert(vigil_is_due(vigil, at(1)));
    ck_assert_int_eq(check(1), 0);
    ck_assert(!vigil_is_due(vigil, at(2)));
}
END_TEST

START_TEST(what_a_stranger_wrote_is_a_conflict)
{
    put(KEY_ROOT "leases/lease-1");
    ck_assert_int_eq(check(1), -ERR_CONFLICT);
    ck_assert(strstr(err.text, "leases/lease-1") != NULL);
}
END_TEST

START_TEST(it_ends_with_the_leadership_and_begins_again)
{
    vigil_saw(vigil, 8, 7);
    vigil_end(vigil);
    vigil_end(vigil);
    vigil_begin(vigil, mirror, at(5000));
    ck_assert(!vigil_is_due(vigil, at(5000 + VIGIL_MS - 1)));
}
END_TEST

static Suite *vigil_suite(void)
{
    Suite *s = suite_create("engine/vigil");
    TCase *t = tcase_create("vigil");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, in_any_case_it_is_due_after_its_time);
    tcase_add_test(t, a_revision_that_is_explained_raises_no_suspicion);
    tcase_add_test(t, a_revision_beyond_that_makes_it_due_soon);
    tcase_add_test(t, unfounded_suspicions_are_followed_ever_more_seldom);
    tcase_add_test(t, a_check_without_suspicion_forgives);
    tcase_add_test(t, another_leader_is_heard_of_at_once);
    tcase_add_test(t, what_a_stranger_wrote_is_a_conflict);
    tcase_add_test(t, it_ends_with_the_leadership_and_begins_again);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(vigil_suite)
