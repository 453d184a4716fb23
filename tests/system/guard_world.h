#ifndef PUMASI_TESTS_SYSTEM_GUARD_WORLD_H
#define PUMASI_TESTS_SYSTEM_GUARD_WORLD_H

#include "lib/grant/grant.h"
#include "lib/grant/permit.h"
#include "lib/pki/key.h"
#include "nodeagent/call/client.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * A node for tests of the guard: a subtree of the cgroup2 hierarchy as its root, a temporary
 * directory with settings, keys, socket and state, stand-ins for GPUs (virtual terminals under
 * other names), a pumasi-guard that can be stopped and started, and tenants: child processes that
 * open devices when told to. What goes wrong in the making ends the test with a message.
 */
#define WORLD_DEVICES    4
#define WORLD_TENANT_UID 12345

enum world_root {
    WORLD_SUBTREE, /* a cgroup2 directory of its own */
    WORLD_V1,      /* a root that is no cgroup2: the guard takes its second tier */
    WORLD_REAL     /* the mount point itself: one such test at a time */
};

struct world {
    enum world_root kind;
    char dir[64];
    char root[112];    /* a subtree of this test's own */
    char guarded[112]; /* the guard's root: that subtree, or the mount point */
    char outside[160]; /* a cgroup in it that is no lease's */
    char node[32];
    uint8_t boot_id[GRANT_BOOT_BYTES];
    struct key *control_plane, *lender, *stranger;
    pid_t guard;
    struct guard_client *client;
    uint64_t fence, seq; /* last used */
};

/* A tenant or any other process under test. */
struct actor {
    pid_t pid;
    int fd; /* to command it */
};

/* Skips the test without root, cgroup2 or stand-ins. first_minor: four minors of major 4 from there
 * are the node's devices. */
void world_init(struct world *w, const char *name, unsigned first_minor, enum world_root root);
/* Stops the guard, detaches, removes cgroups and files. */
void world_fini(struct world *w);

/* Starts pumasi-guard with one more setting ("x.y=z" or NULL), waits until it is ready, connects.
 */
void world_start(struct world *w, const char *setting);
/* Signals it and waits for its end; returns the wait status. */
int world_stop(struct world *w, int signal_number);
/* Waits until the guard's log has that text; false after some seconds. */
bool world_log_has(const struct world *w, const char *what);
/* Runs pumasi-guard with --detach or --early; its exit status. */
int world_run(const struct world *w, const char *option);

/* The lease as the guard lists it; false when it does not. */
bool world_find(struct world *w, const char *lease, struct guard_lease *ret);

/* The path of a device's node; its minor. */
const char *world_device(const struct world *w, unsigned i, char dst[96]);
uint32_t world_minor(const struct world *w, unsigned i);

/* A good grant of the owner for one device: fresh fence, seq and nonce, this uid. */
struct grant world_grant(struct world *w, const char *lease, unsigned device, uint64_t ttl_ms);
/* A good permit for loans of this node, and the grant made into one of that loan. */
struct permit world_permit(const struct world *w, struct grant *g);
/* Signed and sent; permit may be NULL. */
int world_install(struct world *w, const struct grant *g, const struct key *key,
                  const struct permit *permit, const struct key *lender, struct err *err);
/* The usual: a lease of the owner for one device with one tenant in it. */
struct grant world_lease(struct world *w, const char *lease, unsigned device, uint64_t ttl_ms,
                         struct actor *ret_tenant);

/* Waits for the next event of that kind and lease; false after 20 s. */
bool world_event(struct world *w, const char *lease, enum guard_event_kind kind,
                 struct guard_event *ret);

/* cgroup: joined first, NULL for where the test is. Runs as WORLD_TENANT_UID. */
struct actor actor_start(const char *cgroup);
/* Opens and keeps; 0 or an errno. actor_drop() closes all it keeps. */
int actor_open(struct actor *a, const char *path);
void actor_drop(struct actor *a);
/* Makes n children that wait, as a tenant's workload. */
void actor_fork(struct actor *a, int n);
/* Hands its first open device over to another actor by SCM_RIGHTS. */
void actor_pass(struct actor *from, struct actor *to);
/* Waits until it is dead and reaps it; true if a SIGKILL did it. */
bool actor_killed(struct actor *a);
void actor_end(struct actor *a);

/* Freezes a process in a v1 freezer of its own, whose path goes to dir; false where there is none.
 */
bool freeze_v1(pid_t pid, char dir[96]);

uint64_t boot_now_ns(void);
void wait_until_ns(uint64_t boot_ns);

#endif
