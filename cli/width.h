#ifndef PUMASI_CLI_WIDTH_H
#define PUMASI_CLI_WIDTH_H

#include "lib/base/buf.h"

#include <stddef.h>

/*
 * Text in columns of a terminal: a Hangul syllable takes two, also when it comes in parts (NFD, as
 * macOS writes file names). Widths never come from the locale nor from the count of bytes. Pure.
 */

/* Appends the text as it may go to a terminal: NFC, control characters shown as U+FFFD, bad UTF-8
 * too. Nothing that a server sends can move the cursor. */
void width_clean(struct buf *dst, const char *text);

/* Columns that a clean text takes. */
size_t width_of(const char *text);

/* Appends at most `columns` columns of a clean text, cut between graphemes; a cut text ends with
 * "…". Returns the columns used. */
size_t width_cut(struct buf *dst, const char *text, size_t columns);

/* Appends the text, then (or, with `right`, before it) blanks up to `columns`. */
void width_pad(struct buf *dst, const char *text, size_t columns, bool right);

#endif
