#ifndef PUMASI_CONTROLPLANE_CALENDAR_BOARD_H
#define PUMASI_CONTROLPLANE_CALENDAR_BOARD_H

#include "controlplane/calendar/calendar.h"
#include "controlplane/placement/parts.h"
#include "lib/base/sorted.h"

/*
 * What the calendar is made of, for its own files and tests: devices by (node, UUID), bookings by
 * lease, and on each device the holds by rising begin.
 */
struct board_booking;
struct board_kind;
struct board_node;

struct board_hold {
    struct board_booking *booking;
    int64_t units;
};

struct board_device {
    struct calendar_device info;
    bool known; /* false: only named by bookings so far, or dropped */
    struct board_hold *holds;
    size_t n, cap;
};

struct board_booking {
    struct id lease;
    struct window window;
    struct calendar_sharing sharing;
    struct board_device **devices; /* owned array, borrowed devices */
    size_t n;
};

struct calendar {
    struct board_device **devices;
    size_t n_devices, devices_cap;
    struct sorted bookings;   /* struct board_booking, by lease */
    struct parts parts;       /* what they take of each device */
    struct board_node *nodes; /* by id; those with a known device (board_node.h) */
    size_t n_nodes, nodes_cap;
    struct board_kind *kinds; /* pools and models met so far */
    size_t n_kinds, kinds_cap;
    bool sketch; /* a copy to try changes in: it keeps no rooms (board_room.h) */
};

/* The lease's booking, or NULL. */
const struct board_booking *calendar_booking_of(const struct calendar *c, const struct id *lease);

/* Whether the query is about this device at all: known, in service, of its model and pools. */
bool board_counts(const struct board_device *d, const struct calendar_query *q);

/* Units of the device that the query could take at every instant; 0 when sharing is barred. */
int64_t board_free_units(const struct board_device *d, const struct calendar_query *q);

/* The window of the query with its cleaning time on both sides. */
struct window board_padded(const struct calendar_query *q);

/* The overlapping hold that ends last (then by lease), or NULL. */
const struct board_hold *board_last_holder(const struct board_device *d,
                                           const struct calendar_query *q);

#endif
