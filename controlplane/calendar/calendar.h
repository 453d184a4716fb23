#ifndef PUMASI_CONTROLPLANE_CALENDAR_CALENDAR_H
#define PUMASI_CONTROLPLANE_CALENDAR_CALENDAR_H

#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/share.h"

/*
 * Who has which device when. A device is known by its node and UUID and has SHARE_PER_GPU units; a
 * booking takes some of the units of some devices for a window. The calendar says what is free
 * and chooses devices; it knows no quota, no money and no life cycle.
 *
 * Windows are half-open, so two bookings that touch do not conflict. Bookings are facts: they are
 * written down as given, in any order, also on devices that are not known yet. Only calendar_find()
 * judges; what it chooses is free, in service, and stays so if it is booked next.
 *
 * Part of a GPU may be shared by bookings of the same isolation class, and by different tenants
 * only where that class separates them in hardware (`apart`).
 *
 * Owned by one thread. Results do not depend on the order of earlier calls.
 */
#define CALENDAR_UUID_CAP  48
#define CALENDAR_MODEL_CAP 32

struct calendar;

struct calendar *calendar_create(void);
void calendar_destroy(struct calendar *c); /* NULL is fine */
/* The same devices and bookings again, for trying several changes before deciding. A copy is made
 * to be thrown away: it keeps nothing to find earliest starts with. */
struct calendar *calendar_copy(const struct calendar *c);

/* ---- Devices ------------------------------------------------------------------------------- */

struct calendar_device {
    struct id node;
    char uuid[CALENDAR_UUID_CAP];
    uint32_t index; /* its place on the node: lower ones are given first */
    char model[CALENDAR_MODEL_CAP];
    struct id pool;
    struct id nvlink_domain; /* none: the node alone */
    bool in_service;         /* false: nothing new is placed on it; bookings stay */
};

/* Adds the device, or changes what is known of it. At most 64 to a node. */
void calendar_put_device(struct calendar *c, const struct calendar_device *d);
/* Nothing is placed on it any more; its bookings stay until they are released. */
void calendar_drop_device(struct calendar *c, const struct id *node, const char *uuid);

/* ---- Bookings ------------------------------------------------------------------------------ */

struct calendar_slot {
    struct id node;
    char uuid[CALENDAR_UUID_CAP];
    int64_t units; /* 1..SHARE_PER_GPU */
};

/* Whom a part of a device may be shared with. */
struct calendar_sharing {
    struct id tenant;
    uint32_t isolation; /* only bookings of the same class share a device */
    bool apart;         /* the class keeps tenants apart in hardware: any tenant may share */
};

struct calendar_booking {
    struct id lease;
    struct window window;
    struct calendar_sharing sharing;
    const struct calendar_slot *slots; /* borrowed for the call; no device twice */
    size_t n;
};

/* Replaces what was booked for the lease. An empty window or no slots: as calendar_release(). */
void calendar_book(struct calendar *c, const struct calendar_booking *b);
/* Nothing happens when nothing is booked for it. */
void calendar_release(struct calendar *c, const struct id *lease);
/* The booking ends at `to` if that is earlier than its end. */
void calendar_shorten(struct calendar *c, const struct id *lease, struct instant to);

/* ---- Questions ----------------------------------------------------------------------------- */

struct calendar_query {
    const char *model;
    const struct id *pools; /* borrowed: devices of these pools count */
    size_t n_pools;
    size_t devices; /* >= 1 */
    int64_t units;  /* of each: 1..SHARE_PER_GPU; whole devices are shared with nobody */
    bool one_node;
    struct window window; /* not empty */
    int64_t cleaning_s;   /* kept free before and after the window, too */
    struct calendar_sharing sharing;
    struct id ignore; /* a lease that is to be moved: its booking does not count */
};

struct calendar_choice {
    struct calendar_slot *slots; /* owned; by node, then index */
    size_t n;
};
void calendar_choice_fini(struct calendar_choice *choice); /* frees; safe on a zeroed struct */

/*
 * Chooses devices that are free throughout. Whole devices: the fewest nodes, within one NVLink
 * domain if one has room, each time the node that it fills best. Parts: where they leave the
 * fewest splinters that parts like those in use could not take, then the fullest devices, then nodes
 * that are already broken into, so that whole nodes stay free. Ties go by node and
 * index.
 *
 * ERR_NO_CAPACITY says how many are free and who holds the others until when.
 */
MUST_CHECK int calendar_find(const struct calendar *c, const struct calendar_query *q,
                             struct calendar_choice *ret, struct err *err);

/* The largest number of devices that calendar_find() would find for the query, whatever number it
 * asks for. */
size_t calendar_most(const struct calendar *c, const struct calendar_query *q);

/* The earliest start in [window.from, horizon] at which calendar_find() succeeds for a window of
 * the same length. False when there is none. Nodes have tracks in a field (field.h), which says
 * where it is worth looking; asked with `ignore`, for several pools, or in a copy, every end of a
 * booking is tried. */
bool calendar_earliest(const struct calendar *c, const struct calendar_query *q,
                       struct instant horizon, struct instant *ret);

struct calendar_count {
    size_t devices;            /* in service, of that model in those pools */
    size_t free;               /* of these: could be chosen */
    struct id holder;          /* none, or the lease that holds one of the others longest */
    struct instant held_until; /* when that ends, cleaning included */
};
struct calendar_count calendar_count(const struct calendar *c, const struct calendar_query *q);

/* Units of the device that are booked at t; 0 for a device that is not known. */
int64_t calendar_units_at(const struct calendar *c, const struct id *node, const char *uuid,
                          struct instant t);

/* Visits, in rising order, the instants in (after, until] at which a booking ends: the only ones at
 * which more can become free. Stops when visit returns false. */
typedef bool (*calendar_instant_fn)(struct instant t, void *arg);
void calendar_each_end(const struct calendar *c, struct instant after, struct instant until,
                       calendar_instant_fn visit, void *arg);

#endif
