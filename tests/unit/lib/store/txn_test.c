#include "lib/store/txn.h"

#include "lib/base/limits.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>

static struct store_txn *txn;

static void set_up(void)
{
    txn = store_txn_create();
}

static void tear_down(void)
{
    store_txn_destroy(txn);
}

START_TEST(it_owns_copies_of_its_bytes)
{
    char key[] = "/a", value[] = "one";
    ck_assert_int_eq(store_txn_put(txn, span_text(key), span_text(value), NULL), 0);
    ck_assert_int_eq(store_txn_delete(txn, span_text("/b")), 0);
    ck_assert_int_eq(store_txn_guard_mod(txn, span_text(key), 7), 0);
    ck_assert_int_eq(store_txn_guard_create(txn, span_text("/c"), 0), 0);
    key[1] = value[0] = '?';
    struct store_op op = store_txn_op_at(txn, 0);
    ck_assert_int_eq(op.kind, STORE_OP_PUT);
    ck_assert(span_equal(op.key, span_text("/a")));
    ck_assert(span_equal(op.value, span_text("one")));
    ck_assert_int_eq(op.lease_id, 0);
    op = store_txn_op_at(txn, 1);
    ck_assert_int_eq(op.kind, STORE_OP_DELETE);
    ck_assert(span_equal(op.key, span_text("/b")));
    ck_assert_uint_eq(op.value.len, 0);
    struct store_guard guard = store_txn_guard_at(txn, 0);
    ck_assert_int_eq(guard.kind, STORE_GUARD_MOD);
    ck_assert(span_equal(guard.key, span_text("/a")));
    ck_assert_int_eq(guard.revision, 7);
    guard = store_txn_guard_at(txn, 1);
    ck_assert_int_eq(guard.kind, STORE_GUARD_CREATE);
    ck_assert_int_eq(guard.revision, 0);
    ck_assert_uint_eq(store_txn_ops(txn), 2);
    ck_assert_uint_eq(store_txn_guards(txn), 2);
    ck_assert_uint_eq(store_txn_bytes(txn), 2 + 3 + 2 + 2 + 2);
}
END_TEST

START_TEST(a_second_operation_on_a_key_is_refused)
{
    ck_assert_int_eq(store_txn_put(txn, span_text("/a"), span_text("1"), NULL), 0);
    ck_assert_int_eq(store_txn_put(txn, span_text("/a"), span_text("2"), NULL), -ERR_EXISTS);
    ck_assert_int_eq(store_txn_delete(txn, span_text("/a")), -ERR_EXISTS);
    ck_assert_int_eq(store_txn_put(txn, span_text("/aa"), span_text("2"), NULL), 0);
    ck_assert_uint_eq(store_txn_ops(txn), 2);
    ck_assert_int_eq(store_txn_guard_mod(txn, span_text("/a"), 1), 0); /* guards may repeat */
    ck_assert_int_eq(store_txn_guard_create(txn, span_text("/a"), 1), 0);
}
END_TEST

START_TEST(a_full_list_takes_no_more)
{
    char key[32];
    for (int i = 0; i < LIMIT_TXN_OPS; i++) {
        snprintf(key, sizeof(key), "/%d", i);
        ck_assert(store_txn_has_room(txn, 1, 1, 40));
        ck_assert_int_eq(store_txn_put(txn, span_text(key), span_text("v"), NULL), 0);
        ck_assert_int_eq(store_txn_guard_create(txn, span_text(key), 0), 0);
    }
    size_t bytes = store_txn_bytes(txn);
    ck_assert(!store_txn_has_room(txn, 1, 0, 0));
    ck_assert(!store_txn_has_room(txn, 0, 1, 0));
    ck_assert_int_eq(store_txn_put(txn, span_text("/x"), span_text("v"), NULL), -ERR_LIMIT);
    ck_assert_int_eq(store_txn_delete(txn, span_text("/x")), -ERR_LIMIT);
    ck_assert_int_eq(store_txn_guard_mod(txn, span_text("/x"), 1), -ERR_LIMIT);
    ck_assert_uint_eq(store_txn_bytes(txn), bytes);
    store_txn_reset(txn);
    ck_assert_uint_eq(store_txn_ops(txn) + store_txn_guards(txn) + store_txn_bytes(txn), 0);
    ck_assert_int_eq(store_txn_put(txn, span_text("/x"), span_text("v"), NULL), 0);
}
END_TEST

START_TEST(bytes_are_limited_in_all)
{
    uint8_t *big = calloc(1, LIMIT_VALUE_BYTES);
    struct span value = span_of(big, LIMIT_VALUE_BYTES);
    ck_assert_int_eq(store_txn_put(txn, span_text("/a"), value, NULL), 0);
    ck_assert_int_eq(store_txn_put(txn, span_text("/b"), value, NULL), -ERR_LIMIT);
    size_t left = STORE_TXN_BYTES - store_txn_bytes(txn);
    ck_assert(store_txn_has_room(txn, 1, 0, left));
    ck_assert(!store_txn_has_room(txn, 1, 0, left + 1));
    ck_assert_int_eq(store_txn_put(txn, span_text("/b"), span_of(big, left - 2), NULL), 0);
    ck_assert_int_eq(store_txn_guard_create(txn, span_text("/"), 0), -ERR_LIMIT);
    ck_assert_uint_eq(store_txn_bytes(txn), STORE_TXN_BYTES);
    free(big);
}
END_TEST

START_TEST(a_clone_is_independent)
{
    ck_assert_int_eq(store_txn_put(txn, span_text("/a"), span_text("1"), NULL), 0);
    ck_assert_int_eq(store_txn_guard_mod(txn, span_text("/g"), 3), 0);
    struct store_txn *clone = store_txn_clone(txn);
    store_txn_reset(txn);
    ck_assert_int_eq(store_txn_put(txn, span_text("/z"), span_text("9"), NULL), 0);
    ck_assert(span_equal(store_txn_op_at(clone, 0).key, span_text("/a")));
    ck_assert(span_equal(store_txn_guard_at(clone, 0).key, span_text("/g")));
    store_txn_destroy(clone);
    store_txn_destroy(NULL);
}
END_TEST

START_TEST(an_empty_key_is_a_broken_promise)
{
    (void)!store_txn_put(txn, span_of(NULL, 0), span_text("v"), NULL);
}
END_TEST

START_TEST(a_missing_index_is_a_broken_promise)
{
    (void)store_txn_op_at(txn, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lib/store/txn");
    TCase *t = tcase_create("txn");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, it_owns_copies_of_its_bytes);
    tcase_add_test(t, a_second_operation_on_a_key_is_refused);
    tcase_add_test(t, a_full_list_takes_no_more);
    tcase_add_test(t, bytes_are_limited_in_all);
    tcase_add_test(t, a_clone_is_independent);
    tcase_add_test_raise_signal(t, an_empty_key_is_a_broken_promise, 6);
    tcase_add_test_raise_signal(t, a_missing_index_is_a_broken_promise, 6);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(suite)
