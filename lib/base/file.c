/*
 * Whole files. Owns nothing between calls: every descriptor and temporary file opened here is
 * closed or removed here. Any thread.
 *
 * Invariant: a path only ever names complete content, because it is only ever reached by rename or
 * link of a file that has been synced.
 */
#include "lib/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP 16384

/* errno as an error of ours; the path and the deed stand in the text. */
static int file_failed(struct err *err, const char *deed, const char *path)
{
    enum err_code code = ERR_IO;
    if (errno == ENOENT || errno == ENOTDIR)
        code = ERR_NOT_FOUND;
    else if (errno == EACCES || errno == EPERM || errno == EROFS)
        code = ERR_DENIED;
    else if (errno == EEXIST)
        code = ERR_EXISTS;
    return err_set(err, code, "%s: %s: %m", path, deed);
}

static int read_to_end(int fd, const char *path, struct buf *dst, struct err *err)
{
    char step[READ_STEP];
    int rc = 0;
    while (rc == 0) {
        ssize_t n = read(fd, step, sizeof(step));
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = file_failed(err, "can't read", path);
            break;
        }
        buf_append(dst, step, (size_t)n);
        if (dst->full)
            rc = err_set(err, ERR_LIMIT, "%s: larger than %zu bytes", path, dst->max);
    }
    explicit_bzero(step, sizeof(step)); /* it may have held a key */
    return rc;
}

static int open_to_read(const char *path, int flags, int *ret_fd, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0)
        return file_failed(err, "can't open", path);
    *ret_fd = fd;
    return 0;
}

/* Asked of the open descriptor, so that what was checked is what is read. */
static int check_private(int fd, const char *path, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return file_failed(err, "can't look at", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_DENIED, "%s: a secret must be a regular file", path);
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return err_set(err, ERR_DENIED, "%s: belongs to another user (%u)", path,
                       (unsigned)st.st_uid);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(err, ERR_DENIED, "%s: mode %03o lets others at a secret; chmod 600 it", path,
                       (unsigned)(st.st_mode & 0777));
    return 0;
}

int file_read(const char *path, struct buf *dst, struct err *err)
{
    int fd = -1;
    TRY(open_to_read(path, 0, &fd, err));
    int rc = read_to_end(fd, path, dst, err);
    close(fd);
    return rc;
}

int file_read_private(const char *path, struct buf *dst, struct err *err)
{
    int fd = -1;
    TRY(open_to_read(path, O_NONBLOCK, &fd, err)); /* a pipe in its place must not hang us */
    int rc = check_private(fd, path, err);
    if (rc == 0)
        rc = read_to_end(fd, path, dst, err);
    close(fd);
    return rc;
}

static int write_all(int fd, struct span bytes, const char *path, struct err *err)
{
    size_t done = 0;
    while (done < bytes.len) {
        ssize_t n = write(fd, bytes.data + done, bytes.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return file_failed(err, "can't write", path);
        done += (size_t)n;
    }
    if (fsync(fd) != 0)
        return file_failed(err, "can't sync", path);
    return 0;
}

/* The directory's own entry must be on disk too, or a power cut brings the old name back. */
static int sync_directory_of(const char *path, struct err *err)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    if (!slash)
        snprintf(dir, sizeof(dir), ".");
    else
        snprintf(dir, sizeof(dir), "%.*s", len > 0 ? (int)len : 1, path);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return file_failed(err, "can't open", dir);
    int rc = fsync(fd) == 0 ? 0 : file_failed(err, "can't sync", dir);
    close(fd);
    return rc;
}

/* Makes the complete, synced temporary file beside path; its name comes back in tmp. */
static int write_temporary(const char *path, struct span bytes, mode_t mode, char tmp[PATH_MAX],
                           struct err *err)
{
    int len = snprintf(tmp, PATH_MAX, "%s.tmp-XXXXXX", path);
    if (len < 0 || len >= PATH_MAX)
        return err_set(err, ERR_INVALID, "path of a file: longer than %d bytes", PATH_MAX - 16);
    int fd = mkostemp(tmp, O_CLOEXEC);
    if (fd < 0)
        return file_failed(err, "can't create a file beside it", path);
    int rc = fchmod(fd, mode) == 0 ? 0 : file_failed(err, "can't set the mode", tmp);
    if (rc == 0)
        rc = write_all(fd, bytes, tmp, err);
    if (close(fd) != 0 && rc == 0)
        rc = file_failed(err, "can't close", tmp);
    if (rc != 0)
        unlink(tmp);
    return rc;
}

int file_write(const char *path, struct span bytes, mode_t mode, struct err *err)
{
    char tmp[PATH_MAX];
    TRY(write_temporary(path, bytes, mode, tmp, err));
    if (rename(tmp, path) != 0) {
        int rc = file_failed(err, "can't replace", path);
        unlink(tmp);
        return rc;
    }
    return sync_directory_of(path, err);
}

int file_write_new(const char *path, struct span bytes, mode_t mode, struct err *err)
{
    char tmp[PATH_MAX];
    TRY(write_temporary(path, bytes, mode, tmp, err));
    int rc = link(tmp, path) == 0 ? 0 : file_failed(err, "can't create", path);
    unlink(tmp);
    if (rc == 0)
        rc = sync_directory_of(path, err);
    return rc;
}
