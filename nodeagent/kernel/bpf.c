/* Speaks bpf(2). Owns the descriptors of the maps for its caller; program descriptors are closed as
 * soon as the kernel holds the program. */
#include "nodeagent/kernel/bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ATTACHED_MAX 64 /* programs on one cgroup: the kernel's own limit */

/* Names as the kernel keeps them, 15 characters: a kind and 8 digits that follow from the node. */
enum name { NAME_PROGRAM, NAME_GATES, NAME_ROWS, NAME_DENIED };

static void make_name(char dst[BPF_OBJ_NAME_LEN], enum name kind, const char *node)
{
    static const char *const kinds[] = {"pumasi", "pumgat", "pumrow", "pumden"};
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *c = node; *c != '\0'; c++)
        hash = (hash ^ (uint8_t)*c) * 16777619u;
    int n = snprintf(dst, BPF_OBJ_NAME_LEN, "%s_%08x", kinds[kind], hash);
    ENSURE(n == BPF_OBJ_NAME_LEN - 1);
}

static int bpf(int command, union bpf_attr *attr)
{
    long rc = syscall(SYS_bpf, command, attr, sizeof *attr);
    return rc < 0 ? -errno : (int)rc;
}

static uint64_t address(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

static int map_call(int command, int map, const void *key, const void *value)
{
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.map_fd = (uint32_t)map;
    attr.key = address(key);
    attr.value = address(value); /* or next_key: the same word */
    return bpf(command, &attr);
}

int bpf_map_put(int map, const void *key, const void *value)
{
    return map_call(BPF_MAP_UPDATE_ELEM, map, key, value);
}

int bpf_map_get(int map, const void *key, void *ret_value)
{
    return map_call(BPF_MAP_LOOKUP_ELEM, map, key, ret_value);
}

int bpf_map_drop(int map, const void *key)
{
    return map_call(BPF_MAP_DELETE_ELEM, map, key, NULL);
}

int bpf_map_next(int map, const void *key, void *ret_key)
{
    return map_call(BPF_MAP_GET_NEXT_KEY, map, key, ret_key);
}

/* What a map of ours looks like, by its name. */
static const struct layout {
    uint32_t type, key, value, entries;
} layouts[] = {
    [NAME_GATES] = {BPF_MAP_TYPE_HASH, sizeof(struct gate_key), sizeof(struct gate_value),
                    BPF_GATES_MAX},
    [NAME_ROWS] = {BPF_MAP_TYPE_HASH, sizeof(struct row_key), sizeof(struct row), BPF_ROWS_MAX},
    [NAME_DENIED] = {BPF_MAP_TYPE_RINGBUF, 0, 0, BPF_DENIED_BYTES},
};

static int map_create(enum name kind, const char *node)
{
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.map_type = layouts[kind].type;
    attr.key_size = layouts[kind].key;
    attr.value_size = layouts[kind].value;
    attr.max_entries = layouts[kind].entries;
    make_name(attr.map_name, kind, node);
    return bpf(BPF_MAP_CREATE, &attr);
}

static int program_load(const char *node, const struct program_maps *maps)
{
    struct bpf_insn insns[PROGRAM_INSNS_MAX];
    union bpf_attr attr;
    ENSURE(maps->gates >= 0 && maps->rows >= 0);
    memset(&attr, 0, sizeof attr);
    attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attr.insns = address(insns);
    attr.insn_cnt = (uint32_t)program_assemble(insns, maps);
    attr.license = address("Apache-2.0");
    make_name(attr.prog_name, NAME_PROGRAM, node);
    return bpf(BPF_PROG_LOAD, &attr);
}

/* BPF_PROG_GET_FD_BY_ID or BPF_MAP_GET_FD_BY_ID. */
static int open_by_id(int command, uint32_t id)
{
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.prog_id = id;
    return bpf(command, &attr);
}

static int read_info(int fd, void *info, size_t size)
{
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.info.bpf_fd = (uint32_t)fd;
    attr.info.info_len = (uint32_t)size;
    attr.info.info = address(info);
    return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* The descriptor of the next program of this node on the cgroup, from *at on; -ENOENT at the end.
 */
static int next_own(int cgroup_fd, const char *node, uint32_t *at)
{
    uint32_t ids[ATTACHED_MAX];
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.query.target_fd = (uint32_t)cgroup_fd;
    attr.query.attach_type = BPF_CGROUP_DEVICE;
    attr.query.prog_ids = address(ids);
    attr.query.prog_cnt = ATTACHED_MAX;
    int rc = bpf(BPF_PROG_QUERY, &attr);
    if (rc < 0)
        return rc;
    char wanted[BPF_OBJ_NAME_LEN];
    make_name(wanted, NAME_PROGRAM, node);
    ENSURE(attr.query.prog_cnt <= ATTACHED_MAX);
    while (*at < attr.query.prog_cnt) {
        struct bpf_prog_info info;
        memset(&info, 0, sizeof info);
        int fd = open_by_id(BPF_PROG_GET_FD_BY_ID, ids[(*at)++]);
        if (fd >= 0 && read_info(fd, &info, sizeof info) == 0 && strcmp(info.name, wanted) == 0)
            return fd;
        if (fd >= 0)
            close(fd);
    }
    return -ENOENT;
}

/* Opens the program's map of that kind if its layout is ours; -1 otherwise. */
static int own_map(int program, const char *node, enum name kind)
{
    uint32_t ids[4];
    struct bpf_prog_info info;
    memset(&info, 0, sizeof info);
    info.nr_map_ids = sizeof ids / sizeof ids[0];
    info.map_ids = address(ids);
    if (read_info(program, &info, sizeof info) < 0)
        return -1;
    char wanted[BPF_OBJ_NAME_LEN];
    make_name(wanted, kind, node);
    for (uint32_t i = 0; i < info.nr_map_ids && i < sizeof ids / sizeof ids[0]; i++) {
        struct bpf_map_info map;
        memset(&map, 0, sizeof map);
        int fd = open_by_id(BPF_MAP_GET_FD_BY_ID, ids[i]);
        if (fd >= 0 && read_info(fd, &map, sizeof map) == 0 && strcmp(map.name, wanted) == 0 &&
            map.type == layouts[kind].type && map.key_size == layouts[kind].key &&
            map.value_size == layouts[kind].value)
            return fd;
        if (fd >= 0)
            close(fd);
    }
    return -1;
}

static int change(int command, int cgroup_fd, int program, int replaced)
{
    union bpf_attr attr;
    memset(&attr, 0, sizeof attr);
    attr.target_fd = (uint32_t)cgroup_fd;
    attr.attach_bpf_fd = (uint32_t)program;
    attr.attach_type = BPF_CGROUP_DEVICE;
    if (command == BPF_PROG_ATTACH)
        attr.attach_flags = BPF_F_ALLOW_MULTI | (replaced >= 0 ? BPF_F_REPLACE : 0);
    attr.replace_bpf_fd = replaced >= 0 ? (uint32_t)replaced : 0;
    return bpf(command, &attr);
}

static int open_cgroup(const char *cgroup, struct err *err)
{
    int fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, ERR_NOT_FOUND, "cgroup %s: %s", cgroup, strerror(errno));
    return fd;
}

/* The map of the program that is attached, or a new one. */
static int open_map(int attached, const char *node, enum name kind)
{
    int fd = attached >= 0 ? own_map(attached, node, kind) : -1;
    return fd >= 0 ? fd : map_create(kind, node);
}

static int open_maps(int attached, const char *node, struct program_maps *ret, struct err *err)
{
    ret->gates = open_map(attached, node, NAME_GATES);
    ret->rows = open_map(attached, node, NAME_ROWS);
    ret->denied = open_map(attached, node, NAME_DENIED);
    if (ret->gates >= 0 && ret->rows >= 0)
        return 0;
    int failure = ret->gates < 0 ? ret->gates : ret->rows;
    bpf_maps_close(ret);
    return err_set(err, ERR_UNSUPPORTED, "BPF_MAP_CREATE: %s", strerror(-failure));
}

/* Without the ring where the kernel lets such a program use none. */
static int load_best(const char *node, struct program_maps *maps)
{
    int program = program_load(node, maps);
    if (program >= 0 || maps->denied < 0)
        return program;
    close(maps->denied);
    maps->denied = -1;
    return program_load(node, maps);
}

int bpf_attach(const char *cgroup, const char *node, struct program_maps *ret, bool *ret_found,
               struct err *err)
{
    uint32_t at = 0;
    int rc = 0, attached = -1, program = -1;
    int cgroup_fd = open_cgroup(cgroup, err);
    if (cgroup_fd < 0)
        return cgroup_fd;
    attached = next_own(cgroup_fd, node, &at);
    rc = open_maps(attached, node, ret, err);
    if (rc < 0)
        goto out;
    program = load_best(node, ret);
    if (program < 0)
        rc = err_set(err, ERR_UNSUPPORTED, "BPF_PROG_LOAD: %s", strerror(-program));
    if (rc == 0 && change(BPF_PROG_ATTACH, cgroup_fd, program, attached) < 0)
        rc = err_set(err, ERR_UNSUPPORTED, "BPF_PROG_ATTACH at %s is refused", cgroup);
    if (rc < 0)
        bpf_maps_close(ret);
    *ret_found = attached >= 0;
out:
    if (program >= 0)
        close(program);
    if (attached >= 0)
        close(attached);
    close(cgroup_fd);
    return rc;
}

void bpf_maps_close(struct program_maps *maps)
{
    int *fds[] = {&maps->gates, &maps->rows, &maps->denied};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}

int bpf_detach(const char *cgroup, const char *node, int *ret_count, struct err *err)
{
    int cgroup_fd = open_cgroup(cgroup, err);
    if (cgroup_fd < 0)
        return cgroup_fd;
    int count = 0, rc = 0, program = 0;
    while (rc == 0) {
        uint32_t at = 0; /* each detaching renumbers what is left */
        program = next_own(cgroup_fd, node, &at);
        if (program < 0)
            break;
        rc = change(BPF_PROG_DETACH, cgroup_fd, program, -1);
        close(program);
        count += rc == 0;
    }
    close(cgroup_fd);
    if (rc < 0 || program != -ENOENT)
        return err_set(err, ERR_IO, "detaching from %s: %s", cgroup,
                       strerror(rc < 0 ? -rc : -program));
    *ret_count = count;
    return 0;
}
