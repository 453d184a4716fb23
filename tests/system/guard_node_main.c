/* A guard at the real cgroup root with one lease, for scripts: prints the lease's cgroup as
 * /proc/PID/cgroup has it; the line "revoke" takes it back and prints "returned"; the end of input
 * ends it all. Usage: guard_node FIRST-MINOR. */
#include "nodeagent/kernel/cgroup.h"
#include "tests/system/guard_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct world w;
    struct guard_lease lease;
    struct guard_event event;
    char line[64];
    if (argc != 2)
        return 2;
    world_init(&w, "t1103", (unsigned)strtoul(argv[1], NULL, 10), WORLD_REAL);
    world_start(&w, NULL);
    struct grant g = world_grant(&w, "lease-podman", 0, 600000);
    struct err err = ERR_INIT;
    if (world_install(&w, &g, w.control_plane, NULL, NULL, &err) < 0 ||
        !world_find(&w, "lease-podman", &lease)) {
        printf("%s\n", err.text);
        return 1;
    }
    printf("%s\n", cgroup_below_mount(lease.cgroup));
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        bool returned = strcmp(line, "revoke\n") == 0 &&
                        guard_client_revoke(w.client, &g.lease, 0, NULL) == 0 &&
                        world_event(&w, "lease-podman", GUARD_EVENT_RETURNED, &event);
        printf("%s\n", returned ? "returned" : "not returned");
        fflush(stdout);
    }
    world_fini(&w);
    return 0;
}
