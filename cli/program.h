#ifndef PUMASI_CLI_PROGRAM_H
#define PUMASI_CLI_PROGRAM_H

#include "cli/host.h"

/*
 * The whole program but for the process around it: language, command line, command, error.
 * Returns the exit code (lib/base/err.h): 0 ok, 1 failed, 2 usage, 3 the plan has changes, 4 sign
 * in, 5 denied, 6 not found, 7 conflict or stale, 8 waiting for approval, 9 outcome unknown, 10
 * verification failed, 130 interrupted.
 */
int program_run(const struct host *host, int argc, const char *const argv[]);

#endif
