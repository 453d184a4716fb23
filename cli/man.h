#ifndef PUMASI_CLI_MAN_H
#define PUMASI_CLI_MAN_H

#include "lib/base/buf.h"

/* Manual pages (roff, section 1) made from the table of commands in the reader's language. */

void man_program(struct buf *dst);                /* pumasi(1): all commands and global options */
void man_noun(struct buf *dst, const char *noun); /* pumasi-lease(1): its verbs */

#endif
