/*
 * How many members a node holds is found by taking them and giving them back; so is the plan, so
 * that whatever decides a single placement decides those of members, too.
 */
#include "controlplane/placement/gang.h"

#include <stdlib.h>

/* A node that could hold members. */
struct host {
    size_t node;
    uint64_t group;
    uint32_t room; /* members it could hold, no more than there are; 1 when they spread */
    int64_t gain;  /* of the first */
};

struct plan {
    struct fleet *fleet;
    const struct gang_request *gang;
    struct host *hosts; /* by group, then node */
    size_t n_hosts;
    struct placement *placements;
    uint32_t placed;
};

/* ---- Rooms and groups ------------------------------------------------------------------------ */

static uint64_t group_of(const struct fleet_spec *s, size_t node, enum gang_reach reach)
{
    if (reach == GANG_ANYWHERE)
        return 0;
    uint32_t id = reach == GANG_NVLINK_DOMAIN ? s->nvlink_domain
                  : reach == GANG_RACK        ? s->rack
                                              : s->site;
    return id ? id : (UINT64_C(1) << 32) + node;
}

static void give_back(struct plan *p, uint32_t down_to)
{
    while (p->placed > down_to)
        fleet_release(p->fleet, &p->gang->member, &p->placements[--p->placed]);
}

/* Takes up to `most` members on the node; returns how many. */
static uint32_t take(struct plan *p, size_t node, uint32_t most)
{
    uint32_t taken = 0;
    while (taken < most) {
        struct placement *to = &p->placements[p->placed];
        if (fleet_gain(p->fleet, node, &p->gang->member, to) == FLEET_UNFIT)
            break;
        fleet_take(p->fleet, &p->gang->member, to);
        p->placed++;
        taken++;
    }
    return taken;
}

static void find_hosts(struct plan *p)
{
    uint32_t most = p->gang->spread ? 1 : p->gang->members;
    for (size_t i = 0; i < p->fleet->n; i++) {
        int64_t gain = fleet_gain(p->fleet, i, &p->gang->member, NULL);
        if (gain == FLEET_UNFIT)
            continue;
        uint32_t room = take(p, i, most);
        give_back(p, 0);
        p->hosts[p->n_hosts++] = (struct host){.node = i, .room = room, .gain = gain};
    }
}

static int by_group(const void *a, const void *b)
{
    const struct host *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static void group(struct plan *p, enum gang_reach reach)
{
    for (size_t i = 0; i < p->n_hosts; i++) {
        struct host *h = &p->hosts[i];
        h->group = group_of(&p->fleet->specs[h->node], h->node, reach);
    }
    qsort(p->hosts, p->n_hosts, sizeof *p->hosts, by_group);
}

/* The hosts of one group. */
struct range {
    size_t first, n;
};

/* The group with room for all and the least of it, of equal ones the first; n 0: there is none. */
static struct range tightest_group(const struct plan *p)
{
    struct range best = {0, 0};
    uint64_t least = UINT64_MAX;
    for (size_t i = 0, next; i < p->n_hosts; i = next) {
        uint64_t room = 0;
        for (next = i; next < p->n_hosts && p->hosts[next].group == p->hosts[i].group; next++)
            room += p->hosts[next].room;
        if (room < p->gang->members || room >= least)
            continue;
        least = room;
        best = (struct range){i, next - i};
    }
    return best;
}

/* ---- Inside a group -------------------------------------------------------------------------- */

/* The node that holds what is left with the least room over, else the one with the most room. */
static struct host *next_host(struct plan *p, struct range r, uint32_t left)
{
    struct host *best = NULL;
    for (size_t i = r.first; i < r.first + r.n; i++) {
        struct host *h = &p->hosts[i];
        if (h->room == 0)
            continue;
        bool holds = h->room >= left, best_holds = best && best->room >= left;
        bool better = !best || (holds != best_holds ? holds
                                : holds             ? h->room < best->room
                                                    : h->room > best->room);
        if (better)
            best = h;
    }
    ENSURE(best != NULL);
    return best;
}

static void pack(struct plan *p, struct range r)
{
    while (p->placed < p->gang->members) {
        struct host *h = next_host(p, r, p->gang->members - p->placed);
        uint32_t taken = take(p, h->node, p->gang->members - p->placed);
        ENSURE(taken > 0);
        h->room = 0;
    }
}

static int by_gain(const void *a, const void *b)
{
    const struct host *x = a, *y = b;
    if (x->gain != y->gain)
        return x->gain > y->gain ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static void spread(struct plan *p, struct range r)
{
    qsort(p->hosts + r.first, r.n, sizeof *p->hosts, by_gain);
    for (size_t i = r.first; p->placed < p->gang->members; i++) {
        ENSURE(i < r.first + r.n);
        uint32_t taken = take(p, p->hosts[i].node, 1);
        ENSURE(taken == 1);
    }
}

bool gang_plan(struct fleet *f, const struct gang_request *g, struct placement *ret)
{
    ENSURE(g->members > 0);
    struct plan p = {.fleet = f, .gang = g, .placements = ret};
    struct range range = {0, 0};
    p.hosts = reallocarray(NULL, f->n + 1, sizeof *p.hosts);
    ENSURE(p.hosts != NULL);
    find_hosts(&p);
    enum gang_reach last = g->required ? g->reach : GANG_ANYWHERE;
    for (enum gang_reach reach = g->reach; range.n == 0 && reach <= last; reach++) {
        group(&p, reach);
        range = tightest_group(&p);
    }
    if (range.n > 0) {
        if (g->spread)
            spread(&p, range);
        else
            pack(&p, range);
        give_back(&p, 0);
    }
    free(p.hosts);
    return range.n > 0;
}
