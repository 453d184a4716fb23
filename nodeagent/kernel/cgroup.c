/* Touches cgroup directories. Keeps nothing open and nothing in memory. */
#include "nodeagent/kernel/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void cgroup_path(char dst[CGROUP_PATH_CAP], const char *dir, const char *name)
{
    int n = snprintf(dst, CGROUP_PATH_CAP, "%s/%s", dir, name);
    ENSURE(n > 0 && n < CGROUP_PATH_CAP);
}

int cgroup_make(const char *path, struct err *err)
{
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return err_set(err, ERR_IO, "cgroup %s: %s", path, strerror(errno));
    return 0;
}

int cgroup_write(const char *path, const char *file, const char *text, struct err *err)
{
    char full[CGROUP_PATH_CAP];
    cgroup_path(full, path, file);
    int fd = open(full, O_WRONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
    int failure = n < 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    if (failure == 0)
        return 0;
    return err_set(err, failure == ENOENT || failure == ESRCH ? ERR_NOT_FOUND : ERR_IO,
                   "%s: writing \"%s\": %s", full, text, strerror(failure));
}

bool cgroup_read(const char *path, const char *file, char *dst, size_t cap)
{
    char full[CGROUP_PATH_CAP];
    cgroup_path(full, path, file);
    int fd = open(full, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, dst, cap - 1);
    close(fd);
    dst[n > 0 ? n : 0] = '\0';
    return n >= 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (kind == FTW_DP)
        (void)rmdir(path); /* what is in use stays, and so do its parents */
    return 0;
}

bool cgroup_remove(const char *path)
{
    if (rmdir(path) < 0 && errno != ENOENT)
        (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    return access(path, F_OK) < 0 && errno == ENOENT;
}

uint64_t cgroup_id(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

const char *cgroup_below_mount(const char *path)
{
    char prefix[CGROUP_PATH_CAP];
    struct stat own, upper;
    size_t n = strlen(path);
    ENSURE(n < sizeof prefix);
    memcpy(prefix, path, n + 1);
    if (stat(path, &own) < 0)
        return path;
    while (n > 0) {
        size_t cut = n - 1;
        while (cut > 0 && prefix[cut] != '/')
            cut--;
        prefix[cut] = '\0';
        if (stat(cut > 0 ? prefix : "/", &upper) < 0 || upper.st_dev != own.st_dev)
            break;
        n = cut;
    }
    return path + n;
}
