#ifndef PUMASI_CONTROLPLANE_DOMAIN_NODE_H
#define PUMASI_CONTROLPLANE_DOMAIN_NODE_H

#include "controlplane/domain/key_fact.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"

/* 노드, 장치: a server and its GPUs, known by GPU UUID. */
#define DEVICE_STATES(X)                                                                           \
    X(CONTRACTED, "contracted")                                                                    \
    X(DELIVERED, "delivered")                                                                      \
    X(ACCEPTED, "accepted")                                                                        \
    X(IN_SERVICE, "in_service")                                                                    \
    X(FAULTY, "faulty")                                                                            \
    X(MAINTENANCE, "maintenance")                                                                  \
    X(TAINTED, "tainted")                                                                          \
    X(RETIRED, "retired")
enum device_state {
#define X(id, name) DEVICE_##id,
    DEVICE_STATES(X)
#undef X
        DEVICE_STATE_COUNT
};
extern const struct enum_names device_state_names;

#define DEVICE_EVENTS(X)                                                                           \
    X(DELIVER, "deliver") /* its node told of it for the first time */                             \
    X(ACCEPT, "accept")   /* its node can enforce what it is granted */                            \
    X(SERVE, "serve")     /* leases may be placed on it */                                         \
    X(BREAK, "break")     /* its node reports a fault, or misses it */                             \
    X(REPAIR, "repair")                                                                            \
    X(MAINTAIN, "maintain") /* its owner takes it out */                                           \
    X(RESUME, "resume")                                                                            \
    X(TAINT, "taint") /* a lease was not returned clean */                                         \
    X(CLEAN, "clean")                                                                              \
    X(DEMOTE, "demote") /* its node can enforce nothing any more */                                \
    X(RETIRE, "retire")
enum device_event {
#define X(id, name) DEVICE_EVENT_##id,
    DEVICE_EVENTS(X)
#undef X
        DEVICE_EVENT_COUNT
};
extern const struct enum_names device_event_names;

/* The life cycle: the state after the event, or ERR_STATE naming both. */
MUST_CHECK int device_next(enum device_state state, enum device_event event, enum device_state *ret,
                           struct err *err);

enum node_state { NODE_JOINED, NODE_IN_SERVICE, NODE_DRAINED, NODE_RETIRED, NODE_STATE_COUNT };
extern const struct enum_names node_state_names;

/* What the guard can enforce with, best last. */
enum enforcement_tier { TIER_NONE, TIER_ADVISORY, TIER_V1, TIER_BPF, TIER_COUNT };
extern const struct enum_names enforcement_tier_names;

/* What a node must be able to enforce before a borrower's work is placed on it: below that only
 * leases are confined, and expiry needs a living guard. The owner's own work may run anywhere. */
#define LOAN_TIER TIER_BPF

struct device {
    char uuid[48];
    uint32_t index;
    uint32_t major;
    uint32_t minor;
    uint64_t memory_mib;
    enum device_state state;
};
extern const struct record_type device_type;

struct node {
    struct id id;
    struct id pool;
    struct id owner;
    struct id site;
    char model[32];
    enum node_state state;
    struct list devices; /* struct device, at most LIMIT_GPUS_PER_NODE, by index */
    enum enforcement_tier tier;
    struct id nvlink_domain;
    char agent_version[32];
    char boot_id[40];
    struct id key_id;
    struct blob public_key; /* SubjectPublicKeyInfo, DER */
    struct instant joined_at;
    struct instant attached_at;
    struct instant expires_at; /* of the certificate; its end ends no lease */
    struct list former_keys;   /* struct key_fact, oldest first */
};
extern const struct record_type node_type;

const struct device *node_device(const struct node *n, const char *uuid); /* or NULL */

/* Devices that leases may be placed on: in service, on a node in service. */
size_t node_devices_in_service(const struct node *n);

#endif
