#ifndef PUMASI_NODEAGENT_KERNEL_BPF_H
#define PUMASI_NODEAGENT_KERNEL_BPF_H

#include "lib/base/err.h"
#include "nodeagent/kernel/program.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The guard's program and maps in the kernel, by plain bpf(2). Attached with BPF_PROG_ATTACH, so it
 * outlives this process: only bpf_detach(), or removing the cgroup, ends it. Program and maps carry
 * names that follow from the node's id; that is how a restarted guard finds its own again, with all
 * rows, without any file. One thread.
 */
#define BPF_ROWS_MAX     4096
#define BPF_GATES_MAX    128
#define BPF_DENIED_BYTES 65536 /* of the ring of denied opens: over a thousand */

/* Attaches this build's program to the cgroup2 directory. Where one of this node is attached, its
 * maps go on and it is replaced in one step; *ret_found says so. A kernel that can't tell of denied
 * opens gets the program without that. ERR_UNSUPPORTED names the call that the kernel refused. */
MUST_CHECK int bpf_attach(const char *cgroup, const char *node, struct program_maps *ret,
                          bool *ret_found, struct err *err);
void bpf_maps_close(struct program_maps *maps); /* the program stays attached */

/* Takes every program of this node off the directory; none is fine. */
MUST_CHECK int bpf_detach(const char *cgroup, const char *node, int *ret_count, struct err *err);

/* 0, or a negative errno. put replaces; next with key NULL gives the first. */
int bpf_map_put(int map, const void *key, const void *value);
int bpf_map_get(int map, const void *key, void *ret_value);
int bpf_map_drop(int map, const void *key);
int bpf_map_next(int map, const void *key, void *ret_key);

#endif
