#ifndef PUMASI_NODEAGENT_GUARD_SETTINGS_H
#define PUMASI_NODEAGENT_GUARD_SETTINGS_H

#include "lib/base/config.h"
#include "lib/base/err.h"
#include "nodeagent/guard/guard.h"
#include "nodeagent/kernel/tier.h"

/*
 * The one table of settings of pumasi-guard, and what they mean to its parts. What is handed out
 * borrows from the struct config, which is of that table and outlives it.
 */
extern const struct config_option settings_table[];

/* What the tiers need. ERR_INVALID: no node, bad device lists, paths that are too long. */
MUST_CHECK int settings_tier(const struct config *config, struct tier_config *ret, struct err *err);

/* What the guard needs: reads the boot id and the key directories. */
MUST_CHECK int settings_guard(const struct config *config, struct guard_config *ret,
                              struct err *err);

#endif
