/*
 * Invariants: nodes[i].view and waste follow from the devices and the CPU left; idle[] is the sum
 * of the nodes. A device whose last part goes is idle again, of no tenant and class.
 */
#include "controlplane/placement/fleet.h"

#include <stdlib.h>

static void *zeros(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    ENSURE(p != NULL);
    return p;
}

/* ---- What waste wants to know ---------------------------------------------------------------- */

static int64_t splinted(const struct fleet *f, const struct fleet_node *n, uint8_t level)
{
    if (n->n_devices == 0)
        return 0;
    const int32_t *served = waste_served(f->waste, n->view.model, level);
    int64_t sum = 0;
    for (size_t i = 0; i < n->n_devices; i++) {
        const struct fleet_device *d = &n->devices[i];
        if (d->use != FLEET_IDLE)
            sum += d->idle * (int64_t)served[d->rank];
    }
    return sum;
}

/* After a change of CPU or devices, or of the mix. */
static void judge(const struct fleet *f, struct fleet_node *n)
{
    n->view.level = waste_level(f->waste, n->view.cpu_milli);
    n->view.splinted = splinted(f, n, n->view.level);
    n->waste = waste_of(f->waste, &n->view);
}

void fleet_learn(struct fleet *f, const struct mix *m)
{
    waste_learn(f->waste, m);
    for (size_t i = 0; i < f->n; i++) {
        struct fleet_node *n = &f->nodes[i];
        for (size_t d = 0; d < n->n_devices; d++)
            n->devices[d].rank = waste_rank(f->waste, n->devices[d].idle);
        judge(f, n);
    }
}

/* ---- Life cycle ------------------------------------------------------------------------------ */

static void deliver(struct fleet *f, const struct fleet_spec *s, struct fleet_node *n)
{
    ENSURE(s->gpus <= PLACEMENT_DEVICES && s->cpu_milli >= 0 && s->memory_mib >= 0);
    ENSURE(s->gpus > 0 ? s->model < PLACEMENT_MODELS : s->model == PLACEMENT_NO_MODEL);
    n->view = (struct waste_node){.cpu_milli = s->cpu_milli,
                                  .idle = s->gpus * SHARE_PER_GPU,
                                  .whole = (uint8_t)s->gpus,
                                  .model = s->model};
    n->memory_mib = s->memory_mib;
    n->n_devices = s->gpus;
    for (size_t i = 0; i < s->gpus; i++)
        n->devices[i].idle = (uint16_t)SHARE_PER_GPU;
    if (s->gpus > 0)
        f->idle[s->model] += n->view.idle;
}

void fleet_init(struct fleet *f, const struct fleet_spec *specs, size_t n)
{
    *f = (struct fleet){.n = n};
    f->specs = zeros(n, sizeof *f->specs);
    f->nodes = zeros(n, sizeof *f->nodes);
    f->idle = zeros(PLACEMENT_MODELS, sizeof *f->idle);
    for (size_t i = 0; i < n; i++) {
        f->specs[i] = specs[i];
        deliver(f, &specs[i], &f->nodes[i]);
        if (specs[i].gpus > 0 && specs[i].model >= f->n_models)
            f->n_models = specs[i].model + 1u;
    }
    f->waste = waste_create(f->n_models);
    CLEANUP_MIX struct mix *nothing = mix_create();
    fleet_learn(f, nothing);
}

void fleet_fini(struct fleet *f)
{
    waste_destroy(f->waste);
    free(f->idle);
    free(f->nodes);
    free(f->specs);
    *f = (struct fleet){.n = 0};
}

/* ---- Judging a request ----------------------------------------------------------------------- */

/* A node as it would be with the request on it; devices are taken off one by one. */
struct trial {
    const struct fleet *fleet;
    const struct placement_request *request;
    const struct fleet_node *node;
    const int32_t *served; /* of the model, with the CPU that would be left */
    struct waste_node view;
    uint32_t units; /* of each device */
};

static bool fits_beside(const struct fleet_node *n, const struct placement_request *r)
{
    return r->cpu_milli <= n->view.cpu_milli && r->memory_mib <= n->memory_mib &&
           n->requests < FLEET_REQUESTS && !n->exclusive && (!r->whole_node || n->requests == 0);
}

static bool fits_model(const struct fleet_node *n, const struct placement_request *r)
{
    return n->n_devices > 0 && (r->models == 0 || (r->models >> n->view.model & 1));
}

static bool device_fits(const struct trial *t, const struct fleet_device *d)
{
    const struct placement_request *r = t->request;
    if (d->use == FLEET_IDLE)
        return true;
    if (d->idle < t->units || !placement_is_part(r))
        return false;
    if (r->mig != MIG_NONE)
        return d->use == FLEET_MIG && mig_choose(r->mig, d->taken) != MIG_NOWHERE;
    return d->use == FLEET_PARTS && d->isolation == r->isolation && d->tenant == r->tenant;
}

/* The view with the request on that device, too. */
static struct waste_node with(const struct trial *t, const struct fleet_device *d)
{
    struct waste_node v = t->view;
    uint32_t left = d->idle - t->units;
    v.idle -= t->units;
    if (d->use == FLEET_IDLE)
        v.whole--;
    else
        v.splinted -= d->idle * (int64_t)t->served[d->rank];
    if (left > 0)
        v.splinted += left * (int64_t)t->served[waste_rank(t->fleet->waste, left)];
    return v;
}

/* Whether an earlier device is just like this one: it would be judged the same. */
static bool seen_before(const struct fleet_node *n, size_t at)
{
    const struct fleet_device *d = &n->devices[at];
    for (size_t i = 0; i < at; i++) {
        const struct fleet_device *e = &n->devices[i];
        if (e->idle == d->idle && e->use == d->use && e->taken == d->taken &&
            e->tenant == d->tenant && e->isolation == d->isolation)
            return true;
    }
    return false;
}

/* Takes the device that leaves the least waste, of equal ones the first; false if none fits. */
static bool take_best(struct trial *t, uint32_t *devices)
{
    size_t best = PLACEMENT_DEVICES;
    struct waste_node best_view = t->view;
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < t->node->n_devices; i++) {
        const struct fleet_device *d = &t->node->devices[i];
        if (*devices >> i & 1 || !device_fits(t, d) || (*devices == 0 && seen_before(t->node, i)))
            continue;
        struct waste_node v = with(t, d);
        int64_t waste = waste_of(t->fleet->waste, &v);
        if (waste >= least)
            continue;
        least = waste;
        best = i;
        best_view = v;
    }
    if (best == PLACEMENT_DEVICES)
        return false;
    *devices |= UINT32_C(1) << best;
    t->view = best_view;
    return true;
}

/* The first n idle devices; that many there are. */
static uint32_t first_idle(const struct fleet_node *n, uint32_t wanted)
{
    uint32_t devices = 0;
    for (size_t i = 0; wanted > 0; i++) {
        ENSURE(i < n->n_devices);
        if (n->devices[i].use != FLEET_IDLE)
            continue;
        devices |= UINT32_C(1) << i;
        wanted--;
    }
    return devices;
}

static bool take_whole(struct trial *t, uint32_t *devices)
{
    uint32_t wanted = t->request->whole_node ? t->node->n_devices : t->request->gpus;
    if (t->request->whole_node && t->request->gpus > 0 && t->request->gpus != wanted)
        return false;
    if (t->view.whole < wanted)
        return false;
    t->view.whole = (uint8_t)(t->view.whole - wanted);
    t->view.idle -= wanted * SHARE_PER_GPU;
    if (devices)
        *devices = first_idle(t->node, wanted);
    return true;
}

static bool take_parts(struct trial *t, uint32_t *ret_devices)
{
    uint32_t devices = 0;
    for (uint32_t i = 0; i < t->request->gpus; i++) {
        if (!take_best(t, &devices))
            return false;
    }
    if (ret_devices)
        *ret_devices = devices;
    return true;
}

static uint8_t slice_for(const struct fleet_node *n, const struct placement_request *r,
                         uint32_t devices)
{
    if (r->mig == MIG_NONE)
        return 0;
    return mig_choose(r->mig, n->devices[__builtin_ctz(devices)].taken);
}

static bool wants_devices(const struct placement_request *r)
{
    return r->gpus > 0 || r->whole_node;
}

int64_t fleet_gain(const struct fleet *f, size_t node, const struct placement_request *r,
                   struct placement *ret)
{
    const struct fleet_node *n = &f->nodes[node];
    uint32_t devices = 0;
    ENSURE(r->mig == MIG_NONE || r->gpus == 1);
    if (!fits_beside(n, r) || (wants_devices(r) && !fits_model(n, r)))
        return FLEET_UNFIT;
    struct trial t = {.fleet = f, .request = r, .node = n, .view = n->view, .units = mix_units(r)};
    t.view.cpu_milli -= r->cpu_milli;
    t.view.level = waste_level(f->waste, t.view.cpu_milli);
    if (n->n_devices > 0)
        t.served = waste_served(f->waste, n->view.model, t.view.level);
    if (t.view.level != n->view.level)
        t.view.splinted = splinted(f, n, t.view.level);
    if (placement_is_part(r) && !r->whole_node) {
        if (!take_parts(&t, &devices))
            return FLEET_UNFIT;
    } else if (wants_devices(r) && !take_whole(&t, ret ? &devices : NULL)) {
        return FLEET_UNFIT;
    }
    if (ret)
        *ret = (struct placement){node, devices, devices ? slice_for(n, r, devices) : 0};
    return n->waste - waste_of(f->waste, &t.view);
}

/* ---- Taking and giving back ------------------------------------------------------------------ */

static void take_device(struct fleet_device *d, const struct placement_request *r, uint8_t slice,
                        uint32_t units)
{
    bool part = placement_is_part(r) && !r->whole_node;
    ENSURE(d->idle >= units && (part || d->use == FLEET_IDLE));
    d->idle = (uint16_t)(d->idle - units);
    if (!part) {
        d->use = FLEET_WHOLE;
    } else if (r->mig != MIG_NONE) {
        ENSURE(mig_fits(r->mig, slice, d->taken));
        d->use = FLEET_MIG;
        d->taken |= mig_bits(r->mig, slice);
    } else {
        d->use = FLEET_PARTS;
        d->tenant = r->tenant;
        d->isolation = r->isolation;
    }
}

static void release_device(struct fleet_device *d, const struct placement_request *r, uint8_t slice,
                           uint32_t units)
{
    ENSURE(d->use != FLEET_IDLE && d->idle + units <= SHARE_PER_GPU);
    d->idle = (uint16_t)(d->idle + units);
    if (d->use == FLEET_MIG)
        d->taken &= (uint16_t)~mig_bits(r->mig, slice);
    if (d->idle == SHARE_PER_GPU)
        *d = (struct fleet_device){.idle = (uint16_t)SHARE_PER_GPU};
}

/* sign 1: takes, -1: gives back. */
static void change(struct fleet *f, const struct placement_request *r, const struct placement *p,
                   int sign)
{
    ENSURE(p->node < f->n);
    struct fleet_node *n = &f->nodes[p->node];
    uint32_t units = r->whole_node ? (uint32_t)SHARE_PER_GPU : mix_units(r);
    for (uint32_t rest = p->devices; rest; rest &= rest - 1) {
        struct fleet_device *d = &n->devices[__builtin_ctz(rest)];
        n->view.whole = (uint8_t)(n->view.whole - (d->use == FLEET_IDLE));
        if (sign > 0)
            take_device(d, r, p->slice, units);
        else
            release_device(d, r, p->slice, units);
        n->view.whole = (uint8_t)(n->view.whole + (d->use == FLEET_IDLE));
        d->rank = waste_rank(f->waste, d->idle);
        n->view.idle -= sign * (int64_t)units;
        f->idle[n->view.model] -= sign * (int64_t)units;
    }
    n->view.cpu_milli -= sign * r->cpu_milli;
    n->memory_mib -= sign * r->memory_mib;
    n->requests = (uint32_t)((int64_t)n->requests + sign);
    n->exclusive = r->whole_node && sign > 0;
    judge(f, n);
}

void fleet_take(struct fleet *f, const struct placement_request *r, const struct placement *p)
{
    ENSURE(p->node < f->n && fits_beside(&f->nodes[p->node], r));
    change(f, r, p, 1);
}

void fleet_release(struct fleet *f, const struct placement_request *r, const struct placement *p)
{
    ENSURE(p->node < f->n && f->nodes[p->node].requests > 0);
    change(f, r, p, -1);
}
