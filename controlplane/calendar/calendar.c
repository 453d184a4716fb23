/*
 * The calendar: devices and bookings as facts, and the questions asked of them. Two sorted arrays,
 * devices by (node, UUID) and bookings by lease, and what follows from them by node; every answer
 * follows from their contents alone, so the order in which they were written does not show. Thread
 * of the owner.
 */
#include "controlplane/calendar/calendar.h"

#include "controlplane/calendar/board_node.h"
#include "controlplane/calendar/choose.h"

#include <stdlib.h>

/* Room for one more item in an array of n; aborts when memory is out. */
static void *grown(void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    *cap = *cap ? *cap * 2 : 4;
    void *bigger = reallocarray(items, *cap, size);
    ENSURE(bigger != NULL);
    return bigger;
}

static void *zeroed(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    ENSURE(p != NULL);
    return p;
}

/* ---- Look-up -------------------------------------------------------------------------------- */

/* The place of the device, or where it belongs. */
static size_t device_place(const struct calendar *c, const struct id *node, const char *uuid,
                           bool *ret_found)
{
    size_t low = 0, high = c->n_devices;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct calendar_device *info = &c->devices[middle]->info;
        int order = id_compare(&info->node, node);
        if (order == 0)
            order = strcmp(info->uuid, uuid);
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

static int by_lease(const void *lease, const void *booking)
{
    return id_compare(lease, &((const struct board_booking *)booking)->lease);
}

static struct board_booking *booking_of(const struct calendar *c, const struct id *lease)
{
    return sorted_find(&c->bookings, by_lease, lease);
}

const struct board_booking *calendar_booking_of(const struct calendar *c, const struct id *lease)
{
    return booking_of(c, lease);
}

/* The device, made known by name only if need be. */
static struct board_device *device_named(struct calendar *c, const struct id *node,
                                         const char *uuid)
{
    bool found;
    size_t at = device_place(c, node, uuid, &found);
    if (found)
        return c->devices[at];
    struct board_device *d = zeroed(1, sizeof *d);
    d->info.node = *node;
    ENSURE(strlen(uuid) < sizeof d->info.uuid);
    memcpy(d->info.uuid, uuid, strlen(uuid));
    c->devices = grown(c->devices, c->n_devices, &c->devices_cap, sizeof *c->devices);
    memmove(&c->devices[at + 1], &c->devices[at], (c->n_devices - at) * sizeof *c->devices);
    c->devices[at] = d;
    c->n_devices++;
    return d;
}

/* ---- Life ----------------------------------------------------------------------------------- */

struct calendar *calendar_create(void)
{
    return zeroed(1, sizeof(struct calendar));
}

static void booking_destroy(struct board_booking *b)
{
    free(b->devices);
    free(b);
}

void calendar_destroy(struct calendar *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_devices; i++) {
        free(c->devices[i]->holds);
        free(c->devices[i]);
    }
    struct sorted_place p = SORTED_BEGIN;
    for (struct board_booking *b; (b = sorted_next(&c->bookings, &p));)
        booking_destroy(b);
    for (size_t i = 0; i < c->n_nodes; i++)
        board_node_fini(&c->nodes[i]);
    for (size_t i = 0; i < c->n_kinds; i++)
        board_room_destroy(c->kinds[i].room);
    free(c->nodes);
    free(c->kinds);
    free(c->devices);
    sorted_fini(&c->bookings);
    parts_fini(&c->parts);
    free(c);
}

static int64_t units_held(const struct board_device *d, const struct board_booking *b)
{
    for (size_t i = 0; i < d->n; i++) {
        if (d->holds[i].booking == b)
            return d->holds[i].units;
    }
    return 0;
}

struct calendar *calendar_copy(const struct calendar *c)
{
    struct calendar *copy = calendar_create();
    copy->sketch = true;
    for (size_t i = 0; i < c->n_devices; i++) {
        if (c->devices[i]->known)
            calendar_put_device(copy, &c->devices[i]->info);
    }
    struct sorted_place p = SORTED_BEGIN;
    for (const struct board_booking *b; (b = sorted_next(&c->bookings, &p));) {
        struct calendar_slot *slots = zeroed(b->n, sizeof *slots);
        for (size_t k = 0; k < b->n; k++) {
            slots[k].node = b->devices[k]->info.node;
            memcpy(slots[k].uuid, b->devices[k]->info.uuid, sizeof slots[k].uuid);
            slots[k].units = units_held(b->devices[k], b);
        }
        calendar_book(copy, &(struct calendar_booking){.lease = b->lease,
                                                       .window = b->window,
                                                       .sharing = b->sharing,
                                                       .slots = slots,
                                                       .n = b->n});
        free(slots);
    }
    return copy;
}

/* ---- Devices -------------------------------------------------------------------------------- */

/* The device is about to be otherwise, or unknown. */
static void uncount(struct calendar *c, const struct board_device *d)
{
    if (d->known && d->info.in_service)
        board_room_count(c, d, -1);
}

void calendar_put_device(struct calendar *c, const struct calendar_device *info)
{
    struct board_device *d = device_named(c, &info->node, info->uuid);
    uncount(c, d);
    d->info = *info;
    d->known = true;
    if (info->in_service)
        board_room_count(c, d, 1);
    board_node_renew(c, &info->node);
}

/* A device that is neither known nor booked is forgotten. */
static void device_settle(struct calendar *c, struct board_device *d)
{
    if (d->known || d->n > 0)
        return;
    bool found;
    size_t at = device_place(c, &d->info.node, d->info.uuid, &found);
    ENSURE(found);
    memmove(&c->devices[at], &c->devices[at + 1], (c->n_devices - at - 1) * sizeof *c->devices);
    c->n_devices--;
    free(d->holds);
    free(d);
}

void calendar_drop_device(struct calendar *c, const struct id *node, const char *uuid)
{
    bool found;
    size_t at = device_place(c, node, uuid, &found);
    if (!found)
        return;
    uncount(c, c->devices[at]);
    c->devices[at]->known = false;
    device_settle(c, c->devices[at]);
    board_node_renew(c, node);
}

/* ---- Bookings ------------------------------------------------------------------------------- */

static void hold_add(struct board_device *d, struct board_booking *b, int64_t units)
{
    d->holds = grown(d->holds, d->n, &d->cap, sizeof *d->holds);
    size_t at = d->n;
    while (at > 0 && d->holds[at - 1].booking->window.from.s > b->window.from.s)
        at--;
    memmove(&d->holds[at + 1], &d->holds[at], (d->n - at) * sizeof *d->holds);
    d->holds[at] = (struct board_hold){.booking = b, .units = units};
    d->n++;
}

/* Returns the units that it held. */
static int64_t hold_remove(struct board_device *d, const struct board_booking *b)
{
    size_t at = 0;
    while (at < d->n && d->holds[at].booking != b)
        at++;
    ENSURE(at < d->n);
    int64_t units = d->holds[at].units;
    memmove(&d->holds[at], &d->holds[at + 1], (d->n - at - 1) * sizeof *d->holds);
    d->n--;
    return units;
}

void calendar_release(struct calendar *c, const struct id *lease)
{
    struct board_booking *b = sorted_remove(&c->bookings, by_lease, lease);
    if (!b)
        return;
    board_nodes_release(c, b);
    for (size_t i = 0; i < b->n; i++) {
        int64_t units = hold_remove(b->devices[i], b);
        parts_remove(&c->parts, units);
        board_room_hold(c, b->devices[i], b, b->window, units, -1);
        device_settle(c, b->devices[i]);
    }
    booking_destroy(b);
}

void calendar_book(struct calendar *c, const struct calendar_booking *given)
{
    calendar_release(c, &given->lease);
    if (window_empty(given->window) || given->n == 0)
        return;
    struct board_booking *b = zeroed(1, sizeof *b);
    b->lease = given->lease;
    b->window = given->window;
    b->sharing = given->sharing;
    b->n = given->n;
    b->devices = zeroed(given->n, sizeof *b->devices);
    for (size_t i = 0; i < given->n; i++) {
        const struct calendar_slot *slot = &given->slots[i];
        ENSURE(slot->units > 0 && slot->units <= SHARE_PER_GPU);
        b->devices[i] = device_named(c, &slot->node, slot->uuid);
        hold_add(b->devices[i], b, slot->units);
        parts_add(&c->parts, slot->units);
        board_room_hold(c, b->devices[i], b, b->window, slot->units, 1);
    }
    board_nodes_book(c, b);
    ENSURE(sorted_put(&c->bookings, by_lease, &b->lease, b) == NULL);
}

void calendar_shorten(struct calendar *c, const struct id *lease, struct instant to)
{
    struct board_booking *b = booking_of(c, lease);
    if (!b)
        return;
    struct window rest = {instant_max(b->window.from, to), b->window.to};
    b->window.to = instant_min(b->window.to, to);
    for (size_t i = 0; i < b->n; i++)
        board_room_hold(c, b->devices[i], b, rest, units_held(b->devices[i], b), -1);
    board_nodes_shorten(c, b);
    if (window_empty(b->window))
        calendar_release(c, lease);
}

/* ---- Questions ------------------------------------------------------------------------------ */

int64_t calendar_units_at(const struct calendar *c, const struct id *node, const char *uuid,
                          struct instant t)
{
    bool found;
    size_t at = device_place(c, node, uuid, &found);
    if (!found)
        return 0;
    const struct board_device *d = c->devices[at];
    int64_t units = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (window_contains(d->holds[i].booking->window, t))
            units += d->holds[i].units;
    }
    return units;
}

static int instant_order(const void *a, const void *b)
{
    return instant_compare(*(const struct instant *)a, *(const struct instant *)b);
}

void calendar_each_end(const struct calendar *c, struct instant after, struct instant until,
                       calendar_instant_fn visit, void *arg)
{
    struct instant *ends = zeroed(c->bookings.n, sizeof *ends);
    struct sorted_place p = SORTED_BEGIN;
    size_t n = 0;
    for (const struct board_booking *b; (b = sorted_next(&c->bookings, &p));) {
        struct instant end = b->window.to;
        if (end.s > after.s && end.s <= until.s)
            ends[n++] = end;
    }
    qsort(ends, n, sizeof *ends, instant_order);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && ends[i].s == ends[i - 1].s)
            continue;
        if (!visit(ends[i], arg))
            break;
    }
    free(ends);
}

size_t calendar_most(const struct calendar *c, const struct calendar_query *q)
{
    return choose_most(c, q);
}

struct calendar_count calendar_count(const struct calendar *c, const struct calendar_query *q)
{
    struct calendar_count count = {.holder = ID_NONE, .held_until = INSTANT_NEVER};
    const struct board_hold *last = NULL;
    for (size_t i = 0; i < c->n_devices; i++) {
        const struct board_device *d = c->devices[i];
        if (!board_counts(d, q))
            continue;
        count.devices++;
        if (board_free_units(d, q) >= q->units) {
            count.free++;
            continue;
        }
        const struct board_hold *h = board_last_holder(d, q);
        if (h && (!last || h->booking->window.to.s > last->booking->window.to.s))
            last = h;
    }
    if (last) {
        count.holder = last->booking->lease;
        count.held_until = instant_add(last->booking->window.to, q->cleaning_s);
    }
    return count;
}

static int no_capacity(const struct calendar *c, const struct calendar_query *q, struct err *err)
{
    if (!err)
        return -ERR_NO_CAPACITY;
    struct calendar_count count = calendar_count(c, q);
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP], until[INSTANT_TEXT_CAP];
    struct window padded = board_padded(q);
    const char *where = q->one_node && count.free >= q->devices ? ", but not on one node" : "";
    if (id_is_none(&count.holder))
        return err_set(
            err, ERR_NO_CAPACITY,
            "%zu of %zu %s devices in service are free from %s to %s%s, %zu are asked for",
            count.free, count.devices, q->model, instant_format(padded.from, from),
            instant_format(padded.to, to), where, q->devices);
    return err_set(err, ERR_NO_CAPACITY,
                   "%zu of %zu %s devices in service are free from %s to %s%s, %zu are asked for; "
                   "%s holds others until %s",
                   count.free, count.devices, q->model, instant_format(padded.from, from),
                   instant_format(padded.to, to), where, q->devices, count.holder.text,
                   instant_format(count.held_until, until));
}

void calendar_choice_fini(struct calendar_choice *choice)
{
    free(choice->slots);
    *choice = (struct calendar_choice){0};
}

static struct calendar_choice choice_of(const struct board_device *const *chosen,
                                        const struct calendar_query *q)
{
    struct calendar_choice choice = {.slots = zeroed(q->devices, sizeof *choice.slots),
                                     .n = q->devices};
    for (size_t i = 0; i < q->devices; i++) {
        const struct calendar_device *info = &chosen[i]->info;
        choice.slots[i].node = info->node;
        memcpy(choice.slots[i].uuid, info->uuid, sizeof info->uuid);
        choice.slots[i].units = q->units;
    }
    return choice;
}

int calendar_find(const struct calendar *c, const struct calendar_query *q,
                  struct calendar_choice *ret, struct err *err)
{
    ENSURE(q->devices > 0 && q->units > 0 && q->units <= SHARE_PER_GPU);
    ENSURE(!window_empty(q->window) && q->cleaning_s >= 0);
    const struct board_device **chosen = zeroed(q->devices, sizeof *chosen);
    bool found = choose(c, q, chosen);
    if (found)
        *ret = choice_of(chosen, q);
    free(chosen);
    return found ? 0 : no_capacity(c, q, err);
}

/* ---- The earliest start ---------------------------------------------------------------------- */

struct search {
    const struct calendar *calendar;
    struct calendar_query query;
    int64_t length_s;
    bool found;
};

static bool works_at(struct search *s, struct instant start)
{
    s->query.window = (struct window){.from = start, .to = instant_add(start, s->length_s)};
    struct calendar_choice choice;
    if (calendar_find(s->calendar, &s->query, &choice, NULL) < 0)
        return false;
    calendar_choice_fini(&choice);
    return true;
}

static bool try_after(struct instant end, void *arg)
{
    struct search *s = arg;
    s->found = works_at(s, instant_add(end, s->query.cleaning_s));
    return !s->found;
}

static bool try_every_end(struct search *s, struct instant horizon)
{
    const struct calendar_query *q = &s->query;
    struct instant from = q->window.from;
    s->found = works_at(s, from);
    if (!s->found)
        calendar_each_end(s->calendar, instant_add(from, -q->cleaning_s),
                          instant_add(horizon, -q->cleaning_s), try_after, s);
    return s->found;
}

/* The room of the query's one pool; NULL when it can't be asked. */
static const struct board_room *room_for(const struct calendar *c, const struct calendar_query *q)
{
    bool near_zero = q->window.from.s < q->cleaning_s; /* no instant is so long before it */
    if (q->n_pools != 1 || near_zero || booking_of(c, &q->ignore))
        return NULL;
    for (size_t i = 0; i < c->n_kinds; i++) {
        if (id_equal(&c->kinds[i].pool, &q->pools[0]) && strcmp(c->kinds[i].model, q->model) == 0)
            return c->kinds[i].room;
    }
    return NULL;
}

/* A window with its cleaning time takes up what is free for so long; the lease starts when the
 * first cleaning is over. */
static bool try_where_there_is_room(struct search *s, const struct board_room *room,
                                    struct instant horizon)
{
    const struct calendar_query q = s->query;
    const struct field *field = q.units >= SHARE_PER_GPU ? room->whole : room->parts;
    struct instant start = q.window.from;
    struct field_query want = {.need = (int64_t)q.devices * q.units,
                               .starts = {.to = instant_add(horizon, 1 - q.cleaning_s)},
                               .length_s = s->length_s + 2 * q.cleaning_s};
    while (start.s <= horizon.s) {
        struct field_fit fit;
        want.starts.from = instant_add(start, -q.cleaning_s);
        if (!(q.one_node ? field_on_one(field, &want, &fit) : field_on_all(field, &want, &fit)))
            return false;
        start = instant_max(start, instant_add(fit.start, q.cleaning_s));
        if (works_at(s, start))
            return true;
        start =
            instant_add(field_next_rise(field, instant_add(start, -q.cleaning_s)), q.cleaning_s);
    }
    return false;
}

bool calendar_earliest(const struct calendar *c, const struct calendar_query *q,
                       struct instant horizon, struct instant *ret)
{
    struct search s = {
        .calendar = c, .query = *q, .length_s = q->window.to.s - q->window.from.s, .found = false};
    const struct board_room *room = room_for(c, q);
    if (q->window.from.s > horizon.s)
        return false;
    bool found = room ? try_where_there_is_room(&s, room, horizon) : try_every_end(&s, horizon);
    if (found)
        *ret = s.query.window.from;
    return found;
}
