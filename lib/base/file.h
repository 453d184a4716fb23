#ifndef PUMASI_LIB_BASE_FILE_H
#define PUMASI_LIB_BASE_FILE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/span.h"

#include <sys/types.h>

/*
 * Whole files: read up to a limit, written so that a reader or a crash sees the old content or the
 * new, never a part.
 *
 * Errors name the path: ERR_NOT_FOUND (the file or its directory is missing), ERR_DENIED (rights),
 * ERR_EXISTS, ERR_LIMIT, else ERR_IO. Paths are at most PATH_MAX - 16 bytes. Any thread; all block
 * on the disk.
 */

/* Appends the content to dst. More than dst can still take (its max): ERR_LIMIT. Pipes are read to
 * their end. On failure dst may hold a part. */
MUST_CHECK int file_read(const char *path, struct buf *dst, struct err *err);

/* The same for a secret: ERR_DENIED unless it is a regular file that belongs to root or to this
 * process's user and grants nothing to group and others. */
MUST_CHECK int file_read_private(const char *path, struct buf *dst, struct err *err);

/*
 * Puts the bytes in place of what is there, if anything: a temporary file beside it with exactly
 * `mode`, whatever the umask, fsync, rename, fsync of the directory. After success the content
 * outlives a power cut; after failure the old content stands and the temporary file is gone.
 */
MUST_CHECK int file_write(const char *path, struct span bytes, mode_t mode, struct err *err);

/* As file_write(), but ERR_EXISTS when anything has that name: for what must not be lost. */
MUST_CHECK int file_write_new(const char *path, struct span bytes, mode_t mode, struct err *err);

#endif
