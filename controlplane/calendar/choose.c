/*
 * Best fit over the nodes that have something free. Deterministic: every tie ends at node and
 * index. One pass over the nodes finds what each could give; devices are looked at one by one only
 * where parts of them are taken already.
 */
#include "controlplane/calendar/choose.h"

#include "controlplane/calendar/board_node.h"

#include <stdlib.h>

static void *items_of(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    ENSURE(p != NULL);
    return p;
}

/* Bits by pairs, nibbles, bytes: no processor needs to be asked whether it can count them. */
static size_t count(uint64_t devices)
{
    devices -= devices >> 1 & UINT64_C(0x5555555555555555);
    devices =
        (devices & UINT64_C(0x3333333333333333)) + (devices >> 2 & UINT64_C(0x3333333333333333));
    devices = (devices + (devices >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return devices * UINT64_C(0x0101010101010101) >> 56;
}

/* ---- What nodes could give ------------------------------------------------------------------- */

/* A node with a device that could be given. */
struct offer {
    const struct board_node *node;
    uint64_t free;   /* wholly, throughout */
    size_t n;        /* of these */
    uint64_t partly; /* taken in part, with enough left */
    bool broken;     /* a device that counts is not wholly free */
};

struct offers {
    const struct calendar_query *query;
    const struct parts *parts; /* in use anywhere */
    struct offer *items;       /* by node */
    size_t n;
};

/* A query, as one looks at nodes with it. */
struct look {
    const struct calendar_query *query;
    struct window window; /* with cleaning time */
    const struct board_booking *ignore;
    bool *wanted; /* kinds of the calendar */
};

static struct look look_for(const struct calendar *c, const struct calendar_query *q)
{
    struct look look = {.query = q,
                        .window = board_padded(q),
                        .ignore = calendar_booking_of(c, &q->ignore),
                        .wanted = items_of(c->n_kinds, sizeof *look.wanted)};
    for (size_t i = 0; i < c->n_kinds; i++) {
        for (size_t k = 0; k < q->n_pools && strcmp(c->kinds[i].model, q->model) == 0; k++)
            look.wanted[i] = look.wanted[i] || id_equal(&c->kinds[i].pool, &q->pools[k]);
    }
    return look;
}

/* The devices that the query is about; *ret_busy: those of them that somebody holds. */
static uint64_t look_at(const struct look *look, const struct board_node *n, uint64_t *ret_busy)
{
    uint64_t devices = 0;
    for (size_t i = 0; i < n->n_groups; i++)
        devices |= look->wanted[n->groups[i].kind] ? n->groups[i].in_service : 0;
    *ret_busy = devices ? devices & board_node_busy(n, look->window, look->ignore) : 0;
    return devices;
}

/* Those of the devices that have enough left beside their holds. */
static uint64_t left_over(const struct board_node *n, uint64_t devices,
                          const struct calendar_query *q)
{
    uint64_t enough = 0;
    for (uint64_t rest = devices; rest; rest &= rest - 1) {
        size_t bit = (size_t)__builtin_ctzll(rest);
        if (board_free_units(n->devices[bit], q) >= q->units)
            enough |= UINT64_C(1) << bit;
    }
    return enough;
}

static struct offers collect(const struct calendar *c, const struct look *look)
{
    struct offers offers = {.query = look->query, .parts = &c->parts};
    offers.items = reallocarray(NULL, c->n_nodes + 1, sizeof *offers.items);
    ENSURE(offers.items != NULL);
    bool parts = look->query->units < SHARE_PER_GPU;
    for (size_t i = 0; i < c->n_nodes; i++) {
        const struct board_node *n = &c->nodes[i];
        uint64_t busy, all = look_at(look, n, &busy);
        struct offer offer = {
            .node = n, .free = all & ~busy, .n = count(all & ~busy), .broken = busy != 0};
        if (parts && busy)
            offer.partly = left_over(n, busy, look->query);
        if (offer.free | offer.partly)
            offers.items[offers.n++] = offer;
    }
    return offers;
}

/* The first n of the node's devices in the set. */
static size_t give(const struct board_node *node, uint64_t devices, size_t n,
                   const struct board_device **chosen)
{
    size_t given = 0;
    for (uint64_t rest = devices; rest && given < n; rest &= rest - 1)
        chosen[given++] = node->devices[__builtin_ctzll(rest)];
    return given;
}

/* ---- Whole devices of one node --------------------------------------------------------------- */

/* The smallest node that holds all that is wanted. One that holds no more ends the search: this is
 * how most of the nodes are never looked at. */
static bool choose_on_one(const struct calendar *c, const struct look *look,
                          const struct board_device **chosen)
{
    size_t wanted = look->query->devices, fewest = SIZE_MAX;
    const struct board_node *best = NULL;
    uint64_t best_free = 0;
    for (size_t i = 0; i < c->n_nodes && fewest > wanted; i++) {
        const struct board_node *n = &c->nodes[i];
        uint64_t busy, free = look_at(look, n, &busy) & ~busy;
        size_t devices = count(free);
        if (devices < wanted || devices >= fewest)
            continue;
        best = n;
        best_free = free;
        fewest = devices;
    }
    if (best)
        give(best, best_free, wanted, chosen);
    return best != NULL;
}

/* ---- Whole devices of several nodes ---------------------------------------------------------- */

static const struct id *domain_of(const struct offer *o)
{
    return &o->node->devices[__builtin_ctzll(o->free | o->partly)]->info.nvlink_domain;
}

struct domain {
    const struct id *id;
    size_t free;
    size_t first; /* the offer in which it was met first */
};

static int domain_order(const void *a, const void *b)
{
    const struct domain *x = a, *y = b;
    int order = id_compare(x->id, y->id);
    return order ? order : (x->first > y->first) - (x->first < y->first);
}

/* The NVLink domains of the offers, each once, in order of their id. */
static size_t collect_domains(const struct offers *offers, struct domain *domains)
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < offers->n; i++) {
        const struct id *id = domain_of(&offers->items[i]);
        if (!id_is_none(id))
            domains[n++] = (struct domain){id, offers->items[i].n, i};
    }
    qsort(domains, n, sizeof *domains, domain_order);
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && id_equal(domains[kept - 1].id, domains[i].id))
            domains[kept - 1].free += domains[i].free;
        else
            domains[kept++] = domains[i];
    }
    return kept;
}

/* The NVLink domain with room for all that leaves the least over, of equal ones the first met; or
 * NULL. */
static const struct id *fitting_domain(const struct offers *offers, size_t wanted)
{
    struct domain *domains = items_of(offers->n, sizeof *domains);
    size_t n = collect_domains(offers, domains);
    const struct domain *best = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct domain *d = &domains[i];
        bool better =
            !best || d->free < best->free || (d->free == best->free && d->first < best->first);
        if (d->free >= wanted && better)
            best = d;
    }
    const struct id *id = best ? best->id : NULL;
    free(domains);
    return id;
}

/* The node to take from next: the smallest that holds all that is wanted, else the largest. */
static size_t next_node(const struct offers *offers, const bool *used, const struct id *domain,
                        size_t wanted)
{
    size_t best = offers->n, most = 0;
    for (size_t i = 0; i < offers->n; i++) {
        const struct offer *o = &offers->items[i];
        size_t n = o->n;
        if (used[i] || (domain && !id_equal(domain_of(o), domain)))
            continue;
        bool fits = n >= wanted, best_fits = best < offers->n && most >= wanted;
        bool better = fits == best_fits ? (fits ? n < most : n > most) : fits;
        if (best < offers->n && !better)
            continue;
        best = i;
        most = n;
        if (n == wanted)
            break; /* none is better */
    }
    return best;
}

/* Marks the nodes that are taken from; from the last one `rest` devices, from the others all. */
static void take_nodes(const struct offers *offers, bool *used, size_t *ret_last, size_t *ret_rest)
{
    size_t rest = offers->query->devices;
    const struct id *domain = fitting_domain(offers, rest);
    for (;;) {
        size_t at = next_node(offers, used, domain, rest);
        ENSURE(at < offers->n);
        used[at] = true;
        *ret_last = at;
        *ret_rest = rest;
        if (offers->items[at].n >= rest)
            return;
        rest -= offers->items[at].n;
    }
}

/* When no node holds them all. */
static bool choose_on_several(const struct offers *offers, const struct board_device **chosen)
{
    size_t all = 0, given = 0, last, rest;
    for (size_t i = 0; i < offers->n; i++)
        all += offers->items[i].n;
    if (all < offers->query->devices)
        return false;
    bool *used = items_of(offers->n, sizeof *used);
    take_nodes(offers, used, &last, &rest);
    for (size_t i = 0; i < offers->n; i++) {
        const struct offer *o = &offers->items[i];
        if (used[i])
            given += give(o->node, o->free, i == last ? rest : o->n, chosen + given);
    }
    free(used);
    return true;
}

/* ---- Parts of devices ------------------------------------------------------------------------ */

struct ranked {
    const struct board_device *device;
    size_t place; /* rises by node and index */
    int64_t free;
    int64_t cost; /* of the part that is wanted, there */
    bool broken;
};

/* What makes the fewest splinters first, then the fullest, then those on nodes that are broken
 * into, then by place. */
static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    if (x->free != y->free)
        return x->free < y->free ? -1 : 1;
    if (x->broken != y->broken)
        return x->broken ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static int by_place(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

/* Ranks those of the offer's devices that are in the set; at most `most`. */
static size_t rank(const struct offers *offers, size_t i, uint64_t devices, size_t most,
                   struct ranked *items)
{
    const struct offer *o = &offers->items[i];
    size_t n = 0;
    for (uint64_t rest = devices; rest && n < most; rest &= rest - 1) {
        size_t bit = (size_t)__builtin_ctzll(rest);
        const struct board_device *d = o->node->devices[bit];
        bool part = o->partly >> bit & 1;
        int64_t left = part ? board_free_units(d, offers->query) : SHARE_PER_GPU;
        items[n++] = (struct ranked){
            .device = d,
            .place = i * BOARD_NODE_DEVICES + bit,
            .free = left,
            .cost = parts_cost(offers->parts, left, offers->query->units),
            .broken = o->broken,
        };
    }
    return n;
}

/* What is made of the devices that are chosen. */
struct outcome {
    int64_t cost, left;
};

static bool better(const struct outcome *a, const struct outcome *b)
{
    return a->cost != b->cost ? a->cost < b->cost : a->left < b->left;
}

/* The best `wanted` of the n ranked, by place, into chosen. */
static struct outcome best_of(struct ranked *items, size_t n, size_t wanted,
                              const struct board_device **chosen)
{
    ENSURE(n >= wanted);
    struct outcome outcome = {0, 0};
    qsort(items, n, sizeof *items, by_rank);
    qsort(items, wanted, sizeof *items, by_place);
    for (size_t i = 0; i < wanted; i++) {
        outcome.left += items[i].free;
        outcome.cost += items[i].cost;
        chosen[i] = items[i].device;
    }
    return outcome;
}

/* The node where the parts make the fewest splinters, then where they leave the least free. */
static bool choose_parts_on_one(const struct offers *offers, const struct board_device **chosen)
{
    size_t wanted = offers->query->devices;
    struct ranked items[BOARD_NODE_DEVICES];
    size_t best = offers->n;
    struct outcome best_outcome = {0, 0};
    bool idle_seen = false;
    for (size_t i = 0; i < offers->n; i++) {
        const struct offer *o = &offers->items[i];
        if (count(o->free | o->partly) < wanted || (idle_seen && !o->partly))
            continue; /* nodes without broken devices are all alike: the first will do */
        idle_seen |= !o->partly;
        size_t n = rank(offers, i, o->free | o->partly, BOARD_NODE_DEVICES, items);
        struct outcome outcome = best_of(items, n, wanted, chosen);
        if (best < offers->n && !better(&outcome, &best_outcome))
            continue;
        best = i;
        best_outcome = outcome;
    }
    if (best == offers->n)
        return false;
    const struct offer *o = &offers->items[best];
    best_of(items, rank(offers, best, o->free | o->partly, BOARD_NODE_DEVICES, items), wanted,
            chosen);
    return true;
}

/* Of the devices that are wholly free the first ones are the best, on broken nodes and on others:
 * more than are wanted need not be ranked. */
static bool choose_parts(const struct offers *offers, const struct board_device **chosen)
{
    size_t wanted = offers->query->devices, partly = 0, n = 0, taken[2] = {0, 0};
    for (size_t i = 0; i < offers->n; i++)
        partly += count(offers->items[i].partly);
    struct ranked *items = items_of(partly + 2 * wanted, sizeof *items);
    for (size_t i = 0; i < offers->n; i++) {
        const struct offer *o = &offers->items[i];
        n += rank(offers, i, o->partly, BOARD_NODE_DEVICES, items + n);
        size_t more = rank(offers, i, o->free, wanted - taken[o->broken], items + n);
        taken[o->broken] += more;
        n += more;
    }
    bool enough = n >= wanted;
    if (enough)
        best_of(items, n, wanted, chosen);
    free(items);
    return enough;
}

bool choose(const struct calendar *c, const struct calendar_query *q,
            const struct board_device **chosen)
{
    struct look look = look_for(c, q);
    struct offers offers = {0};
    bool whole = q->units >= SHARE_PER_GPU, found = whole && choose_on_one(c, &look, chosen);
    if (!found && !(whole && q->one_node)) {
        offers = collect(c, &look);
        found = whole         ? choose_on_several(&offers, chosen)
                : q->one_node ? choose_parts_on_one(&offers, chosen)
                              : choose_parts(&offers, chosen);
    }
    free(offers.items);
    free(look.wanted);
    return found;
}

size_t choose_most(const struct calendar *c, const struct calendar_query *q)
{
    struct look look = look_for(c, q);
    struct offers offers = collect(c, &look);
    size_t sum = 0, best = 0;
    for (size_t i = 0; i < offers.n; i++) {
        size_t n = count(offers.items[i].free | offers.items[i].partly);
        sum += n;
        best = n > best ? n : best;
    }
    free(offers.items);
    free(look.wanted);
    return q->one_node ? best : sum;
}
