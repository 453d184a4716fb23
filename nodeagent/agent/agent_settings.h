#ifndef PUMASI_NODEAGENT_AGENT_AGENT_SETTINGS_H
#define PUMASI_NODEAGENT_AGENT_AGENT_SETTINGS_H

#include "lib/base/config.h"

#include <stdbool.h>

/* What pumasi-agent can be told; --help and --dump-config print the table. */
extern const struct config_option agent_settings_table[];

/* Reads the command line. *ret_shown: help, version or settings were printed and nothing is to run.
 * On success *ret is the caller's (config_destroy()). */
MUST_CHECK int agent_settings_read(int argc, char **argv, struct config **ret, bool *ret_shown,
                                   struct err *err);

#endif
