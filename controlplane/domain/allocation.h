#ifndef PUMASI_CONTROLPLANE_DOMAIN_ALLOCATION_H
#define PUMASI_CONTROLPLANE_DOMAIN_ALLOCATION_H

#include "lib/base/limits.h"
#include "lib/base/record.h"

/* 배분: what the agency awards to a project. Its life is that of a request. */
#define REQUEST_STATES(X)                                                                          \
    X(DRAFT, "draft")                                                                              \
    X(SUBMITTED, "submitted")                                                                      \
    X(CORRECTION, "correction")                                                                    \
    X(REVIEW, "review")                                                                            \
    X(APPROVED, "approved")                                                                        \
    X(RETURNED, "returned")                                                                        \
    X(WITHDRAWN, "withdrawn")                                                                      \
    X(STALE, "stale")                                                                              \
    X(CLOSED, "closed")
enum request_state {
#define X(id, name) REQUEST_##id,
    REQUEST_STATES(X)
#undef X
        REQUEST_STATE_COUNT
};
extern const struct enum_names request_state_names;

#define REQUEST_EVENTS(X)                                                                          \
    X(SUBMIT, "submit")                                                                            \
    X(ASK_CORRECTION, "ask-correction")                                                            \
    X(TAKE_UP, "take-up")                                                                          \
    X(APPROVE, "approve")                                                                          \
    X(RETURN, "return")                                                                            \
    X(WITHDRAW, "withdraw")                                                                        \
    X(GO_STALE, "go-stale")                                                                        \
    X(CLOSE, "close") /* what was approved is over */
enum request_event {
#define X(id, name) REQUEST_EVENT_##id,
    REQUEST_EVENTS(X)
#undef X
        REQUEST_EVENT_COUNT
};
extern const struct enum_names request_event_names;

/* The life cycle of every request (allocation, loan, recall ...): the state after the event, or
 * ERR_STATE naming both. */
MUST_CHECK int request_next(enum request_state state, enum request_event event,
                            enum request_state *ret, struct err *err);

struct allocation {
    struct id id;
    struct id project;
    struct id programme;
    char model[32];
    struct instant from;
    struct instant to;
    struct share requested_units;
    struct share recommended_units;
    struct share awarded_units;
    struct won budget_krw; /* cap on the value of the GPU time */
    struct won held_krw;   /* by leases booked and not yet settled */
    struct won posted_krw; /* by time used */
    enum request_state state;
    char purpose[LIMIT_TEXT_BYTES];
    struct id requested_by;
    struct id approval;
    struct instant created_at;
};
extern const struct record_type allocation_type;

MUST_CHECK int allocation_check(const struct allocation *a, struct err *err);

#endif
