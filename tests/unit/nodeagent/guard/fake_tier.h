#ifndef PUMASI_TESTS_UNIT_GUARD_FAKE_TIER_H
#define PUMASI_TESTS_UNIT_GUARD_FAKE_TIER_H

#include "nodeagent/kernel/tier.h"

#include <stdio.h>
#include <string.h>

/* The third tier, in memory: leases with a deadline and a number of processes that the test sets.
 */
#define FAKE_LEASES 8

struct fake_lease {
    struct id id;           /* none: free */
    uint64_t open_until_ns; /* 0: shut */
    int processes;
    bool dies; /* kill() empties it */
};

struct fake_tier {
    struct tier tier; /* first: the handle is the pointer to it */
    struct fake_lease leases[FAKE_LEASES];
    bool refuses; /* allow() fails */
    int kills;
    int refreshes;
    int denied_left;       /* refused opens that it has to tell of */
    enum tier_owner owner; /* whose any process is */
    struct id owner_lease;
};

static inline struct fake_lease *fake_find(struct tier *t, const struct id *lease)
{
    struct fake_tier *f = (struct fake_tier *)t;
    for (size_t i = 0; i < FAKE_LEASES; i++) {
        if (id_equal(&f->leases[i].id, lease))
            return &f->leases[i];
    }
    return NULL;
}

static inline int fake_allow(struct tier *t, const struct tier_lease *l, uint64_t deadline_ns,
                             struct err *err)
{
    struct id none = ID_NONE;
    struct fake_lease *lease = fake_find(t, &l->id);
    if (((struct fake_tier *)t)->refuses)
        return err_set(err, ERR_IO, "the fake refuses");
    if (!lease) {
        lease = fake_find(t, &none);
        ENSURE(lease != NULL);
        *lease = (struct fake_lease){.id = l->id, .dies = true};
    }
    lease->open_until_ns = deadline_ns;
    return 0;
}

static inline void fake_shut(struct tier *t, const struct tier_lease *l)
{
    struct fake_lease *lease = fake_find(t, &l->id);
    if (lease)
        lease->open_until_ns = 0;
}

static inline int fake_join(struct tier *t, const struct id *id, pid_t pid, struct err *err)
{
    struct fake_lease *lease = fake_find(t, id);
    (void)pid;
    if (!lease)
        return err_set(err, ERR_NOT_FOUND, "no cgroup");
    lease->processes++;
    return 0;
}

static inline void fake_expel(struct tier *t, pid_t pid)
{
    (void)t;
    (void)pid;
}

static inline void fake_kill(struct tier *t, const struct id *id)
{
    struct fake_lease *lease = fake_find(t, id);
    ((struct fake_tier *)t)->kills++;
    if (lease && lease->dies)
        lease->processes = 0;
}

static inline bool fake_empty(struct tier *t, const struct id *id)
{
    struct fake_lease *lease = fake_find(t, id);
    return !lease || lease->processes == 0;
}

static inline bool fake_remove(struct tier *t, const struct tier_lease *l)
{
    struct fake_lease *lease = fake_find(t, &l->id);
    if (lease)
        *lease = (struct fake_lease){.id = ID_NONE};
    return true;
}

static inline uint64_t fake_open_until(struct tier *t, const struct tier_lease *l)
{
    struct fake_lease *lease = fake_find(t, &l->id);
    return lease ? lease->open_until_ns : 0;
}

static inline void fake_count(struct tier *t, const struct tier_lease *l, uint64_t *ret_opens,
                              uint64_t *ret_denials)
{
    *ret_opens = fake_find(t, &l->id) ? 5 : 0;
    *ret_denials = 1;
}

static inline bool fake_denied(struct tier *t, struct tier_denied *ret)
{
    struct fake_tier *f = (struct fake_tier *)t;
    *ret = (struct tier_denied){.pid = 7, .major = 195, .minor = 3, .lease = f->owner_lease};
    return f->denied_left > 0 && f->denied_left--;
}

static inline size_t fake_list(struct tier *t, struct id *dst, size_t cap)
{
    struct fake_tier *f = (struct fake_tier *)t;
    size_t n = 0;
    for (size_t i = 0; i < FAKE_LEASES && n < cap; i++) {
        if (!id_is_none(&f->leases[i].id))
            dst[n++] = f->leases[i].id;
    }
    return n;
}

static inline enum tier_owner fake_owner(struct tier *t, pid_t pid, struct id *ret_lease)
{
    (void)pid;
    *ret_lease = ((struct fake_tier *)t)->owner_lease;
    return ((struct fake_tier *)t)->owner;
}

static inline void fake_path(struct tier *t, const struct id *lease, char *dst, size_t cap)
{
    (void)t;
    (void)snprintf(dst, cap, "/fake/%s", lease->text);
}

static inline void fake_refresh(struct tier *t)
{
    ((struct fake_tier *)t)->refreshes++;
}

static inline void fake_destroy(struct tier *t)
{
    (void)t;
}

static inline struct fake_tier fake_tier_make(void)
{
    static const struct tier_ops ops = {
        .name = "fake",
        .allow = fake_allow,
        .shut = fake_shut,
        .join = fake_join,
        .expel = fake_expel,
        .kill = fake_kill,
        .empty = fake_empty,
        .remove = fake_remove,
        .open_until = fake_open_until,
        .count = fake_count,
        .denied = fake_denied,
        .list = fake_list,
        .owner = fake_owner,
        .path = fake_path,
        .refresh = fake_refresh,
        .destroy = fake_destroy,
    };
    struct fake_tier f;
    memset(&f, 0, sizeof f);
    f.tier = (struct tier){.ops = &ops, .denied_fd = -1};
    return f;
}

#endif
