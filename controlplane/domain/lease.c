/* Leases: fields and life cycle. */
#include "controlplane/domain/lease.h"

#include <stdlib.h>

#define X(id, name) name,
static const char *const state_texts[] = {LEASE_STATES(X)};
static const char *const event_texts[] = {LEASE_EVENTS(X)};
#undef X
const struct enum_names lease_state_names = {state_texts, LEASE_STATE_COUNT};
const struct enum_names lease_event_names = {event_texts, LEASE_EVENT_COUNT};

static const char *const isolation_texts[] = {"whole", "mig", "dmem", "mps", "timeslice"};
const struct enum_names isolation_names = {isolation_texts, ISOLATION_COUNT};

static const char *const class_texts[] = {"committed", "opportunistic"};
const struct enum_names service_class_names = {class_texts, CLASS_COUNT};

static const char *const end_texts[] = {"",       "expired",    "released", "recalled",
                                        "failed", "eliminated", "reclaimed"};
const struct enum_names end_reason_names = {end_texts, END_REASON_COUNT};

static const char *const placement_texts[] = {"planned", "granted", "active", "returned",
                                              "tainted"};
const struct enum_names placement_state_names = {placement_texts, PLACEMENT_STATE_COUNT};

static const struct field placed_device_fields[] = {
    F_TEXT(struct placed_device, uuid),
    F_U32(struct placed_device, major),
    F_U32(struct placed_device, minor),
    F_SHARE(struct placed_device, units),
    F_END,
};
static const struct record_type placed_device_type = {"placed_device", sizeof(struct placed_device),
                                                      placed_device_fields};

static const struct field placement_fields[] = {
    F_ID(struct placement, node),
    F_LIST(struct placement, devices, &placed_device_type),
    F_ENUM(struct placement, state, &placement_state_names),
    F_END,
};
static const struct record_type placement_type = {"placement", sizeof(struct placement),
                                                  placement_fields};

static const struct field user_id_fields[] = {F_U32(struct user_id, uid), F_END};
const struct record_type user_id_type = {"user_id", sizeof(struct user_id), user_id_fields};

static const struct field lease_wait_fields[] = {
    F_BOOL(struct lease_wait, one_node), F_BOOL(struct lease_wait, shifts),
    F_INSTANT(struct lease_wait, until), F_INSTANT(struct lease_wait, next_try),
    F_TEXT(struct lease_wait, reason),   F_END,
};
static const struct record_type lease_wait_type = {"lease_wait", sizeof(struct lease_wait),
                                                   lease_wait_fields};

static const struct field lease_fields[] = {
    F_ID(struct lease, id),
    F_ID(struct lease, allocation),
    F_ID(struct lease, project),
    F_ID(struct lease, programme),
    F_ID(struct lease, organisation),
    F_TEXT(struct lease, model),
    F_U32(struct lease, gpus),
    F_SHARE(struct lease, units_per_gpu),
    F_ENUM(struct lease, isolation, &isolation_names),
    F_ENUM(struct lease, service_class, &service_class_names),
    F_U32(struct lease, priority),
    F_INSTANT(struct lease, from),
    F_INSTANT(struct lease, to),
    F_INSTANT(struct lease, ends_at),
    F_ENUM(struct lease, end_reason, &end_reason_names),
    F_ENUM(struct lease, state, &lease_state_names),
    F_LIST(struct lease, placements, &placement_type),
    F_U64(struct lease, fence),
    F_LIST(struct lease, uids, &user_id_type),
    F_ID(struct lease, loan),
    F_WON(struct lease, held_krw),
    F_ID(struct lease, booked_by),
    F_INSTANT(struct lease, created_at),
    F_INSTANT(struct lease, active_at),
    F_INSTANT(struct lease, ended_at),
    F_INSTANT(struct lease, void_at),
    F_ID(struct lease, continues),
    F_LIST(struct lease, waiting, &lease_wait_type),
    F_INSTANT(struct lease, notice_at),
    F_END,
};
const struct record_type lease_type = {"lease", sizeof(struct lease), lease_fields};

/* One more than the state, so that an empty cell is "no row". */
#define TO(state) (LEASE_##state + 1)
static const unsigned char next[LEASE_STATE_COUNT][LEASE_EVENT_COUNT] = {
    [LEASE_REQUESTED] = {[LEASE_EVENT_BOOK] = TO(BOOKED),
                         [LEASE_EVENT_REFUSE] = TO(REFUSED),
                         [LEASE_EVENT_CANCEL] = TO(CANCELLED)},
    [LEASE_BOOKED] = {[LEASE_EVENT_PREPARE] = TO(PREPARING), [LEASE_EVENT_CANCEL] = TO(CANCELLED)},
    [LEASE_PREPARING] = {[LEASE_EVENT_ACTIVATE] = TO(ACTIVE),
                         [LEASE_EVENT_DRAIN] = TO(DRAINING),
                         [LEASE_EVENT_END] = TO(RETURNING)},
    [LEASE_ACTIVE] = {[LEASE_EVENT_DRAIN] = TO(DRAINING), [LEASE_EVENT_END] = TO(RETURNING)},
    [LEASE_DRAINING] = {[LEASE_EVENT_DRAIN] = TO(DRAINING), [LEASE_EVENT_END] = TO(RETURNING)},
    [LEASE_RETURNING] = {[LEASE_EVENT_RETURN] = TO(ENDED), [LEASE_EVENT_FAIL] = TO(FAILED)},
};

int lease_next(enum lease_state state, enum lease_event event, enum lease_state *ret,
               struct err *err)
{
    ENSURE(state >= 0 && state < LEASE_STATE_COUNT && event >= 0 && event < LEASE_EVENT_COUNT);
    if (!next[state][event])
        return err_set(err, ERR_STATE, "a lease that is %s can't take the event %s",
                       state_texts[state], event_texts[event]);
    *ret = (enum lease_state)(next[state][event] - 1);
    return 0;
}

bool lease_holds_capacity(const struct lease *l)
{
    return l->state >= LEASE_BOOKED && l->state <= LEASE_RETURNING;
}

const struct placement *lease_placement(const struct lease *l, const struct id *node)
{
    LIST_EACH(const struct placement, p, &l->placements)
    {
        if (id_equal(&p->node, node))
            return p;
    }
    return NULL;
}

const struct lease_wait *lease_waits(const struct lease *l)
{
    return l->state == LEASE_REQUESTED && l->waiting.n > 0
               ? LIST_AT(const struct lease_wait, &l->waiting, 0)
               : NULL;
}

void lease_stop_waiting(struct lease *l)
{
    free(l->waiting.items);
    l->waiting = (struct list){0};
}

struct share lease_units(const struct lease *l)
{
    return (struct share){(int64_t)l->gpus * l->units_per_gpu.units};
}

struct window lease_window(const struct lease *l)
{
    return (struct window){l->from, l->state == LEASE_RETURNING ? l->void_at : l->ends_at};
}
