#ifndef PUMASI_CONTROLPLANE_DOMAIN_STAGE_H
#define PUMASI_CONTROLPLANE_DOMAIN_STAGE_H

#include "lib/base/limits.h"
#include "lib/base/record.h"

/* 단계: one of a project's stages, with dates of its own. */
#define STAGE_STATES(X)                                                                            \
    X(PLANNED, "planned")                                                                          \
    X(RUNNING, "running")                                                                          \
    X(EVALUATION, "evaluation")                                                                    \
    X(PASSED, "passed")                                                                            \
    X(ELIMINATED, "eliminated")                                                                    \
    X(SETTLED, "settled")
enum stage_state {
#define X(id, name) STAGE_##id,
    STAGE_STATES(X)
#undef X
        STAGE_STATE_COUNT
};
extern const struct enum_names stage_state_names;

#define STAGE_EVENTS(X)                                                                            \
    X(START, "start")         /* its first day has come */                                         \
    X(EVALUATE, "evaluate")   /* its last day is over */                                           \
    X(PASS, "pass")           /* decided */                                                        \
    X(ELIMINATE, "eliminate") /* decided, of this stage or of one before it */                     \
    X(SETTLE, "settle")       /* its statement is accepted */
enum stage_event {
#define X(id, name) STAGE_EVENT_##id,
    STAGE_EVENTS(X)
#undef X
        STAGE_EVENT_COUNT
};
extern const struct enum_names stage_event_names;

/* The life cycle of a stage: the state after the event, or ERR_STATE naming both. */
MUST_CHECK int stage_next(enum stage_state state, enum stage_event event, enum stage_state *ret,
                          struct err *err);

struct project_stage {
    struct id id;
    struct instant from;
    struct instant to;
    enum stage_state state;
};
extern const struct record_type project_stage_type;

/*
 * 단계평가 결정: that a project passes a stage or is eliminated, at an instant to come. It is
 * proposed, approved, and from then on known to the project, which may object until the objection
 * window is over; an open objection holds it up. When it takes effect it is one act, however many
 * objects that changes: see staging.h.
 */
#define STAGE_DECISION_STATES(X)                                                                   \
    X(PROPOSED, "proposed")                                                                        \
    X(NOTICED, "noticed")                                                                          \
    X(OBJECTED, "objected")                                                                        \
    X(EXECUTING, "executing")                                                                      \
    X(DONE, "done")                                                                                \
    X(RETURNED, "returned")                                                                        \
    X(WITHDRAWN, "withdrawn")
enum stage_decision_state {
#define X(id, name) STAGE_DECISION_##id,
    STAGE_DECISION_STATES(X)
#undef X
        STAGE_DECISION_STATE_COUNT
};
extern const struct enum_names stage_decision_state_names;

#define STAGE_DECISION_EVENTS(X)                                                                   \
    X(APPROVE, "approve")         /* notice begins */                                              \
    X(OBJECT, "object")           /* by the project */                                             \
    X(DISMISS, "dismiss")         /* the objection */                                              \
    X(UPHOLD, "uphold")           /* the objection: the decision falls */                          \
    X(TAKE_EFFECT, "take-effect") /* its instant has come */                                       \
    X(FINISH, "finish")           /* every object it concerns is changed */                        \
    X(RETURN, "return")                                                                            \
    X(WITHDRAW, "withdraw")
enum stage_decision_event {
#define X(id, name) STAGE_DECISION_EVENT_##id,
    STAGE_DECISION_EVENTS(X)
#undef X
        STAGE_DECISION_EVENT_COUNT
};
extern const struct enum_names stage_decision_event_names;

MUST_CHECK int stage_decision_next(enum stage_decision_state state, enum stage_decision_event event,
                                   enum stage_decision_state *ret, struct err *err);

enum stage_verdict { STAGE_VERDICT_PASS, STAGE_VERDICT_ELIMINATE, STAGE_VERDICT_COUNT };
extern const struct enum_names stage_verdict_names;

struct stage_decision {
    struct id id;
    struct id project;
    struct id programme;
    struct id stage;
    enum stage_verdict verdict;
    enum stage_decision_state state;
    struct instant effective_at;
    struct instant objections_until; /* NEVER before the approval */
    char reason[LIMIT_TEXT_BYTES];
    char paper[LIMIT_NAME_BYTES];
    char objection[LIMIT_TEXT_BYTES];
    struct id objected_by;
    char answer[LIMIT_TEXT_BYTES]; /* to the objection */
    struct id proposed_by;
    struct id approval;
    struct instant created_at;
    struct instant done_at;
};
extern const struct record_type stage_decision_type;

#endif
