#ifndef PUMASI_NODEAGENT_KERNEL_TIER_V1_H
#define PUMASI_NODEAGENT_KERNEL_TIER_V1_H

#include "nodeagent/kernel/tier.h"

/*
 * The second tier, for kernels that refuse the program: leases in "v1_root/devices/pumasi-NODE" and
 * "v1_root/freezer/pumasi-NODE". Weaker, and the status says so: processes outside leases are not
 * kept away, an expiry needs the guard alive, nothing is counted, and infrastructure needs no rows.
 * ERR_UNSUPPORTED when a hierarchy is missing, the probe does not hold, or a gated device has no
 * exact minor (v1 can't take one minor out of all).
 */
MUST_CHECK int tier_v1_create(const struct tier_config *config, struct tier **ret, struct err *err);

#endif
