/* pumasi-guard while the node's wall clock is an hour wrong, and after a reboot. */
#include "tests/system/guard_world.h"
#include "tests/system/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define MS      UINT64_C(1000000)
#define LATE_NS (1000 * MS) /* on a busy machine; what it is on a quiet one, the bench says */
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        tap_note("%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
}

/* A lease that the clock steps under: it ends at its deadline, neither before nor after. */
static void test_step(struct tap *t, struct world *w, const char *shift_file, const char *shift)
{
    char name[32], own[96];
    struct actor a;
    struct guard_event e;
    (void)snprintf(name, sizeof name, "lease-step%s", shift[0] == '-' ? "-back" : "-on");
    world_lease(w, name, 0, 800, &a);
    put(shift_file, shift);
    tap_ok(t, actor_open(&a, world_device(w, 0, own)) == 0,
           "the clock steps by %s s: it stays open", shift);
    bool ended = actor_killed(&a) && world_event(w, name, GUARD_EVENT_EXPIRED, &e);
    tap_ok(t, ended && e.boot_ns >= e.deadline_ns && e.boot_ns - e.deadline_ns < LATE_NS,
           "and ends at its deadline");
    (void)world_event(w, name, GUARD_EVENT_RETURNED, &e);
}

static void test_clock(struct tap *t, struct world *w)
{
    char library[512], shift_file[96];
    struct err err = ERR_INIT;
    const char *dir = getenv("PUMASI_FAKE_DIR");
    (void)snprintf(library, sizeof library, "%s/libclock_shift.so", dir ? dir : "build/dev/fake");
    (void)snprintf(shift_file, sizeof shift_file, "%s/shift", w->dir);
    put(shift_file, "0");
    (void)setenv("PUMASI_CLOCK_SHIFT", shift_file, 1);
    (void)setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    (void)setenv("LD_PRELOAD", library, 1);
    world_start(w, NULL);
    (void)unsetenv("LD_PRELOAD");
    test_step(t, w, shift_file, "3600");
    struct grant g = world_grant(w, "lease-lent", 1, 60000);
    struct permit p = world_permit(w, &g);
    p.window = (struct window){g.issued_at, instant_add(g.issued_at, 600)};
    g.ends_at = instant_add(g.issued_at, 300);
    tap_ok(t, world_install(w, &g, w->control_plane, &p, w->lender, &err) == -ERR_DENIED,
           "a loan that is over by that clock is not begun (%s)", err.text);
    test_step(t, w, shift_file, "-3600");
    (void)world_stop(w, SIGKILL);
}

/* In a mount namespace of its own the kernel seems to have booted anew. */
static bool fake_boot(struct world *w)
{
    static const char text[] = "11111111-2222-3333-4444-555555555555\n";
    char path[96];
    (void)snprintf(path, sizeof path, "%s/boot_id", w->dir);
    put(path, text);
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount(path, BOOT_ID, NULL, MS_BIND, NULL) < 0)
        return false;
    return grant_boot_parse(span_of(text, sizeof text - 2), w->boot_id, NULL) == 0;
}

static void test_boot(struct tap *t, struct world *w)
{
    char own[96];
    struct actor a;
    struct guard_event e;
    struct err err = ERR_INIT;
    world_start(w, NULL);
    world_lease(w, "lease-boot", 2, 60000, &a);
    struct grant old = world_grant(w, "lease-boot", 2, 60000);
    (void)world_stop(w, SIGKILL);
    if (!fake_boot(w)) {
        tap_note("no mount namespace here: %s", strerror(errno));
        actor_end(&a);
        return;
    }
    world_start(w, NULL);
    tap_ok(t, actor_killed(&a) && world_event(w, "lease-boot", GUARD_EVENT_RETURNED, &e),
           "after a reboot no lease of before it goes on");
    tap_ok(t, world_install(w, &old, w->control_plane, NULL, NULL, &err) == -ERR_VERIFICATION,
           "and no grant of before it is obeyed (%s)", err.text);
    struct grant g = world_grant(w, "lease-boot", 2, 60000);
    tap_ok(t, world_install(w, &g, w->control_plane, NULL, NULL, &err) == 0,
           "one for this boot is obeyed");
    a = actor_start(NULL);
    tap_ok(t,
           guard_client_move(w->client, &g.lease, a.pid, NULL) == 0 &&
               actor_open(&a, world_device(w, 2, own)) == 0,
           "and opens its device");
    tap_ok(t, guard_client_revoke(w->client, &g.lease, 0, NULL) == 0 && actor_killed(&a),
           "and goes when revoked");
}

int main(void)
{
    struct tap t = {0, 0};
    struct world w;
    world_init(&w, "t1104", 44, WORLD_SUBTREE);
    test_clock(&t, &w);
    test_boot(&t, &w);
    world_fini(&w);
    return tap_done(&t);
}
