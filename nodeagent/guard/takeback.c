/* Carries take-backs out. A place with pass 0 is not empty yet; a pass over /proc counts for a
 * place only if it began after the place was empty. */
#include "nodeagent/guard/takeback.h"

#include <string.h>

#define MS_NS           UINT64_C(1000000)
#define FIRST_PAUSE_NS  MS_NS
#define EMPTY_PAUSE_NS  (10 * MS_NS)  /* between two looks at a cgroup: one small file */
#define MAX_PAUSE_NS    (250 * MS_NS) /* between two passes over /proc */
#define TAINTED_WAIT_NS (5000 * MS_NS)
#define PIDS_EACH_STEP  32 /* so that a pass over many processes delays no deadline */

int takebacks_init(struct takebacks *t, struct leases *leases, struct tier *tier,
                   struct events *events, uint64_t kill_timeout_ns, struct err *err)
{
    *t = (struct takebacks){
        .leases = leases, .tier = tier, .events = events, .kill_timeout_ns = kill_timeout_ns};
    if (!proc_walk_init(&t->walk))
        return err_set(err, ERR_IO, "/proc can't be read");
    return 0;
}

void takebacks_fini(struct takebacks *t)
{
    proc_walk_fini(&t->walk);
}

struct tier_lease lease_place_tier(const struct lease_place *p)
{
    return (struct tier_lease){
        .id = p->grant.lease, .devices = p->grant.devices, .count = p->grant.device_count};
}

void takeback_tell(struct takebacks *t, const struct lease_place *p, enum guard_event_kind kind,
                   pid_t pid, uint64_t now_ns)
{
    ENSURE(!id_is_none(&p->grant.lease));
    struct guard_event event = {.boot_ns = now_ns,
                                .kind = kind,
                                .pid = pid,
                                .lease = p->grant.lease,
                                .fence = p->grant.fence,
                                .deadline_ns = p->deadline_ns,
                                .opens = p->opens,
                                .denials = p->denials};
    events_add(t->events, event);
}

/* To be looked at again after a pause that grows. */
static void postpone(struct takebacks *t, struct lease_place *p, uint64_t now_ns)
{
    ENSURE(lease_place_active(p) && p->state != GUARD_STATE_HELD && p->since_ns <= now_ns);
    if (p->state != GUARD_STATE_TAINTED && now_ns - p->since_ns >= t->kill_timeout_ns) {
        p->state = GUARD_STATE_TAINTED;
        takeback_tell(t, p, GUARD_EVENT_TAINTED, p->holder, now_ns);
    }
    uint64_t most_ns = p->pass > 0 ? MAX_PAUSE_NS : EMPTY_PAUSE_NS;
    p->pause_ns = p->pause_ns * 2 < most_ns ? p->pause_ns * 2 : most_ns;
    p->look_ns = now_ns + (p->state == GUARD_STATE_TAINTED ? TAINTED_WAIT_NS : p->pause_ns);
}

static void count(struct takebacks *t, struct lease_place *p)
{
    struct tier_lease lease = lease_place_tier(p);
    t->tier->ops->count(t->tier, &lease, &p->opens, &p->denials);
}

void takeback_begin(struct takebacks *t, struct lease_place *p, enum guard_event_kind cause,
                    uint64_t now_ns)
{
    ENSURE(lease_place_active(p));
    struct tier_lease lease = lease_place_tier(p);
    t->tier->ops->shut(t->tier, &lease);
    count(t, p);
    p->state = GUARD_STATE_KILLING;
    p->since_ns = p->look_ns = now_ns;
    p->pause_ns = FIRST_PAUSE_NS;
    p->pass = 0;
    takeback_tell(t, p, cause, 0, now_ns);
    t->tier->ops->kill(t->tier, &p->grant.lease);
    takeback_tell(t, p, GUARD_EVENT_KILLED, 0, now_ns);
    /* If this write fails, a restart finds the lease held and its rows gone: taken back again. */
    (void)leases_save(t->leases, p, NULL);
}

static void step_place(struct takebacks *t, struct lease_place *p, uint64_t now_ns)
{
    if (p->state == GUARD_STATE_HELD && p->deadline_ns <= now_ns)
        takeback_begin(t, p, GUARD_EVENT_EXPIRED, now_ns);
    if (!lease_place_active(p) || p->state == GUARD_STATE_HELD || p->look_ns > now_ns)
        return;
    if (!t->tier->ops->empty(t->tier, &p->grant.lease)) {
        p->pass = 0;
        t->tier->ops->kill(t->tier, &p->grant.lease);
        postpone(t, p, now_ns);
        return;
    }
    if (p->pass == 0) {
        p->pass = t->pass + 1;
        if (p->state == GUARD_STATE_KILLING)
            p->state = GUARD_STATE_CHECKING;
        count(t, p); /* with what was refused since */
        takeback_tell(t, p, GUARD_EVENT_EMPTY, 0, now_ns);
    }
}

/* Does the place wait for a pass over /proc now? */
static bool waits(const struct lease_place *p, uint64_t now_ns)
{
    return lease_place_active(p) && p->state != GUARD_STATE_HELD && p->pass > 0 &&
           p->look_ns <= now_ns;
}

/* A process that holds a device; whose it is, is asked only when it matters. */
struct holding {
    struct takebacks *t;
    bool asked;
    enum tier_owner owner;
    struct id lease;
};

/* May it hold a device that is being taken back from another lease? */
static bool may_hold(struct holding *h, pid_t pid, uint32_t major, uint32_t minor)
{
    if (!h->asked) {
        h->owner = h->t->tier->ops->owner(h->t->tier, pid, &h->lease);
        h->asked = true;
    }
    if (h->owner != TIER_OWNER_LEASE)
        return h->owner == TIER_OWNER_INFRA;
    const struct lease_place *p = leases_find(h->t->leases, &h->lease);
    return p && p->state == GUARD_STATE_HELD && lease_place_has(p, major, minor);
}

static void note_holding(void *arg, pid_t pid, uint32_t major, uint32_t minor)
{
    struct holding *h = arg;
    for (size_t i = 0; i < GUARD_LEASES_MAX; i++) {
        struct lease_place *p = &h->t->leases->places[i];
        if (lease_place_active(p) && p->pass > 0 && p->holder == 0 &&
            lease_place_has(p, major, minor) && !may_hold(h, pid, major, minor))
            p->holder = pid;
    }
}

static void judge(struct takebacks *t, struct lease_place *p, uint64_t now_ns)
{
    ENSURE(!t->scanning && p->pass > 0);
    struct tier_lease lease = lease_place_tier(p);
    if (p->holder != 0 || !t->tier->ops->remove(t->tier, &lease)) {
        postpone(t, p, now_ns);
        return;
    }
    ENSURE(t->tier->ops->empty(t->tier, &p->grant.lease));
    p->state = GUARD_STATE_RETURNED;
    p->since_ns = now_ns;
    (void)leases_save(t->leases, p, NULL); /* a record too many is found empty at the restart */
    takeback_tell(t, p, GUARD_EVENT_RETURNED, 0, now_ns);
}

static void begin_pass(struct takebacks *t, uint64_t now_ns)
{
    for (size_t i = 0; i < GUARD_LEASES_MAX; i++) {
        struct lease_place *p = &t->leases->places[i];
        if (!waits(p, now_ns))
            continue;
        p->holder = 0;
        t->scanning = true;
    }
    ENSURE(t->pass < UINT64_MAX);
    if (t->scanning) {
        proc_walk_rewind(&t->walk);
        t->pass++;
    }
}

static void step_pass(struct takebacks *t, uint64_t now_ns)
{
    pid_t pid;
    for (int i = 0; i < PIDS_EACH_STEP; i++) {
        if (!proc_walk_next(&t->walk, &pid)) {
            t->scanning = false;
            break;
        }
        struct holding holding = {.t = t};
        proc_devices(pid, note_holding, &holding);
    }
    for (size_t i = 0; i < GUARD_LEASES_MAX && !t->scanning; i++) {
        struct lease_place *p = &t->leases->places[i];
        if (waits(p, now_ns) && p->pass <= t->pass)
            judge(t, p, now_ns);
    }
}

uint64_t takebacks_step(struct takebacks *t, uint64_t now_ns)
{
    for (size_t i = 0; i < GUARD_LEASES_MAX; i++)
        step_place(t, &t->leases->places[i], now_ns);
    if (!t->scanning)
        begin_pass(t, now_ns);
    if (t->scanning)
        step_pass(t, now_ns);
    return t->scanning ? now_ns : leases_next_ns(t->leases);
}
