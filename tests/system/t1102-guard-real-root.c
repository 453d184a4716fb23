/* pumasi-guard as in production, at the mount point of cgroup2: not even root that moves itself to
 * the root cgroup gets round it. Gates four virtual terminals of the machine that runs the test. */
#include "tests/system/guard_world.h"
#include "tests/system/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* As a privileged container would: own node, own choice of cgroup. */
static bool root_is_refused(const struct world *w)
{
    char node[96], procs[192];
    (void)snprintf(node, sizeof node, "%s/made", w->dir);
    (void)snprintf(procs, sizeof procs, "%s/cgroup.procs", w->guarded);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(procs, O_WRONLY | O_CLOEXEC);
        bool moved = fd >= 0 && write(fd, "0", 1) == 1;
        bool made = mknod(node, S_IFCHR | 0600, makedev(4, world_minor(w, 0))) == 0;
        bool refused = open(node, O_RDWR | O_NONBLOCK | O_NOCTTY) < 0 && errno == EPERM;
        _exit(moved && made && refused ? 0 : 1);
    }
    int status = -1;
    (void)waitpid(pid, &status, 0);
    return status == 0;
}

int main(void)
{
    char own[96];
    struct tap t = {0, 0};
    struct world w;
    struct actor in;
    struct guard_event e;
    world_init(&w, "t1102", 60, WORLD_REAL);
    world_start(&w, NULL);
    struct grant g = world_lease(&w, "lease-real", 0, 60000, &in);
    tap_ok(&t, actor_open(&in, world_device(&w, 0, own)) == 0,
           "a lease's process opens its device");
    tap_ok(&t, root_is_refused(&w), "root in the root cgroup does not");
    tap_ok(&t,
           guard_client_revoke(w.client, &g.lease, 0, NULL) == 0 && actor_killed(&in) &&
               world_event(&w, "lease-real", GUARD_EVENT_RETURNED, &e),
           "revoking kills and returns");
    world_fini(&w);
    return tap_done(&t);
}
