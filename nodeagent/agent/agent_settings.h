#ifndef PUMASI_NODEAGENT_AGENT_AGENT_SETTINGS_H
#define PUMASI_NODEAGENT_AGENT_AGENT_SETTINGS_H

#include "lib/base/config.h"

/* What pumasi-agent can be told. The table is the manual: --help and --dump-config print it. */
extern const struct config_option agent_settings_table[];

#endif
