#ifndef PUMASI_CONTROLPLANE_CALENDAR_BOARD_NODE_H
#define PUMASI_CONTROLPLANE_CALENDAR_BOARD_NODE_H

#include "controlplane/calendar/board_room.h"

/*
 * The board by node, so that a choice looks at nodes and not at devices: which devices of a node
 * are taken when, as sets of bits. It follows from the devices and their holds, and is kept up with
 * them.
 */
#define BOARD_NODE_DEVICES 64 /* the most known devices of one node: bits of a set */

/* A booking's part of a node. */
struct board_busy {
    struct window window;
    uint64_t devices;
    const struct board_booking *booking;
};

/* The devices of one pool and model on the node that may be given. */
struct board_group {
    uint32_t kind; /* an index of the calendar's kinds */
    uint64_t in_service;
};

struct board_node {
    struct id id;
    struct board_device **devices; /* known ones, by index, then UUID: bit i is devices[i] */
    size_t n;
    struct board_group *groups; /* nearly always one */
    size_t n_groups;
    struct board_busy *busy; /* by rising begin */
    size_t n_busy, busy_cap;
    int64_t longest_s; /* none of these is, or was, longer */
};

/* A pool and a model that devices have in common. */
struct board_kind {
    struct id pool;
    char model[CALENDAR_MODEL_CAP];
    struct board_room *room; /* owned; NULL in a sketch */
};

/* The index of the device's kind among the calendar's. */
uint32_t board_kind_of(struct calendar *c, const struct calendar_device *info);

/* The position of the node, or where it belongs. */
size_t board_node_place(const struct calendar *c, const struct id *id, bool *ret_found);

/* What is known of the node's devices has changed: one came, went, or is otherwise. */
void board_node_renew(struct calendar *c, const struct id *id);
void board_node_fini(struct board_node *n);

/* The booking's holds are on its devices; they are about to leave them; its end was moved. */
void board_nodes_book(struct calendar *c, const struct board_booking *b);
void board_nodes_release(struct calendar *c, const struct board_booking *b);
void board_nodes_shorten(struct calendar *c, const struct board_booking *b);

/* Devices with a hold in the window, other than by the booking `ignore` (NULL: none). */
uint64_t board_node_busy(const struct board_node *n, struct window window,
                         const struct board_booking *ignore);

#endif
