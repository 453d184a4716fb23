#ifndef PUMASI_CONTROLPLANE_CALENDAR_CHOOSE_H
#define PUMASI_CONTROLPLANE_CALENDAR_CHOOSE_H

#include "controlplane/calendar/board.h"

/*
 * Which of the devices that could serve a query do serve it. The rules stand at calendar_find().
 */
struct candidate {
    const struct board_device *device;
    int64_t free; /* units, throughout */
    bool broken;  /* its node has a device that is not wholly free */
};

/* The candidates of one node, adjacent in the array of candidates. */
struct node_candidates {
    size_t first;
    size_t n;
};

struct candidates {
    struct candidate *items; /* by node, then index, then UUID */
    size_t n;
    struct node_candidates *nodes;
    size_t n_nodes;
};

/* All devices that could give what the query wants of one device. */
void candidates_init(struct candidates *set, const struct calendar *c,
                     const struct calendar_query *q);
void candidates_fini(struct candidates *set);

/* Marks in chosen[0..n) (candidate indexes, count = q->devices) what is given. False when the
 * candidates do not suffice. */
bool choose(const struct candidates *set, const struct calendar_query *q, size_t *chosen);

#endif
