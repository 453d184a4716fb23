#ifndef PUMASI_LIB_JSON_POSITION_H
#define PUMASI_LIB_JSON_POSITION_H

#include "lib/base/buf.h"

/* Appends the path ("usage[3].from") of the value that the first `offset` bytes of a JSON text end
 * in: jansson's own errors know only line and column. Nothing for the document itself. The text may
 * be any bytes. */
void position_path(struct span text, size_t offset, struct buf *out);

#endif
