#ifndef PUMASI_NODEAGENT_KERNEL_PROGRAM_H
#define PUMASI_NODEAGENT_KERNEL_PROGRAM_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The program that the kernel runs at every open of a device (BPF_PROG_TYPE_CGROUP_DEVICE), put
 * together by hand, so that the guard needs neither a compiler nor a library for it:
 *
 *   neither reading nor writing (mknod): allow
 *   no gate for (major, minor) or (major, any): allow
 *   for the cgroup of the task and each of its ancestors, from the top down:
 *     a row (cgroup, device), or (cgroup, any device): allow until it expires on the boot clock,
 *     deny after; the row counts both
 *   deny, and the gate counts it
 *
 * Each denied open is also put into a ring buffer, as struct denied_open; what does not fit is only
 * counted. A row (cgroup, any device) that has expired from the first counts what a lease was
 * refused of devices that are not its own.
 *
 * Programs of child cgroups cannot widen this: the kernel ANDs the answers. Pure, any thread.
 */
#define PROGRAM_LEVELS    12 /* depth of the cgroup tree that is searched */
#define PROGRAM_INSNS_MAX 384
#define PROGRAM_ANY       UINT32_MAX /* major and minor of a row for every device; minor of a gate */

/* Keys and values of the two hash maps. */
struct gate_key {
    uint32_t major;
    uint32_t minor;
};
struct gate_value {
    uint64_t denied; /* opens that no row allowed */
};
struct row_key {
    uint64_t cgroup;
    uint32_t major;
    uint32_t minor;
};
struct row {
    uint64_t expires_ns; /* CLOCK_BOOTTIME */
    uint64_t opens;
    uint64_t denials; /* after expiry */
};

/* What goes into the ring buffer. */
struct denied_open {
    uint64_t boot_ns;
    uint64_t cgroup; /* of the row that refused, else the task's own; 0: the root */
    uint32_t major;
    uint32_t minor;
    uint32_t thread;
    uint32_t pid;
};

struct program_maps {
    int gates;
    int rows;
    int denied; /* ring buffer; -1: this kernel gives the program none */
};

/* Writes the program for those maps; returns the number of instructions. */
size_t program_assemble(struct bpf_insn dst[PROGRAM_INSNS_MAX], const struct program_maps *maps);

#endif
