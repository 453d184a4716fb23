#ifndef PUMASI_CONTROLPLANE_DOMAIN_LOAN_H
#define PUMASI_CONTROLPLANE_DOMAIN_LOAN_H

#include "billing/terms.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"

/* 대여 협약: puts part of a pool at a project's disposal. */
#define LOAN_STATES(X)                                                                             \
    X(PROPOSED, "proposed")                                                                        \
    X(CONSENTED, "consented")                                                                      \
    X(APPROVED, "approved")                                                                        \
    X(ACTIVE, "active")                                                                            \
    X(RECALLING, "recalling")                                                                      \
    X(RETURNED, "returned")                                                                        \
    X(CLOSED, "closed")
enum loan_state {
#define X(id, name) LOAN_##id,
    LOAN_STATES(X)
#undef X
        LOAN_STATE_COUNT
};
extern const struct enum_names loan_state_names;

#define LOAN_EVENTS(X)                                                                             \
    X(CONSENT, "consent")                                                                          \
    X(APPROVE, "approve")                                                                          \
    X(START, "start")                                                                              \
    X(RECALL, "recall")                                                                            \
    X(RETURN, "return")                                                                            \
    X(CLOSE, "close")
enum loan_event {
#define X(id, name) LOAN_EVENT_##id,
    LOAN_EVENTS(X)
#undef X
        LOAN_EVENT_COUNT
};
extern const struct enum_names loan_event_names;

struct loan {
    struct id id;
    struct id programme;
    struct id lender;   /* organisation */
    struct id borrower; /* project */
    struct id pool;
    char model[32];
    struct instant from;
    struct instant to;
    struct share guaranteed_units;
    struct share burst_units;
    int64_t notice_s;
    int64_t protected_s;
    int64_t cooldown_s;
    int64_t silence_s; /* 0 in a proposal: the notice */
    enum payer pays_idle;
    enum payer pays_notice;
    enum payer pays_handover;
    enum payer pays_fault;
    struct list isolation; /* struct id: names of permitted isolation classes */
    struct won price_krw;  /* per GPU-month instead of the programme's; 0 = none */
    enum loan_state state;
    struct blob permit;
    struct blob permit_signature;
    struct id permit_key_id;
    struct id proposed_by;
    struct id consented_by;
    struct id approval;
    struct instant created_at;
    struct share recalled_units;
    struct instant recall_at;
    struct id follows; /* a stage decision: it starts in the act that this one takes effect in */
    struct instant use_judged_at;
};
extern const struct record_type loan_type;

/* The life cycle: the state after the event, or ERR_STATE naming both. */
MUST_CHECK int loan_next(enum loan_state state, enum loan_event event, enum loan_state *ret,
                         struct err *err);

/* Whether leases may run on it at t: approved or later, not returned, t inside its window. */
bool loan_in_force(const struct loan *l, struct instant t);

/* Whether it starts with a stage decision that has not taken effect yet. */
bool loan_follows(const struct loan *l);

MUST_CHECK int loan_check(const struct loan *l, struct err *err);

#endif
