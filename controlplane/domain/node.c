/* Nodes and their devices: fields and look-ups. */
#include "controlplane/domain/node.h"

static const char *const device_texts[] = {"contracted", "delivered",   "accepted", "in_service",
                                           "faulty",     "maintenance", "tainted",  "retired"};
const struct enum_names device_state_names = {device_texts, DEVICE_STATE_COUNT};

static const char *const node_texts[] = {"joined", "in_service", "drained", "retired"};
const struct enum_names node_state_names = {node_texts, NODE_STATE_COUNT};

static const char *const tier_texts[] = {"none", "advisory", "v1", "bpf"};
const struct enum_names enforcement_tier_names = {tier_texts, TIER_COUNT};

static const struct field device_fields[] = {
    F_TEXT(struct device, uuid),
    F_U32(struct device, index),
    F_U32(struct device, major),
    F_U32(struct device, minor),
    F_U64(struct device, memory_mib),
    F_ENUM(struct device, state, &device_state_names),
    F_END,
};
const struct record_type device_type = {"device", sizeof(struct device), device_fields};

static const struct field node_fields[] = {
    F_ID(struct node, id),
    F_ID(struct node, pool),
    F_ID(struct node, owner),
    F_ID(struct node, site),
    F_TEXT(struct node, model),
    F_ENUM(struct node, state, &node_state_names),
    F_LIST(struct node, devices, &device_type),
    F_ENUM(struct node, tier, &enforcement_tier_names),
    F_ID(struct node, nvlink_domain),
    F_TEXT(struct node, agent_version),
    F_TEXT(struct node, boot_id),
    F_ID(struct node, key_id),
    F_BYTES(struct node, public_key),
    F_INSTANT(struct node, joined_at),
    F_INSTANT(struct node, attached_at),
    F_END,
};
const struct record_type node_type = {"node", sizeof(struct node), node_fields};

const struct device *node_device(const struct node *n, const char *uuid)
{
    LIST_EACH(const struct device, d, &n->devices)
    {
        if (strcmp(d->uuid, uuid) == 0)
            return d;
    }
    return NULL;
}

size_t node_devices_in_service(const struct node *n)
{
    if (n->state != NODE_IN_SERVICE)
        return 0;
    size_t count = 0;
    LIST_EACH(const struct device, d, &n->devices)
    {
        count += d->state == DEVICE_IN_SERVICE;
    }
    return count;
}
