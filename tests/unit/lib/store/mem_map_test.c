#include "lib/store/mem_map.h"

#include "tests/support/suite.h"

#include <stdio.h>

static struct mem_map *m;

static void set_up(void)
{
    m = mem_map_create();
}

static void tear_down(void)
{
    mem_map_destroy(m);
}

static int64_t put(const char *key, const char *value)
{
    mem_map_put(m, span_text(key), span_text(value), 0);
    return mem_map_advance(m);
}

static int64_t delete_key(const char *key)
{
    mem_map_delete(m, span_text(key));
    return mem_map_advance(m);
}

/* The value as of a revision, "" when the key did not exist. */
static struct span value_at(const char *key, int64_t revision)
{
    struct mem_entry e;
    return mem_map_find(m, span_text(key), revision, &e) ? e.value : span_text("");
}

START_TEST(an_empty_map_is_at_revision_1)
{
    ck_assert_int_eq(mem_map_revision(m), 1);
    ck_assert_int_eq(mem_map_compacted(m), 0);
    ck_assert_int_eq(mem_map_advance(m), 1);
    ck_assert_int_eq(delete_key("/none"), 1);
    ck_assert_uint_eq(mem_map_places(m) + mem_map_changes(m) + mem_map_bytes(m), 0);
    mem_map_destroy(NULL);
}
END_TEST

START_TEST(every_revision_can_be_read)
{
    ck_assert_int_eq(put("/a", "1"), 2);
    ck_assert_int_eq(put("/a", "2"), 3);
    ck_assert_int_eq(delete_key("/a"), 4);
    ck_assert_int_eq(delete_key("/a"), 4);
    ck_assert_int_eq(put("/a", "3"), 5);
    static const char *const values[] = {"", "", "1", "2", "", "3"};
    for (int revision = 0; revision <= 5; revision++)
        ck_assert_msg(span_equal(value_at("/a", revision), span_text(values[revision])),
                      "revision %d", revision);
    struct mem_entry e;
    ck_assert(mem_map_find(m, span_text("/a"), 3, &e));
    ck_assert_int_eq(e.create_revision, 2);
    ck_assert_int_eq(e.mod_revision, 3);
    ck_assert(mem_map_find(m, span_text("/a"), 5, &e));
    ck_assert_int_eq(e.create_revision, 5);
}
END_TEST

START_TEST(changes_before_advance_share_a_revision)
{
    mem_map_put(m, span_text("/b"), span_text("1"), 9);
    mem_map_put(m, span_text("/a"), span_text("2"), 0);
    mem_map_delete(m, span_text("/c"));
    ck_assert_int_eq(mem_map_advance(m), 2);
    ck_assert_uint_eq(mem_map_changes(m), 2);
    struct mem_entry first = mem_map_change_at(m, 0);
    ck_assert(span_equal(first.key, span_text("/b")));
    ck_assert_int_eq(first.mod_revision, 2);
    ck_assert_int_eq(first.lease_id, 9);
    ck_assert(span_equal(mem_map_change_at(m, 1).key, span_text("/a")));
    ck_assert(span_equal(mem_map_key_at(m, 0), span_text("/a")));
    ck_assert(span_equal(mem_map_key_at(m, 1), span_text("/b")));
}
END_TEST

START_TEST(seeking_finds_the_first_at_or_behind)
{
    put("/b", "1");
    put("/d", "2");
    put("/bb", "3");
    static const struct {
        const char *key;
        size_t place;
    } seeks[] = {{"", 0},    {"/a", 0}, {"/b", 0}, {"/b/", 1},
                 {"/bb", 1}, {"/c", 2}, {"/d", 2}, {"/e", 3}};
    for (size_t i = 0; i < sizeof(seeks) / sizeof(seeks[0]); i++)
        ck_assert_msg(mem_map_seek(m, span_text(seeks[i].key)) == seeks[i].place, "%s",
                      seeks[i].key);
    static const size_t changes[] = {0, 0, 0, 1, 2, 3, 3};
    for (size_t revision = 0; revision < 7; revision++)
        ck_assert_uint_eq(mem_map_change_seek(m, (int64_t)revision), changes[revision]);
}
END_TEST

START_TEST(compacting_keeps_what_later_reads_see)
{
    put("/a", "1");      /* 2 */
    put("/a", "2");      /* 3 */
    put("/gone", "x");   /* 4 */
    delete_key("/gone"); /* 5 */
    put("/a", "3");      /* 6 */
    delete_key("/a");    /* 7 */
    mem_map_compact(m, 4);
    ck_assert_int_eq(mem_map_compacted(m), 4);
    ck_assert(span_equal(value_at("/a", 4), span_text("2")));
    ck_assert(span_equal(value_at("/gone", 4), span_text("x")));
    ck_assert(span_equal(value_at("/gone", 5), span_text("")));
    ck_assert_int_eq(mem_map_change_at(m, 0).mod_revision, 4);
    ck_assert_uint_eq(mem_map_places(m), 2);

    mem_map_compact(m, 6);
    ck_assert_uint_eq(mem_map_places(m), 1); /* nobody can see /gone any more */
    ck_assert(span_equal(value_at("/a", 6), span_text("3")));
    put("/b", ""); /* 8 */
    mem_map_compact(m, 8);
    ck_assert_uint_eq(mem_map_places(m), 1);
    ck_assert_uint_eq(mem_map_changes(m), 1);
    ck_assert_uint_eq(mem_map_bytes(m), 2);
    ck_assert(span_equal(mem_map_key_at(m, 0), span_text("/b")));
}
END_TEST

START_TEST(many_keys_stay_in_order)
{
    char key[16];
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(key, sizeof(key), "/%04u", i * 1237 % 2000);
        put(key, key);
    }
    ck_assert_uint_eq(mem_map_places(m), 2000);
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(key, sizeof(key), "/%04u", i);
        ck_assert(span_equal(mem_map_key_at(m, i), span_text(key)));
    }
    for (unsigned i = 0; i < 2000; i += 2) {
        snprintf(key, sizeof(key), "/%04u", i);
        delete_key(key);
    }
    put("/x", "");
    mem_map_compact(m, mem_map_revision(m));
    ck_assert_uint_eq(mem_map_places(m), 1001);
}
END_TEST

START_TEST(compacting_backwards_is_a_broken_promise)
{
    put("/a", "1");
    put("/a", "2");
    mem_map_compact(m, 3);
    mem_map_compact(m, 2);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lib/store/mem_map");
    TCase *t = tcase_create("map");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, an_empty_map_is_at_revision_1);
    tcase_add_test(t, every_revision_can_be_read);
    tcase_add_test(t, changes_before_advance_share_a_revision);
    tcase_add_test(t, seeking_finds_the_first_at_or_behind);
    tcase_add_test(t, compacting_keeps_what_later_reads_see);
    tcase_add_test(t, many_keys_stay_in_order);
    tcase_add_test_raise_signal(t, compacting_backwards_is_a_broken_promise, 6);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(suite)
