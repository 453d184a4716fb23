#include "tests/sim/bed_tier.h"

#include "tests/sim/bed.h"
#include "tests/sim/truth.h"

#include <stdio.h>
#include <string.h>

#define STUBBORN_ONE_IN 40

struct bed_cgroup *bed_tier_find(struct bed_tier *t, const struct id *lease)
{
    for (size_t i = 0; i < BED_TIER_LEASES; i++) {
        if (id_equal(&t->cgroups[i].lease, lease))
            return &t->cgroups[i];
    }
    return NULL;
}

static struct bed_tier *self(struct tier *t)
{
    return (struct bed_tier *)t;
}

static int64_t boot_now(const struct bed_tier *t)
{
    return env_boot(&bed_host(t->host)->env).ns;
}

static bool is_open(const struct bed_tier *t, const struct bed_cgroup *c)
{
    return c->open && c->deadline_ns > boot_now(t);
}

static int tier_allow(struct tier *tier, const struct tier_lease *l, uint64_t deadline_ns,
                      struct err *err)
{
    struct bed_tier *t = self(tier);
    struct id none = ID_NONE;
    struct bed_cgroup *c = bed_tier_find(t, &l->id);
    (void)err;
    if (!c) {
        c = bed_tier_find(t, &none);
        ENSURE(c);
        *c = (struct bed_cgroup){.lease = l->id, .device_count = l->count};
        memcpy(c->devices, l->devices, l->count * sizeof *l->devices);
    }
    bool opened = !c->open;
    c->open = true;
    c->deadline_ns = (int64_t)deadline_ns;
    if (opened)
        truth_opened(t, c);
    return 0;
}

static void tier_shut(struct tier *tier, const struct tier_lease *l)
{
    struct bed_cgroup *c = bed_tier_find(self(tier), &l->id);
    if (c)
        c->open = false;
}

static int tier_join(struct tier *tier, const struct id *lease, pid_t pid, struct err *err)
{
    struct bed_tier *t = self(tier);
    struct bed_cgroup *c = bed_tier_find(t, lease);
    (void)pid;
    if (!c || !is_open(t, c))
        return err_set(err, ERR_STATE, "the kernel refuses");
    c->running = true;
    c->dies_at = 0;
    c->stubborn = chance_one_in(&bed()->chance, STUBBORN_ONE_IN);
    c->opens += c->device_count;
    return 0;
}

static void tier_expel(struct tier *tier, pid_t pid)
{
    (void)tier;
    (void)pid;
}

static void tier_kill(struct tier *tier, const struct id *lease)
{
    struct bed_tier *t = self(tier);
    struct bed_cgroup *c = bed_tier_find(t, lease);
    if (!c || !c->running || c->dies_at)
        return;
    int64_t ms = c->stubborn ? chance_between(&bed()->chance, 2000, 30000)
                             : chance_between(&bed()->chance, 0, 60);
    c->dies_at = bed_now() + ms * BED_MS;
    truth_killed(t->host, lease, c->deadline_ns <= boot_now(t));
}

void bed_tier_settle(struct bed_tier *t)
{
    for (size_t i = 0; i < BED_TIER_LEASES; i++) {
        struct bed_cgroup *c = &t->cgroups[i];
        if (c->running && c->dies_at && c->dies_at <= bed_now())
            c->running = false;
    }
}

static bool tier_empty(struct tier *tier, const struct id *lease)
{
    struct bed_tier *t = self(tier);
    bed_tier_settle(t);
    const struct bed_cgroup *c = bed_tier_find(t, lease);
    return !c || !c->running;
}

static bool tier_remove(struct tier *tier, const struct tier_lease *l)
{
    struct bed_tier *t = self(tier);
    struct bed_cgroup *c = bed_tier_find(t, &l->id);
    if (c && c->running)
        return false;
    if (c) {
        truth_closed(t->host, &c->lease);
        *c = (struct bed_cgroup){.lease = ID_NONE};
    }
    return true;
}

static uint64_t tier_open_until(struct tier *tier, const struct tier_lease *l)
{
    struct bed_tier *t = self(tier);
    const struct bed_cgroup *c = bed_tier_find(t, &l->id);
    return c && is_open(t, c) ? (uint64_t)c->deadline_ns : 0;
}

static void tier_count(struct tier *tier, const struct tier_lease *l, uint64_t *ret_opens,
                       uint64_t *ret_denials)
{
    const struct bed_cgroup *c = bed_tier_find(self(tier), &l->id);
    *ret_opens = c ? c->opens : 0;
    *ret_denials = 0;
}

static bool tier_denied(struct tier *tier, struct tier_denied *ret)
{
    (void)tier;
    (void)ret;
    return false;
}

static size_t tier_list_all(struct tier *tier, struct id *dst, size_t cap)
{
    const struct bed_tier *t = self(tier);
    size_t n = 0;
    for (size_t i = 0; i < BED_TIER_LEASES && n < cap; i++) {
        if (!id_is_none(&t->cgroups[i].lease))
            dst[n++] = t->cgroups[i].lease;
    }
    return n;
}

static enum tier_owner tier_whose(struct tier *tier, pid_t pid, struct id *ret_lease)
{
    (void)tier;
    (void)pid;
    *ret_lease = ID_NONE;
    return TIER_OWNER_OTHER;
}

static void tier_path(struct tier *tier, const struct id *lease, char *dst, size_t cap)
{
    (void)snprintf(dst, cap, "/bed/%s/%s", bed_host(self(tier)->host)->name, lease->text);
}

static void tier_refresh(struct tier *tier)
{
    (void)tier;
}

static void tier_end(struct tier *tier)
{
    (void)tier;
}

void bed_tier_init(struct bed_tier *t, int host)
{
    static const struct tier_ops ops = {
        .name = "bpf",
        .allow = tier_allow,
        .shut = tier_shut,
        .join = tier_join,
        .expel = tier_expel,
        .kill = tier_kill,
        .empty = tier_empty,
        .remove = tier_remove,
        .open_until = tier_open_until,
        .count = tier_count,
        .denied = tier_denied,
        .list = tier_list_all,
        .owner = tier_whose,
        .path = tier_path,
        .refresh = tier_refresh,
        .destroy = tier_end,
    };
    *t = (struct bed_tier){.tier = {.ops = &ops, .denied_fd = -1}, .host = host};
}

void bed_tier_reboot(struct bed_tier *t)
{
    for (size_t i = 0; i < BED_TIER_LEASES; i++) {
        if (!id_is_none(&t->cgroups[i].lease))
            truth_closed(t->host, &t->cgroups[i].lease);
        t->cgroups[i] = (struct bed_cgroup){.lease = ID_NONE};
    }
}
