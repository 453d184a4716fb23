#ifndef PUMASI_NODEAGENT_KERNEL_PROCS_H
#define PUMASI_NODEAGENT_KERNEL_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What /proc tells of processes: which there are, in which cgroup each is, which devices each
 * holds open or mapped, as whom it runs. Processes come and go while it is read: one that is gone
 * simply has no answer. Allocates nothing. One thread per walk.
 */
struct proc_walk {
    int fd; /* of /proc; -1: not begun */
    size_t at, len;
    _Alignas(8) char entries[4096];
};

/* Opens /proc. False when it can't. */
bool proc_walk_init(struct proc_walk *w);
void proc_walk_fini(struct proc_walk *w);
void proc_walk_rewind(struct proc_walk *w);
/* The next process, or false at the end. */
bool proc_walk_next(struct proc_walk *w, pid_t *ret);

/* The cgroup path of the process, as /proc/PID/cgroup has it; controller "" for cgroup2, else
 * "devices", "freezer". False when the process or the hierarchy is not there. */
bool proc_cgroup(pid_t pid, const char *controller, char *dst, size_t cap);

/* What follows dir in path: "" when equal, "x/y" for "dir/x/y"; NULL when path is not below. */
const char *path_below(const char *path, const char *dir);

/* Real, effective, saved and file-system uid, if all four are the same. */
bool proc_uid(pid_t pid, uint32_t *ret);

/* Calls fn for each character device that the process holds by a descriptor or a mapping, once a
 * holding. Never waits for a file server: answers come from the kernel's own memory. */
typedef void (*proc_device_fn)(void *arg, pid_t pid, uint32_t major, uint32_t minor);
void proc_devices(pid_t pid, proc_device_fn fn, void *arg);

#endif
