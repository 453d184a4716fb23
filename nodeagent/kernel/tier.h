#ifndef PUMASI_NODEAGENT_KERNEL_TIER_H
#define PUMASI_NODEAGENT_KERNEL_TIER_H

#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/grant/grant.h"
#include "nodeagent/kernel/rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How this kernel keeps processes away from devices. One small set of functions with two real
 * twins: tier_bpf (a program at the cgroup2 root: nobody opens a gated device without a row, and
 * the kernel itself lets rows expire) and tier_v1 (cgroup v1: only leases are confined, expiry
 * needs the guard). Tests have a third in memory.
 *
 * Nothing here waits: kill() starts, empty() and remove() are asked again until they say yes.
 */
#define TIER_LEASES_MAX 128 /* on one node */

struct tier_lease {
    struct id id;
    const struct grant_device *devices;
    size_t count;
};

/* An open that the kernel refused. */
struct tier_denied {
    uint64_t boot_ns;
    pid_t pid;
    uint32_t major;
    uint32_t minor;
    struct id lease; /* in whose cgroup it was tried; none: in no lease's */
};

/* Whose a process is, by its cgroup. */
enum tier_owner { TIER_OWNER_OTHER, TIER_OWNER_LEASE, TIER_OWNER_INFRA };

struct tier;

struct tier_ops {
    const char *name;
    /* Makes the lease's cgroup and lets it open its devices, and the common ones, until the
     * deadline (CLOCK_BOOTTIME). Again with another deadline: renews. */
    int (*allow)(struct tier *t, const struct tier_lease *l, uint64_t deadline_ns, struct err *err);
    void (*shut)(struct tier *t, const struct tier_lease *l); /* no new opens from here on */
    int (*join)(struct tier *t, const struct id *lease, pid_t pid, struct err *err);
    void (*expel)(struct tier *t, pid_t pid);             /* out of the lease cgroups again */
    void (*kill)(struct tier *t, const struct id *lease); /* frozen or not; may be repeated */
    bool (*empty)(struct tier *t, const struct id *lease);
    bool (*remove)(struct tier *t, const struct tier_lease *l); /* cgroup and counts; true: gone */
    /* The first moment at which any of its devices is shut; 0: now. For recovery. */
    uint64_t (*open_until)(struct tier *t, const struct tier_lease *l);
    /* Since its first allow() until remove(): opens of its own devices; what it was refused, of
     * whatever gated device. */
    void (*count)(struct tier *t, const struct tier_lease *l, uint64_t *ret_opens,
                  uint64_t *ret_denials);
    /* The next refused open that was told of; false when there is none. Only some are, when there
     * are very many: count() has them all. */
    bool (*denied)(struct tier *t, struct tier_denied *ret);
    /* The names of all lease cgroups that exist, at most cap. */
    size_t (*list)(struct tier *t, struct id *dst, size_t cap);
    enum tier_owner (*owner)(struct tier *t, pid_t pid, struct id *ret_lease);
    void (*path)(struct tier *t, const struct id *lease, char *dst, size_t cap);
    void (*refresh)(struct tier *t); /* looks drivers and the infrastructure's cgroups up again */
    void (*destroy)(struct tier *t); /* leaves what is enforced in place */
};

struct tier {
    const struct tier_ops *ops;
    int denied_fd; /* poll it for reading: denied() has something. -1: it never has */
};

struct tier_config {
    const char *node;
    const char *cgroup_root;   /* cgroup2 */
    const char *v1_root;       /* holds the hierarchies "devices" and "freezer" */
    const char *probe_dir;     /* not mounted nodev: a device node is made there for a moment */
    const char *infra_cgroups; /* below cgroup_root, separated by commas: may always open */
    struct rules gated;
    struct rules common;
};

/* Looks drivers up that the list names (rules.h), as this kernel has them now. */
void tier_resolve(struct rules *rules);

/* What the twins share. "ROOT/pumasi-NODE", made if needed; ERR_INVALID when too long. */
#define TIER_BASE_CAP 160
MUST_CHECK int tier_base(char dst[TIER_BASE_CAP], const char *root, const char *node,
                         struct err *err);

/* The names below a base that are ids, at most cap. */
size_t tier_list(const char *base, struct id *dst, size_t cap);

/* The i-th device that a lease may open, its own first, then the common ones; false at the end. */
bool tier_device(const struct tier_config *config, const struct tier_lease *l, size_t i,
                 struct rule *ret);

/* The next of the infrastructure's cgroups as "ROOT/NAME" into dst[TIER_BASE_CAP]; *at begins as
 * the list and moves on. False at the end. */
bool tier_next_infra(const char **at, const char *root, char dst[TIER_BASE_CAP]);

/* Tries the tiers, strongest first, each by really opening: ERR_UNSUPPORTED when none holds. The
 * config is copied, its texts are borrowed. */
MUST_CHECK int tier_create(const struct tier_config *config, struct tier **ret, struct err *err);
void tier_destroy(struct tier *t); /* NULL is fine */

/* Before any scheduler or container starts: nobody opens a gated device from here on, and the guard
 * that starts later takes this over. ERR_UNSUPPORTED where this kernel has no such gate. */
MUST_CHECK int tier_close_early(const struct tier_config *config, struct err *err);

/* Does the kernel refuse a gated device to a process of that cgroup and allow /dev/null? */
MUST_CHECK int tier_probe(const struct tier_config *config, const char *cgroup, struct err *err);

#endif
