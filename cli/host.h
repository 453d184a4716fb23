#ifndef PUMASI_CLI_HOST_H
#define PUMASI_CLI_HOST_H

#include "lib/base/env.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * Where the program runs: its environment variables, its streams, its clock and dice. main() fills
 * it from the process; tests fill it with pipes and a fake clock. A plain value, borrowed by
 * everything below.
 */
struct host {
    struct env env;
    const char *const *variables; /* "NAME=value", ended by NULL */
    const char *program_path;     /* of the executable; "" when unknown */
    FILE *in, *out, *talk;        /* data goes to out, everything said to people to talk */
    bool out_is_terminal;
    bool talk_is_terminal;
    int terminal_columns; /* 0: unknown, lines are not cut */
};

/* The value of a variable, or NULL when it is not set. An empty value counts as not set. */
const char *host_variable(const struct host *host, const char *name);

/* What host_real() needs to keep; lives as long as the host. */
struct host_memory {
    char program_path[PATH_MAX];
};

/* The host of this process. variables: `environ`; borrowed. */
struct host host_real(const char *const *variables, struct host_memory *memory);

#endif
