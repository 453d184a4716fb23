#ifndef PUMASI_CLI_CELL_H
#define PUMASI_CLI_CELL_H

#include "cli/view.h"
#include "lib/base/buf.h"

#include <jansson.h>

/*
 * One value of a JSON document as text.
 *
 * cell_show(): for people, by the column's format, in their language, clean for a terminal
 * (cli/width.h); what is absent is "-". cell_plain(): for programs (csv, name): codes, plain
 * numbers, instants in RFC 3339; what is absent is empty. A value that doesn't fit the column's
 * format is printed as it is. Both append.
 */
void cell_show(struct buf *dst, const struct column *column, const json_t *value);
void cell_plain(struct buf *dst, const struct column *column, const json_t *value);

/* Are the column's values set flush right? */
bool cell_is_number(const struct column *column);

#endif
