#ifndef PUMASI_CONTROLPLANE_PLACEMENT_GANG_H
#define PUMASI_CONTROLPLANE_PLACEMENT_GANG_H

#include "controlplane/placement/fleet.h"

/*
 * Gangs: requests that are all alike and are placed together or not at all, near each other.
 *
 * Of the groups of nodes that reach that far and can hold all members, the one that can hold the
 * fewest takes them, so that large groups stay whole for large gangs. A node without a domain, rack
 * or site is a group by itself.
 */
enum gang_reach { GANG_NVLINK_DOMAIN, GANG_RACK, GANG_SITE, GANG_ANYWHERE };

struct gang_request {
    struct placement_request member;
    uint32_t members;      /* >= 1 */
    enum gang_reach reach; /* all members within one of these */
    bool required;         /* else the next wider reach will do, if need be */
    bool spread;           /* one member a node; else on as few nodes as possible */
};

/* Where the members would go, by member; false when they can't. The fleet is as before when it
 * returns. Looks at all nodes. */
bool gang_plan(struct fleet *f, const struct gang_request *g, struct placement *ret);

#endif
