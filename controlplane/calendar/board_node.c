/*
 * Nodes in order of their id, each with its known devices in order of their place, and the bookings
 * that touch it. A node whose devices change is made anew from them; a booking that comes or goes
 * moves one row of each of its nodes. Pure.
 */
#include "controlplane/calendar/board_node.h"

#include <stdlib.h>

static void *grown(void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    *cap = *cap ? *cap * 2 : 4;
    void *bigger = reallocarray(items, *cap, size);
    ENSURE(bigger != NULL);
    return bigger;
}

static void *items_of(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    ENSURE(p != NULL);
    return p;
}

size_t board_node_place(const struct calendar *c, const struct id *id, bool *ret_found)
{
    size_t low = 0, high = c->n_nodes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = id_compare(&c->nodes[middle].id, id);
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = false;
    return low;
}

void board_node_fini(struct board_node *n)
{
    free(n->devices);
    free(n->groups);
    free(n->busy);
}

/* ---- A node anew ----------------------------------------------------------------------------- */

static struct board_node *node_named(struct calendar *c, const struct id *id)
{
    bool found;
    size_t at = board_node_place(c, id, &found);
    if (found)
        return &c->nodes[at];
    c->nodes = grown(c->nodes, c->n_nodes, &c->nodes_cap, sizeof *c->nodes);
    memmove(&c->nodes[at + 1], &c->nodes[at], (c->n_nodes - at) * sizeof *c->nodes);
    c->nodes[at] = (struct board_node){.id = *id};
    c->n_nodes++;
    return &c->nodes[at];
}

static void node_drop(struct calendar *c, struct board_node *n)
{
    size_t at = (size_t)(n - c->nodes);
    board_node_fini(n);
    memmove(n, n + 1, (c->n_nodes - at - 1) * sizeof *n);
    c->n_nodes--;
}

uint32_t board_kind_of(struct calendar *c, const struct calendar_device *info)
{
    for (size_t i = 0; i < c->n_kinds; i++) {
        if (id_equal(&c->kinds[i].pool, &info->pool) && strcmp(c->kinds[i].model, info->model) == 0)
            return (uint32_t)i;
    }
    c->kinds = grown(c->kinds, c->n_kinds, &c->kinds_cap, sizeof *c->kinds);
    struct board_kind *kind = &c->kinds[c->n_kinds];
    *kind = (struct board_kind){.pool = info->pool};
    memcpy(kind->model, info->model, sizeof kind->model);
    kind->room = c->sketch ? NULL : board_room_create();
    return (uint32_t)c->n_kinds++;
}

static int by_place(const void *a, const void *b)
{
    const struct calendar_device *x = &(*(struct board_device *const *)a)->info;
    const struct calendar_device *y = &(*(struct board_device *const *)b)->info;
    int order = (x->index > y->index) - (x->index < y->index);
    return order ? order : strcmp(x->uuid, y->uuid);
}

/* The calendar's devices of a node stand together. */
static void collect_devices(const struct calendar *c, size_t first, struct board_node *n)
{
    size_t end = first;
    while (end < c->n_devices && id_equal(&c->devices[end]->info.node, &n->id))
        end++;
    n->devices = items_of(end - first, sizeof *n->devices);
    for (size_t i = first; i < end; i++) {
        if (c->devices[i]->known)
            n->devices[n->n++] = c->devices[i];
    }
    ENSURE(n->n <= BOARD_NODE_DEVICES);
    qsort(n->devices, n->n, sizeof *n->devices, by_place);
}

static void add_to_group(struct board_node *n, uint32_t kind, uint64_t bit)
{
    size_t i = 0;
    while (i < n->n_groups && n->groups[i].kind != kind)
        i++;
    if (i == n->n_groups)
        n->groups[n->n_groups++] = (struct board_group){.kind = kind};
    n->groups[i].in_service |= bit;
}

static void collect_groups(struct calendar *c, struct board_node *n)
{
    n->groups = items_of(n->n, sizeof *n->groups);
    for (size_t i = 0; i < n->n; i++) {
        const struct calendar_device *info = &n->devices[i]->info;
        if (info->in_service)
            add_to_group(n, board_kind_of(c, info), UINT64_C(1) << i);
    }
}

/* ---- Who is on a node ------------------------------------------------------------------------ */

static void busy_add(struct board_node *n, const struct board_booking *b, uint64_t devices)
{
    for (size_t i = 0; i < n->n_busy; i++) {
        if (n->busy[i].booking != b)
            continue;
        n->busy[i].devices |= devices;
        return;
    }
    n->busy = grown(n->busy, n->n_busy, &n->busy_cap, sizeof *n->busy);
    size_t at = n->n_busy++;
    for (; at > 0 && n->busy[at - 1].window.from.s > b->window.from.s; at--)
        n->busy[at] = n->busy[at - 1];
    n->busy[at] = (struct board_busy){.window = b->window, .devices = devices, .booking = b};
    int64_t length = b->window.to.s - b->window.from.s;
    n->longest_s = length > n->longest_s ? length : n->longest_s;
}

void board_node_renew(struct calendar *c, const struct id *id)
{
    struct board_node *n = node_named(c, id);
    board_node_fini(n);
    *n = (struct board_node){.id = *id};
    size_t first = 0, high = c->n_devices;
    while (first < high) {
        size_t middle = first + (high - first) / 2;
        if (id_compare(&c->devices[middle]->info.node, id) < 0)
            first = middle + 1;
        else
            high = middle;
    }
    collect_devices(c, first, n);
    collect_groups(c, n);
    for (size_t i = 0; i < n->n; i++) {
        for (size_t k = 0; k < n->devices[i]->n; k++)
            busy_add(n, n->devices[i]->holds[k].booking, UINT64_C(1) << i);
    }
    if (n->n == 0)
        node_drop(c, n);
}

static uint64_t bit_of(const struct board_node *n, const struct board_device *d)
{
    for (size_t i = 0; i < n->n; i++) {
        if (n->devices[i] == d)
            return UINT64_C(1) << i;
    }
    return 0; /* not known: nobody is given it */
}

/* The node of the booking's device i, or NULL; `last` is that of the device before. */
static struct board_node *node_of(struct calendar *c, const struct board_booking *b, size_t i,
                                  struct board_node *last)
{
    const struct id *id = &b->devices[i]->info.node;
    bool found;
    if (last && id_equal(&last->id, id))
        return last;
    size_t at = board_node_place(c, id, &found);
    return found ? &c->nodes[at] : NULL;
}

void board_nodes_book(struct calendar *c, const struct board_booking *b)
{
    struct board_node *n = NULL;
    for (size_t i = 0; i < b->n; i++) {
        n = node_of(c, b, i, n);
        uint64_t bit = n ? bit_of(n, b->devices[i]) : 0;
        if (bit)
            busy_add(n, b, bit);
    }
}

static size_t busy_place(const struct board_node *n, const struct board_booking *b)
{
    size_t at = 0;
    while (at < n->n_busy && n->busy[at].booking != b)
        at++;
    return at;
}

void board_nodes_release(struct calendar *c, const struct board_booking *b)
{
    struct board_node *n = NULL;
    for (size_t i = 0; i < b->n; i++) {
        n = node_of(c, b, i, n);
        size_t at = n ? busy_place(n, b) : 0;
        if (!n || at == n->n_busy)
            continue;
        memmove(&n->busy[at], &n->busy[at + 1], (n->n_busy - at - 1) * sizeof *n->busy);
        n->n_busy--;
    }
}

void board_nodes_shorten(struct calendar *c, const struct board_booking *b)
{
    struct board_node *n = NULL;
    for (size_t i = 0; i < b->n; i++) {
        n = node_of(c, b, i, n);
        size_t at = n ? busy_place(n, b) : 0;
        if (n && at < n->n_busy)
            n->busy[at].window = b->window;
    }
}

/* The first that may reach beyond t: what began long enough ago is over. */
static size_t first_reaching(const struct board_node *n, struct instant t)
{
    size_t low = 0, high = n->n_busy;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (n->busy[middle].window.from.s <= t.s - n->longest_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t board_node_busy(const struct board_node *n, struct window window,
                         const struct board_booking *ignore)
{
    uint64_t devices = 0;
    size_t first = first_reaching(n, window.from);
    for (size_t i = first; i < n->n_busy && n->busy[i].window.from.s < window.to.s; i++) {
        if (n->busy[i].window.to.s > window.from.s && n->busy[i].booking != ignore)
            devices |= n->busy[i].devices;
    }
    return devices;
}
