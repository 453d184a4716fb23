/* Nodes and their devices: fields and look-ups. */
#include "controlplane/domain/node.h"

#define X(id, name) name,
static const char *const device_texts[] = {DEVICE_STATES(X)};
static const char *const device_event_texts[] = {DEVICE_EVENTS(X)};
#undef X
const struct enum_names device_state_names = {device_texts, DEVICE_STATE_COUNT};
const struct enum_names device_event_names = {device_event_texts, DEVICE_EVENT_COUNT};

/* One more than the state, so that an empty cell is "no row". */
#define TO(state) (DEVICE_##state + 1)
static const unsigned char next[DEVICE_STATE_COUNT][DEVICE_EVENT_COUNT] = {
    [DEVICE_CONTRACTED] = {[DEVICE_EVENT_DELIVER] = TO(DELIVERED)},
    [DEVICE_DELIVERED] = {[DEVICE_EVENT_ACCEPT] = TO(ACCEPTED),
                          [DEVICE_EVENT_BREAK] = TO(FAULTY),
                          [DEVICE_EVENT_MAINTAIN] = TO(MAINTENANCE),
                          [DEVICE_EVENT_RETIRE] = TO(RETIRED)},
    [DEVICE_ACCEPTED] = {[DEVICE_EVENT_SERVE] = TO(IN_SERVICE),
                         [DEVICE_EVENT_DEMOTE] = TO(DELIVERED),
                         [DEVICE_EVENT_BREAK] = TO(FAULTY),
                         [DEVICE_EVENT_MAINTAIN] = TO(MAINTENANCE),
                         [DEVICE_EVENT_RETIRE] = TO(RETIRED)},
    [DEVICE_IN_SERVICE] = {[DEVICE_EVENT_BREAK] = TO(FAULTY),
                           [DEVICE_EVENT_MAINTAIN] = TO(MAINTENANCE),
                           [DEVICE_EVENT_TAINT] = TO(TAINTED),
                           [DEVICE_EVENT_DEMOTE] = TO(DELIVERED),
                           [DEVICE_EVENT_RETIRE] = TO(RETIRED)},
    [DEVICE_FAULTY] = {[DEVICE_EVENT_REPAIR] = TO(ACCEPTED),
                       [DEVICE_EVENT_MAINTAIN] = TO(MAINTENANCE),
                       [DEVICE_EVENT_RETIRE] = TO(RETIRED)},
    [DEVICE_MAINTENANCE] =
        {[DEVICE_EVENT_RESUME] = TO(ACCEPTED), [DEVICE_EVENT_RETIRE] = TO(RETIRED)},
    [DEVICE_TAINTED] = {[DEVICE_EVENT_CLEAN] = TO(IN_SERVICE), [DEVICE_EVENT_RETIRE] = TO(RETIRED)},
};
#undef TO

int device_next(enum device_state state, enum device_event event, enum device_state *ret,
                struct err *err)
{
    ENSURE(state >= 0 && state < DEVICE_STATE_COUNT && event >= 0 && event < DEVICE_EVENT_COUNT);
    if (!next[state][event])
        return err_set(err, ERR_STATE, "a device that is %s can't take the event %s",
                       device_texts[state], device_event_texts[event]);
    *ret = (enum device_state)(next[state][event] - 1);
    return 0;
}

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
    F_INSTANT(struct node, expires_at),
    F_LIST(struct node, former_keys, &key_fact_type),
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
