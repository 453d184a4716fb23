/* Closings: fields and life cycle. */
#include "controlplane/domain/closing.h"

#define X(id, name) name,
static const char *const state_texts[] = {CLOSING_STATES(X)};
static const char *const event_texts[] = {CLOSING_EVENTS(X)};
#undef X
const struct enum_names closing_state_names = {state_texts, CLOSING_STATE_COUNT};
const struct enum_names closing_event_names = {event_texts, CLOSING_EVENT_COUNT};

static const struct field closing_fields[] = {
    F_ID(struct closing, id),
    F_ENUM(struct closing, state, &closing_state_names),
    F_RECORD(struct closing, checklist, &plan_type),
    F_U32(struct closing, open_points),
    F_ID(struct closing, proposed_by),
    F_INSTANT(struct closing, proposed_at),
    F_ID(struct closing, closed_by),
    F_INSTANT(struct closing, closed_at),
    F_U64(struct closing, first_commit),
    F_U64(struct closing, last_commit),
    F_TEXT(struct closing, note_sha256),
    F_INSTANT(struct closing, sealed_at),
    F_END,
};
const struct record_type closing_type = {"closing", sizeof(struct closing), closing_fields};

#define TO(state) (CLOSING_##state + 1)
static const unsigned char next[CLOSING_STATE_COUNT][CLOSING_EVENT_COUNT] = {
    [CLOSING_PROPOSED] =
        {[CLOSING_EVENT_PROPOSE] = TO(PROPOSED), [CLOSING_EVENT_CLOSE] = TO(CLOSED)},
    [CLOSING_CLOSED] = {[CLOSING_EVENT_SEAL] = TO(SEALED)},
    [CLOSING_SEALED] = {[CLOSING_EVENT_ARCHIVE] = TO(ARCHIVED)},
    [CLOSING_ARCHIVED] = {[CLOSING_EVENT_ARCHIVE] = TO(ARCHIVED)},
};

int closing_next(enum closing_state state, enum closing_event event, enum closing_state *ret,
                 struct err *err)
{
    ENSURE(state >= 0 && state < CLOSING_STATE_COUNT && event >= 0 && event < CLOSING_EVENT_COUNT);
    if (!next[state][event])
        return err_set(err, ERR_STATE, "a month that is %s can't take the event %s",
                       state_texts[state], event_texts[event]);
    *ret = (enum closing_state)(next[state][event] - 1);
    return 0;
}

struct month closing_month(const struct closing *c)
{
    struct month month;
    ENSURE(month_parse(span_text(c->id.text), &month, NULL) == 0);
    return month;
}
