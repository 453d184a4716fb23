/* Stages and the decisions about them: fields and life cycles. */
#include "controlplane/domain/stage.h"

#define X(id, name) name,
static const char *const stage_texts[] = {STAGE_STATES(X)};
static const char *const stage_event_texts[] = {STAGE_EVENTS(X)};
static const char *const decision_texts[] = {STAGE_DECISION_STATES(X)};
static const char *const decision_event_texts[] = {STAGE_DECISION_EVENTS(X)};
#undef X
const struct enum_names stage_state_names = {stage_texts, STAGE_STATE_COUNT};
const struct enum_names stage_event_names = {stage_event_texts, STAGE_EVENT_COUNT};
const struct enum_names stage_decision_state_names = {decision_texts, STAGE_DECISION_STATE_COUNT};
const struct enum_names stage_decision_event_names = {decision_event_texts,
                                                      STAGE_DECISION_EVENT_COUNT};

static const char *const verdict_texts[] = {"pass", "eliminate"};
const struct enum_names stage_verdict_names = {verdict_texts, STAGE_VERDICT_COUNT};

static const struct field project_stage_fields[] = {
    F_ID(struct project_stage, id),
    F_INSTANT(struct project_stage, from),
    F_INSTANT(struct project_stage, to),
    F_ENUM(struct project_stage, state, &stage_state_names),
    F_END,
};
const struct record_type project_stage_type = {"project_stage", sizeof(struct project_stage),
                                               project_stage_fields};

static const struct field stage_decision_fields[] = {
    F_ID(struct stage_decision, id),
    F_ID(struct stage_decision, project),
    F_ID(struct stage_decision, programme),
    F_ID(struct stage_decision, stage),
    F_ENUM(struct stage_decision, verdict, &stage_verdict_names),
    F_ENUM(struct stage_decision, state, &stage_decision_state_names),
    F_INSTANT(struct stage_decision, effective_at),
    F_INSTANT(struct stage_decision, objections_until),
    F_TEXT(struct stage_decision, reason),
    F_TEXT(struct stage_decision, paper),
    F_TEXT(struct stage_decision, objection),
    F_ID(struct stage_decision, objected_by),
    F_TEXT(struct stage_decision, answer),
    F_ID(struct stage_decision, proposed_by),
    F_ID(struct stage_decision, approval),
    F_INSTANT(struct stage_decision, created_at),
    F_INSTANT(struct stage_decision, done_at),
    F_END,
};
const struct record_type stage_decision_type = {"stage_decision", sizeof(struct stage_decision),
                                                stage_decision_fields};

/* One more than the state, so that an empty cell is "no row". */
#define TO(state) (STAGE_##state + 1)
static const unsigned char next[STAGE_STATE_COUNT][STAGE_EVENT_COUNT] = {
    [STAGE_PLANNED] = {[STAGE_EVENT_START] = TO(RUNNING), [STAGE_EVENT_ELIMINATE] = TO(ELIMINATED)},
    [STAGE_RUNNING] =
        {[STAGE_EVENT_EVALUATE] = TO(EVALUATION), [STAGE_EVENT_ELIMINATE] = TO(ELIMINATED)},
    [STAGE_EVALUATION] =
        {[STAGE_EVENT_PASS] = TO(PASSED), [STAGE_EVENT_ELIMINATE] = TO(ELIMINATED)},
    [STAGE_PASSED] = {[STAGE_EVENT_SETTLE] = TO(SETTLED)},
    [STAGE_ELIMINATED] = {[STAGE_EVENT_SETTLE] = TO(SETTLED)},
};
#undef TO

int stage_next(enum stage_state state, enum stage_event event, enum stage_state *ret,
               struct err *err)
{
    ENSURE(state >= 0 && state < STAGE_STATE_COUNT && event >= 0 && event < STAGE_EVENT_COUNT);
    if (!next[state][event])
        return err_set(err, ERR_STATE, "a stage that is %s can't take the event %s",
                       stage_texts[state], stage_event_texts[event]);
    *ret = (enum stage_state)(next[state][event] - 1);
    return 0;
}

#define TO(state) (STAGE_DECISION_##state + 1)
static const unsigned char decision_steps[STAGE_DECISION_STATE_COUNT][STAGE_DECISION_EVENT_COUNT] =
    {
        [STAGE_DECISION_PROPOSED] = {[STAGE_DECISION_EVENT_APPROVE] = TO(NOTICED),
                                     [STAGE_DECISION_EVENT_RETURN] = TO(RETURNED),
                                     [STAGE_DECISION_EVENT_WITHDRAW] = TO(WITHDRAWN)},
        [STAGE_DECISION_NOTICED] = {[STAGE_DECISION_EVENT_OBJECT] = TO(OBJECTED),
                                    [STAGE_DECISION_EVENT_TAKE_EFFECT] = TO(EXECUTING)},
        [STAGE_DECISION_OBJECTED] = {[STAGE_DECISION_EVENT_DISMISS] = TO(NOTICED),
                                     [STAGE_DECISION_EVENT_UPHOLD] = TO(WITHDRAWN)},
        [STAGE_DECISION_EXECUTING] = {[STAGE_DECISION_EVENT_FINISH] = TO(DONE)},
};

int stage_decision_next(enum stage_decision_state state, enum stage_decision_event event,
                        enum stage_decision_state *ret, struct err *err)
{
    ENSURE(state >= 0 && state < STAGE_DECISION_STATE_COUNT);
    ENSURE(event >= 0 && event < STAGE_DECISION_EVENT_COUNT);
    if (!decision_steps[state][event])
        return err_set(err, ERR_STATE, "a stage decision that is %s can't take the event %s",
                       decision_texts[state], decision_event_texts[event]);
    *ret = (enum stage_decision_state)(decision_steps[state][event] - 1);
    return 0;
}
