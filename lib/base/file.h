#ifndef PUMASI_LIB_BASE_FILE_H
#define PUMASI_LIB_BASE_FILE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Appends the whole file to `out`. ERR_NOT_FOUND, ERR_IO, or ERR_LIMIT when it is larger than
 * out->max; the text names the path. May block on a slow disk. */
MUST_CHECK int file_read(const char *path, struct buf *out, struct err *err);

#endif
