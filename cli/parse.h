#ifndef PUMASI_CLI_PARSE_H
#define PUMASI_CLI_PARSE_H

#include "cli/invocation.h"

/*
 * Reads a command line into an invocation: noun, verb, then options and arguments in any order.
 * Global options may stand anywhere; "--" ends the options. argv[0] is skipped.
 *
 * ERR_INVALID: an unknown word (with the nearest one that exists), a missing or bad value, a
 * missing option or argument. With --help or --version what is missing is not complained about.
 * After `pumasi` alone, or a noun with --help, the invocation has no command.
 */
MUST_CHECK int parse_command_line(struct invocation *inv, int argc, const char *const argv[],
                                  struct err *err);

/* The value of a global option, from a scan that knows nothing else: for the language and the form
 * of errors, which must be known before anything can fail. NULL when it isn't there. Borrowed. */
const char *parse_peek(int argc, const char *const argv[], const char *name);

/* The noun of the command line, or NULL: for `pumasi lease --help`. Borrowed. */
const char *parse_peek_noun(int argc, const char *const argv[]);

#endif
