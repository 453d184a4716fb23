#ifndef PUMASI_CLI_GRID_H
#define PUMASI_CLI_GRID_H

#include "lib/base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * A table of texts whose columns line up on a terminal, Hangul included. Fill it row by row, then
 * render; texts must be clean (cli/width.h) and are copied. Columns stand two blanks apart; the
 * last one is not padded.
 */
struct grid;

struct grid *grid_create(size_t columns); /* 1 or more; never NULL */
void grid_destroy(struct grid *g);        /* NULL is fine */

/* Sets a column flush right. */
void grid_set_right(struct grid *g, size_t column);

/* The next cell, row after row. */
void grid_add(struct grid *g, const char *text);

/* Appends all rows, each ended by a newline. max_columns: the terminal's width, 0: unlimited; the
 * widest columns are cut (never below 8) until the rows fit. bold_head: the first row in bold. The
 * last row must be complete. */
void grid_render(const struct grid *g, size_t max_columns, bool bold_head, struct buf *dst);

#endif
