/* One truth in a process, as there is one bed. */
#include "tests/sim/truth.h"

#include "controlplane/domain/allocation.h"
#include "controlplane/domain/approval.h"
#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/usage.h"
#include "controlplane/engine/codec.h"
#include "controlplane/engine/keys.h"
#include "tests/sim/bed.h"
#include "tests/sim/bed_tier.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define LATE_S    3 /* X of I3 */
#define EDGE_S    4 /* a metered second may be floored at either end, and read late */
#define SPANS_MAX 100000
#define CHANGED   256

/* One stretch of a lease on a node, as its kernel saw it. */
struct stretch {
    int host;
    struct id lease;
    int64_t opened_s; /* true wall clock */
    int64_t closed_s; /* INT64_MAX: open */
};

/* What processes hold of one device now. */
struct holding {
    char uuid[GRANT_UUID_CAP];
    int64_t units;
    UT_hash_handle hh;
};

static struct {
    struct state *state;
    struct store_watch *watch;
    struct stretch *stretches;
    size_t n;
    struct holding *holdings;
    struct id became_active[CHANGED]; /* loans and allocations in this commit */
    size_t n_became;
} truth;

/* ---- approvals ---- */

struct approvals_of {
    const struct id *subject;
    bool found;
};

static size_t distinct_approvers(const struct approval *a, bool *ret_proposer, bool *ret_hash)
{
    size_t n = 0;
    LIST_EACH(const struct decision, d, &a->decisions)
    {
        bool again = false;
        if (d->verdict != VERDICT_APPROVED)
            continue;
        *ret_proposer |= id_equal(&d->user, &a->proposer);
        *ret_hash |= strcmp(d->plan_hash, a->plan.hash) != 0;
        LIST_EACH(const struct decision, before, &a->decisions)
        {
            if (before == d)
                break;
            again |= before->verdict == VERDICT_APPROVED && id_equal(&before->user, &d->user);
        }
        n += !again;
    }
    return n;
}

static bool visit_approval(const void *record, void *arg)
{
    struct approvals_of *of = arg;
    const struct approval *a = record;
    bool proposer = false, other_plan = false;
    if (!id_equal(&a->subject, of->subject) || a->state != REQUEST_APPROVED)
        return true;
    size_t n = distinct_approvers(a, &proposer, &other_plan);
    of->found = true;
    if (n < a->approvers_needed || n == 0 || proposer || other_plan)
        bed_violated("I10", "%s is in force by %s with %zu of %u approvers%s%s", a->subject.text,
                     a->id.text, n, a->approvers_needed,
                     proposer ? ", one of them the proposer" : "",
                     other_plan ? ", one of them of another plan" : "");
    return true;
}

static void check_approved(void)
{
    for (size_t i = 0; i < truth.n_became; i++) {
        struct approvals_of of = {.subject = &truth.became_active[i]};
        state_each(truth.state, ENTITY_APPROVAL, NULL, visit_approval, &of);
        if (!of.found)
            bed_violated("I10", "%s is in force without an approval", of.subject->text);
    }
    truth.n_became = 0;
}

static void note_active(const struct id *id)
{
    ENSURE(truth.n_became < CHANGED);
    truth.became_active[truth.n_became++] = *id;
}

static void look_at_change(enum entity_kind kind, const struct id *id, const void *record)
{
    if (kind == ENTITY_LOAN) {
        const struct loan *old = state_find(truth.state, kind, id);
        const struct loan *new = record;
        if (new &&new->state == LOAN_ACTIVE && (!old || old->state < LOAN_ACTIVE))
            note_active(id);
    } else if (kind == ENTITY_ALLOCATION) {
        const struct allocation *old = state_find(truth.state, kind, id);
        const struct allocation *new = record;
        if (new &&new->state == REQUEST_APPROVED && (!old || old->state != REQUEST_APPROVED))
            note_active(id);
    }
}

/* ---- devices in record order ---- */

static bool is_booked(const struct lease *l)
{
    return l->state >= LEASE_BOOKED && l->state <= LEASE_DRAINING;
}

struct counting {
    const struct lease *lease;
    const struct placement *placement;
    const struct placed_device *device;
    int64_t booked; /* at the lease's begin, by all */
};

static int64_t units_on(const struct placement *p, const char *uuid)
{
    int64_t units = 0;
    LIST_EACH(const struct placed_device, d, &p->devices)
    {
        if (strcmp(d->uuid, uuid) == 0)
            units += d->units.units;
    }
    return units;
}

static bool count_lease(const void *record, void *arg)
{
    struct counting *c = arg;
    const struct lease *l = record;
    const struct placement *p = lease_placement(l, &c->placement->node);
    if (!p)
        return true;
    int64_t units = units_on(p, c->device->uuid);
    if (is_booked(l) && l->from.s <= c->lease->from.s && c->lease->from.s < l->ends_at.s)
        c->booked += units;
    return true;
}

static void check_device(const struct lease *l, const struct placement *p,
                         const struct placed_device *d)
{
    struct counting c = {.lease = l, .placement = p, .device = d};
    state_each_lease_on(truth.state, &p->node, count_lease, &c);
    if (c.booked > SHARE_PER_GPU)
        bed_violated("I1", "%s on %s: %lld units booked when %s begins", d->uuid, p->node.text,
                     (long long)c.booked, l->id.text);
}

static void check_lease(const struct lease *l)
{
    if (!lease_holds_capacity(l))
        return;
    LIST_EACH(const struct placement, p, &l->placements)
    {
        LIST_EACH(const struct placed_device, d, &p->devices)
        {
            check_device(l, p, d);
        }
    }
}

/* ---- following the store ---- */

static void take_event(const struct store_event *e, struct id *leases, size_t *n)
{
    enum entity_kind kind;
    struct id id;
    uint64_t seq;
    struct err err = ERR_INIT;
    void *record = NULL;
    if (keys_parse(e->kv.key, &kind, &id, &seq) != KEY_CLASS_OBJECT)
        return;
    if (e->kind == STORE_EVENT_PUT && codec_decode_object(kind, e->kv.value, &record, &err) < 0) {
        bed_violated("store", "%s: %s", id.text, err.text);
        return;
    }
    look_at_change(kind, &id, record);
    state_load(truth.state, kind, &id, record);
    if (kind == ENTITY_LEASE && record) {
        const struct lease *l = state_find(truth.state, kind, &id);
        bed_trace("truth: %s %s fence=%llu ends=%lld", id.text,
                  enum_name(&lease_state_names, (int)l->state), (unsigned long long)l->fence,
                  (long long)(l->ends_at.s - bed()->epoch.s));
        if (*n < CHANGED)
            leases[(*n)++] = id;
    }
}

static void on_events(const struct store_event *events, size_t n, int64_t revision, void *ud)
{
    struct id leases[CHANGED];
    size_t count = 0;
    (void)revision;
    (void)ud;
    for (size_t i = 0; i < n; i++)
        take_event(&events[i], leases, &count);
    check_approved();
    for (size_t i = 0; i < count; i++) {
        const struct lease *l = state_find(truth.state, ENTITY_LEASE, &leases[i]);
        if (l)
            check_lease(l);
    }
}

void truth_open(struct store *store)
{
    static const struct store_watch_ops ops = {.on_events = on_events};
    truth.state = state_create();
    truth.stretches = calloc(SPANS_MAX, sizeof *truth.stretches);
    ENSURE(truth.stretches);
    truth.watch = store_watch(store, span_text(KEY_ROOT), 1, &ops, NULL);
}

const struct state *truth_state(void)
{
    return truth.state;
}

static bool visit_allocation(const void *record, void *arg)
{
    const struct allocation *a = record;
    int64_t both;
    (void)arg;
    bool sums = !__builtin_add_overflow(a->held_krw.krw, a->posted_krw.krw, &both);
    if (!sums || a->held_krw.krw < 0 || a->posted_krw.krw < 0 || both > a->budget_krw.krw)
        bed_violated("I8", "%s: %lld held and %lld posted of %lld won", a->id.text,
                     (long long)a->held_krw.krw, (long long)a->posted_krw.krw,
                     (long long)a->budget_krw.krw);
    return true;
}

struct lent {
    int64_t units;
    int64_t now_s;
};

static bool visit_lent(const void *record, void *arg)
{
    struct lent *lent = arg;
    const struct lease *l = record;
    if (l->state >= LEASE_PREPARING && l->state <= LEASE_DRAINING && l->ends_at.s > lent->now_s)
        lent->units += lease_units(l).units;
    return true;
}

static bool visit_loan(const void *record, void *arg)
{
    const struct loan *l = record;
    struct lent lent = {.now_s = bed_wall().s};
    (void)arg;
    if (l->state != LOAN_ACTIVE)
        return true;
    state_each_linked(truth.state, LINK_LEASE_LOAN, &l->id, visit_lent, &lent);
    int64_t most = l->guaranteed_units.units + l->burst_units.units;
    if (lent.units > most)
        bed_violated("I8", "%s: leases take %lld units of %lld", l->id.text, (long long)lent.units,
                     (long long)most);
    return true;
}

void truth_look(void)
{
    state_each(truth.state, ENTITY_LOAN, NULL, visit_loan, NULL);
    state_each(truth.state, ENTITY_ALLOCATION, NULL, visit_allocation, NULL);
}

/* ---- the kernels ---- */

static struct stretch *open_stretch(int host, const struct id *lease)
{
    for (size_t i = truth.n; i > 0; i--) {
        struct stretch *s = &truth.stretches[i - 1];
        if (s->host == host && s->closed_s == INT64_MAX && id_equal(&s->lease, lease))
            return s;
    }
    return NULL;
}

static int64_t units_of(const struct id *lease)
{
    const struct lease *l = state_find(truth.state, ENTITY_LEASE, lease);
    return l ? l->units_per_gpu.units : SHARE_PER_GPU;
}

static bool has_device(const struct bed_cgroup *c, const char *uuid)
{
    for (size_t i = 0; i < c->device_count; i++) {
        if (strcmp(c->devices[i].uuid, uuid) == 0)
            return true;
    }
    return false;
}

/* What may open the device now, or still has it open. */
static void check_open(const struct bed_tier *t, const struct bed_cgroup *opened, const char *uuid)
{
    int64_t units = 0;
    for (size_t i = 0; i < BED_TIER_LEASES; i++) {
        const struct bed_cgroup *c = &t->cgroups[i];
        if (!id_is_none(&c->lease) && (c->open || c->running) && has_device(c, uuid))
            units += units_of(&c->lease);
    }
    if (units > SHARE_PER_GPU)
        bed_violated("I1", "%s: %lld units granted when %s is let in", uuid, (long long)units,
                     opened->lease.text);
}

void truth_opened(const struct bed_tier *t, const struct bed_cgroup *c)
{
    int host = t->host;
    const struct id *lease = &c->lease;
    ENSURE(truth.n < SPANS_MAX);
    bed_trace("%s: %s opened", bed_host(host)->name, lease->text);
    for (size_t i = 0; i < c->device_count; i++)
        check_open(t, c, c->devices[i].uuid);
    truth.stretches[truth.n++] = (struct stretch){
        .host = host, .lease = *lease, .opened_s = bed_wall().s, .closed_s = INT64_MAX};
}

void truth_closed(int host, const struct id *lease)
{
    struct stretch *s = open_stretch(host, lease);
    bed_trace("%s: %s closed", bed_host(host)->name, lease->text);
    if (s)
        s->closed_s = bed_wall().s;
}

void truth_killed(int host, const struct id *lease, bool expired)
{
    const struct lease *l = state_find(truth.state, ENTITY_LEASE, lease);
    struct id node = id_literal(bed_host(host)->name);
    const struct placement *p = l ? lease_placement(l, &node) : NULL;
    bed_trace("%s: %s killed%s", bed_host(host)->name, lease->text, expired ? ", expired" : "");
    if (!p || expired)
        return;
    bool in_force =
        l->state == LEASE_PREPARING || l->state == LEASE_ACTIVE || l->state == LEASE_DRAINING;
    if (in_force && bed_wall().s < l->ends_at.s - 1)
        bed_violated("I4", "%s was killed on %s, %lld s before its end", lease->text, node.text,
                     (long long)(l->ends_at.s - bed_wall().s));
}

void truth_holds_begin(void)
{
    struct holding *h, *next;
    HASH_ITER(hh, truth.holdings, h, next)
    {
        HASH_DEL(truth.holdings, h);
        free(h);
    }
}

static void hold(const char *uuid, int64_t units)
{
    struct holding *h;
    HASH_FIND_STR(truth.holdings, uuid, h);
    if (!h) {
        h = calloc(1, sizeof *h);
        ENSURE(h);
        memcpy(h->uuid, uuid, sizeof h->uuid);
        HASH_ADD_STR(truth.holdings, uuid, h);
    }
    h->units += units;
}

void truth_holds(int host, const struct bed_cgroup *c)
{
    const struct lease *l = state_find(truth.state, ENTITY_LEASE, &c->lease);
    int64_t now = bed_wall().s;
    if (!l) {
        bed_violated("I3", "%s runs on %s, and nobody booked it", c->lease.text,
                     bed_host(host)->name);
        return;
    }
    for (size_t i = 0; i < c->device_count; i++)
        hold(c->devices[i].uuid, l->units_per_gpu.units);
    if (c->stubborn)
        return;
    if (now > l->to.s + LATE_S)
        bed_violated("I3", "%s runs on %s %lld s after its booked end", l->id.text,
                     bed_host(host)->name, (long long)(now - l->to.s));
    if (l->void_at.s > 0 && l->void_at.s != INSTANT_NEVER.s && now > l->void_at.s + LATE_S)
        bed_violated("I3", "%s runs on %s %lld s after it was void", l->id.text,
                     bed_host(host)->name, (long long)(now - l->void_at.s));
}

void truth_holds_end(void)
{
    for (const struct holding *h = truth.holdings; h; h = h->hh.next) {
        if (h->units > SHARE_PER_GPU)
            bed_violated("I2", "processes hold %lld units of %s", (long long)h->units, h->uuid);
    }
}

/* ---- usage ---- */

/* Stretches with hardly anything between them: an interval can't be told to be of one of them. */
struct group {
    const struct stretch *first;
    int64_t opened_s, closed_s;
    int64_t enforced_s;
    int64_t slack_s;
    int64_t metered_s;
};

static bool visit_usage(const void *record, void *arg)
{
    struct group *g = arg;
    const struct usage_interval *u = record;
    struct id node = id_literal(bed_host(g->first->host)->name);
    if (!id_equal(&u->node, &node) || u->from.s < g->opened_s - EDGE_S || u->from.s > g->closed_s)
        return true;
    g->metered_s += u->to.s - u->from.s;
    if (u->to.s > g->closed_s + EDGE_S)
        bed_violated("I7", "%s is metered beyond its end on the node", u->id.text);
    return true;
}

static void check_group(struct group *g, bool disturbed)
{
    const struct stretch *s = g->first;
    state_each_linked(truth.state, LINK_USAGE_LEASE, &s->lease, visit_usage, g);
    if (g->metered_s > g->enforced_s + g->slack_s)
        bed_violated("I7", "%s on %s: %lld s metered, %lld s enforced", s->lease.text,
                     bed_host(s->host)->name, (long long)g->metered_s, (long long)g->enforced_s);
    if (!disturbed && g->metered_s < g->enforced_s - g->slack_s)
        bed_violated("I7", "%s on %s: only %lld s metered of %lld s enforced", s->lease.text,
                     bed_host(s->host)->name, (long long)g->metered_s, (long long)g->enforced_s);
}

static bool is_same(const struct stretch *a, const struct stretch *b)
{
    return a->host == b->host && id_equal(&a->lease, &b->lease);
}

static struct group group_of(size_t first)
{
    const struct stretch *f = &truth.stretches[first];
    struct group g = {.first = f, .opened_s = f->opened_s, .closed_s = f->opened_s};
    for (size_t i = first; i < truth.n; i++) {
        const struct stretch *s = &truth.stretches[i];
        if (!is_same(s, f) || s->opened_s > g.closed_s + 2 * EDGE_S)
            continue;
        g.closed_s = s->closed_s;
        g.slack_s += EDGE_S;
        if (s->closed_s == INT64_MAX)
            break;
        g.enforced_s += s->closed_s - s->opened_s;
    }
    return g;
}

/* It goes on from the one before. */
static bool is_in_a_group(size_t i)
{
    const struct stretch *s = &truth.stretches[i];
    for (size_t k = 0; k < i; k++) {
        const struct stretch *before = &truth.stretches[k];
        if (is_same(s, before) && s->opened_s <= before->closed_s + 2 * EDGE_S)
            return true;
    }
    return false;
}

struct overlap {
    const struct usage_interval *of;
};

static bool visit_other(const void *record, void *arg)
{
    const struct overlap *o = arg;
    const struct usage_interval *u = record;
    if (u != o->of && id_equal(&u->node, &o->of->node) && u->from.s < o->of->to.s &&
        o->of->from.s < u->to.s)
        bed_violated("I7", "%s and %s overlap", u->id.text, o->of->id.text);
    return true;
}

static bool visit_interval(const void *record, void *arg)
{
    struct overlap o = {.of = record};
    (void)arg;
    state_each_linked(truth.state, LINK_USAGE_LEASE, &o.of->lease, visit_other, &o);
    return true;
}

void truth_check_usage(const bool disturbed[])
{
    state_each(truth.state, ENTITY_USAGE_INTERVAL, NULL, visit_interval, NULL);
    for (size_t i = 0; i < truth.n; i++) {
        if (is_in_a_group(i))
            continue;
        struct group g = group_of(i);
        if (g.closed_s != INT64_MAX)
            check_group(&g, disturbed[g.first->host]);
    }
}

/* ---- people ---- */

struct booked {
    const struct id *user;
    size_t n;
};

static bool visit_booked(const void *record, void *arg)
{
    struct booked *b = arg;
    const struct lease *l = record;
    b->n += id_is_none(&l->continues) && id_equal(&l->booked_by, b->user);
    return true;
}

size_t truth_booked_by(const struct id *user)
{
    struct booked b = {.user = user};
    state_each(truth.state, ENTITY_LEASE, NULL, visit_booked, &b);
    return b.n;
}
