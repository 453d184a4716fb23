#ifndef PUMASI_CLI_VERSION_H
#define PUMASI_CLI_VERSION_H

#include "cli/invocation.h"

/* Prints the program's name, version and API: for `pumasi version` and --version. */
MUST_CHECK int version_print(const struct invocation *inv, struct err *err);

#endif
