/* Reads /proc. A walk owns its descriptor of /proc and one buffer of directory entries. */
#include "nodeagent/kernel/procs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool proc_walk_init(struct proc_walk *w)
{
    *w = (struct proc_walk){.fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return w->fd >= 0;
}

void proc_walk_fini(struct proc_walk *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

void proc_walk_rewind(struct proc_walk *w)
{
    (void)lseek(w->fd, 0, SEEK_SET);
    w->at = w->len = 0;
}

/* The next name of a directory that is being read, or NULL. */
static const char *next_name(int fd, char *entries, size_t cap, size_t *at, size_t *len)
{
    if (*at >= *len) {
        ssize_t n = getdents64(fd, entries, cap);
        *at = 0;
        *len = n > 0 ? (size_t)n : 0;
        if (n <= 0)
            return NULL;
    }
    struct dirent64 *entry = (struct dirent64 *)(void *)(entries + *at);
    *at += entry->d_reclen;
    return entry->d_name;
}

bool proc_walk_next(struct proc_walk *w, pid_t *ret)
{
    const char *name;
    while ((name = next_name(w->fd, w->entries, sizeof w->entries, &w->at, &w->len)) != NULL) {
        if (name[0] < '1' || name[0] > '9')
            continue;
        *ret = (pid_t)strtol(name, NULL, 10);
        return true;
    }
    return false;
}

/* Reads a small file of the process as text. */
static bool read_file(pid_t pid, const char *name, char *dst, size_t cap)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t len = 0;
    ssize_t n;
    while (len < cap - 1 && (n = read(fd, dst + len, cap - 1 - len)) > 0)
        len += (size_t)n;
    close(fd);
    dst[len] = '\0';
    return len > 0;
}

/* Is the controller in the list "cpu,cpuacct" that begins at list and ends at end? */
static bool lists(const char *list, const char *end, const char *controller)
{
    size_t n = strlen(controller);
    while (list <= end) {
        const char *comma = memchr(list, ',', (size_t)(end - list));
        const char *stop = comma ? comma : end;
        if ((size_t)(stop - list) == n && memcmp(list, controller, n) == 0)
            return true;
        list = stop + 1;
    }
    return false;
}

bool proc_cgroup(pid_t pid, const char *controller, char *dst, size_t cap)
{
    char text[8192];
    if (!read_file(pid, "cgroup", text, sizeof text))
        return false;
    /* lines of "number:controllers:path" */
    for (char *line = text, *next; *line != '\0'; line = next) {
        size_t n = strcspn(line, "\n");
        next = line + n + (line[n] == '\n');
        line[n] = '\0';
        char *list = strchr(line, ':');
        char *path = list ? strchr(list + 1, ':') : NULL;
        if (!path || !lists(list + 1, path, controller))
            continue;
        size_t len = strlen(path + 1);
        if (len >= cap)
            return false;
        memcpy(dst, path + 1, len + 1);
        return true;
    }
    return false;
}

const char *path_below(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    if (strncmp(path, dir, n) != 0 || (path[n] != '\0' && path[n] != '/'))
        return NULL;
    return path[n] == '/' ? path + n + 1 : path + n;
}

bool proc_uid(pid_t pid, uint32_t *ret)
{
    char text[4096];
    unsigned real, effective, saved, fs;
    const char *line = read_file(pid, "status", text, sizeof text) ? strstr(text, "\nUid:") : NULL;
    if (!line || sscanf(line, "\nUid: %u %u %u %u", &real, &effective, &saved, &fs) != 4)
        return false;
    *ret = real;
    return real == effective && real == saved && real == fs;
}

static void devices_in(pid_t pid, const char *dir, proc_device_fn fn, void *arg)
{
    char path[64];
    _Alignas(8) char entries[4096];
    size_t at = 0, len = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, dir);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    const char *name;
    while ((name = next_name(fd, entries, sizeof entries, &at, &len)) != NULL) {
        struct statx st;
        if (name[0] == '.' || statx(fd, name, AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0)
            continue;
        if (S_ISCHR(st.stx_mode))
            fn(arg, pid, st.stx_rdev_major, st.stx_rdev_minor);
    }
    close(fd);
}

void proc_devices(pid_t pid, proc_device_fn fn, void *arg)
{
    devices_in(pid, "fd", fn, arg);
    devices_in(pid, "map_files", fn, arg);
}
