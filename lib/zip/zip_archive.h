#ifndef PUMASI_LIB_ZIP_ZIP_ARCHIVE_H
#define PUMASI_LIB_ZIP_ZIP_ARCHIVE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

/*
 * An archive of a few files. Names are relative paths of ASCII without "..". Reading refuses, as
 * ERR_CORRUPT, whatever is damaged, encrypted, named twice or larger than ZIP_BYTES. One thread.
 */
#define ZIP_BYTES    (128u << 20) /* of all members together, unpacked */
#define ZIP_MEMBERS  1024
#define ZIP_NAME_CAP 256

struct zip_member {
    char name[ZIP_NAME_CAP];
    struct buf bytes;
};

struct zip_archive {
    struct zip_member *members; /* in the order of the archive */
    size_t n;
};

void zip_archive_fini(struct zip_archive *z); /* safe on a zeroed struct */

/* A new member; its bytes are to be appended, borrowed until the next one. A name that is taken or
 * bad is a broken promise. */
struct buf *zip_archive_add(struct zip_archive *z, const char *name);
const struct zip_member *zip_archive_find(const struct zip_archive *z, const char *name);

/* Appends the archive. ERR_LIMIT: out is full, or a member was; ERR_IO. */
MUST_CHECK int zip_archive_write(const struct zip_archive *z, struct buf *out, struct err *err);

/* *ret is overwritten; zip_archive_fini() ends it. */
MUST_CHECK int zip_archive_read(struct span bytes, struct zip_archive *ret, struct err *err);

#endif
