/* Records by id, in order. */
#include "controlplane/domain/table.h"

#include "tests/support/suite.h"

#define N 700

static struct id ids[N];

START_TEST(test_finds_what_was_put_in_order_of_the_ids)
{
    struct table t = {0};
    struct sorted_place p = SORTED_BEGIN;
    for (size_t i = 0; i < N; i++) {
        size_t k = i * 177 % N; /* every one, in another order */
        ids[k] = id_number("lease", 1000 + k);
        ck_assert_ptr_null(table_put(&t, &ids[k]));
    }
    ck_assert_uint_eq(table_count(&t), N);
    for (size_t i = 0; i < N; i++) {
        ck_assert_ptr_eq(table_find(&t, &ids[i]), &ids[i]);
        ck_assert_ptr_eq(table_next(&t, &p), &ids[i]);
    }
    ck_assert_ptr_null(table_next(&t, &p));
    ck_assert_ptr_null(table_find(&t, &(struct id){"lease-0999"}));
    ck_assert_ptr_null(table_find(&t, &(struct id){"lease-9999"}));
    table_fini(&t);
}
END_TEST

START_TEST(test_put_replaces_and_remove_returns)
{
    struct table t = {0};
    struct id a = {"a"}, again = {"a"}, b = {"b"};
    ck_assert_ptr_null(table_remove(&t, &a));
    table_put(&t, &a);
    table_put(&t, &b);
    ck_assert_ptr_eq(table_put(&t, &again), &a);
    ck_assert_uint_eq(table_count(&t), 2);
    ck_assert_ptr_eq(table_find(&t, &a), &again);
    ck_assert_ptr_eq(table_remove(&t, &a), &again);
    ck_assert_ptr_null(table_find(&t, &a));
    ck_assert_ptr_eq(table_find(&t, &b), &b);
    table_fini(&t);
    table_fini(&t);
    ck_assert_ptr_null(table_find(&t, &b));
}
END_TEST

START_TEST(test_after_is_where_a_listing_goes_on)
{
    struct id b = {"b"}, d = {"d"}, none = ID_NONE;
    const struct {
        const char *after;
        const struct id *next;
    } cases[] = {{"a", &b}, {"b", &d}, {"c", &d}, {"d", NULL}, {"z", NULL}};
    struct table t = {0};
    table_put(&t, &d);
    table_put(&t, &b);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct id after = id_literal(cases[i].after);
        struct sorted_place p = table_after(&t, &after);
        ck_assert_ptr_eq(table_next(&t, &p), cases[i].next);
    }
    struct sorted_place from_none = table_after(&t, &none), from_null = table_after(&t, NULL);
    ck_assert_ptr_eq(table_next(&t, &from_none), &b);
    ck_assert_ptr_eq(table_next(&t, &from_null), &b);
    table_fini(&t);
}
END_TEST

static Suite *table_suite(void)
{
    Suite *s = suite_create("table");
    TCase *c = tcase_create("table");
    tcase_add_test(c, test_finds_what_was_put_in_order_of_the_ids);
    tcase_add_test(c, test_put_replaces_and_remove_returns);
    tcase_add_test(c, test_after_is_where_a_listing_goes_on);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(table_suite)
