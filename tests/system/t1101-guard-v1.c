/* pumasi-guard on a kernel that refuses its program: leases are confined by cgroup v1, and what the
 * tier can't do shows. */
#include "tests/system/guard_world.h"
#include "tests/system/tap.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_tier(struct tap *t, struct world *w)
{
    struct guard_status s;
    tap_ok(t, guard_client_status(w->client, &s, NULL) == 0 && strcmp(s.tier, "v1") == 0,
           "the status says: tier %s", s.tier);
}

static void test_opens(struct tap *t, struct world *w)
{
    char own[96], other[96];
    struct actor in;
    struct guard_event e;
    struct guard_lease l;
    struct grant g = world_lease(w, "lease-opens", 0, 60000, &in);
    tap_ok(t, actor_open(&in, world_device(w, 0, own)) == 0, "a lease's process opens its device");
    tap_ok(t, actor_open(&in, world_device(w, 1, other)) == EPERM, "and no other device");
    tap_ok(t, actor_open(&in, "/dev/null") == 0, "what is not gated stays open to it");
    (void)world_find(w, "lease-opens", &l);
    tap_ok(t, world_stop(w, SIGTERM) == 0 && actor_open(&in, other) == EPERM,
           "what it enforced outlives the guard");
    world_start(w, NULL);
    tap_ok(t, world_event(w, "lease-opens", GUARD_EVENT_RECOVERED, &e),
           "the next guard takes over");
    actor_fork(&in, 4);
    tap_ok(t,
           guard_client_revoke(w->client, &g.lease, 0, NULL) == 0 && actor_killed(&in) &&
               world_event(w, "lease-opens", GUARD_EVENT_RETURNED, &e),
           "revoking kills and returns");
    tap_ok(t, access(l.cgroup, F_OK) < 0, "its cgroups are gone");
}

static void test_deadline(struct tap *t, struct world *w)
{
    struct actor in;
    struct guard_event e;
    world_lease(w, "lease-deadline", 0, 300, &in);
    tap_ok(t, actor_killed(&in) && world_event(w, "lease-deadline", GUARD_EVENT_RETURNED, &e),
           "the guard kills at the deadline");
}

static void test_leftover(struct tap *t, struct world *w)
{
    char own[96];
    struct actor in, out = actor_start(NULL);
    struct guard_event e;
    struct grant g = world_lease(w, "lease-leftover", 1, 60000, &in);
    (void)actor_open(&in, world_device(w, 1, own));
    actor_pass(&in, &out);
    tap_ok(t,
           guard_client_revoke(w->client, &g.lease, 0, NULL) == 0 && actor_killed(&in) &&
               world_event(w, "lease-leftover", GUARD_EVENT_TAINTED, &e) && e.pid == out.pid,
           "a descriptor that was passed out of the lease taints it");
    actor_end(&out);
    tap_ok(t, world_event(w, "lease-leftover", GUARD_EVENT_RETURNED, &e),
           "it is returned when the holder is gone");
}

int main(void)
{
    struct tap t = {0, 0};
    struct world w;
    if (access("/sys/fs/cgroup/devices/devices.deny", F_OK) < 0 ||
        access("/sys/fs/cgroup/freezer", F_OK) < 0)
        tap_skip("no cgroup v1 hierarchies devices and freezer");
    world_init(&w, "t1101", 24, WORLD_V1);
    world_start(&w, NULL);
    test_tier(&t, &w);
    test_opens(&t, &w);
    test_deadline(&t, &w);
    test_leftover(&t, &w);
    world_fini(&w);
    return tap_done(&t);
}
