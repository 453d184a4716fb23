#ifndef PUMASI_NODEAGENT_GUARD_SETTINGS_H
#define PUMASI_NODEAGENT_GUARD_SETTINGS_H

#include "lib/base/config.h"
#include "lib/base/err.h"
#include "nodeagent/guard/guard.h"
#include "nodeagent/guard/tier.h"

#include <stdbool.h>

/*
 * The command line and the one table of settings of pumasi-guard, and what they mean to its parts.
 */
enum settings_action {
    SETTINGS_RUN,
    SETTINGS_HELP,
    SETTINGS_VERSION,
    SETTINGS_DUMP,
    SETTINGS_DETACH
};

struct settings {
    enum settings_action action;
    struct config *config;
};

extern const struct config_option settings_table[];

/* --config FILE, --set SECTION.KEY=VALUE, --node ID, --cgroup-root DIR, --help, --version,
 * --dump-config, --detach; later ones win. ERR_INVALID names the argument. */
MUST_CHECK int settings_init(struct settings *s, int argc, char **argv, struct err *err);
void settings_fini(struct settings *s);

/* What the tiers need. ERR_INVALID: no node, bad device lists, paths that are too long. */
MUST_CHECK int settings_tier(const struct settings *s, struct tier_config *ret, struct err *err);

/* What the guard needs: reads the boot id and the key directories. */
MUST_CHECK int settings_guard(const struct settings *s, struct guard_config *ret, struct err *err);

#endif
