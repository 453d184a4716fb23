#ifndef PUMASI_CLI_VALUE_H
#define PUMASI_CLI_VALUE_H

#include "cli/command.h"
#include "lib/base/instant.h"

#include <stdint.h>

/*
 * Typed values as people write them. Checks `text` by the option's type and gives the number behind
 * it in the unit of the type (enum option_type); texts, names, files and choices give 0.
 * ERR_INVALID names the option, the value and what is expected. `now` is for "now" and "+2h". Pure.
 */
MUST_CHECK int value_parse(const struct command_option *option, const char *text,
                           struct instant now, int64_t *ret, struct err *err);

#endif
