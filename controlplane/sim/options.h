#ifndef PUMASI_CONTROLPLANE_SIM_OPTIONS_H
#define PUMASI_CONTROLPLANE_SIM_OPTIONS_H

#include "lib/base/err.h"

#include <stdbool.h>

/* The command line of pumasi-sim. Texts are borrowed from argv. */
struct options {
    const char *file; /* the scenario; NULL: help or version was shown, there is nothing to do */
    const char *statements; /* directory for the statements; NULL: none are written */
    bool json;
};

/* Prints help and version itself. ERR_INVALID says what is wrong. */
MUST_CHECK int options_parse(int argc, char **argv, struct options *ret, struct err *err);

#endif
