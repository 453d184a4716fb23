#ifndef PUMASI_CONTROLPLANE_DAEMON_SETTINGS_H
#define PUMASI_CONTROLPLANE_DAEMON_SETTINGS_H

#include "lib/base/config.h"

#include <stdbool.h>

/* What pumasid can be told. The table is the manual: --help and --dump-config print it. */
extern const struct config_option settings_table[];

enum settings_wish {
    SETTINGS_RUN,
    SETTINGS_SHOWN /* help, version or settings were printed: nothing to run */
};

/* Reads the command line (--config FILE, --set SECTION.KEY=VALUE, --help, --version,
 * --dump-config). On success *ret is the caller's (config_destroy()). */
MUST_CHECK int settings_read(int argc, char **argv, struct config **ret, enum settings_wish *wish,
                             struct err *err);

#endif
