#ifndef PUMASI_NODEAGENT_KERNEL_TIER_BPF_H
#define PUMASI_NODEAGENT_KERNEL_TIER_BPF_H

#include "nodeagent/kernel/tier.h"

/* The first tier: the program at cgroup_root, leases in "cgroup_root/pumasi-NODE/LEASE". Attaches,
 * finds what an earlier guard left, drops rows of cgroups that are gone, and probes.
 * ERR_UNSUPPORTED when the kernel refuses or the probe does not hold: then nothing stays attached
 * that was not. */
MUST_CHECK int tier_bpf_create(const struct tier_config *config, struct tier **ret,
                               struct err *err);

#endif
