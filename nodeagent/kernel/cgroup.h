#ifndef PUMASI_NODEAGENT_KERNEL_CGROUP_H
#define PUMASI_NODEAGENT_KERNEL_CGROUP_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Cgroup directories and their files, of either hierarchy, by absolute path (at most
 * CGROUP_PATH_CAP with the NUL). Nothing here blocks but on the kernel; any thread.
 */
#define CGROUP_PATH_CAP 256

/* "dir/name" into dst; a path that is too long aborts: settings bound their lengths at start. */
void cgroup_path(char dst[CGROUP_PATH_CAP], const char *dir, const char *name);

/* Makes it unless it is there; the parent must be. */
MUST_CHECK int cgroup_make(const char *path, struct err *err);

/* Writes the text to a file of the cgroup. -ERR_NOT_FOUND when the cgroup or what the text names
 * (a process) is gone, else -ERR_IO. */
int cgroup_write(const char *path, const char *file, const char *text, struct err *err);

/* Reads the begin of a file as text; false when it can't be read. */
bool cgroup_read(const char *path, const char *file, char *dst, size_t cap);

/* Removes it with all cgroups below; true when it is gone. Any process in it keeps it. */
bool cgroup_remove(const char *path);

/* The kernel's id of a cgroup2 directory, as the BPF helpers give it; 0 when there is none. */
uint64_t cgroup_id(const char *path);

/* What /proc/PID/cgroup shows for that directory: its path below the mount point ("" for the mount
 * point itself; the path itself when there is no such directory). Borrowed from path. */
const char *cgroup_below_mount(const char *path);

#endif
