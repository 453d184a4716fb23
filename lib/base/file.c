/* Files read whole. No state. */
#include "lib/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int read_all(int fd, struct buf *out)
{
    char chunk[4096];

    while (!out->full) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return (int)n;
        buf_append(out, chunk, (size_t)n);
    }
    return 0;
}

int file_read(const char *path, struct buf *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: can't open: %s", path,
                       strerror(errno));
    int rc = read_all(fd, out);
    int why = errno;
    close(fd);
    if (rc < 0)
        return err_set(err, ERR_IO, "%s: can't read: %s", path, strerror(why));
    if (out->full)
        return err_set(err, ERR_LIMIT, "%s: larger than %zu bytes", path, out->max);
    return 0;
}
