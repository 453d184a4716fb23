/* Issued statements: fields and life cycle. */
#include "controlplane/domain/issued.h"

#define X(id, name) name,
static const char *const state_texts[] = {ISSUED_STATES(X)};
static const char *const event_texts[] = {ISSUED_EVENTS(X)};
#undef X
const struct enum_names issued_state_names = {state_texts, ISSUED_STATE_COUNT};
const struct enum_names issued_event_names = {event_texts, ISSUED_EVENT_COUNT};

static const struct field objection_fields[] = {
    F_ID(struct objection, user),
    F_ID(struct objection, organisation),
    F_INSTANT(struct objection, at),
    F_TEXT(struct objection, reason),
    F_END,
};
static const struct record_type objection_type = {"objection", sizeof(struct objection),
                                                  objection_fields};

static const struct field issued_statement_fields[] = {
    F_ID(struct issued_statement, id),
    F_ID(struct issued_statement, project),
    F_TEXT(struct issued_statement, label),
    F_ENUM(struct issued_statement, state, &issued_state_names),
    F_RECORD(struct issued_statement, facts, &basis_type),
    F_TEXT(struct issued_statement, document_sha256),
    F_LIST(struct issued_statement, objections, &objection_type),
    F_INSTANT(struct issued_statement, closed_at),
    F_ID(struct issued_statement, closed_by),
    F_END,
};
const struct record_type issued_statement_type = {
    "issued_statement", sizeof(struct issued_statement), issued_statement_fields};

/* One more than the state, so that an empty cell is "no row". */
#define TO(state) (STATEMENT_##state + 1)
static const unsigned char next[ISSUED_STATE_COUNT][ISSUED_EVENT_COUNT] = {
    [STATEMENT_ISSUED] = {[STATEMENT_EVENT_SUPERSEDE] = TO(SUPERSEDED),
                          [STATEMENT_EVENT_DISPUTE] = TO(DISPUTED),
                          [STATEMENT_EVENT_CLOSE] = TO(CLOSED)},
    [STATEMENT_DISPUTED] = {[STATEMENT_EVENT_SUPERSEDE] = TO(SUPERSEDED),
                            [STATEMENT_EVENT_DISPUTE] = TO(DISPUTED),
                            [STATEMENT_EVENT_CLOSE] = TO(CLOSED)},
    [STATEMENT_CLOSED] = {[STATEMENT_EVENT_SUPERSEDE] = TO(SUPERSEDED)},
};

int issued_next(enum issued_state state, enum issued_event event, enum issued_state *ret,
                struct err *err)
{
    ENSURE(state >= 0 && state < ISSUED_STATE_COUNT && event >= 0 && event < ISSUED_EVENT_COUNT);
    if (!next[state][event])
        return err_set(err, ERR_STATE, "a statement that is %s can't take the event %s",
                       state_texts[state], event_texts[event]);
    *ret = (enum issued_state)(next[state][event] - 1);
    return 0;
}
