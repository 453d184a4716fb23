/* The guard's calls and its take-backs, on a kernel in memory and a clock that the test moves. */
#include "nodeagent/guard/guard.h"

#include "lib/pki/key.h"
#include "lib/pki/sign.h"
#include "nodeagent/guard/nonces.h"
#include "tests/support/suite.h"
#include "tests/unit/nodeagent/guard/fake_tier.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define S  (1000 * MS)

static struct fixture {
    struct fake_tier tier;
    struct env_fake clock;
    struct key *control_plane, *lender;
    struct guard_config config;
    struct guard *guard;
    char dir[32];
    uint64_t fence, seen;
} f;

static void start(void)
{
    struct err err = ERR_INIT;
    int rc = guard_create(&f.config, &f.tier.tier, env_of_fake(&f.clock), &f.guard, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    f.seen = 1;
}

static void stop(void)
{
    guard_destroy(f.guard);
    f.guard = NULL;
}

static struct keyring ring_of(const struct key *key)
{
    struct keyring ring = {.count = 1, .keys = {key_public(key)}};
    ring.ids[0] = public_key_id(&ring.keys[0]);
    return ring;
}

static void setup(void)
{
    memset(&f, 0, sizeof f);
    f.tier = fake_tier_make();
    f.clock = (struct env_fake){.wall = {1800000000}, .boot = {(int64_t)(5000 * S)}, .seed = 7};
    ck_assert_int_eq(key_generate(&f.control_plane, NULL), 0);
    ck_assert_int_eq(key_generate(&f.lender, NULL), 0);
    (void)snprintf(f.dir, sizeof f.dir, "/tmp/guard-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f.dir));
    f.config.state_dir = f.dir;
    f.config.kill_timeout_ns = 10 * S;
    f.config.admit.node = id_literal("node-01");
    f.config.admit.owner = id_literal("skt");
    f.config.admit.pools = "skt-b200, skt-h200";
    f.config.admit.control_plane = ring_of(f.control_plane);
    f.config.admit.lenders = ring_of(f.lender);
    memset(f.config.admit.boot_id, 0xb0, GRANT_BOOT_BYTES);
    ck_assert_int_eq(rules_parse(span_text("c 195:*, c 1:7, c 237:*"), &f.config.admit.gated, NULL),
                     0);
    start();
}

static void teardown(void)
{
    char path[64];
    stop();
    (void)snprintf(path, sizeof path, "%s/leases", f.dir);
    (void)unlink(path);
    (void)rmdir(f.dir);
    key_destroy(f.control_plane);
    key_destroy(f.lender);
}

static uint64_t now_ns(void)
{
    return (uint64_t)f.clock.boot.ns;
}

/* Moves the clock and lets the guard do all that is due by then. */
static void pass_ns(uint64_t ns)
{
    uint64_t end_ns = now_ns() + ns, next_ns;
    while ((next_ns = guard_step(f.guard)) <= end_ns)
        f.clock.boot.ns = (int64_t)(next_ns > now_ns() ? next_ns : now_ns());
    f.clock.boot.ns = (int64_t)end_ns;
}

static struct grant good_grant(const char *lease, uint32_t minor)
{
    struct grant g;
    uint64_t made_ns;
    memset(&g, 0, sizeof g);
    g.lease = id_literal(lease);
    g.organisation = g.project = id_literal("skt");
    g.node = id_literal("node-01");
    g.key = f.config.admit.control_plane.ids[0];
    memset(g.boot_id, 0xb0, sizeof g.boot_id);
    g.fence = ++f.fence;
    g.seq = 1;
    guard_nonce(f.guard, g.nonce, &made_ns);
    g.issued_at = f.clock.wall;
    g.ends_at = instant_add(g.issued_at, 3600);
    g.ttl_ms = 60000;
    g.share = share_gpus(1);
    g.uids[0] = (uint32_t)getuid();
    g.uid_count = 1;
    g.devices[0] = (struct grant_device){195, minor, "GPU-a"};
    g.device_count = 1;
    return g;
}

static struct permit lend(struct grant *g)
{
    struct permit p;
    memset(&p, 0, sizeof p);
    g->loan = p.loan = id_literal("loan-1");
    g->project = p.borrower = id_literal("sovereign-1");
    g->organisation = id_literal("kaist");
    p.lender = id_literal("skt");
    p.pool = id_literal("skt-h200");
    p.key = f.config.admit.lenders.ids[0];
    p.window = (struct window){instant_add(f.clock.wall, -86400), instant_add(f.clock.wall, 86400)};
    p.max_share = share_gpus(2);
    p.isolations = (1u << GRANT_ISOLATION_COUNT) - 1;
    p.silence_tolerance_s = 600;
    return p;
}

static int install(const struct grant *g, const struct permit *p)
{
    struct guard_install i;
    struct guard_lease l;
    memset(&i, 0, sizeof i);
    ck_assert_int_eq(grant_encode(g, &i.grant, NULL), 0);
    ck_assert_int_eq(
        sign_bytes(f.control_plane, span_of(i.grant.data, i.grant.len), &i.signature, NULL), 0);
    if (p) {
        ck_assert_int_eq(permit_encode(p, &i.permit, NULL), 0);
        ck_assert_int_eq(
            sign_bytes(f.lender, span_of(i.permit.data, i.permit.len), &i.permit_signature, NULL),
            0);
    }
    return guard_install(f.guard, &i, &l, NULL);
}

static struct grant hold(const char *lease, uint32_t minor)
{
    struct grant g = good_grant(lease, minor);
    ck_assert_int_eq(install(&g, NULL), 0);
    return g;
}

/* The kinds of the events since the last call, as names in a row. */
static const char *events(void)
{
    static char text[512];
    const struct guard_event *e;
    text[0] = '\0';
    while ((e = events_find(guard_events(f.guard), f.seen)) != NULL) {
        size_t n = strlen(text);
        (void)snprintf(text + n, sizeof text - n, "%s%s", n > 0 ? " " : "",
                       guard_event_name((enum guard_event_kind)e->kind));
        f.seen = e->number + 1;
    }
    return text;
}

static struct guard_lease listed(const char *lease)
{
    struct guard_lease l;
    for (uint64_t i = 0; guard_list(f.guard, i, &l, NULL) == 0; i = l.index + 1) {
        if (strcmp(l.lease.text, lease) == 0)
            return l;
    }
    ck_abort_msg("%s is not listed", lease);
    return l;
}

static int give_notice(const char *lease, uint64_t notice_ms)
{
    struct guard_lease l;
    struct id id = id_literal(lease);
    return guard_revoke(f.guard, &id, notice_ms, &l, NULL);
}

START_TEST(the_time_to_live_counts_from_the_nonce)
{
    struct grant g = good_grant("lease-1", 0);
    f.clock.boot.ns += (int64_t)(5 * S);
    uint64_t asked_ns = now_ns() - 5 * S;
    ck_assert_int_eq(install(&g, NULL), 0);
    ck_assert_uint_eq(listed("lease-1").deadline_ns, asked_ns + 60 * S);
    ck_assert_uint_eq(fake_find(&f.tier.tier, &g.lease)->open_until_ns, asked_ns + 60 * S);
}
END_TEST

START_TEST(a_grant_that_comes_after_its_time_is_stale)
{
    struct grant g = good_grant("lease-1", 0);
    f.clock.boot.ns += (int64_t)(60 * S);
    ck_assert_int_eq(install(&g, NULL), -ERR_STALE);
}
END_TEST

START_TEST(an_old_nonce_is_not_known_any_more)
{
    struct grant g = good_grant("lease-1", 0);
    g.ttl_ms = 3600 * 1000;
    f.clock.boot.ns += (int64_t)NONCE_LIFE_NS;
    ck_assert_int_eq(install(&g, NULL), -ERR_VERIFICATION);
}
END_TEST

START_TEST(a_wall_clock_that_steps_moves_no_deadline)
{
    struct grant g = hold("lease-1", 0);
    uint64_t before_ns = listed("lease-1").deadline_ns;
    f.clock.wall = instant_add(f.clock.wall, 100 * 86400);
    pass_ns(30 * S);
    ck_assert_uint_eq(listed("lease-1").deadline_ns, before_ns);
    ck_assert_uint_eq(listed("lease-1").state, GUARD_STATE_HELD);
    g.seq++;
    ck_assert_int_eq(install(&g, NULL), 0); /* the owner's own: no window to be outside of */
}
END_TEST

START_TEST(a_lease_expires_at_its_deadline)
{
    hold("lease-1", 0);
    ck_assert_str_eq(events(), "installed");
    pass_ns(60 * S - 1);
    ck_assert_str_eq(events(), "");
    pass_ns(1);
    pass_ns(100 * MS);
    ck_assert_str_eq(events(), "expired killed empty returned");
    ck_assert_uint_eq(listed("lease-1").state, GUARD_STATE_RETURNED);
    ck_assert_uint_eq(listed("lease-1").opens, 5);
}
END_TEST

START_TEST(renewing_moves_the_deadline)
{
    struct grant g = hold("lease-1", 0);
    pass_ns(20 * S);
    struct grant next = good_grant("lease-1", 0);
    next.fence = g.fence;
    next.seq = 2;
    ck_assert_int_eq(install(&next, NULL), 0);
    ck_assert_str_eq(events(), "installed renewed");
    pass_ns(50 * S);
    ck_assert_uint_eq(listed("lease-1").state, GUARD_STATE_HELD);
}
END_TEST

START_TEST(a_seq_is_used_once)
{
    struct grant g = hold("lease-1", 0);
    ck_assert_int_eq(install(&g, NULL), -ERR_STALE);
    g.seq = 2;
    g.fence--;
    ck_assert_int_eq(g.fence == 0 ? -ERR_STALE : install(&g, NULL), -ERR_STALE);
}
END_TEST

START_TEST(a_revoked_lease_is_not_opened_again_by_its_old_grants)
{
    struct grant g = hold("lease-1", 0);
    ck_assert_int_eq(give_notice("lease-1", 0), 0);
    g.seq = 2;
    ck_assert_int_eq(install(&g, NULL), -ERR_STATE);
    pass_ns(S);
    ck_assert_int_eq(install(&g, NULL), -ERR_STALE);
    g.fence++;
    ck_assert_int_eq(install(&g, NULL), 0);
}
END_TEST

START_TEST(revoking_is_idempotent)
{
    hold("lease-1", 0);
    ck_assert_int_eq(give_notice("lease-1", 0), 0);
    ck_assert_int_eq(give_notice("lease-1", 0), 0);
    pass_ns(S);
    ck_assert_int_eq(give_notice("lease-1", 0), 0);
    ck_assert_str_eq(events(), "installed revoked killed empty returned");
    ck_assert_int_eq(give_notice("lease-2", 0), -ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_notice_only_shortens)
{
    hold("lease-1", 0);
    uint64_t deadline_ns = listed("lease-1").deadline_ns;
    ck_assert_int_eq(give_notice("lease-1", 3600 * 1000), 0);
    ck_assert_uint_eq(listed("lease-1").deadline_ns, deadline_ns);
    ck_assert_int_eq(give_notice("lease-1", UINT64_MAX), 0);
    ck_assert_uint_eq(listed("lease-1").deadline_ns, deadline_ns);
    ck_assert_int_eq(give_notice("lease-1", 1000), 0);
    ck_assert_uint_eq(listed("lease-1").deadline_ns, now_ns() + S);
    struct id id = id_literal("lease-1");
    ck_assert_uint_eq(fake_find(&f.tier.tier, &id)->open_until_ns, now_ns() + S);
}
END_TEST

START_TEST(a_higher_fence_takes_the_device_from_an_older_lease)
{
    hold("lease-1", 0);
    struct grant g = good_grant("lease-2", 0);
    ck_assert_int_eq(install(&g, NULL), -ERR_CONFLICT);
    ck_assert_int_eq(install(&g, NULL), -ERR_CONFLICT);
    pass_ns(S);
    ck_assert_int_eq(install(&g, NULL), 0);
    ck_assert_str_eq(events(), "installed revoked killed empty returned installed");
}
END_TEST

START_TEST(a_lower_fence_takes_nothing)
{
    struct grant low = good_grant("lease-1", 0);
    hold("lease-2", 0);
    ck_assert_int_eq(install(&low, NULL), -ERR_CONFLICT);
    pass_ns(S);
    ck_assert_uint_eq(listed("lease-2").state, GUARD_STATE_HELD);
}
END_TEST

START_TEST(a_higher_fence_of_the_same_lease_starts_it_anew)
{
    struct grant g = hold("lease-1", 0);
    g.fence++;
    g.seq = 2;
    g.devices[0].minor = 1;
    ck_assert_int_eq(install(&g, NULL), -ERR_CONFLICT);
    pass_ns(S);
    ck_assert_int_eq(install(&g, NULL), 0);
}
END_TEST

static struct grant part(const char *lease, enum grant_isolation isolation, int64_t units)
{
    struct grant g = good_grant(lease, 0);
    g.isolation = isolation;
    g.share.units = units;
    return g;
}

START_TEST(shares_of_one_gpu_add_up_to_at_most_one)
{
    struct grant a = part("lease-1", GRANT_ISOLATION_MPS, 3500);
    struct grant b = part("lease-2", GRANT_ISOLATION_MPS, 3500);
    struct grant c = part("lease-3", GRANT_ISOLATION_MPS, 1);
    ck_assert_int_eq(install(&a, NULL), 0);
    ck_assert_int_eq(install(&b, NULL), 0);
    ck_assert_int_eq(install(&c, NULL), -ERR_CONFLICT);
    pass_ns(S);
    ck_assert_uint_eq(listed("lease-1").state, GUARD_STATE_HELD);
}
END_TEST

START_TEST(isolation_classes_do_not_mix_on_one_gpu)
{
    struct grant a = part("lease-1", GRANT_ISOLATION_MPS, 1000);
    struct grant b = part("lease-2", GRANT_ISOLATION_TIMESLICE, 1000);
    ck_assert_int_eq(install(&a, NULL), 0);
    ck_assert_int_eq(install(&b, NULL), -ERR_CONFLICT);
}
END_TEST

START_TEST(mig_leases_share_the_gpu_but_not_the_instance)
{
    struct grant a = part("lease-1", GRANT_ISOLATION_MIG, 1000);
    struct grant b = part("lease-2", GRANT_ISOLATION_MIG, 1000);
    a.device_count = b.device_count = 2;
    a.devices[1] = (struct grant_device){237, 3, "MIG-a"};
    b.devices[1] = (struct grant_device){237, 12, "MIG-b"};
    ck_assert_int_eq(install(&a, NULL), 0);
    ck_assert_int_eq(install(&b, NULL), 0);
    struct grant c = part("lease-3", GRANT_ISOLATION_MIG, 1000);
    c.device_count = 2;
    c.devices[1] = a.devices[1];
    ck_assert_int_eq(install(&c, NULL), -ERR_CONFLICT);
}
END_TEST

START_TEST(the_leases_of_a_loan_stay_within_it_together)
{
    struct grant g = good_grant("lease-1", 0);
    struct permit p = lend(&g);
    ck_assert_int_eq(install(&g, &p), 0);
    g = good_grant("lease-2", 1);
    p = lend(&g);
    ck_assert_int_eq(install(&g, &p), 0);
    g = good_grant("lease-3", 2);
    p = lend(&g);
    ck_assert_int_eq(install(&g, &p), -ERR_DENIED);
    give_notice("lease-1", 0);
    pass_ns(S);
    ck_assert_int_eq(install(&g, &p), 0);
}
END_TEST

START_TEST(a_refusing_kernel_leaves_nothing_open)
{
    struct grant g = good_grant("lease-1", 0);
    f.tier.refuses = true;
    ck_assert_int_eq(install(&g, NULL), -ERR_IO);
    ck_assert_str_eq(events(), "revoked killed");
    pass_ns(S);
    ck_assert_uint_eq(listed("lease-1").state, GUARD_STATE_RETURNED);
}
END_TEST

START_TEST(killing_goes_on_until_the_cgroup_is_empty)
{
    struct grant g = hold("lease-1", 0);
    struct fake_lease *lease = fake_find(&f.tier.tier, &g.lease);
    lease->processes = 3;
    lease->dies = false;
    give_notice("lease-1", 0);
    pass_ns(2 * S);
    ck_assert_str_eq(events(), "installed revoked killed");
    ck_assert_int_gt(f.tier.kills, 3);
    lease->processes = 0;
    pass_ns(S);
    ck_assert_str_eq(events(), "empty returned");
}
END_TEST

START_TEST(what_outlives_the_kill_timeout_is_tainted_until_it_is_clean)
{
    struct grant g = hold("lease-1", 0);
    struct fake_lease *lease = fake_find(&f.tier.tier, &g.lease);
    lease->processes = 1;
    lease->dies = false;
    give_notice("lease-1", 0);
    pass_ns(11 * S);
    ck_assert_str_eq(events(), "installed revoked killed tainted");
    ck_assert_uint_eq(listed("lease-1").state, GUARD_STATE_TAINTED);
    struct grant next = good_grant("lease-2", 0);
    ck_assert_int_eq(install(&next, NULL), -ERR_CONFLICT);
    lease->processes = 0;
    pass_ns(10 * S);
    ck_assert_str_eq(events(), "empty returned");
}
END_TEST

/* /dev/full is held by this process alone: a real holder outside the lease. */
static struct grant hold_full(int *ret_fd)
{
    struct grant g = good_grant("lease-1", 0);
    g.devices[0] = (struct grant_device){1, 7, "GPU-a"};
    ck_assert_int_eq(install(&g, NULL), 0);
    *ret_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(*ret_fd, 0);
    return g;
}

START_TEST(a_holder_outside_the_lease_taints_it)
{
    int fd;
    hold_full(&fd);
    give_notice("lease-1", 0);
    pass_ns(11 * S);
    ck_assert_str_eq(events(), "installed revoked killed empty tainted");
    const struct guard_event *e = events_find(guard_events(f.guard), f.seen - 1);
    ck_assert_int_eq(e->pid, getpid());
    close(fd);
    pass_ns(10 * S);
    ck_assert_str_eq(events(), "returned");
}
END_TEST

START_TEST(infrastructure_may_hold_on)
{
    int fd;
    hold_full(&fd);
    f.tier.owner = TIER_OWNER_INFRA;
    give_notice("lease-1", 0);
    pass_ns(S);
    ck_assert_str_eq(events(), "installed revoked killed empty returned");
    close(fd);
}
END_TEST

START_TEST(a_lease_that_shares_the_device_may_hold_on)
{
    struct grant a = part("lease-1", GRANT_ISOLATION_MPS, 1000);
    struct grant b = part("lease-2", GRANT_ISOLATION_MPS, 1000);
    a.devices[0] = b.devices[0] = (struct grant_device){1, 7, "GPU-a"};
    ck_assert_int_eq(install(&a, NULL), 0);
    ck_assert_int_eq(install(&b, NULL), 0);
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    f.tier.owner = TIER_OWNER_LEASE;
    f.tier.owner_lease = id_literal("lease-2");
    give_notice("lease-1", 0);
    pass_ns(S);
    ck_assert_uint_eq(listed("lease-1").state, GUARD_STATE_RETURNED);
    close(fd);
}
END_TEST

START_TEST(only_the_grants_users_may_join)
{
    struct guard_lease l;
    struct grant g = hold("lease-1", 0);
    ck_assert_int_eq(guard_move(f.guard, &g.lease, getpid(), &l, NULL), 0);
    ck_assert_int_eq(fake_find(&f.tier.tier, &g.lease)->processes, 1);
    struct grant none = good_grant("lease-2", 1);
    none.uid_count = 0;
    ck_assert_int_eq(install(&none, NULL), 0);
    ck_assert_int_eq(guard_move(f.guard, &none.lease, getpid(), &l, NULL), -ERR_DENIED);
    ck_assert_int_eq(guard_move(f.guard, &g.lease, 0, &l, NULL), -ERR_NOT_FOUND);
    ck_assert_int_eq(guard_move(f.guard, &g.lease, -1, &l, NULL), -ERR_NOT_FOUND);
}
END_TEST

START_TEST(nobody_joins_a_lease_that_is_over)
{
    struct guard_lease l;
    struct grant g = hold("lease-1", 0);
    f.clock.boot.ns += (int64_t)(60 * S); /* due, but not carried out yet */
    ck_assert_int_eq(guard_move(f.guard, &g.lease, getpid(), &l, NULL), -ERR_STATE);
}
END_TEST

START_TEST(nobody_moves_from_one_lease_into_another)
{
    struct guard_lease l;
    struct grant g = hold("lease-1", 0);
    f.tier.owner = TIER_OWNER_LEASE;
    f.tier.owner_lease = id_literal("lease-2");
    ck_assert_int_eq(guard_move(f.guard, &g.lease, getpid(), &l, NULL), -ERR_CONFLICT);
}
END_TEST

START_TEST(a_restart_finds_what_was_held)
{
    struct grant g = hold("lease-1", 0);
    struct guard_lease before = listed("lease-1");
    stop();
    start();
    ck_assert_str_eq(events(), "recovered");
    ck_assert_uint_eq(listed("lease-1").deadline_ns, before.deadline_ns);
    ck_assert_uint_eq(listed("lease-1").fence, before.fence);
    g.seq = 2; /* its nonce was the old guard's */
    ck_assert_int_eq(install(&g, NULL), -ERR_VERIFICATION);
}
END_TEST

START_TEST(a_restart_believes_the_earlier_of_record_and_rows)
{
    struct grant g = hold("lease-1", 0);
    fake_find(&f.tier.tier, &g.lease)->open_until_ns = now_ns() + 5 * S;
    stop();
    start();
    ck_assert_uint_eq(listed("lease-1").deadline_ns, now_ns() + 5 * S);
}
END_TEST

START_TEST(a_restart_takes_back_what_has_no_rows)
{
    struct grant g = hold("lease-1", 0);
    fake_find(&f.tier.tier, &g.lease)->open_until_ns = 0;
    stop();
    start();
    pass_ns(S);
    ck_assert_str_eq(events(), "revoked killed empty returned");
}
END_TEST

START_TEST(a_restart_kills_what_has_no_record)
{
    f.tier.leases[0] = (struct fake_lease){
        .id = id_literal("lease-stray"), .open_until_ns = UINT64_MAX, .processes = 2, .dies = true};
    stop();
    start();
    pass_ns(S);
    ck_assert_str_eq(events(), "revoked killed empty returned");
    ck_assert(id_is_none(&f.tier.leases[0].id));
}
END_TEST

START_TEST(a_restart_goes_on_with_a_take_back)
{
    struct grant g = hold("lease-1", 0);
    fake_find(&f.tier.tier, &g.lease)->processes = 1;
    fake_find(&f.tier.tier, &g.lease)->dies = false;
    give_notice("lease-1", 0);
    stop();
    start();
    ck_assert_uint_eq(listed("lease-1").state, GUARD_STATE_KILLING);
    struct grant next = good_grant("lease-2", 0);
    ck_assert_int_eq(install(&next, NULL), -ERR_CONFLICT);
}
END_TEST

START_TEST(another_boot_knows_nothing_of_the_last)
{
    struct guard_lease l;
    hold("lease-1", 0);
    stop();
    f.config.admit.boot_id[0] ^= 1;
    f.tier = fake_tier_make();
    start();
    ck_assert_int_eq(guard_list(f.guard, 0, &l, NULL), -ERR_NOT_FOUND);
}
END_TEST

START_TEST(two_guards_do_not_share_a_state_directory)
{
    struct guard *second = NULL;
    ck_assert_int_eq(guard_create(&f.config, &f.tier.tier, env_of_fake(&f.clock), &second, NULL),
                     -ERR_STATE);
    ck_assert_ptr_null(second);
}
END_TEST

START_TEST(the_status_counts_what_is_held)
{
    struct guard_status s;
    hold("lease-1", 0);
    hold("lease-2", 1);
    give_notice("lease-2", 0);
    pass_ns(S);
    guard_status(f.guard, &s);
    ck_assert_uint_eq(s.leases, 1);
    ck_assert_str_eq(s.tier, "fake");
    ck_assert_uint_eq(s.boot_ns, now_ns());
    ck_assert_uint_eq(s.next_event, 7);
}
END_TEST

START_TEST(a_full_table_refuses_and_old_returns_make_room)
{
    char name[32];
    for (int i = 0; i < GUARD_LEASES_MAX; i++) {
        (void)snprintf(name, sizeof name, "lease-%d", i);
        hold(name, 0);
        ck_assert_int_eq(give_notice(name, 0), 0);
        pass_ns(100 * MS);
    }
    struct grant g = good_grant("lease-more", 0);
    ck_assert_int_eq(install(&g, NULL), -ERR_LIMIT);
    pass_ns(NONCE_LIFE_NS);
    hold("lease-more", 0);
}
END_TEST

START_TEST(only_so_many_refused_opens_are_told_in_a_second)
{
    struct tier_denied d;
    f.tier.tier.denied_fd = 5;
    f.tier.denied_left = GUARD_TOLD_MAX + 3;
    ck_assert_int_eq(guard_denied_fd(f.guard), 5);
    for (int i = 0; i < GUARD_TOLD_MAX; i++)
        ck_assert(guard_next_denied(f.guard, &d));
    ck_assert_uint_eq(d.minor, 3);
    ck_assert(!guard_next_denied(f.guard, &d));
    ck_assert_int_eq(guard_denied_fd(f.guard), -1);
    ck_assert_uint_eq(guard_step(f.guard), now_ns() + S);
    f.clock.boot.ns += (int64_t)S;
    ck_assert_int_eq(guard_denied_fd(f.guard), 5);
    ck_assert(guard_next_denied(f.guard, &d));
    ck_assert_int_eq(f.tier.denied_left, 2);
}
END_TEST

START_TEST(refreshing_goes_to_the_tier)
{
    guard_refresh(f.guard);
    ck_assert_int_eq(f.tier.refreshes, 1);
}
END_TEST

static Suite *guard_suite(void)
{
    Suite *suite = suite_create("guard");
    TCase *tc = tcase_create("guard");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_time_to_live_counts_from_the_nonce);
    tcase_add_test(tc, a_grant_that_comes_after_its_time_is_stale);
    tcase_add_test(tc, an_old_nonce_is_not_known_any_more);
    tcase_add_test(tc, a_wall_clock_that_steps_moves_no_deadline);
    tcase_add_test(tc, a_lease_expires_at_its_deadline);
    tcase_add_test(tc, renewing_moves_the_deadline);
    tcase_add_test(tc, a_seq_is_used_once);
    tcase_add_test(tc, a_revoked_lease_is_not_opened_again_by_its_old_grants);
    tcase_add_test(tc, revoking_is_idempotent);
    tcase_add_test(tc, a_notice_only_shortens);
    tcase_add_test(tc, a_higher_fence_takes_the_device_from_an_older_lease);
    tcase_add_test(tc, a_lower_fence_takes_nothing);
    tcase_add_test(tc, a_higher_fence_of_the_same_lease_starts_it_anew);
    tcase_add_test(tc, shares_of_one_gpu_add_up_to_at_most_one);
    tcase_add_test(tc, isolation_classes_do_not_mix_on_one_gpu);
    tcase_add_test(tc, mig_leases_share_the_gpu_but_not_the_instance);
    tcase_add_test(tc, the_leases_of_a_loan_stay_within_it_together);
    tcase_add_test(tc, a_refusing_kernel_leaves_nothing_open);
    tcase_add_test(tc, killing_goes_on_until_the_cgroup_is_empty);
    tcase_add_test(tc, what_outlives_the_kill_timeout_is_tainted_until_it_is_clean);
    tcase_add_test(tc, a_holder_outside_the_lease_taints_it);
    tcase_add_test(tc, infrastructure_may_hold_on);
    tcase_add_test(tc, a_lease_that_shares_the_device_may_hold_on);
    tcase_add_test(tc, only_the_grants_users_may_join);
    tcase_add_test(tc, nobody_joins_a_lease_that_is_over);
    tcase_add_test(tc, nobody_moves_from_one_lease_into_another);
    tcase_add_test(tc, a_restart_finds_what_was_held);
    tcase_add_test(tc, a_restart_believes_the_earlier_of_record_and_rows);
    tcase_add_test(tc, a_restart_takes_back_what_has_no_rows);
    tcase_add_test(tc, a_restart_kills_what_has_no_record);
    tcase_add_test(tc, a_restart_goes_on_with_a_take_back);
    tcase_add_test(tc, another_boot_knows_nothing_of_the_last);
    tcase_add_test(tc, two_guards_do_not_share_a_state_directory);
    tcase_add_test(tc, the_status_counts_what_is_held);
    tcase_add_test(tc, a_full_table_refuses_and_old_returns_make_room);
    tcase_add_test(tc, only_so_many_refused_opens_are_told_in_a_second);
    tcase_add_test(tc, refreshing_goes_to_the_tier);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(guard_suite)
