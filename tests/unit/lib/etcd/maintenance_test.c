#include "lib/etcd/maintenance.h"

#include "lib/etcd/kv.h"
#include "tests/unit/lib/etcd/etcd_fixture.h"

#include <string.h>

/* Housekeeping of a real etcd, also of one that does not answer. */
#define WAIT_MS  5000
#define SHORT_MS 300

static struct fixture f;

static void set_up(void)
{
    fixture_init(&f);
    fixture_start_etcd(&f);
}

static void tear_down(void)
{
    fixture_fini(&f);
}

static int64_t put(const char *key, const char *value)
{
    struct etcd_result result;
    etcd_put(f.client, span_text(key), span_text(value), 0, WAIT_MS, &result);
    ck_assert_msg(result.outcome == ETCD_OK, "%s", result.err.text);
    return result.revision;
}

START_TEST(status_tells_revision_size_leader_and_version)
{
    struct etcd_status status;
    int64_t last = put("/s", "x");
    ck_assert_int_eq(etcd_status(f.client, WAIT_MS, &status, NULL), 0);
    ck_assert_int_eq(status.revision, last);
    ck_assert_int_gt(status.size_bytes, 0);
    ck_assert(status.leader != 0);
    ck_assert_int_eq(status.version[0], '3');
    ck_assert_str_eq(status.alarm, "");
}
END_TEST

START_TEST(a_status_that_does_not_come_leaves_the_last_one)
{
    struct etcd_status status = {.revision = 77, .version = "kept"};
    struct err err = ERR_INIT;
    pid_t pid = etcd_child_pid(f.child);
    fixture_stop_whole(pid);
    int rc = etcd_status(f.client, SHORT_MS, &status, &err);
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    ck_assert_int_eq(rc, -ERR_UNAVAILABLE);
    ck_assert_int_ne(err.text[0], 0);
    ck_assert_int_eq(status.revision, 77);
    ck_assert_str_eq(status.version, "kept");
    ck_assert_int_eq(etcd_status(f.client, WAIT_MS, &status, NULL), 0);
}
END_TEST

static int ignore(const struct etcd_kv *kv, void *ud)
{
    (void)kv;
    (void)ud;
    return 0;
}

static int list_at(int64_t revision)
{
    const struct etcd_range range = {
        .prefix = span_text("/c"), .revision = revision, .timeout_ms = WAIT_MS};
    return etcd_range(f.client, &range, ignore, NULL, &revision, NULL);
}

START_TEST(what_came_before_the_revision_is_forgotten)
{
    int64_t first = put("/c", "1"), second = put("/c", "2"), third = put("/c", "3");
    ck_assert_int_eq(list_at(first), 0);
    ck_assert_int_eq(etcd_compact(f.client, second, WAIT_MS, NULL), 0);
    ck_assert_int_eq(list_at(first), -ERR_CONFLICT);
    ck_assert_int_eq(list_at(second), 0);
    ck_assert_int_eq(list_at(third), 0);
}
END_TEST

START_TEST(compacting_twice_or_in_the_future_is_refused)
{
    int64_t last = put("/c", "x");
    ck_assert_int_eq(etcd_compact(f.client, last, WAIT_MS, NULL), 0);
    ck_assert_int_eq(etcd_compact(f.client, last, WAIT_MS, NULL), -ERR_CONFLICT);
    ck_assert_int_eq(etcd_compact(f.client, last + 9, WAIT_MS, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(a_compaction_without_an_answer_may_have_been_done)
{
    int64_t last = put("/c", "x");
    pid_t pid = etcd_child_pid(f.child);
    fixture_stop_whole(pid);
    int rc = etcd_compact(f.client, last, SHORT_MS, NULL);
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    ck_assert_int_eq(rc, -ERR_UNAVAILABLE);
    rc = etcd_compact(f.client, last, WAIT_MS, NULL); /* again is harmless */
    ck_assert_msg(rc == 0 || rc == -ERR_CONFLICT, "%d", rc);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lib/etcd/maintenance");
    TCase *t = tcase_create("real etcd");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, set_up, tear_down);
    if (fixture_has_etcd()) {
        tcase_add_test(t, status_tells_revision_size_leader_and_version);
        tcase_add_test(t, a_status_that_does_not_come_leaves_the_last_one);
        tcase_add_test(t, what_came_before_the_revision_is_forgotten);
        tcase_add_test(t, compacting_twice_or_in_the_future_is_refused);
        tcase_add_test(t, a_compaction_without_an_answer_may_have_been_done);
    }
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(suite)
