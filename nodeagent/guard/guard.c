/* The guard's calls. Owns the table of leases, the nonces and the events. Order of every change:
 * record, then kernel rows, then the answer; a crash in between is taken back at the restart. */
#include "nodeagent/guard/guard.h"

#include "lib/base/text.h"
#include "nodeagent/guard/leases.h"
#include "nodeagent/guard/nonces.h"
#include "nodeagent/guard/takeback.h"

#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#define TOLD_EVERY_NS UINT64_C(1000000000)

struct guard {
    struct guard_config config;
    uint64_t told_since_ns; /* of refused opens: how many since when */
    uint32_t told;
    struct tier *tier;
    struct env env;
    struct leases leases;
    struct nonces nonces;
    struct events events;
    struct takebacks takebacks;
};

static uint64_t now_ns(const struct guard *g)
{
    return (uint64_t)env_boot(&g->env).ns;
}

static void describe(struct guard *g, const struct lease_place *p, struct guard_lease *ret)
{
    ENSURE(p >= g->leases.places && p < g->leases.places + GUARD_LEASES_MAX);
    struct tier_lease lease = lease_place_tier(p);
    *ret = (struct guard_lease){.lease = p->grant.lease,
                                .organisation = p->grant.organisation,
                                .loan = p->grant.loan,
                                .state = p->state,
                                .index = (uint32_t)(p - g->leases.places),
                                .fence = p->grant.fence,
                                .seq = p->grant.seq,
                                .deadline_ns = p->deadline_ns,
                                .opens = p->opens,
                                .denials = p->denials};
    if (p->state == GUARD_STATE_HELD)
        g->tier->ops->count(g->tier, &lease, &ret->opens, &ret->denials);
    g->tier->ops->path(g->tier, &p->grant.lease, ret->cgroup, sizeof ret->cgroup);
}

static void recover_place(struct guard *g, struct lease_place *p)
{
    struct tier_lease lease = lease_place_tier(p);
    uint64_t until = g->tier->ops->open_until(g->tier, &lease);
    if (p->state != GUARD_STATE_HELD || until == 0) {
        takeback_begin(&g->takebacks, p, GUARD_EVENT_REVOKED, now_ns(g));
        return;
    }
    p->deadline_ns = until < p->deadline_ns ? until : p->deadline_ns;
    if (g->tier->ops->allow(g->tier, &lease, p->deadline_ns, NULL) < 0) {
        takeback_begin(&g->takebacks, p, GUARD_EVENT_REVOKED, now_ns(g));
        return;
    }
    takeback_tell(&g->takebacks, p, GUARD_EVENT_RECOVERED, 0, now_ns(g));
}

static void recover(struct guard *g)
{
    struct id strays[GUARD_LEASES_MAX];
    for (size_t i = 0; i < GUARD_LEASES_MAX; i++) {
        if (lease_place_active(&g->leases.places[i]))
            recover_place(g, &g->leases.places[i]);
    }
    size_t n = g->tier->ops->list(g->tier, strays, GUARD_LEASES_MAX);
    for (size_t i = 0; i < n; i++) {
        struct lease_place *p = NULL;
        if (!leases_find(&g->leases, &strays[i]))
            p = leases_take(&g->leases, 0);
        if (!p)
            continue;
        p->grant.lease = strays[i];
        p->state = GUARD_STATE_KILLING;
        takeback_begin(&g->takebacks, p, GUARD_EVENT_REVOKED, now_ns(g));
    }
}

int guard_create(const struct guard_config *config, struct tier *tier, struct env env,
                 struct guard **ret, struct err *err)
{
    struct guard *g = calloc(1, sizeof *g);
    ENSURE(g != NULL && tier != NULL && config->kill_timeout_ns > 0);
    g->config = *config;
    g->tier = tier;
    g->env = env;
    g->events.next = 1;
    g->takebacks.walk.fd = -1;
    int rc = leases_init(&g->leases, config->state_dir, config->admit.boot_id, err);
    if (rc == 0)
        rc = takebacks_init(&g->takebacks, &g->leases, tier, &g->events, config->kill_timeout_ns,
                            err);
    if (rc < 0) {
        guard_destroy(g);
        return rc;
    }
    recover(g);
    *ret = g;
    return 0;
}

void guard_destroy(struct guard *g)
{
    if (!g)
        return;
    takebacks_fini(&g->takebacks);
    leases_fini(&g->leases);
    free(g);
}

uint64_t guard_step(struct guard *g)
{
    uint64_t next = takebacks_step(&g->takebacks, now_ns(g));
    uint64_t hears = g->told_since_ns + TOLD_EVERY_NS;
    return g->told == GUARD_TOLD_MAX && hears < next ? hears : next;
}

const struct events *guard_events(const struct guard *g)
{
    return &g->events;
}

void guard_status(struct guard *g, struct guard_status *ret)
{
    memset(ret, 0, sizeof *ret);
    (void)text_cut(ret->tier, sizeof ret->tier, g->tier->ops->name);
    ret->node = g->config.admit.node;
    ret->owner = g->config.admit.owner;
    memcpy(ret->boot_id, g->config.admit.boot_id, sizeof ret->boot_id);
    ret->boot_ns = now_ns(g);
    ret->next_event = g->events.next;
    ret->gated = (uint32_t)g->config.admit.gated.count;
    for (size_t i = 0; i < GUARD_LEASES_MAX; i++)
        ret->leases += lease_place_active(&g->leases.places[i]);
}

void guard_nonce(struct guard *g, uint8_t ret_nonce[GRANT_NONCE_BYTES], uint64_t *ret_boot_ns)
{
    const struct nonce *nonce = nonces_make(&g->nonces, &g->env);
    memcpy(ret_nonce, nonce->bytes, GRANT_NONCE_BYTES);
    *ret_boot_ns = nonce->made_ns;
}

static bool same_devices(const struct grant *a, const struct grant *b)
{
    bool same = a->device_count == b->device_count && a->isolation == b->isolation &&
                a->share.units == b->share.units;
    for (size_t i = 0; same && i < a->device_count; i++)
        same = a->devices[i].major == b->devices[i].major &&
               a->devices[i].minor == b->devices[i].minor &&
               strcmp(a->devices[i].uuid, b->devices[i].uuid) == 0;
    return same;
}

/* May the grant follow the one that the same lease's place holds? */
static int check_successor(struct guard *g, struct lease_place *p, const struct grant *new,
                           struct err *err)
{
    const struct grant *old = &p->grant;
    const char *lease = new->lease.text;
    if (p->state == GUARD_STATE_RETURNED) {
        if (new->fence > old->fence)
            return 0;
        return err_set(err, ERR_STALE, "lease %s was returned under fence %llu", lease,
                       (unsigned long long)old->fence);
    }
    if (p->state != GUARD_STATE_HELD)
        return err_set(err, ERR_STATE, "lease %s is being taken back", lease);
    if (new->fence < old->fence || new->seq <= old->seq)
        return err_set(err, ERR_STALE, "lease %s: fence %llu seq %llu after fence %llu seq %llu",
                       lease, (unsigned long long)new->fence, (unsigned long long)new->seq,
                       (unsigned long long)old->fence, (unsigned long long)old->seq);
    if (new->fence > old->fence) {
        takeback_begin(&g->takebacks, p, GUARD_EVENT_REVOKED, now_ns(g));
        return err_set(err, ERR_CONFLICT, "lease %s: its earlier grant is being taken back", lease);
    }
    if (!same_devices(old, new))
        return err_set(err, ERR_DENIED, "lease %s: other devices need a higher fence", lease);
    return 0;
}

/* A device that both grants name, and whether they may share it. */
static bool shares_device(const struct grant *a, const struct grant *b, bool *ret_exclusive)
{
    bool shared = false;
    *ret_exclusive = a->isolation != b->isolation;
    for (size_t i = 0; i < a->device_count; i++) {
        for (size_t k = 0; k < b->device_count; k++) {
            const struct grant_device *x = &a->devices[i], *y = &b->devices[k];
            if (x->major != y->major || x->minor != y->minor)
                continue;
            shared = true;
            *ret_exclusive |= grant_device_exclusive(a, x) || grant_device_exclusive(b, y);
        }
    }
    return shared;
}

/* No other lease may stand in the way: an older one on an exclusive device begins to go. */
static int check_others(struct guard *g, const struct grant *new, struct err *err)
{
    int rc = 0;
    int64_t units = new->share.units;
    for (size_t i = 0; i < GUARD_LEASES_MAX; i++) {
        struct lease_place *p = &g->leases.places[i];
        bool exclusive;
        if (!lease_place_active(p) || id_equal(&p->grant.lease, &new->lease) ||
            !shares_device(&p->grant, new, &exclusive))
            continue;
        units += p->grant.share.units;
        if (!exclusive)
            continue;
        if (p->state == GUARD_STATE_HELD && new->fence <= p->grant.fence)
            return err_set(err, ERR_CONFLICT, "lease %s holds a device under fence %llu",
                           p->grant.lease.text, (unsigned long long)p->grant.fence);
        if (p->state == GUARD_STATE_HELD)
            takeback_begin(&g->takebacks, p, GUARD_EVENT_REVOKED, now_ns(g));
        rc = err_set(err, ERR_CONFLICT, "lease %s is being taken back: repeat after its return",
                     p->grant.lease.text);
    }
    if (rc == 0 && new->isolation != GRANT_ISOLATION_WHOLE && units > SHARE_PER_GPU)
        return err_set(err, ERR_CONFLICT, "shares of one GPU add up to %lld units",
                       (long long)units);
    return rc;
}

/* All leases of one loan on this node stay within the lender's permit. */
static int check_loan_share(struct guard *g, const struct admitted *a, struct err *err)
{
    int64_t units = a->grant.share.units;
    if (id_is_none(&a->grant.loan))
        return 0;
    for (size_t i = 0; i < GUARD_LEASES_MAX; i++) {
        const struct lease_place *p = &g->leases.places[i];
        if (lease_place_active(p) && id_equal(&p->grant.loan, &a->grant.loan) &&
            !id_equal(&p->grant.lease, &a->grant.lease))
            units += p->grant.share.units;
    }
    if (units > a->loan_share.units)
        return err_set(err, ERR_DENIED, "loan %s: %lld units on this node, lent are %lld",
                       a->grant.loan.text, (long long)units, (long long)a->loan_share.units);
    return 0;
}

/* Records the lease and lets it in. When the record can't be written the place is as before; when
 * the kernel refuses, the lease is taken back. */
static int put_in_force(struct guard *g, struct lease_place *p, const struct admitted *a,
                        struct err *err)
{
    struct lease_place before = *p;
    ENSURE(a->deadline_ns > 0 && a->grant.device_count > 0);
    ENSURE(before.state == GUARD_STATE_FREE || before.state == GUARD_STATE_RETURNED ||
           before.state == GUARD_STATE_HELD);
    *p = (struct lease_place){
        .state = GUARD_STATE_HELD, .grant = a->grant, .deadline_ns = a->deadline_ns};
    int rc = leases_save(&g->leases, p, err);
    if (rc < 0) {
        *p = before;
        return rc;
    }
    struct tier_lease lease = lease_place_tier(p);
    rc = g->tier->ops->allow(g->tier, &lease, p->deadline_ns, err);
    if (rc < 0)
        takeback_begin(&g->takebacks, p, GUARD_EVENT_REVOKED, now_ns(g));
    return rc;
}

int guard_install(struct guard *g, const struct guard_install *install, struct guard_lease *ret,
                  struct err *err)
{
    struct admitted admitted;
    struct admit_now now = {.boot_ns = now_ns(g), .wall = env_now(&g->env)};
    TRY(admit_check(&g->config.admit, &g->nonces, now, install, &admitted, err));
    struct lease_place *p = leases_find(&g->leases, &admitted.grant.lease);
    if (p)
        TRY(check_successor(g, p, &admitted.grant, err));
    TRY(check_others(g, &admitted.grant, err));
    TRY(check_loan_share(g, &admitted, err));
    bool renewal = p && p->state == GUARD_STATE_HELD;
    if (!p)
        p = leases_take(&g->leases, now.boot_ns > NONCE_LIFE_NS ? now.boot_ns - NONCE_LIFE_NS : 0);
    if (!p)
        return err_set(err, ERR_LIMIT, "this node holds %d leases", GUARD_LEASES_MAX);
    TRY(put_in_force(g, p, &admitted, err));
    takeback_tell(&g->takebacks, p, renewal ? GUARD_EVENT_RENEWED : GUARD_EVENT_INSTALLED, 0,
                  now.boot_ns);
    describe(g, p, ret);
    return 0;
}

/* Ends the lease at that moment, if it does not end before. Its record may keep the later deadline:
 * a restart believes the earlier of record and rows. */
static int shorten(struct guard *g, struct lease_place *p, uint64_t end_ns, struct err *err)
{
    ENSURE(p->state == GUARD_STATE_HELD);
    if (end_ns >= p->deadline_ns)
        return 0;
    p->deadline_ns = end_ns;
    (void)leases_save(&g->leases, p, NULL);
    struct tier_lease lease = lease_place_tier(p);
    return g->tier->ops->allow(g->tier, &lease, end_ns, err);
}

static int find(struct guard *g, const struct id *lease, struct lease_place **ret, struct err *err)
{
    *ret = leases_find(&g->leases, lease);
    if (*ret)
        return 0;
    return err_set(err, ERR_NOT_FOUND, "no lease %s on this node", lease->text);
}

int guard_revoke(struct guard *g, const struct id *lease, uint64_t notice_ms,
                 struct guard_lease *ret, struct err *err)
{
    struct lease_place *p;
    uint64_t now = now_ns(g);
    TRY(find(g, lease, &p, err));
    if (p->state == GUARD_STATE_HELD && notice_ms == 0)
        takeback_begin(&g->takebacks, p, GUARD_EVENT_REVOKED, now);
    else if (p->state == GUARD_STATE_HELD && notice_ms <= GRANT_TTL_MAX_MS)
        TRY(shorten(g, p, now + notice_ms * 1000000, err));
    describe(g, p, ret);
    return 0;
}

static bool may_join(const struct grant *g, pid_t pid)
{
    uint32_t uid;
    if (!proc_uid(pid, &uid))
        return false;
    for (size_t i = 0; i < g->uid_count; i++) {
        if (g->uids[i] == uid)
            return true;
    }
    return false;
}

/* The descriptor pins the process: if it can still be signalled after the move, its number meant
 * the same process all the time. */
static int move_pinned(struct guard *g, struct lease_place *p, pid_t pid, int pidfd,
                       struct err *err)
{
    struct id other;
    ENSURE(pid > 0 && pidfd >= 0);
    if (!may_join(&p->grant, pid))
        return err_set(err, ERR_DENIED, "process %d: its user may not join lease %s", (int)pid,
                       p->grant.lease.text);
    if (g->tier->ops->owner(g->tier, pid, &other) == TIER_OWNER_LEASE &&
        !id_equal(&other, &p->grant.lease))
        return err_set(err, ERR_CONFLICT, "process %d is in lease %s", (int)pid, other.text);
    TRY(g->tier->ops->join(g->tier, &p->grant.lease, pid, err));
    if (pidfd_send_signal(pidfd, 0, NULL, 0) == 0)
        return 0;
    g->tier->ops->expel(g->tier, pid);
    return err_set(err, ERR_NOT_FOUND, "process %d ended meanwhile", (int)pid);
}

int guard_move(struct guard *g, const struct id *lease, pid_t pid, struct guard_lease *ret,
               struct err *err)
{
    struct lease_place *p;
    TRY(find(g, lease, &p, err));
    if (p->state != GUARD_STATE_HELD || p->deadline_ns <= now_ns(g))
        return err_set(err, ERR_STATE, "lease %s is over", lease->text);
    int pidfd = pid > 0 ? pidfd_open(pid, 0) : -1;
    if (pidfd < 0)
        return err_set(err, ERR_NOT_FOUND, "no process %d", (int)pid);
    int rc = move_pinned(g, p, pid, pidfd, err);
    close(pidfd);
    TRY(rc);
    takeback_tell(&g->takebacks, p, GUARD_EVENT_MOVED, pid, now_ns(g));
    describe(g, p, ret);
    return 0;
}

int guard_list(struct guard *g, uint64_t index, struct guard_lease *ret, struct err *err)
{
    for (size_t i = index; i < GUARD_LEASES_MAX; i++) {
        if (g->leases.places[i].state != GUARD_STATE_FREE) {
            describe(g, &g->leases.places[i], ret);
            return 0;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "no lease at or after %llu", (unsigned long long)index);
}

void guard_refresh(struct guard *g)
{
    g->tier->ops->refresh(g->tier);
    tier_resolve(&g->config.admit.gated);
}

int guard_denied_fd(const struct guard *g)
{
    bool enough = g->told == GUARD_TOLD_MAX && now_ns(g) - g->told_since_ns < TOLD_EVERY_NS;
    return enough ? -1 : g->tier->denied_fd;
}

bool guard_next_denied(struct guard *g, struct tier_denied *ret)
{
    if (now_ns(g) - g->told_since_ns >= TOLD_EVERY_NS) {
        g->told_since_ns = now_ns(g);
        g->told = 0;
    }
    if (g->told == GUARD_TOLD_MAX || !g->tier->ops->denied(g->tier, ret))
        return false;
    g->told++;
    return true;
}
