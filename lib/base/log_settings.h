#ifndef PUMASI_LIB_BASE_LOG_SETTINGS_H
#define PUMASI_LIB_BASE_LOG_SETTINGS_H

#include "lib/base/config.h"
#include "lib/base/log.h"

/* How a daemon is told about its log: two rows for its table of settings, the same in each. */
#define LOG_SETTINGS                                                                               \
    {"log.level", CONFIG_TEXT, "info", 0, 0, "least to log: debug, info, warn or error"},          \
    {                                                                                              \
        "log.format", CONFIG_TEXT, "logfmt", 0, 0, "logfmt or json"                                \
    }

/* The program's log on standard error, as the two say; ERR_INVALID: one names nothing that there
 * is. On success *ret is the caller's (log_destroy()). The table must have both rows. */
MUST_CHECK int log_settings_open(const char *program, const struct config *c, struct log **ret,
                                 struct err *err);

#endif
