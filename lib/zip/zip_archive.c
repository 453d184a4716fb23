/* Members in memory; libzip packs and unpacks through buffers. Invariant: no name twice. */
#include "lib/zip/zip_archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <zip.h>

/* 1980-01-01, the earliest that a zip can say: no clock in the file. */
#define EPOCH INT64_C(315532800)

void zip_archive_fini(struct zip_archive *z)
{
    for (size_t i = 0; i < z->n; i++)
        buf_fini(&z->members[i].bytes);
    free(z->members);
    *z = (struct zip_archive){0};
}

static bool name_good(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len >= ZIP_NAME_CAP || name[0] == '/' || strstr(name, ".."))
        return false;
    for (const unsigned char *p = (const unsigned char *)name; *p; p++) {
        if (*p <= ' ' || *p > '~' || *p == '\\')
            return false;
    }
    return true;
}

struct buf *zip_archive_add(struct zip_archive *z, const char *name)
{
    ENSURE(name_good(name) && zip_archive_find(z, name) == NULL && z->n < ZIP_MEMBERS);
    z->members = reallocarray(z->members, z->n + 1, sizeof(*z->members));
    ENSURE(z->members != NULL);
    struct zip_member *m = &z->members[z->n++];
    *m = (struct zip_member){0};
    snprintf(m->name, sizeof(m->name), "%s", name);
    buf_init(&m->bytes, ZIP_BYTES);
    return &m->bytes;
}

const struct zip_member *zip_archive_find(const struct zip_archive *z, const char *name)
{
    for (size_t i = 0; i < z->n; i++) {
        if (strcmp(z->members[i].name, name) == 0)
            return &z->members[i];
    }
    return NULL;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static int fill(zip_t *zip, const struct zip_archive *z, struct err *err)
{
    for (size_t i = 0; i < z->n; i++) {
        const struct zip_member *m = &z->members[i];
        if (m->bytes.full)
            return err_set(err, ERR_LIMIT, "%s is too large for a bundle", m->name);
        zip_source_t *source = zip_source_buffer(zip, m->bytes.data, m->bytes.len, 0);
        zip_int64_t at = source ? zip_file_add(zip, m->name, source, ZIP_FL_ENC_UTF_8) : -1;
        if (at < 0)
            return err_set(err, ERR_IO, "%s: %s", m->name, zip_strerror(zip));
        zip_file_set_mtime(zip, (zip_uint64_t)at, EPOCH, 0);
        zip_file_set_external_attributes(zip, (zip_uint64_t)at, 0, ZIP_OPSYS_UNIX, 0644u << 16);
    }
    return 0;
}

static int take(zip_source_t *source, struct buf *out, struct err *err)
{
    char block[16384];
    zip_int64_t n;
    if (zip_source_open(source) < 0)
        return err_set(err, ERR_IO, "the archive can't be read back");
    while ((n = zip_source_read(source, block, sizeof(block))) > 0)
        buf_append(out, block, (size_t)n);
    zip_source_close(source);
    if (n < 0)
        return err_set(err, ERR_IO, "the archive can't be read back");
    return out->full ? err_set(err, ERR_LIMIT, "the archive is too large") : 0;
}

int zip_archive_write(const struct zip_archive *z, struct buf *out, struct err *err)
{
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_TRUNCATE, NULL) : NULL;
    ENSURE(zip != NULL);
    zip_source_keep(source);
    int rc = fill(zip, z, err);
    if (rc < 0)
        zip_discard(zip);
    else if (zip_close(zip) < 0) {
        rc = err_set(err, ERR_IO, "%s", zip_strerror(zip));
        zip_discard(zip);
    } else {
        rc = take(source, out, err);
    }
    zip_source_free(source);
    return rc;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int read_member(zip_t *zip, zip_uint64_t i, uint64_t *room, struct zip_archive *z,
                       struct err *err)
{
    zip_stat_t stat;
    if (zip_stat_index(zip, i, 0, &stat) < 0 || !name_good(stat.name) ||
        zip_archive_find(z, stat.name))
        return err_set(err, ERR_CORRUPT, "member %llu has a bad name, or one that is there twice",
                       (unsigned long long)i);
    if (stat.size > *room)
        return err_set(err, ERR_LIMIT, "%s: the archive unpacks to too much", stat.name);
    *room -= stat.size;
    zip_file_t *file = zip_fopen_index(zip, i, 0);
    char *bytes = malloc(stat.size + 1);
    ENSURE(bytes != NULL);
    zip_int64_t n = file ? zip_fread(file, bytes, stat.size) : -1;
    char beyond; /* the checksum is looked at when the end is read */
    bool good = n == (zip_int64_t)stat.size && zip_fread(file, &beyond, 1) == 0;
    if (file)
        zip_fclose(file);
    if (good)
        buf_append(zip_archive_add(z, stat.name), bytes, stat.size);
    free(bytes);
    return good ? 0 : err_set(err, ERR_CORRUPT, "%s is damaged", stat.name);
}

int zip_archive_read(struct span bytes, struct zip_archive *ret, struct err *err)
{
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *source = zip_source_buffer_create(bytes.data, bytes.len, 0, &why);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &why) : NULL;
    if (zip == NULL) {
        zip_source_free(source);
        zip_error_fini(&why);
        return err_set(err, ERR_CORRUPT, "this is no archive, or a damaged one");
    }
    *ret = (struct zip_archive){0};
    zip_int64_t n = zip_get_num_entries(zip, 0);
    uint64_t room = ZIP_BYTES;
    int rc = n > ZIP_MEMBERS ? err_set(err, ERR_LIMIT, "more than %d members", ZIP_MEMBERS) : 0;
    for (zip_int64_t i = 0; rc == 0 && i < n; i++)
        rc = read_member(zip, (zip_uint64_t)i, &room, ret, err);
    zip_discard(zip);
    zip_error_fini(&why);
    if (rc < 0)
        zip_archive_fini(ret);
    return rc;
}
