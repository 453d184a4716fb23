#ifndef PUMASI_LIB_ETCD_MAINTENANCE_H
#define PUMASI_LIB_ETCD_MAINTENANCE_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Housekeeping of an etcd cluster. */
struct etcd_client;

#define ETCD_VERSION_CAP 32
#define ETCD_ALARM_CAP   128

struct etcd_status {
    int64_t revision;   /* of the member that answered */
    int64_t size_bytes; /* of its database file */
    uint64_t leader;    /* member id; 0: none */
    char version[ETCD_VERSION_CAP];
    char alarm[ETCD_ALARM_CAP]; /* "" or the first: "NOSPACE ...": writes are refused */
};

/* The state of one member, whichever answers. (blocks) */
MUST_CHECK int etcd_status(struct etcd_client *client, unsigned timeout_ms, struct etcd_status *ret,
                           struct err *err);

/* Forgets history before the revision. -ERR_CONFLICT: compacted there already; -ERR_INVALID: a
 * revision of the future; -ERR_UNAVAILABLE: it may have been done or not. (blocks) */
MUST_CHECK int etcd_compact(struct etcd_client *client, int64_t revision, unsigned timeout_ms,
                            struct err *err);

#endif
