#ifndef PUMASI_CONTROLPLANE_SIM_OPTIONS_H
#define PUMASI_CONTROLPLANE_SIM_OPTIONS_H

#include "controlplane/sim/calendar_run.h"
#include "controlplane/sim/lend_run.h"
#include "controlplane/sim/pack_run.h"
#include "lib/base/err.h"

#include <stdbool.h>

/* The command line of pumasi-sim. Texts are borrowed from argv. */
enum options_command {
    OPTIONS_NOTHING, /* help or version was shown, there is nothing to do */
    OPTIONS_SCENARIO,
    OPTIONS_CALENDAR,
    OPTIONS_PACK,
    OPTIONS_LEND,
};

struct options {
    enum options_command command;
    const char *file;       /* the scenario */
    const char *statements; /* directory for the statements; NULL: none are written */
    bool json;
    struct calendar_run_files calendar;
    struct pack_run_options pack;
    struct lend_run_options lend;
};

/* Prints help and version itself. ERR_INVALID says what is wrong. */
MUST_CHECK int options_parse(int argc, char **argv, struct options *ret, struct err *err);

#endif
