#ifndef PUMASI_NODEAGENT_AGENT_HELD_H
#define PUMASI_NODEAGENT_AGENT_HELD_H

#include "nodeagent/agent/link.h"
#include "nodeagent/agent/meter.h"

/*
 * What the control plane last granted to this node, by lease: what a report needs to say beside the
 * guard's own facts. A fixed table; plain data; one thread.
 *
 * A grant stays until its place is wanted for another and nobody needs it any more: the grant set
 * under way has not named it, and the guard does not hold it.
 */
#define HELD_MAX GUARD_LEASES_MAX

struct held {
    bool used;
    bool named;    /* by the last grant set */
    bool enforced; /* by the guard, when it was last asked */
    struct metered_lease lease;
    struct instant ends_at;
    char ends_as[16];       /* why before its booked end; empty: it does not */
    struct instant told_of; /* the end that the lease was given notice of; 0: of none */
    uint32_t device_count;
    char uuids[GRANT_DEVICES_MAX][GRANT_UUID_CAP];
};

struct held_table {
    struct held items[HELD_MAX];
};

/* NULL when it is not there. */
struct held *held_find(struct held_table *t, const struct id *lease);

/* Notes a grant of the set under way, which the guard is about to be told. ERR_INVALID: bytes that
 * are no grant; ERR_LIMIT: every place is needed. */
MUST_CHECK int held_note(struct held_table *t, const struct link_grant *grant, struct err *err);

/* Before a grant set: nothing is named. */
void held_unname(struct held_table *t);

/* The guard holds exactly these; what it has returned does not count. */
void held_compare(struct held_table *t, const struct link_held *held, size_t n);

#endif
