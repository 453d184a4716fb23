#ifndef PUMASI_CLI_COMPLETION_H
#define PUMASI_CLI_COMPLETION_H

#include "lib/base/buf.h"

/* Completion scripts made from the table of commands: nouns, verbs, options, words of choices;
 * files where an option takes one. All append a complete script. Pure. */
void completion_bash(struct buf *dst);
void completion_zsh(struct buf *dst);
void completion_fish(struct buf *dst);

#endif
