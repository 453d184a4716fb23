#ifndef PUMASI_CONTROLPLANE_DAEMON_SETTINGS_H
#define PUMASI_CONTROLPLANE_DAEMON_SETTINGS_H

#include "lib/base/config.h"
#include "lib/base/log.h"

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

/* The program's log on standard error, as log.level and log.format say; ERR_INVALID: they name none
 * that there is. On success *ret is the caller's (log_destroy()). */
MUST_CHECK int settings_open_log(const struct config *c, struct log **ret, struct err *err);

#endif
