#ifndef PUMASI_CONTROLPLANE_CALENDAR_BOARD_ROOM_H
#define PUMASI_CONTROLPLANE_CALENDAR_BOARD_ROOM_H

#include "controlplane/calendar/board.h"
#include "controlplane/calendar/field.h"

/*
 * How much room there is when, for each pool and model: two fields (field.h) with a track for each
 * node. They bound what calendar_find() could give, and so the earliest start; which devices it
 * would be, and with whom parts may be shared, they do not know.
 *
 * whole: the node's devices in service that nobody holds a part of, SHARE_PER_GPU each.
 * parts: the units of its devices in service that nobody holds.
 */
struct board_room {
    struct field *whole;
    struct field *parts;
    struct sorted tracks; /* struct room_track, by node */
};

struct board_room *board_room_create(void);
void board_room_destroy(struct board_room *r); /* NULL is fine */

/* That of the device's pool and model; NULL in a calendar without (calendar_copy()). */
struct board_room *board_room_of(struct calendar *c, const struct calendar_device *info);

/* The device begins to be given (sign 1), with all its holds, or ceases to be (-1). */
void board_room_count(struct calendar *c, const struct board_device *d, int sign);

/* The booking's hold on the device takes the window (sign 1), or gives it back (-1). Nothing
 * happens while the device is not given to anybody. */
void board_room_hold(struct calendar *c, const struct board_device *d,
                     const struct board_booking *b, struct window window, int64_t units, int sign);

#endif
