#ifndef PUMASI_CONTROLPLANE_DOMAIN_NODE_H
#define PUMASI_CONTROLPLANE_DOMAIN_NODE_H

#include "lib/base/limits.h"
#include "lib/base/record.h"

/* 노드, 장치: a server and its GPUs, known by GPU UUID. */
enum device_state {
    DEVICE_CONTRACTED,
    DEVICE_DELIVERED,
    DEVICE_ACCEPTED,
    DEVICE_IN_SERVICE,
    DEVICE_FAULTY,
    DEVICE_MAINTENANCE,
    DEVICE_TAINTED,
    DEVICE_RETIRED,
    DEVICE_STATE_COUNT
};
extern const struct enum_names device_state_names;

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
};
extern const struct record_type node_type;

const struct device *node_device(const struct node *n, const char *uuid); /* or NULL */

/* Devices that leases may be placed on: in service, on a node in service. */
size_t node_devices_in_service(const struct node *n);

#endif
