#ifndef PUMASI_CLI_HELP_H
#define PUMASI_CLI_HELP_H

#include "cli/command.h"
#include "lib/base/buf.h"

/* Help texts from the table of commands, in the reader's language. All append. */

void help_program(struct buf *dst);                          /* what there is: `pumasi` alone */
void help_noun(struct buf *dst, const char *noun);           /* the verbs of a noun */
void help_command(struct buf *dst, const struct command *c); /* examples first, then all options */

/* "pumasi lease book --allocation NAME --gpus N [options]" */
void help_usage(struct buf *dst, const struct command *c);

/* "-o, --output FORMAT" */
void help_option_form(struct buf *dst, const struct command_option *o);

/* The help of an option with its choices and default: "how results are printed (table, wide;
 * default: table)" */
void help_option_text(struct buf *dst, const struct command_option *o);

#endif
