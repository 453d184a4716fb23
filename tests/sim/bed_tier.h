#ifndef PUMASI_TESTS_SIM_LAB_TIER_H
#define PUMASI_TESTS_SIM_LAB_TIER_H

#include "nodeagent/kernel/tier.h"

/*
 * A kernel: rows with expiries, cgroups with processes that take their time to die. It outlives the
 * guard, and ends with the boot. One process a lease is enough: it holds all its devices until it
 * is gone.
 */
#define BED_TIER_LEASES 160

struct bed_cgroup {
    struct id lease; /* none: free */
    struct grant_device devices[GRANT_DEVICES_MAX];
    size_t device_count;
    bool open;           /* until deadline_ns of the host's boot clock */
    int64_t deadline_ns; /* as the guard set it last */
    bool running;        /* a process is in it */
    bool stubborn;       /* and will not die for long */
    int64_t dies_at;     /* bed time; 0: nobody has killed it */
    uint64_t opens;
};

struct bed_tier {
    struct tier tier; /* first: the handle is the pointer to it */
    int host;
    struct bed_cgroup cgroups[BED_TIER_LEASES];
};

void bed_tier_init(struct bed_tier *t, int host);

/* The machine restarts: every process is gone, every row, every cgroup. */
void bed_tier_reboot(struct bed_tier *t);

/* Processes that were killed and have had their time die. */
void bed_tier_settle(struct bed_tier *t);

/* NULL when the lease has no cgroup. */
struct bed_cgroup *bed_tier_find(struct bed_tier *t, const struct id *lease);

#endif
