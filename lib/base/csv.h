#ifndef PUMASI_LIB_BASE_CSV_H
#define PUMASI_LIB_BASE_CSV_H

#include "lib/base/buf.h"

#include <stdbool.h>

/*
 * CSV by RFC 4180, safe to open in a spreadsheet: UTF-8 with a byte order mark (Excel in Korea
 * reads CP949 otherwise), and text that would run as a formula gets a leading apostrophe. All
 * append. Pure.
 */
void csv_begin(struct buf *dst);

/* number: an integer, whose minus sign is no formula. first: of its row. */
void csv_field(struct buf *dst, const char *text, bool number, bool first);
void csv_end_row(struct buf *dst);

#endif
