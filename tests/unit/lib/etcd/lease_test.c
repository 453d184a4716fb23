#include "lib/etcd/lease.h"

#include "lib/etcd/kv.h"
#include "tests/unit/lib/etcd/etcd_fixture.h"

#include <stdatomic.h>

/* Leases on a real etcd that is stopped and killed. */
#define WAIT_MS 5000

static struct fixture f;
static atomic_int lost;

static void set_up(void)
{
    atomic_store(&lost, 0);
    fixture_init(&f);
    fixture_start_etcd(&f);
}

static void tear_down(void)
{
    fixture_fini(&f);
}

static void on_lost(void *ud)
{
    atomic_fetch_add((atomic_int *)ud, 1);
}

static struct etcd_lease *grant(int ttl_s)
{
    struct etcd_lease *lease = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(etcd_lease_grant(f.client, ttl_s, WAIT_MS, on_lost, &lost, &lease, &err) == 0,
                  "%s", err.text);
    ck_assert(etcd_lease_id(lease) != 0);
    return lease;
}

static void put_with(const struct etcd_lease *lease)
{
    struct etcd_result result;
    etcd_put(f.client, span_text("/lead"), span_text("me"), etcd_lease_id(lease), WAIT_MS, &result);
    ck_assert_msg(result.outcome == ETCD_OK, "%s", result.err.text);
}

static int count_key(const struct etcd_kv *kv, void *ud)
{
    (void)kv;
    ++*(int *)ud;
    return 0;
}

static bool key_exists(void)
{
    int n = 0;
    int64_t revision;
    return etcd_get(f.client, span_text("/lead"), WAIT_MS, count_key, &n, &revision, NULL) == 0 &&
           n == 1;
}

START_TEST(a_lease_is_kept_alive_beyond_its_ttl)
{
    struct etcd_lease *lease = grant(3); /* renewed each second: room for a busy machine */
    put_with(lease);
    int64_t end_ns = env_boot(&f.env).ns + INT64_C(5000000000);
    EVENTUALLY(env_boot(&f.env).ns > end_ns);
    ck_assert(key_exists());
    ck_assert_int_eq(etcd_lease_revoke(lease, WAIT_MS, NULL), 0);
    ck_assert(!key_exists());
    ck_assert_int_eq(atomic_load(&lost), 0);
}
END_TEST

START_TEST(an_abandoned_lease_ends_when_its_ttl_is_over)
{
    struct etcd_lease *lease = grant(1);
    put_with(lease);
    etcd_lease_abandon(lease);
    ck_assert(key_exists());
    EVENTUALLY(!key_exists());
    etcd_lease_abandon(NULL);
}
END_TEST

START_TEST(a_lease_that_etcd_ended_is_told_once)
{
    struct etcd_lease *lease = grant(1);
    put_with(lease);
    /* another client revokes it, as etcd 3.4.23 may do by itself */
    char command[256];
    snprintf(command, sizeof(command),
             "ETCDCTL_API=3 timeout 5 etcdctl --endpoints=unix://%s/etcd-run/etcd.client:0 "
             "lease revoke %llx >/dev/null 2>&1",
             f.dir, (unsigned long long)etcd_lease_id(lease));
    FILE *ctl = popen(command, "r");
    ck_assert_ptr_nonnull(ctl);
    if (pclose(ctl) != 0)
        ck_abort_msg("etcdctl could not revoke the lease");
    EVENTUALLY(atomic_load(&lost) == 1);
    ck_assert(!key_exists());
    ck_assert_int_eq(etcd_lease_revoke(lease, WAIT_MS, NULL), 0); /* gone already: a success */
    ck_assert_int_eq(atomic_load(&lost), 1);
}
END_TEST

START_TEST(a_lease_not_confirmed_for_its_ttl_is_lost)
{
    struct etcd_lease *lease = grant(1);
    pid_t pid = etcd_child_pid(f.child);
    fixture_stop_whole(pid);
    int64_t start_ns = env_boot(&f.env).ns;
    EVENTUALLY(atomic_load(&lost) == 1);
    int64_t took_ms = (env_boot(&f.env).ns - start_ns) / 1000000;
    ck_assert_int_le(took_ms, 5000);
    ck_assert_int_eq(kill(pid, SIGCONT), 0);
    etcd_lease_abandon(lease);
}
END_TEST

START_TEST(a_lease_outlives_a_short_death_of_etcd)
{
    struct etcd_lease *lease = grant(10);
    put_with(lease);
    fixture_kill_etcd(&f);
    EVENTUALLY(key_exists());
    ck_assert_int_eq(atomic_load(&lost), 0);
    ck_assert_int_eq(etcd_lease_revoke(lease, WAIT_MS, NULL), 0);
}
END_TEST

START_TEST(granting_without_etcd_fails_in_time)
{
    struct etcd_client *nobody = fixture_client(&f, "127.0.0.1:1", 0);
    struct etcd_lease *lease = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_eq(etcd_lease_grant(nobody, 5, 200, on_lost, &lost, &lease, &err),
                     -ERR_UNAVAILABLE);
    ck_assert_ptr_null(lease);
    etcd_client_destroy(nobody);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lib/etcd/lease");
    TCase *t = tcase_create("real etcd");
    tcase_set_timeout(t, 40);
    tcase_add_checked_fixture(t, set_up, tear_down);
    if (fixture_has_etcd()) {
        tcase_add_test(t, a_lease_is_kept_alive_beyond_its_ttl);
        tcase_add_test(t, an_abandoned_lease_ends_when_its_ttl_is_over);
        tcase_add_test(t, a_lease_that_etcd_ended_is_told_once);
        tcase_add_test(t, a_lease_not_confirmed_for_its_ttl_is_lost);
        tcase_add_test(t, a_lease_outlives_a_short_death_of_etcd);
        tcase_add_test(t, granting_without_etcd_fails_in_time);
    }
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(suite)
