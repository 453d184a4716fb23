/* Keys of the store. */
#include "controlplane/engine/keys.h"

#include "tests/support/suite.h"

START_TEST(every_kind_of_object_has_a_key_that_reads_back)
{
    struct id id = id_literal("lease-1042");
    for (int k = 0; k < ENTITY_KIND_COUNT; k++) {
        struct store_key key = keys_of((enum entity_kind)k, &id);
        enum entity_kind kind;
        struct id back;
        ck_assert_int_eq(keys_parse(span_text(key.text), &kind, &back, NULL), KEY_CLASS_OBJECT);
        ck_assert_int_eq(kind, k);
        ck_assert(id_equal(&back, &id));
    }
    ck_assert_str_eq(keys_of(ENTITY_LEASE, &id).text, "/pumasi/v1/leases/lease-1042");
}
END_TEST

START_TEST(commits_sort_by_their_number)
{
    uint64_t seq;
    ck_assert_str_eq(keys_of_commit(7).text, "/pumasi/v1/log/00000000000000000007");
    ck_assert_int_lt(strcmp(keys_of_commit(9).text, keys_of_commit(10).text), 0);
    ck_assert_int_eq(keys_parse(span_text(keys_of_commit(1u << 20).text), NULL, NULL, &seq),
                     KEY_CLASS_COMMIT);
    ck_assert_uint_eq(seq, 1u << 20);
}
END_TEST

START_TEST(what_is_not_ours_is_foreign)
{
    static const char *const keys[] = {
        "",
        "/",
        "/other/v1/leases/lease-1",
        "/pumasi/v1/",
        "/pumasi/v1/leases",
        "/pumasi/v1/leases/",
        "/pumasi/v1/leases/UPPER",
        "/pumasi/v1/horses/lease-1",
        "/pumasi/v1/log/7",
        "/pumasi/v1/log/0000000000000000000x",
        "/pumasi/v1/log/-0000000000000000001",
        "/pumasi/v1/leader/x",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        ck_assert_msg(keys_parse(span_text(keys[i]), NULL, NULL, NULL) == KEY_CLASS_FOREIGN, "%s",
                      keys[i]);
    ck_assert_int_eq(keys_parse(span_text("/pumasi/v1/leader"), NULL, NULL, NULL),
                     KEY_CLASS_LEADER);
}
END_TEST

static Suite *keys_suite(void)
{
    Suite *s = suite_create("engine/keys");
    TCase *t = tcase_create("keys");
    tcase_add_test(t, every_kind_of_object_has_a_key_that_reads_back);
    tcase_add_test(t, commits_sort_by_their_number);
    tcase_add_test(t, what_is_not_ours_is_foreign);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(keys_suite)
