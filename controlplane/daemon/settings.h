#ifndef PUMASI_CONTROLPLANE_DAEMON_SETTINGS_H
#define PUMASI_CONTROLPLANE_DAEMON_SETTINGS_H

#include "lib/base/config.h"

/* What pumasid can be told. The table is the manual: --help and --dump-config print it. */
extern const struct config_option settings_table[];

#endif
