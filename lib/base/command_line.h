#ifndef PUMASI_LIB_BASE_COMMAND_LINE_H
#define PUMASI_LIB_BASE_COMMAND_LINE_H

#include "lib/base/config.h"

/*
 * The command line of a daemon. Every daemon has
 *
 *     --config FILE            settings, in sections of KEY = VALUE
 *     --set SECTION.KEY=VALUE  one setting
 *     --dump-config            print the settings in force
 *     --help, --version
 *
 * and states the rest in a struct command_line; --help is printed from it. "--set VALUE" and
 * "--set=VALUE" mean the same; names are not shortened. Arguments count in their order, later ones
 * win; --help and --version end the reading.
 */
struct command_line_option {
    const char *name;    /* "node", for --node; NULL ends the table */
    const char *value;   /* what follows, as --help names it: "ID"; NULL: nothing follows */
    const char *setting; /* with a value: short for --set of this one, "node.id" */
    bool *ret_given;     /* without: becomes true when the option is there, else is untouched */
    const char *help;
};

/* All texts outlive what was read. */
struct command_line {
    const char *program;                       /* "pumasid" */
    const char *purpose;                       /* one sentence */
    const char *const *examples;               /* whole command lines; NULL ends them */
    const struct config_option *settings;      /* as for config_create() */
    const struct command_line_option *options; /* those of this program alone; may be NULL */
};

/*
 * *ret: the settings in force, the caller's (config_destroy()); NULL when help, version or settings
 * were printed on standard output and there is nothing left to do. ERR_INVALID names the argument
 * that is wrong; a file of settings fails as config_read_file() does. Blocks on the disk.
 */
MUST_CHECK int command_line_read(const struct command_line *line, int argc, char *const *argv,
                                 struct config **ret, struct err *err);

/* What a main() ends with: says on standard error what failed, and returns the exit code. */
int command_line_fail(const struct command_line *line, const struct err *err);

#endif
