/*
 * What devices and holds are in the fields. Bookings are facts and may overlap; for whole devices
 * only the first to hold a device at an instant counts, so what a hold changes are the parts of its
 * window that no other hold covers. Pure.
 */
#include "controlplane/calendar/board_room.h"

#include "controlplane/calendar/board_node.h"

#include <stdlib.h>

struct room_track {
    struct id node;
    uint32_t track; /* of both fields */
};

static const struct window ever = {.from = {INSTANT_MIN_S}, .to = {INT64_MAX}};

struct board_room *board_room_create(void)
{
    struct board_room *r = malloc(sizeof *r);
    ENSURE(r != NULL);
    *r = (struct board_room){.whole = field_create(), .parts = field_create()};
    return r;
}

void board_room_destroy(struct board_room *r)
{
    if (!r)
        return;
    struct sorted_place p = SORTED_BEGIN;
    for (struct room_track *t; (t = sorted_next(&r->tracks, &p));)
        free(t);
    sorted_fini(&r->tracks);
    field_destroy(r->whole);
    field_destroy(r->parts);
    free(r);
}

struct board_room *board_room_of(struct calendar *c, const struct calendar_device *info)
{
    uint32_t kind = board_kind_of(c, info); /* may move the kinds */
    return c->kinds[kind].room;
}

static int by_node(const void *node, const void *track)
{
    return id_compare(node, &((const struct room_track *)track)->node);
}

/* A node keeps its track for good, also while it has no devices. */
static uint32_t track_of(struct board_room *r, const struct id *node)
{
    struct room_track *t = sorted_find(&r->tracks, by_node, node);
    if (t)
        return t->track;
    t = malloc(sizeof *t);
    ENSURE(t != NULL);
    *t = (struct room_track){.node = *node, .track = field_add(r->whole, 0)};
    ENSURE(field_add(r->parts, 0) == t->track);
    ENSURE(sorted_put(&r->tracks, by_node, &t->node, t) == NULL);
    return t->track;
}

/* Takes from `whole` those parts of the window in which none of the first n holds, the booking's
 * own left out, has the device. */
static void take_uncovered(struct board_room *r, uint32_t track, const struct board_device *d,
                           size_t n, const struct board_booking *own, struct window window,
                           int64_t units)
{
    struct instant from = window.from;
    for (size_t i = 0; i < n && d->holds[i].booking->window.from.s < window.to.s; i++) {
        const struct board_booking *b = d->holds[i].booking;
        if (b == own || b->window.to.s <= from.s)
            continue;
        field_take(r->whole, track, (struct window){from, b->window.from}, units);
        from = instant_max(from, b->window.to);
    }
    field_take(r->whole, track, (struct window){from, window.to}, units);
}

void board_room_count(struct calendar *c, const struct board_device *d, int sign)
{
    struct board_room *r = board_room_of(c, &d->info);
    if (!r)
        return;
    uint32_t track = track_of(r, &d->info.node);
    field_take(r->whole, track, ever, -sign * SHARE_PER_GPU);
    field_take(r->parts, track, ever, -sign * SHARE_PER_GPU);
    for (size_t i = 0; i < d->n; i++) {
        const struct board_booking *b = d->holds[i].booking;
        field_take(r->parts, track, b->window, sign * d->holds[i].units);
        take_uncovered(r, track, d, i, NULL, b->window, sign * SHARE_PER_GPU);
    }
}

void board_room_hold(struct calendar *c, const struct board_device *d,
                     const struct board_booking *b, struct window window, int64_t units, int sign)
{
    struct board_room *r = d->known && d->info.in_service ? board_room_of(c, &d->info) : NULL;
    if (!r)
        return;
    uint32_t track = track_of(r, &d->info.node);
    field_take(r->parts, track, window, sign * units);
    take_uncovered(r, track, d, d->n, b, window, sign * SHARE_PER_GPU);
}
