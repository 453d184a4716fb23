/* Requests and allocations: fields and life cycle. */
#include "controlplane/domain/allocation.h"

#define X(id, name) name,
static const char *const state_texts[] = {REQUEST_STATES(X)};
static const char *const event_texts[] = {REQUEST_EVENTS(X)};
#undef X
const struct enum_names request_state_names = {state_texts, REQUEST_STATE_COUNT};
const struct enum_names request_event_names = {event_texts, REQUEST_EVENT_COUNT};

/* One more than the state, so that an empty cell is "no row". */
#define TO(state) (REQUEST_##state + 1)
static const unsigned char next[REQUEST_STATE_COUNT][REQUEST_EVENT_COUNT] = {
    [REQUEST_DRAFT] =
        {[REQUEST_EVENT_SUBMIT] = TO(SUBMITTED), [REQUEST_EVENT_WITHDRAW] = TO(WITHDRAWN)},
    [REQUEST_SUBMITTED] = {[REQUEST_EVENT_ASK_CORRECTION] = TO(CORRECTION),
                           [REQUEST_EVENT_TAKE_UP] = TO(REVIEW),
                           [REQUEST_EVENT_RETURN] = TO(RETURNED),
                           [REQUEST_EVENT_WITHDRAW] = TO(WITHDRAWN),
                           [REQUEST_EVENT_GO_STALE] = TO(STALE)},
    [REQUEST_CORRECTION] =
        {[REQUEST_EVENT_SUBMIT] = TO(SUBMITTED), [REQUEST_EVENT_WITHDRAW] = TO(WITHDRAWN)},
    [REQUEST_REVIEW] = {[REQUEST_EVENT_ASK_CORRECTION] = TO(CORRECTION),
                        [REQUEST_EVENT_APPROVE] = TO(APPROVED),
                        [REQUEST_EVENT_RETURN] = TO(RETURNED),
                        [REQUEST_EVENT_WITHDRAW] = TO(WITHDRAWN),
                        [REQUEST_EVENT_GO_STALE] = TO(STALE)},
    [REQUEST_APPROVED] = {[REQUEST_EVENT_CLOSE] = TO(CLOSED)},
    [REQUEST_STALE] =
        {[REQUEST_EVENT_SUBMIT] = TO(SUBMITTED), [REQUEST_EVENT_WITHDRAW] = TO(WITHDRAWN)},
};

int request_next(enum request_state state, enum request_event event, enum request_state *ret,
                 struct err *err)
{
    ENSURE(state >= 0 && state < REQUEST_STATE_COUNT);
    ENSURE(event >= 0 && event < REQUEST_EVENT_COUNT);
    if (!next[state][event])
        return err_set(err, ERR_STATE, "a request that is %s can't take the event %s",
                       state_texts[state], event_texts[event]);
    *ret = (enum request_state)(next[state][event] - 1);
    return 0;
}

static const struct field allocation_fields[] = {
    F_ID(struct allocation, id),
    F_ID(struct allocation, project),
    F_ID(struct allocation, programme),
    F_TEXT(struct allocation, model),
    F_INSTANT(struct allocation, from),
    F_INSTANT(struct allocation, to),
    F_SHARE(struct allocation, requested_units),
    F_SHARE(struct allocation, recommended_units),
    F_SHARE(struct allocation, awarded_units),
    F_WON(struct allocation, budget_krw),
    F_WON(struct allocation, held_krw),
    F_WON(struct allocation, posted_krw),
    F_ENUM(struct allocation, state, &request_state_names),
    F_TEXT(struct allocation, purpose),
    F_ID(struct allocation, requested_by),
    F_ID(struct allocation, approval),
    F_INSTANT(struct allocation, created_at),
    F_END,
};
const struct record_type allocation_type = {"allocation", sizeof(struct allocation),
                                            allocation_fields};

int allocation_check(const struct allocation *a, struct err *err)
{
    if (id_is_none(&a->project) || a->model[0] == '\0')
        return err_set(err, ERR_INVALID, "allocation: project and model are needed");
    if (a->from.s >= a->to.s)
        return err_set(err, ERR_INVALID, "allocation: from must come before to");
    if (a->requested_units.units <= 0)
        return err_set(err, ERR_INVALID, "allocation: units must be more than 0");
    if (a->budget_krw.krw < 0)
        return err_set(err, ERR_INVALID, "allocation: budget_krw must not be negative");
    return 0;
}
