/* Best fit over the candidates of a query. Deterministic: every tie ends at node and index. */
#include "controlplane/calendar/choose.h"

#include <stdlib.h>

static void *zeroed(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    ENSURE(p != NULL);
    return p;
}

/* ---- Candidates ----------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct calendar_device *x = &((const struct candidate *)a)->device->info;
    const struct calendar_device *y = &((const struct candidate *)b)->device->info;
    int order = id_compare(&x->node, &y->node);
    if (order == 0)
        order = (x->index > y->index) - (x->index < y->index);
    return order ? order : strcmp(x->uuid, y->uuid);
}

static bool same_node(const struct candidate *a, const struct candidate *b)
{
    return id_equal(&a->device->info.node, &b->device->info.node);
}

/* Counts all that the query is about, then drops what has too little room: a node is broken when
 * one of its devices is not wholly free, whether or not that device is a candidate. */
static void mark_broken(struct candidate *items, size_t n)
{
    for (size_t first = 0, i = 0; i < n; i++) {
        if (!same_node(&items[first], &items[i]))
            first = i;
        if (items[i].free == SHARE_PER_GPU)
            continue;
        for (size_t k = first; k < n && same_node(&items[first], &items[k]); k++)
            items[k].broken = true;
    }
}

static void group_by_node(struct candidates *set)
{
    set->nodes = zeroed(set->n, sizeof *set->nodes);
    for (size_t i = 0; i < set->n; i++) {
        if (i == 0 || !same_node(&set->items[i - 1], &set->items[i]))
            set->nodes[set->n_nodes++] = (struct node_candidates){.first = i, .n = 0};
        set->nodes[set->n_nodes - 1].n++;
    }
}

void candidates_init(struct candidates *set, const struct calendar *c,
                     const struct calendar_query *q)
{
    *set = (struct candidates){.items = zeroed(c->n_devices, sizeof *set->items)};
    size_t counted = 0;
    for (size_t i = 0; i < c->n_devices; i++) {
        const struct board_device *d = c->devices[i];
        if (board_counts(d, q))
            set->items[counted++] = (struct candidate){.device = d, .free = board_free_units(d, q)};
    }
    qsort(set->items, counted, sizeof *set->items, by_place);
    mark_broken(set->items, counted);
    for (size_t i = 0; i < counted; i++) {
        if (set->items[i].free >= q->units)
            set->items[set->n++] = set->items[i];
    }
    group_by_node(set);
}

void candidates_fini(struct candidates *set)
{
    free(set->items);
    free(set->nodes);
    *set = (struct candidates){0};
}

/* ---- Whole devices -------------------------------------------------------------------------- */

static const struct id *domain_of(const struct candidates *set, const struct node_candidates *node)
{
    return &set->items[node->first].device->info.nvlink_domain;
}

static size_t free_in_domain(const struct candidates *set, const struct id *domain)
{
    size_t n = 0;
    for (size_t i = 0; i < set->n_nodes; i++) {
        if (id_equal(domain_of(set, &set->nodes[i]), domain))
            n += set->nodes[i].n;
    }
    return n;
}

/* The NVLink domain with room for all that leaves the least over, or NULL. */
static const struct id *fitting_domain(const struct candidates *set, size_t wanted)
{
    const struct id *best = NULL;
    size_t best_free = 0;
    for (size_t i = 0; i < set->n_nodes; i++) {
        const struct id *domain = domain_of(set, &set->nodes[i]);
        if (id_is_none(domain) || (best && id_equal(best, domain)))
            continue;
        size_t n = free_in_domain(set, domain);
        if (n >= wanted && (!best || n < best_free)) {
            best = domain;
            best_free = n;
        }
    }
    return best;
}

/* The node to take from next: the smallest that holds all that is wanted, else the largest. */
static size_t next_node(const struct candidates *set, const bool *used, const struct id *domain,
                        size_t wanted)
{
    size_t best = set->n_nodes;
    for (size_t i = 0; i < set->n_nodes; i++) {
        const struct node_candidates *node = &set->nodes[i];
        if (used[i] || (domain && !id_equal(domain_of(set, node), domain)))
            continue;
        if (best == set->n_nodes) {
            best = i;
            continue;
        }
        bool fits = node->n >= wanted, best_fits = set->nodes[best].n >= wanted;
        bool better = fits == best_fits
                          ? (fits ? node->n < set->nodes[best].n : node->n > set->nodes[best].n)
                          : fits;
        if (better)
            best = i;
    }
    return best;
}

static bool choose_whole(const struct candidates *set, const struct calendar_query *q,
                         size_t *chosen)
{
    if (set->n < q->devices)
        return false;
    bool *used = zeroed(set->n_nodes, sizeof *used);
    size_t given = 0;
    size_t first = next_node(set, used, NULL, q->devices);
    bool single = set->nodes[first].n >= q->devices;
    const struct id *domain = single ? NULL : fitting_domain(set, q->devices);
    while (given < q->devices && (single || !q->one_node)) {
        size_t at = next_node(set, used, domain, q->devices - given);
        ENSURE(at < set->n_nodes);
        used[at] = true;
        const struct node_candidates *node = &set->nodes[at];
        for (size_t i = 0; i < node->n && given < q->devices; i++)
            chosen[given++] = node->first + i;
    }
    free(used);
    return given == q->devices;
}

/* ---- Parts of devices ------------------------------------------------------------------------ */

struct ranked {
    size_t index; /* into the candidates, which stand by node and index */
    int64_t free;
    bool broken;
};

/* The fullest first, then those on nodes that are broken into, then by place. */
static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->free != y->free)
        return x->free < y->free ? -1 : 1;
    if (x->broken != y->broken)
        return x->broken ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Ranks the candidates first..first+n into items; what the best `wanted` of them leave free. */
static int64_t rank(const struct candidates *set, size_t first, size_t n, size_t wanted,
                    struct ranked *items)
{
    for (size_t i = 0; i < n; i++)
        items[i] = (struct ranked){.index = first + i,
                                   .free = set->items[first + i].free,
                                   .broken = set->items[first + i].broken};
    qsort(items, n, sizeof *items, by_rank);
    int64_t left = 0;
    for (size_t i = 0; i < wanted && i < n; i++)
        left += items[i].free;
    return left;
}

/* The node where the parts leave the least free, or the number of nodes when none has room. */
static size_t fullest_node(const struct candidates *set, size_t wanted, struct ranked *items)
{
    size_t best = set->n_nodes;
    int64_t best_left = 0;
    for (size_t i = 0; i < set->n_nodes; i++) {
        const struct node_candidates *node = &set->nodes[i];
        if (node->n < wanted)
            continue;
        int64_t left = rank(set, node->first, node->n, wanted, items);
        if (best == set->n_nodes || left < best_left) {
            best = i;
            best_left = left;
        }
    }
    return best;
}

static bool choose_parts(const struct candidates *set, const struct calendar_query *q,
                         size_t *chosen)
{
    if (set->n < q->devices)
        return false;
    struct ranked *items = zeroed(set->n, sizeof *items);
    struct node_candidates from = {.first = 0, .n = set->n};
    if (q->one_node) {
        size_t at = fullest_node(set, q->devices, items);
        from = at < set->n_nodes ? set->nodes[at] : (struct node_candidates){0};
    }
    bool enough = from.n >= q->devices;
    rank(set, from.first, from.n, q->devices, items);
    for (size_t i = 0; enough && i < q->devices; i++)
        chosen[i] = items[i].index;
    free(items);
    return enough;
}

bool choose(const struct candidates *set, const struct calendar_query *q, size_t *chosen)
{
    return q->units >= SHARE_PER_GPU ? choose_whole(set, q, chosen) : choose_parts(set, q, chosen);
}
