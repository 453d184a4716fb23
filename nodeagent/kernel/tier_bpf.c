/* The BPF tier. The kernel's rows are the truth about who may open what until when; this file only
 * edits them. Owns the map descriptors. A row exists only for a cgroup that exists: ids are never
 * used twice within one boot, so a row that outlived its cgroup could harm nobody. */
#include "nodeagent/kernel/tier_bpf.h"

#include "nodeagent/kernel/bpf.h"
#include "nodeagent/kernel/cgroup.h"
#include "nodeagent/kernel/denied.h"
#include "nodeagent/kernel/procs.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tier_bpf {
    struct tier tier; /* first: the handle is the pointer to it */
    struct tier_config config;
    struct program_maps maps;
    struct denied_ring ring;
    uint64_t asked_cgroup; /* who was refused last: a flood is of one cgroup, mostly */
    struct id asked_lease;
    char base[TIER_BASE_CAP]; /* parent of the lease cgroups */
    const char *base_below;   /* base and root as /proc/PID/cgroup has them */
    const char *root_below;
};

static struct tier_bpf *self(struct tier *t)
{
    return (struct tier_bpf *)t;
}

static void lease_path(struct tier_bpf *b, const struct id *lease, char dst[CGROUP_PATH_CAP])
{
    cgroup_path(dst, b->base, lease->text);
}

static uint64_t lease_cgroup(struct tier_bpf *b, const struct id *lease)
{
    char path[CGROUP_PATH_CAP];
    lease_path(b, lease, path);
    return cgroup_id(path);
}

/* Sets the expiry and keeps the counts of a row that is there. An open between the two calls is not
 * counted. */
static int put_row(struct tier_bpf *b, const struct row_key *key, uint64_t expires_ns)
{
    struct row row = {.expires_ns = 0};
    ENSURE(key->cgroup != 0);
    (void)bpf_map_get(b->maps.rows, key, &row);
    row.expires_ns = expires_ns;
    return bpf_map_put(b->maps.rows, key, &row);
}

/* The key of the i-th device of a lease; false at the end. */
static bool lease_key(struct tier_bpf *b, const struct tier_lease *l, size_t i, uint64_t cgroup,
                      struct row_key *ret)
{
    struct rule device;
    if (!tier_device(&b->config, l, i, &device))
        return false; /* a driver that is not loaded gets a row that matches nothing */
    *ret = (struct row_key){.cgroup = cgroup, .major = device.major, .minor = device.minor};
    return true;
}

/* The row that counts what a lease is refused of other devices: it has always expired. */
static struct row_key refused_key(uint64_t cgroup)
{
    return (struct row_key){.cgroup = cgroup, .major = PROGRAM_ANY, .minor = PROGRAM_ANY};
}

/* The rows stay, expired, for their counts. */
static void bpf_shut(struct tier *t, const struct tier_lease *l)
{
    struct tier_bpf *b = self(t);
    struct row_key key;
    uint64_t cgroup = lease_cgroup(b, &l->id);
    for (size_t i = 0; cgroup != 0 && lease_key(b, l, i, cgroup, &key); i++) {
        if (put_row(b, &key, 0) < 0)
            (void)bpf_map_drop(b->maps.rows, &key);
    }
}

static int bpf_allow(struct tier *t, const struct tier_lease *l, uint64_t deadline_ns,
                     struct err *err)
{
    struct tier_bpf *b = self(t);
    struct row_key key;
    char path[CGROUP_PATH_CAP];
    lease_path(b, &l->id, path);
    TRY(cgroup_make(path, err));
    uint64_t cgroup = cgroup_id(path);
    if (cgroup == 0)
        return err_set(err, ERR_IO, "cgroup %s went away", path);
    key = refused_key(cgroup);
    (void)put_row(b, &key, 0); /* without it they are refused, but not counted */
    for (size_t i = 0; lease_key(b, l, i, cgroup, &key); i++) {
        int rc = put_row(b, &key, deadline_ns);
        if (rc < 0) {
            bpf_shut(t, l);
            return err_set(err, ERR_IO, "lease %s: writing its rows: %s", l->id.text,
                           strerror(-rc));
        }
    }
    return 0;
}

static int bpf_join(struct tier *t, const struct id *lease, pid_t pid, struct err *err)
{
    char path[CGROUP_PATH_CAP], number[16];
    lease_path(self(t), lease, path);
    (void)snprintf(number, sizeof number, "%d", (int)pid);
    return cgroup_write(path, "cgroup.procs", number, err);
}

static void bpf_expel(struct tier *t, pid_t pid)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%d", (int)pid);
    (void)cgroup_write(self(t)->config.cgroup_root, "cgroup.procs", number, NULL);
}

static enum tier_owner bpf_owner(struct tier *t, pid_t pid, struct id *ret_lease)
{
    struct tier_bpf *b = self(t);
    char path[4096], infra[TIER_BASE_CAP];
    if (!proc_cgroup(pid, "", path, sizeof path))
        return TIER_OWNER_OTHER;
    const char *rest = path_below(path, b->base_below);
    if (rest && *rest != '\0' &&
        id_parse(span_of(rest, strcspn(rest, "/")), "lease", ret_lease, NULL) == 0)
        return TIER_OWNER_LEASE;
    const char *at = b->config.infra_cgroups;
    while (tier_next_infra(&at, b->root_below, infra)) {
        if (path_below(path, infra))
            return TIER_OWNER_INFRA;
    }
    return TIER_OWNER_OTHER;
}

/* A process that a v1 freezer holds does not die before it is thawed. Freezers nest: every one up
 * to the root that is frozen of itself is thawed. */
static void thaw(struct tier_bpf *b, pid_t pid)
{
    char below[4096], root[CGROUP_PATH_CAP], state[16];
    cgroup_path(root, b->config.v1_root, "freezer");
    if (!proc_cgroup(pid, "freezer", below, sizeof below))
        return;
    for (char *end; strcmp(below, "/") != 0 && (end = strrchr(below, '/')) != NULL; *end = '\0') {
        char path[CGROUP_PATH_CAP];
        if (strlen(root) + strlen(below) + sizeof "/freezer.self_freezing" < sizeof path) {
            cgroup_path(path, root, below + 1);
            if (cgroup_read(path, "freezer.self_freezing", state, sizeof state) && state[0] == '1')
                (void)cgroup_write(path, "freezer.state", "THAWED", NULL);
        }
    }
}

static bool bpf_empty(struct tier *t, const struct id *lease)
{
    char path[CGROUP_PATH_CAP], text[256];
    lease_path(self(t), lease, path);
    return !cgroup_read(path, "cgroup.events", text, sizeof text) || strstr(text, "populated 0");
}

/* Thaws who is in that cgroup or below it, as far as one reading of each list goes: a kill is
 * repeated until nobody is left. */
static void thaw_below(struct tier_bpf *b, const char *path, int levels)
{
    char pids[4096], inner[CGROUP_PATH_CAP];
    if (cgroup_read(path, "cgroup.procs", pids, sizeof pids)) {
        char *end = pids;
        for (long pid; (pid = strtol(end, &end, 10)) > 0;)
            thaw(b, (pid_t)pid);
    }
    DIR *dir = levels > 0 ? opendir(path) : NULL;
    for (const struct dirent *e; dir && (e = readdir(dir)) != NULL;) {
        if (e->d_type != DT_DIR || e->d_name[0] == '.' ||
            strlen(path) + strlen(e->d_name) + 2 > sizeof inner)
            continue;
        cgroup_path(inner, path, e->d_name);
        thaw_below(b, inner, levels - 1);
    }
    if (dir)
        closedir(dir);
}

static void bpf_kill(struct tier *t, const struct id *lease)
{
    char path[CGROUP_PATH_CAP];
    lease_path(self(t), lease, path);
    (void)cgroup_write(path, "cgroup.kill", "1", NULL);
    if (!bpf_empty(t, lease))
        thaw_below(self(t), path, PROGRAM_LEVELS);
}

static bool bpf_remove(struct tier *t, const struct tier_lease *l)
{
    struct tier_bpf *b = self(t);
    char path[CGROUP_PATH_CAP];
    lease_path(b, &l->id, path);
    uint64_t cgroup = cgroup_id(path);
    if (!cgroup_remove(path))
        return false;
    struct row_key key = refused_key(cgroup);
    (void)bpf_map_drop(b->maps.rows, &key);
    for (size_t i = 0; lease_key(b, l, i, cgroup, &key); i++)
        (void)bpf_map_drop(b->maps.rows, &key);
    return true;
}

static uint64_t bpf_open_until(struct tier *t, const struct tier_lease *l)
{
    struct tier_bpf *b = self(t);
    struct row_key key;
    uint64_t first = UINT64_MAX, cgroup = lease_cgroup(b, &l->id);
    for (size_t i = 0; i < l->count && lease_key(b, l, i, cgroup, &key); i++) {
        struct row row = {.expires_ns = 0};
        if (bpf_map_get(b->maps.rows, &key, &row) < 0)
            return 0;
        first = row.expires_ns < first ? row.expires_ns : first;
    }
    return first;
}

static void bpf_count(struct tier *t, const struct tier_lease *l, uint64_t *ret_opens,
                      uint64_t *ret_denials)
{
    struct tier_bpf *b = self(t);
    struct row row = {.denials = 0};
    uint64_t cgroup = lease_cgroup(b, &l->id);
    struct row_key key = refused_key(cgroup);
    *ret_opens = *ret_denials = 0;
    if (bpf_map_get(b->maps.rows, &key, &row) == 0)
        *ret_denials = row.denials;
    for (size_t i = 0; lease_key(b, l, i, cgroup, &key); i++) {
        if (bpf_map_get(b->maps.rows, &key, &row) < 0)
            continue;
        *ret_opens += i < l->count ? row.opens : 0;
        *ret_denials += row.denials;
    }
}

/* The lease of that cgroup, or none. */
static struct id lease_of(struct tier_bpf *b, uint64_t cgroup)
{
    struct id leases[TIER_LEASES_MAX];
    size_t n = tier_list(b->base, leases, TIER_LEASES_MAX);
    for (size_t i = 0; i < n; i++) {
        if (lease_cgroup(b, &leases[i]) == cgroup)
            return leases[i];
    }
    return ID_NONE;
}

static bool bpf_denied(struct tier *t, struct tier_denied *ret)
{
    struct tier_bpf *b = self(t);
    struct denied_open open;
    if (!denied_ring_take(&b->ring, &open))
        return false;
    if (open.cgroup != b->asked_cgroup) {
        b->asked_cgroup = open.cgroup;
        b->asked_lease = lease_of(b, open.cgroup);
    }
    *ret = (struct tier_denied){.boot_ns = open.boot_ns,
                                .pid = (pid_t)open.pid,
                                .major = open.major,
                                .minor = open.minor,
                                .lease = b->asked_lease};
    return true;
}

static size_t bpf_list(struct tier *t, struct id *dst, size_t cap)
{
    return tier_list(self(t)->base, dst, cap);
}

static void bpf_path(struct tier *t, const struct id *lease, char *dst, size_t cap)
{
    (void)snprintf(dst, cap, "%s/%s", self(t)->base, lease->text);
}

/* Drops the rows of cgroups that are neither a lease's nor the infrastructure's (any more). */
static void drop_stale_rows(struct tier_bpf *b, const uint64_t *known, size_t count)
{
    struct row_key key, next;
    int rc = bpf_map_next(b->maps.rows, NULL, &next);
    while (rc == 0) {
        size_t i = 0;
        key = next;
        rc = bpf_map_next(b->maps.rows, &key, &next);
        while (i < count && known[i] != key.cgroup)
            i++;
        if (i == count)
            (void)bpf_map_drop(b->maps.rows, &key);
    }
}

/* Makes the map of gates say what the settings say. */
static int put_gates(struct tier_bpf *b, struct err *err)
{
    const struct rules *gated = &b->config.gated;
    struct gate_value value = {.denied = 0};
    struct gate_key key, next;
    for (size_t i = 0; i < gated->count; i++) {
        key = (struct gate_key){gated->items[i].major, gated->items[i].minor};
        if (key.major == RULE_NO_MAJOR)
            continue;
        int rc = bpf_map_get(b->maps.gates, &key, &value);
        if (rc < 0)
            rc = bpf_map_put(b->maps.gates, &key, &(struct gate_value){.denied = 0});
        if (rc < 0)
            return err_set(err, ERR_UNSUPPORTED, "writing the gates: %s", strerror(-rc));
    }
    int rc = bpf_map_next(b->maps.gates, NULL, &next);
    while (rc == 0) {
        bool wanted = false;
        key = next;
        rc = bpf_map_next(b->maps.gates, &key, &next);
        for (size_t i = 0; i < gated->count && !wanted; i++)
            wanted = gated->items[i].major == key.major && gated->items[i].minor == key.minor;
        if (!wanted)
            (void)bpf_map_drop(b->maps.gates, &key);
    }
    return 0;
}

static void bpf_refresh(struct tier *t)
{
    struct tier_bpf *b = self(t);
    tier_resolve(&b->config.gated);
    tier_resolve(&b->config.common);
    (void)put_gates(b, NULL); /* what was gated stays so if it fails */
    struct id leases[TIER_LEASES_MAX];
    uint64_t known[TIER_LEASES_MAX + RULES_MAX];
    char path[TIER_BASE_CAP];
    size_t count = 0, n = tier_list(b->base, leases, TIER_LEASES_MAX);
    for (size_t i = 0; i < n; i++)
        known[count++] = lease_cgroup(b, &leases[i]);
    const char *at = b->config.infra_cgroups;
    while (count < sizeof known / sizeof known[0] &&
           tier_next_infra(&at, b->config.cgroup_root, path)) {
        struct row_key key = {
            .cgroup = cgroup_id(path), .major = PROGRAM_ANY, .minor = PROGRAM_ANY};
        if (key.cgroup == 0)
            continue;
        (void)put_row(b, &key, UINT64_MAX);
        known[count++] = key.cgroup;
    }
    drop_stale_rows(b, known, count);
}

static void bpf_destroy(struct tier *t)
{
    denied_ring_fini(&self(t)->ring);
    bpf_maps_close(&self(t)->maps);
    free(t);
}

static const struct tier_ops bpf_ops = {
    .name = "bpf",
    .allow = bpf_allow,
    .shut = bpf_shut,
    .join = bpf_join,
    .expel = bpf_expel,
    .kill = bpf_kill,
    .empty = bpf_empty,
    .remove = bpf_remove,
    .open_until = bpf_open_until,
    .count = bpf_count,
    .denied = bpf_denied,
    .list = bpf_list,
    .owner = bpf_owner,
    .path = bpf_path,
    .refresh = bpf_refresh,
    .destroy = bpf_destroy,
};

static int set_up(struct tier_bpf *b, struct err *err)
{
    char probe[CGROUP_PATH_CAP];
    TRY(put_gates(b, err));
    bpf_refresh(&b->tier);
    if (b->maps.denied >= 0 && denied_ring_init(&b->ring, b->maps.denied, NULL) == 0)
        b->tier.denied_fd = b->maps.denied;
    cgroup_path(probe, b->base, ".probe");
    TRY(cgroup_make(probe, err));
    int rc = tier_probe(&b->config, probe, err);
    (void)cgroup_remove(probe);
    return rc;
}

int tier_bpf_create(const struct tier_config *config, struct tier **ret, struct err *err)
{
    bool found = false;
    int count;
    struct tier_bpf *b = calloc(1, sizeof *b);
    ENSURE(b != NULL);
    b->tier = (struct tier){.ops = &bpf_ops, .denied_fd = -1};
    b->config = *config;
    b->maps = (struct program_maps){-1, -1, -1};
    int rc = tier_base(b->base, config->cgroup_root, config->node, err);
    if (rc == 0)
        rc = bpf_attach(config->cgroup_root, config->node, &b->maps, &found, err);
    if (rc == 0) {
        b->base_below = cgroup_below_mount(b->base);
        b->root_below = cgroup_below_mount(config->cgroup_root);
        rc = set_up(b, err);
        if (rc < 0 && !found && bpf_detach(config->cgroup_root, config->node, &count, NULL) < 0)
            rc = err_prefix(err, rc, "its program stays attached");
    }
    if (rc < 0) {
        bpf_destroy(&b->tier);
        return rc;
    }
    *ret = &b->tier;
    return 0;
}
