/* pumasi-guard on a subtree of the real kernel: who may open what until when, whatever dies. */
#include "tests/system/guard_world.h"
#include "tests/system/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS      UINT64_C(1000000)
#define LATE_NS (1000 * MS) /* on a busy machine; what it is on a quiet one, the bench says */

static void report_memory(const struct world *w)
{
    char path[64], line[256];
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)w->guard);
    FILE *status = fopen(path, "re");
    while (status && fgets(line, sizeof line, status)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "VmRSS", 5) == 0 || strncmp(line, "Rss", 3) == 0 ||
            strncmp(line, "VmLck", 5) == 0)
            tap_note("guard %s", line);
    }
    if (status)
        fclose(status);
}

static void test_status(struct tap *t, struct world *w)
{
    struct guard_status s;
    tap_ok(t, guard_client_status(w->client, &s, NULL) == 0, "the guard answers");
    tap_ok(t, strcmp(s.tier, "bpf") == 0, "the kernel takes the program: tier %s", s.tier);
    tap_ok(t, strcmp(s.node.text, w->node) == 0 && memcmp(s.boot_id, w->boot_id, 16) == 0,
           "it names its node and this boot");
    tap_ok(t, s.gated == WORLD_DEVICES && s.leases == 0, "it gates %u devices, holds no lease",
           s.gated);
    tap_ok(t, s.memlock_error == 0 && s.locked_kib > 0, "its memory is locked: %llu KiB",
           (unsigned long long)s.locked_kib);
    tap_note("oom_score_adj %d (asking for -1000: %s)", s.oom_score_adj, strerror(s.oom_error));
    report_memory(w);
}

static void test_opens(struct tap *t, struct world *w)
{
    char own[96], other[96];
    struct actor in, out = actor_start(w->outside);
    struct guard_event e;
    struct guard_lease l;
    world_lease(w, "lease-opens", 0, 60000, &in);
    world_device(w, 0, own);
    world_device(w, 1, other);
    tap_ok(t, actor_open(&in, own) == 0, "a lease's process opens its device");
    tap_ok(t, actor_open(&in, other) == EPERM, "and no other device");
    tap_ok(t, actor_open(&in, "/dev/null") == 0, "what is not gated stays open to it");
    tap_ok(t, actor_open(&out, own) == EPERM && actor_open(&out, other) == EPERM,
           "a process outside opens none");
    bool listed = world_find(w, "lease-opens", &l);
    tap_ok(t, listed && l.opens == 1 && l.denials == 1,
           "the kernel counted %llu open, %llu refused", (unsigned long long)l.opens,
           (unsigned long long)l.denials);

    struct id id = id_literal("lease-opens");
    uint64_t asked_ns = boot_now_ns();
    actor_fork(&in, 8);
    tap_ok(t, guard_client_revoke(w->client, &id, 0, NULL) == 0, "a lease can be revoked");
    tap_ok(t, actor_killed(&in), "its processes are killed");
    tap_ok(t,
           world_event(w, "lease-opens", GUARD_EVENT_RETURNED, &e) && e.opens == 1 &&
               e.denials == 1,
           "its device is returned, with the counts");
    tap_ok(t, world_log_has(w, "guard.denied-open lease=lease-opens"),
           "the refused open is told, with its lease");
    tap_note("take-back of 9 processes: %llu us from the call to \"returned\"",
             (unsigned long long)((e.boot_ns - asked_ns) / 1000));
    tap_ok(t, access(l.cgroup, F_OK) < 0, "its cgroup is gone");
    actor_end(&out);
}

static void test_mknod(struct tap *t, struct world *w)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s/made", w->dir);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        char procs[256];
        (void)snprintf(procs, sizeof procs, "%s/cgroup.procs", w->outside);
        int fd = open(procs, O_WRONLY | O_CLOEXEC);
        bool ok = fd >= 0 && write(fd, "0", 1) == 1 &&
                  mknod(path, S_IFCHR | 0666, 4 << 8 | world_minor(w, 0)) == 0 &&
                  open(path, O_RDWR | O_NONBLOCK | O_NOCTTY) < 0 && errno == EPERM;
        _exit(ok ? 0 : 1);
    }
    int status = -1;
    (void)waitpid(pid, &status, 0);
    tap_ok(t, status == 0, "root outside may make a node of its own but not open it");
}

/* One wrong grant each; none may leave a lease behind. */
enum wrong {
    WRONG_SIGNATURE,
    WRONG_KEY,
    WRONG_NODE,
    WRONG_BOOT,
    WRONG_NONCE,
    WRONG_DEVICE,
    WRONG_OWNER,
    WRONG_LENDER_KEY,
    WRONG_LENDER,
    WRONG_POOL,
    WRONG_PROJECT,
    WRONG_WINDOW,
    WRONG_SILENCE,
    WRONG_SHARE,
    WRONG_COUNT
};

static const struct {
    const char *what;
    enum err_code code;
} wrongs[WRONG_COUNT] = {
    [WRONG_SIGNATURE] = {"signed by a stranger under our key id", ERR_VERIFICATION},
    [WRONG_KEY] = {"a key that is not believed", ERR_VERIFICATION},
    [WRONG_NODE] = {"another node", ERR_VERIFICATION},
    [WRONG_BOOT] = {"another boot", ERR_VERIFICATION},
    [WRONG_NONCE] = {"a nonce that the guard did not make", ERR_VERIFICATION},
    [WRONG_DEVICE] = {"a device that is not gated", ERR_DENIED},
    [WRONG_OWNER] = {"a borrower without a loan", ERR_DENIED},
    [WRONG_LENDER_KEY] = {"a permit signed by a stranger", ERR_VERIFICATION},
    [WRONG_LENDER] = {"a permit of another lender", ERR_DENIED},
    [WRONG_POOL] = {"a permit for another pool", ERR_DENIED},
    [WRONG_PROJECT] = {"a permit for another project", ERR_DENIED},
    [WRONG_WINDOW] = {"a loan that is over by the node's clock", ERR_DENIED},
    [WRONG_SILENCE] = {"a longer time to live than the lender's tolerance", ERR_DENIED},
    [WRONG_SHARE] = {"more than was lent", ERR_DENIED},
};

static void spoil(struct world *w, enum wrong wrong, struct grant *g, struct permit *p)
{
    struct public_key stranger = key_public(w->stranger);
    if (wrong == WRONG_KEY)
        g->key = public_key_id(&stranger);
    if (wrong == WRONG_NODE)
        g->node = id_literal("node-elsewhere");
    if (wrong == WRONG_BOOT)
        g->boot_id[0] ^= 1;
    if (wrong == WRONG_NONCE)
        g->nonce[0] ^= 1;
    if (wrong == WRONG_DEVICE)
        g->devices[0].minor = 0;
    if (wrong == WRONG_OWNER)
        g->organisation = id_literal("kaist");
    if (wrong == WRONG_LENDER)
        p->lender = id_literal("upstage");
    if (wrong == WRONG_POOL)
        p->pool = id_literal("skt-h200");
    if (wrong == WRONG_PROJECT)
        p->borrower = id_literal("sovereign-2");
    if (wrong == WRONG_SILENCE)
        p->silence_tolerance_s = 1;
    if (wrong == WRONG_SHARE)
        p->max_share.units = 6999;
    if (wrong == WRONG_WINDOW) { /* a consistent forgery: only the clock tells */
        g->issued_at.s -= 100000;
        g->ends_at.s -= 100000;
        p->window = (struct window){g->issued_at, g->ends_at};
    }
}

static void test_refusals(struct tap *t, struct world *w)
{
    struct guard_lease l;
    for (int i = 0; i < WRONG_COUNT; i++) {
        struct err err = ERR_INIT;
        struct permit p;
        struct grant g = world_grant(w, "lease-wrong", 0, 60000);
        bool lent = i >= WRONG_LENDER_KEY;
        if (lent)
            p = world_permit(w, &g);
        spoil(w, (enum wrong)i, &g, &p);
        const struct key *key = i == WRONG_SIGNATURE ? w->stranger : w->control_plane;
        const struct key *lender = i == WRONG_LENDER_KEY ? w->stranger : w->lender;
        int rc = world_install(w, &g, key, lent ? &p : NULL, lender, &err);
        tap_ok(t, rc == -(int)wrongs[i].code, "refused: %s (%s)", wrongs[i].what, err.text);
    }
    bool clean = true;
    for (uint64_t i = 0; guard_client_list(w->client, i, &l, NULL) == 0; i = l.index + 1)
        clean &= strcmp(l.lease.text, "lease-wrong") != 0;
    tap_ok(t, clean, "no refused grant left a lease");
}

static void test_loan(struct tap *t, struct world *w)
{
    struct err err = ERR_INIT;
    struct guard_event e;
    struct grant g = world_grant(w, "lease-lent", 0, 60000);
    struct permit p = world_permit(w, &g);
    tap_ok(t, world_install(w, &g, w->control_plane, &p, w->lender, &err) == 0,
           "a borrower's grant inside a permit is obeyed %s", err.text);
    g = world_grant(w, "lease-lent-2", 1, 60000);
    p = world_permit(w, &g);
    p.max_share = share_gpus(1);
    tap_ok(t, world_install(w, &g, w->control_plane, &p, w->lender, &err) == -ERR_DENIED,
           "leases of one loan together stay within it (%s)", err.text);
    struct id id = id_literal("lease-lent");
    tap_ok(t,
           guard_client_revoke(w->client, &id, 0, NULL) == 0 &&
               world_event(w, "lease-lent", GUARD_EVENT_RETURNED, &e),
           "an empty lease returns as well");
}

static void test_replay(struct tap *t, struct world *w)
{
    struct err err = ERR_INIT;
    struct guard_event e;
    struct actor a;
    struct grant g = world_lease(w, "lease-replay", 0, 60000, &a);
    tap_ok(t, world_install(w, &g, w->control_plane, NULL, NULL, &err) == -ERR_STALE,
           "the same grant again is refused (%s)", err.text);
    struct grant renewal = world_grant(w, "lease-replay", 0, 90000);
    renewal.fence = g.fence;
    tap_ok(t, world_install(w, &renewal, w->control_plane, NULL, NULL, &err) == 0,
           "same fence and higher seq renew");
    renewal.seq++;
    renewal.devices[0].minor = world_minor(w, 1);
    tap_ok(t, world_install(w, &renewal, w->control_plane, NULL, NULL, &err) == -ERR_DENIED,
           "but not with another device (%s)", err.text);
    tap_ok(t,
           guard_client_revoke(w->client, &g.lease, 0, NULL) == 0 && actor_killed(&a) &&
               world_event(w, "lease-replay", GUARD_EVENT_RETURNED, &e),
           "and it goes when revoked");
    renewal.seq++;
    renewal.devices[0].minor = world_minor(w, 0);
    tap_ok(t, world_install(w, &renewal, w->control_plane, NULL, NULL, &err) == -ERR_STALE,
           "after its return its fence never opens again (%s)", err.text);
}

static void test_move(struct tap *t, struct world *w)
{
    struct err err = ERR_INIT;
    struct actor a, b;
    struct guard_event e;
    struct grant g = world_lease(w, "lease-move", 0, 60000, &a);
    tap_ok(t, guard_client_move(w->client, &g.lease, getpid(), &err) == -ERR_DENIED,
           "a process of another user may not join (%s)", err.text);
    tap_ok(t, guard_client_move(w->client, &g.lease, 0x7ffffff, &err) == -ERR_NOT_FOUND,
           "nor one that does not exist (%s)", err.text);
    struct grant h = world_lease(w, "lease-move-2", 1, 60000, &b);
    tap_ok(t, guard_client_move(w->client, &h.lease, a.pid, &err) == -ERR_CONFLICT,
           "nor one of another lease (%s)", err.text);
    tap_ok(t,
           guard_client_revoke(w->client, &g.lease, 0, NULL) == 0 &&
               guard_client_revoke(w->client, &h.lease, 0, NULL) == 0 && actor_killed(&a) &&
               actor_killed(&b) && world_event(w, "lease-move-2", GUARD_EVENT_RETURNED, &e),
           "both go when revoked");
}

static void test_fence(struct tap *t, struct world *w)
{
    struct err err = ERR_INIT;
    struct actor a, b;
    struct guard_event e;
    world_lease(w, "lease-old", 0, 60000, &a);
    struct grant g = world_grant(w, "lease-new", 0, 60000);
    struct grant low = g;
    low.fence = 1;
    tap_ok(t, world_install(w, &low, w->control_plane, NULL, NULL, &err) == -ERR_CONFLICT,
           "a lower fence on a held device is refused (%s)", err.text);
    tap_ok(t,
           world_install(w, &g, w->control_plane, NULL, NULL, &err) == -ERR_CONFLICT &&
               actor_killed(&a) && world_event(w, "lease-old", GUARD_EVENT_RETURNED, &e),
           "a higher one kills the older lease first (%s)", err.text);
    tap_ok(t, world_install(w, &g, w->control_plane, NULL, NULL, &err) == 0,
           "and is obeyed when repeated after its return");
    b = actor_start(NULL);
    tap_ok(t,
           guard_client_move(w->client, &g.lease, b.pid, NULL) == 0 &&
               guard_client_revoke(w->client, &g.lease, 200, NULL) == 0 && actor_killed(&b) &&
               world_event(w, "lease-new", GUARD_EVENT_EXPIRED, &e) &&
               world_event(w, "lease-new", GUARD_EVENT_RETURNED, &e),
           "a notice lets it run to its end");
}

static void test_deadline(struct tap *t, struct world *w)
{
    struct actor a;
    struct guard_event expired, returned;
    world_lease(w, "lease-deadline", 0, 400, &a);
    tap_ok(t, actor_killed(&a), "the guard kills at the deadline");
    bool seen = world_event(w, "lease-deadline", GUARD_EVENT_EXPIRED, &expired) &&
                world_event(w, "lease-deadline", GUARD_EVENT_RETURNED, &returned);
    tap_ok(t,
           seen && expired.boot_ns >= expired.deadline_ns &&
               expired.boot_ns - expired.deadline_ns < LATE_NS,
           "and not before it");
    tap_note("expired %llu us after its deadline, returned %llu us after that",
             (unsigned long long)((expired.boot_ns - expired.deadline_ns) / 1000),
             (unsigned long long)((returned.boot_ns - expired.boot_ns) / 1000));
}

static void test_stopped_guard(struct tap *t, struct world *w)
{
    char own[96];
    struct actor a;
    struct guard_event e;
    struct guard_lease l;
    world_lease(w, "lease-stopped", 0, 500, &a);
    world_device(w, 0, own);
    tap_ok(t, world_find(w, "lease-stopped", &l) && actor_open(&a, own) == 0,
           "with the guard alive the device opens");
    (void)kill(w->guard, SIGSTOP);
    wait_until_ns(l.deadline_ns + MS);
    tap_ok(t, actor_open(&a, own) == EPERM, "with the guard stopped the kernel lets it expire");
    (void)kill(w->guard, SIGCONT);
    tap_ok(t, actor_killed(&a) && world_event(w, "lease-stopped", GUARD_EVENT_RETURNED, &e),
           "with the guard back its processes go");
    tap_ok(t, e.opens == 1 && e.denials == 1, "the row counted %llu open, %llu denied",
           (unsigned long long)e.opens, (unsigned long long)e.denials);
}

static void test_frozen(struct tap *t, struct world *w)
{
    char dir[96];
    struct actor a;
    struct guard_event e;
    struct grant g = world_lease(w, "lease-frozen", 0, 60000, &a);
    bool frozen = freeze_v1(a.pid, dir);
    if (!frozen)
        tap_note("no v1 freezer here: the process is not frozen");
    tap_ok(t,
           guard_client_revoke(w->client, &g.lease, 0, NULL) == 0 && actor_killed(&a) &&
               world_event(w, "lease-frozen", GUARD_EVENT_RETURNED, &e),
           "a process that a v1 freezer holds is thawed and dies");
    (void)rmdir(dir);
}

static void test_nested(struct tap *t, struct world *w)
{
    char path[320], own[96];
    struct actor a, b;
    struct guard_event e;
    struct guard_lease l;
    struct grant g = world_lease(w, "lease-nested", 2, 60000, &a);
    (void)world_find(w, "lease-nested", &l);
    (void)snprintf(path, sizeof path, "%s/step_0", l.cgroup);
    (void)mkdir(path, 0755);
    (void)snprintf(path, sizeof path, "%s/step_0/task_0", l.cgroup);
    tap_ok(t, mkdir(path, 0755) == 0, "a runtime makes cgroups below the lease's");
    b = actor_start(path);
    tap_ok(t, actor_open(&b, world_device(w, 2, own)) == 0, "the lease's row holds there, too");
    tap_ok(t,
           guard_client_revoke(w->client, &g.lease, 0, NULL) == 0 && actor_killed(&a) &&
               actor_killed(&b) && world_event(w, "lease-nested", GUARD_EVENT_RETURNED, &e) &&
               access(l.cgroup, F_OK) < 0,
           "all of it is killed and removed");
}

static void test_leftover(struct tap *t, struct world *w)
{
    char own[96];
    struct err err = ERR_INIT;
    struct actor in, out = actor_start(w->outside);
    struct guard_event e;
    struct grant g = world_lease(w, "lease-leftover", 3, 60000, &in);
    (void)actor_open(&in, world_device(w, 3, own));
    actor_pass(&in, &out);
    tap_ok(t,
           guard_client_revoke(w->client, &g.lease, 0, NULL) == 0 && actor_killed(&in) &&
               world_event(w, "lease-leftover", GUARD_EVENT_TAINTED, &e),
           "a descriptor that was passed out of the lease taints it");
    tap_ok(t, e.pid == out.pid, "and the holder is named");
    g = world_grant(w, "lease-after", 3, 60000);
    tap_ok(t, world_install(w, &g, w->control_plane, NULL, NULL, &err) == -ERR_CONFLICT,
           "nobody gets a tainted device (%s)", err.text);
    actor_drop(&out);
    tap_ok(t, world_event(w, "lease-leftover", GUARD_EVENT_RETURNED, &e),
           "it is returned when the holder lets go");
    actor_end(&out);
}

static void test_restart(struct tap *t, struct world *w)
{
    char own[96], stray[256];
    struct actor a, out = actor_start(w->outside), lost;
    struct guard_event e;
    struct guard_lease before, after;
    world_device(w, 0, own);
    world_lease(w, "lease-restart", 0, 1500, &a);
    (void)world_find(w, "lease-restart", &before);
    tap_ok(t, WIFSIGNALED(world_stop(w, SIGKILL)), "the guard is killed");
    tap_ok(t, actor_open(&out, own) == EPERM && actor_open(&a, own) == 0,
           "what it enforced stays enforced");
    (void)snprintf(stray, sizeof stray, "%s/pumasi-%s/lease-stray", w->root, w->node);
    (void)mkdir(stray, 0755);
    lost = actor_start(stray);
    world_start(w, NULL);
    tap_ok(t,
           world_event(w, "lease-restart", GUARD_EVENT_RECOVERED, &e) &&
               e.deadline_ns == before.deadline_ns,
           "started again, it finds the lease and its deadline");
    tap_ok(t, actor_killed(&lost), "and kills in a cgroup that no grant covers");
    (void)world_find(w, "lease-restart", &after);
    tap_ok(t, after.seq == before.seq && after.fence == before.fence && after.opens == 1,
           "with seq, fence and counts");
    tap_ok(t,
           actor_killed(&a) && world_event(w, "lease-restart", GUARD_EVENT_EXPIRED, &e) &&
               e.boot_ns - e.deadline_ns < LATE_NS,
           "the lease ends on time");
    tap_ok(t, world_event(w, "lease-restart", GUARD_EVENT_RETURNED, &e), "and returns");
    actor_end(&out);
}

static void test_late_restart(struct tap *t, struct world *w)
{
    struct actor a;
    struct guard_event e;
    struct grant g = world_lease(w, "lease-late", 0, 300, &a);
    (void)world_stop(w, SIGKILL);
    wait_until_ns(boot_now_ns() + g.ttl_ms * MS);
    world_start(w, NULL);
    tap_ok(t, actor_killed(&a) && world_event(w, "lease-late", GUARD_EVENT_RETURNED, &e),
           "a lease that ran out with the guard dead goes when it is back");
}

static void test_detach(struct tap *t, struct world *w)
{
    char own[96];
    struct actor a, out = actor_start(w->outside);
    struct guard_event e;
    world_device(w, 0, own);
    world_lease(w, "lease-term", 0, 60000, &a);
    tap_ok(t, world_stop(w, SIGTERM) == 0, "SIGTERM ends the guard cleanly");
    tap_ok(t, actor_open(&a, own) == 0 && actor_open(&out, own) == EPERM,
           "workloads and gates outlive an upgrade");
    world_start(w, NULL);
    tap_ok(t, world_event(w, "lease-term", GUARD_EVENT_RECOVERED, &e), "the next guard takes over");
    (void)world_stop(w, SIGKILL);
    tap_ok(t, world_run(w, "--detach") == 0 && actor_open(&out, own) == 0,
           "after SIGKILL --detach takes the program off");
    actor_end(&out);
    actor_end(&a);
}

static void test_early(struct tap *t, struct world *w)
{
    char own[96];
    struct actor out = actor_start(w->outside);
    world_device(w, 0, own);
    bool before = actor_open(&out, own) == 0;
    tap_ok(t, before && world_run(w, "--early") == 0 && actor_open(&out, own) == EPERM,
           "--early closes the gate before there is a guard");
    actor_end(&out);
}

int main(void)
{
    struct tap t = {0, 0};
    struct world w;
    world_init(&w, "t1100", 20, WORLD_SUBTREE);
    test_early(&t, &w);
    world_start(&w, NULL);
    test_status(&t, &w);
    test_opens(&t, &w);
    test_mknod(&t, &w);
    test_refusals(&t, &w);
    test_loan(&t, &w);
    test_replay(&t, &w);
    test_move(&t, &w);
    test_fence(&t, &w);
    test_deadline(&t, &w);
    test_stopped_guard(&t, &w);
    test_frozen(&t, &w);
    test_nested(&t, &w);
    test_leftover(&t, &w);
    test_restart(&t, &w);
    test_late_restart(&t, &w);
    report_memory(&w);
    test_detach(&t, &w);
    world_fini(&w);
    return tap_done(&t);
}
