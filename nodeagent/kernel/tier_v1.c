/* The cgroup v1 tier: a devices and a freezer cgroup for each lease. The kernel's list can't be
 * read back, so every allow() writes all of it again. Owns nothing but its memory. */
#include "nodeagent/kernel/tier_v1.h"

#include "nodeagent/kernel/cgroup.h"
#include "nodeagent/kernel/procs.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

struct tier_v1 {
    struct tier tier; /* first: the handle is the pointer to it */
    struct tier_config config;
    char devices[TIER_BASE_CAP]; /* parents of the lease cgroups */
    char freezer[TIER_BASE_CAP];
    const char *devices_below; /* as /proc/PID/cgroup has it */
};

static struct tier_v1 *self(struct tier *t)
{
    return (struct tier_v1 *)t;
}

static int write_rule(const char *cgroup, const char *file, const struct rule *rule,
                      struct err *err)
{
    char text[48];
    if (rule->major == RULE_NO_MAJOR)
        return 0;
    (void)snprintf(text, sizeof text, "c %u:%u rw", rule->major, rule->minor);
    return cgroup_write(cgroup, file, text, err);
}

static bool may_open(struct tier_v1 *v, const struct tier_lease *l, const struct rule *rule)
{
    struct rule own;
    for (size_t i = 0; tier_device(&v->config, l, i, &own); i++) {
        if (own.major == rule->major && own.minor == rule->minor)
            return true;
    }
    return false;
}

static int v1_allow(struct tier *t, const struct tier_lease *l, uint64_t deadline_ns,
                    struct err *err)
{
    struct tier_v1 *v = self(t);
    char path[CGROUP_PATH_CAP];
    (void)deadline_ns; /* the guard's timer alone ends it */
    cgroup_path(path, v->freezer, l->id.text);
    TRY(cgroup_make(path, err));
    cgroup_path(path, v->devices, l->id.text);
    TRY(cgroup_make(path, err));
    for (size_t i = 0; i < v->config.gated.count; i++) {
        const struct rule *rule = &v->config.gated.items[i];
        TRY(write_rule(path, may_open(v, l, rule) ? "devices.allow" : "devices.deny", rule, err));
    }
    return 0;
}

static void v1_shut(struct tier *t, const struct tier_lease *l)
{
    struct tier_v1 *v = self(t);
    char path[CGROUP_PATH_CAP];
    cgroup_path(path, v->devices, l->id.text);
    for (size_t i = 0; i < v->config.gated.count; i++)
        (void)write_rule(path, "devices.deny", &v->config.gated.items[i], NULL);
}

static int v1_join(struct tier *t, const struct id *lease, pid_t pid, struct err *err)
{
    char path[CGROUP_PATH_CAP], number[16];
    (void)snprintf(number, sizeof number, "%d", (int)pid);
    cgroup_path(path, self(t)->freezer, lease->text);
    TRY(cgroup_write(path, "cgroup.procs", number, err));
    cgroup_path(path, self(t)->devices, lease->text);
    return cgroup_write(path, "cgroup.procs", number, err);
}

static void v1_expel(struct tier *t, pid_t pid)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%d", (int)pid);
    (void)cgroup_write(self(t)->devices, "cgroup.procs", number, NULL);
    (void)cgroup_write(self(t)->freezer, "cgroup.procs", number, NULL);
}

static enum tier_owner v1_owner(struct tier *t, pid_t pid, struct id *ret_lease)
{
    char path[4096];
    if (!proc_cgroup(pid, "devices", path, sizeof path))
        return TIER_OWNER_OTHER;
    const char *rest = path_below(path, self(t)->devices_below);
    if (!rest || id_parse(span_of(rest, strcspn(rest, "/")), "lease", ret_lease, NULL) < 0)
        return TIER_OWNER_OTHER;
    return TIER_OWNER_LEASE;
}

static bool is_alive(int pidfd)
{
    struct pollfd exited = {.fd = pidfd, .events = POLLIN};
    return poll(&exited, 1, 0) == 0;
}

/* Signals every living process of the lease (0 only looks); how many there were. */
static size_t signal_all(struct tier *t, const struct id *lease, int number)
{
    struct proc_walk walk;
    struct id of;
    pid_t pid;
    size_t n = 0;
    if (!proc_walk_init(&walk))
        return 1; /* can't know: not empty */
    while (proc_walk_next(&walk, &pid)) {
        int fd = pidfd_open(pid, 0); /* before the look, so that the signal meets what was seen */
        if (fd < 0)
            continue;
        if (is_alive(fd) && v1_owner(t, pid, &of) == TIER_OWNER_LEASE && id_equal(&of, lease))
            n += pidfd_send_signal(fd, number, NULL, 0) == 0;
        close(fd);
    }
    proc_walk_fini(&walk);
    return n;
}

static void v1_kill(struct tier *t, const struct id *lease)
{
    char path[CGROUP_PATH_CAP];
    cgroup_path(path, self(t)->freezer, lease->text);
    (void)cgroup_write(path, "freezer.state", "FROZEN", NULL); /* nothing forks away meanwhile */
    (void)signal_all(t, lease, SIGKILL);
    (void)cgroup_write(path, "freezer.state", "THAWED", NULL);
}

static bool v1_empty(struct tier *t, const struct id *lease)
{
    return signal_all(t, lease, 0) == 0;
}

static bool v1_remove(struct tier *t, const struct tier_lease *l)
{
    char path[CGROUP_PATH_CAP];
    cgroup_path(path, self(t)->freezer, l->id.text);
    bool gone = cgroup_remove(path);
    cgroup_path(path, self(t)->devices, l->id.text);
    return cgroup_remove(path) && gone;
}

static uint64_t v1_open_until(struct tier *t, const struct tier_lease *l)
{
    char path[CGROUP_PATH_CAP];
    cgroup_path(path, self(t)->devices, l->id.text);
    return access(path, F_OK) == 0 ? UINT64_MAX : 0;
}

static void v1_count(struct tier *t, const struct tier_lease *l, uint64_t *ret_opens,
                     uint64_t *ret_denials)
{
    (void)t;
    (void)l;
    *ret_opens = *ret_denials = 0;
}

static bool v1_denied(struct tier *t, struct tier_denied *ret)
{
    (void)t; /* nobody counts them */
    (void)ret;
    return false;
}

static size_t v1_list(struct tier *t, struct id *dst, size_t cap)
{
    return tier_list(self(t)->devices, dst, cap);
}

static void v1_path(struct tier *t, const struct id *lease, char *dst, size_t cap)
{
    (void)snprintf(dst, cap, "%s/%s", self(t)->devices, lease->text);
}

static void v1_refresh(struct tier *t)
{
    tier_resolve(&self(t)->config.gated); /* nobody outside leases is kept away */
    tier_resolve(&self(t)->config.common);
}

static void v1_destroy(struct tier *t)
{
    free(t);
}

static const struct tier_ops v1_ops = {
    .name = "v1",
    .allow = v1_allow,
    .shut = v1_shut,
    .join = v1_join,
    .expel = v1_expel,
    .kill = v1_kill,
    .empty = v1_empty,
    .remove = v1_remove,
    .open_until = v1_open_until,
    .count = v1_count,
    .denied = v1_denied,
    .list = v1_list,
    .owner = v1_owner,
    .path = v1_path,
    .refresh = v1_refresh,
    .destroy = v1_destroy,
};

static int set_up(struct tier_v1 *v, struct err *err)
{
    char root[CGROUP_PATH_CAP];
    const struct tier_lease probe = {.id = {"probe"}};
    v1_refresh(&v->tier);
    for (size_t i = 0; i < v->config.gated.count; i++) {
        if (v->config.gated.items[i].minor == RULE_ANY_MINOR)
            return err_set(err, ERR_UNSUPPORTED, "needs exact minors in the gated list");
    }
    cgroup_path(root, v->config.v1_root, "devices");
    TRY(tier_base(v->devices, root, v->config.node, err));
    cgroup_path(root, v->config.v1_root, "freezer");
    TRY(tier_base(v->freezer, root, v->config.node, err));
    v->devices_below = cgroup_below_mount(v->devices);
    TRY(v1_allow(&v->tier, &probe, 0, err));
    v1_shut(&v->tier, &probe);
    cgroup_path(root, v->devices, probe.id.text);
    int rc = tier_probe(&v->config, root, err);
    (void)v1_remove(&v->tier, &probe);
    return rc;
}

int tier_v1_create(const struct tier_config *config, struct tier **ret, struct err *err)
{
    struct tier_v1 *v = calloc(1, sizeof *v);
    ENSURE(v != NULL);
    v->tier = (struct tier){.ops = &v1_ops, .denied_fd = -1};
    v->config = *config;
    int rc = set_up(v, err);
    if (rc < 0) {
        free(v);
        return rc;
    }
    *ret = &v->tier;
    return 0;
}
