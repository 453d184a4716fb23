#ifndef PUMASI_CONTROLPLANE_PLACEMENT_PARTS_H
#define PUMASI_CONTROLPLANE_PLACEMENT_PARTS_H

#include "lib/base/share.h"

/*
 * The splinters of waste.h for devices by themselves: what parts are in use, by size, and how much
 * of what is idle on a device becomes of no use to them when one more is taken. For the calendar,
 * which knows neither CPU nor what else was ever asked for.
 *
 * Answers follow from the counts alone, whatever the order of calls. A zeroed struct is empty.
 */
struct part_size {
    uint32_t units; /* 1..SHARE_PER_GPU */
    uint64_t count; /* >= 1 */
};

struct parts {
    struct part_size *sizes; /* owned; rising */
    size_t n, cap;
};

void parts_fini(struct parts *p); /* frees and zeroes */

void parts_add(struct parts *p, int64_t units);
void parts_remove(struct parts *p, int64_t units); /* one that was added */

/*
 * What taking `units` of a device with `idle` units left costs: the units that are idle before and
 * after, each times the parts in use that do not fit into them, after less before. Only good for
 * comparing; 0 everywhere when nothing is in use.
 */
int64_t parts_cost(const struct parts *p, int64_t idle, int64_t units);

#endif
