#include "lib/etcd/kv.h"

#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/etcd/maintenance.h"
#include "tests/unit/lib/etcd/etcd_fixture.h"

#include <stdlib.h>
#include <string.h>

/* Listing and transactions against a real etcd. */
#define WAIT_MS 5000

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

/* Appends "key=value " to a buffer; stops at the key "stop". */
static int write_kv(const struct etcd_kv *kv, void *ud)
{
    struct buf *out = ud;
    if (span_equal(kv->key, span_text("/l/stop")))
        return -ERR_CANCELLED;
    buf_append(out, kv->key.data, kv->key.len);
    buf_append_char(out, '=');
    buf_append(out, kv->value.data, kv->value.len);
    buf_append_char(out, ' ');
    return 0;
}

static int list(const struct etcd_range *range, struct buf *out, int64_t *ret_revision)
{
    struct etcd_range bounded = *range;
    bounded.timeout_ms = WAIT_MS;
    buf_reset(out);
    return etcd_range(f.client, &bounded, write_kv, out, ret_revision, NULL);
}

START_TEST(keys_come_in_order_by_pages_of_one_revision)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, 4096);
    int64_t revision = 0;
    put("/k", "before");
    put("/l/c", "3");
    put("/l/a", "1");
    int64_t last = put("/l/b", "2");
    put("/m", "behind");
    struct etcd_range range = {.prefix = span_text("/l/"), .page = 1};
    ck_assert_int_eq(list(&range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/l/a=1 /l/b=2 /l/c=3 ");
    ck_assert_int_eq(revision, last + 1);

    range.revision = last - 1;
    ck_assert_int_eq(list(&range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/l/a=1 /l/c=3 ");
    ck_assert_int_eq(revision, last - 1);

    range = (struct etcd_range){.prefix = span_text("/l/"), .limit = 2};
    ck_assert_int_eq(list(&range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/l/a=1 /l/b=2 ");

    range.after = span_text("/l/b");
    ck_assert_int_eq(list(&range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/l/c=3 ");

    range = (struct etcd_range){.prefix = span_text("/l/"), .keys_only = true};
    ck_assert_int_eq(list(&range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/l/a= /l/b= /l/c= ");

    range = (struct etcd_range){.prefix = span_of(NULL, 0)};
    ck_assert_int_eq(list(&range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/k=before /l/a=1 /l/b=2 /l/c=3 /m=behind ");
}
END_TEST

START_TEST(a_negative_return_ends_the_listing)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, 4096);
    int64_t revision = 42;
    put("/l/a", "1");
    put("/l/stop", "");
    put("/l/z", "2");
    ck_assert_int_eq(list(&(struct etcd_range){.prefix = span_text("/l/")}, &out, &revision),
                     -ERR_CANCELLED);
    ck_assert_str_eq(out.data, "/l/a=1 ");
    ck_assert_int_eq(revision, 42);
}
END_TEST

START_TEST(compacted_and_future_revisions_are_told_apart)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, 4096);
    int64_t revision = 0;
    int64_t first = put("/l/a", "1");
    int64_t last = put("/l/a", "2");
    ck_assert_int_eq(etcd_compact(f.client, last, WAIT_MS, NULL), 0);
    struct etcd_range range = {.prefix = span_text("/l/"), .revision = first};
    ck_assert_int_eq(list(&range, &out, &revision), -ERR_CONFLICT);
    range.revision = last + 100;
    ck_assert_int_eq(list(&range, &out, &revision), -ERR_INVALID);
    range.revision = last;
    ck_assert_int_eq(list(&range, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/l/a=2 ");
}
END_TEST

static int count_bytes(const struct etcd_kv *kv, void *ud)
{
    size_t *total = ud;
    *total += kv->value.len;
    return 0;
}

START_TEST(a_page_too_large_to_receive_comes_in_pieces)
{
    /* 80 MiB in one page of 5000 keys: above LIMIT_REPLY_BYTES */
    size_t size = 1 << 20, total = 0;
    uint8_t *value = calloc(1, size);
    int64_t revision;
    for (int i = 0; i < 80; i++) {
        char key[32];
        struct etcd_result result;
        snprintf(key, sizeof(key), "/big/%02d", i);
        etcd_put(f.client, span_text(key), span_of(value, size), 0, WAIT_MS, &result);
        ck_assert_msg(result.outcome == ETCD_OK, "%s", result.err.text);
    }
    free(value);
    const struct etcd_range range = {.prefix = span_text("/big/"), .timeout_ms = 20000};
    ck_assert_int_eq(etcd_range(f.client, &range, count_bytes, &total, &revision, NULL), 0);
    ck_assert_uint_eq(total, 80 * size);
}
END_TEST

START_TEST(get_shows_one_key_or_none)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, 4096);
    int64_t revision = 0;
    int64_t last = put("/g", "x");
    ck_assert_int_eq(etcd_get(f.client, span_text("/g"), WAIT_MS, write_kv, &out, &revision, NULL),
                     0);
    ck_assert_str_eq(out.data, "/g=x ");
    ck_assert_int_eq(revision, last);
    ck_assert_int_eq(
        etcd_get(f.client, span_text("/none"), WAIT_MS, write_kv, &out, &revision, NULL), 0);
    ck_assert_str_eq(out.data, "/g=x ");
}
END_TEST

START_TEST(all_ops_are_applied_iff_all_compares_hold)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, 4096);
    int64_t revision = 0;
    int64_t created = put("/t/a", "1");
    int64_t modified = put("/t/a", "2");
    const struct etcd_compare compares[] = {
        {ETCD_COMPARE_CREATE, span_text("/t/a"), created},
        {ETCD_COMPARE_MOD, span_text("/t/a"), modified},
        {ETCD_COMPARE_CREATE, span_text("/t/b"), 0},
    };
    const struct etcd_op ops[] = {
        {ETCD_DELETE, .key = span_text("/t/a")},
        {ETCD_PUT, .key = span_text("/t/b"), .value = span_text("3")},
    };
    const struct etcd_txn txn = {compares, 3, ops, 2};
    struct etcd_result result;
    etcd_txn_wait(f.client, &txn, WAIT_MS, &result);
    ck_assert_int_eq(result.outcome, ETCD_OK);
    ck_assert_int_eq(result.revision, modified + 1);
    etcd_txn_wait(f.client, &txn, WAIT_MS, &result);
    ck_assert_int_eq(result.outcome, ETCD_COMPARE_FAILED);
    ck_assert_int_eq(result.revision, modified + 1);
    ck_assert_int_eq(list(&(struct etcd_range){.prefix = span_text("/t/")}, &out, &revision), 0);
    ck_assert_str_eq(out.data, "/t/b=3 ");
    etcd_delete(f.client, span_text("/t/b"), WAIT_MS, &result);
    ck_assert_int_eq(result.outcome, ETCD_OK);
    ck_assert_int_eq(list(&(struct etcd_range){.prefix = span_text("/t/")}, &out, &revision), 0);
    ck_assert_str_eq(out.data, "");
}
END_TEST

START_TEST(what_etcd_refuses_is_not_applied)
{
    const struct etcd_op twice[] = {
        {ETCD_PUT, .key = span_text("/a"), .value = span_text("1")},
        {ETCD_PUT, .key = span_text("/a"), .value = span_text("2")},
    };
    struct etcd_result result;
    etcd_txn_wait(f.client, &(struct etcd_txn){.ops = twice, .op_count = 2}, WAIT_MS, &result);
    ck_assert_int_eq(result.outcome, ETCD_NOT_APPLIED);
    ck_assert_int_eq(result.err.code, ERR_INVALID);
    etcd_put(f.client, span_text("/a"), span_text("1"), 12345, WAIT_MS, &result);
    ck_assert_int_eq(result.outcome, ETCD_NOT_APPLIED);
    ck_assert_int_eq(result.err.code, ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_full_transaction_fits)
{
    struct etcd_compare compares[LIMIT_TXN_OPS];
    struct etcd_op ops[LIMIT_TXN_OPS];
    char keys[LIMIT_TXN_OPS][32];
    struct etcd_result result;
    for (int i = 0; i < LIMIT_TXN_OPS; i++) {
        snprintf(keys[i], sizeof(keys[i]), "/full/%03d", i);
        compares[i] = (struct etcd_compare){ETCD_COMPARE_CREATE, span_text(keys[i]), 0};
        ops[i] = (struct etcd_op){ETCD_PUT, .key = span_text(keys[i])};
    }
    const struct etcd_txn txn = {compares, LIMIT_TXN_OPS, ops, LIMIT_TXN_OPS};
    etcd_txn_wait(f.client, &txn, WAIT_MS, &result);
    ck_assert_msg(result.outcome == ETCD_OK, "%s", result.err.text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lib/etcd/kv");
    TCase *t = tcase_create("real etcd");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, set_up, tear_down);
    if (fixture_has_etcd()) {
        tcase_add_test(t, keys_come_in_order_by_pages_of_one_revision);
        tcase_add_test(t, a_negative_return_ends_the_listing);
        tcase_add_test(t, compacted_and_future_revisions_are_told_apart);
        tcase_add_test(t, a_page_too_large_to_receive_comes_in_pieces);
        tcase_add_test(t, get_shows_one_key_or_none);
        tcase_add_test(t, all_ops_are_applied_iff_all_compares_hold);
        tcase_add_test(t, what_etcd_refuses_is_not_applied);
        tcase_add_test(t, a_full_transaction_fits);
    }
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(suite)
