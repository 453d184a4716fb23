#ifndef PUMASI_CONTROLPLANE_DOMAIN_ISSUED_H
#define PUMASI_CONTROLPLANE_DOMAIN_ISSUED_H

#include "billing/basis.h"

/*
 * 이용내역서 / 정산서 as issued: which document, of which version, and the facts that it was
 * computed from. The stretches of use are not kept twice: what was received before issued_at gives
 * them again, and document_sha256 says whether it did. Never edited; a correction is the next
 * version.
 */
#define ISSUED_STATES(X)                                                                           \
    X(ISSUED, "issued")                                                                            \
    X(SUPERSEDED, "superseded")                                                                    \
    X(DISPUTED, "disputed")                                                                        \
    X(CLOSED, "closed")
enum issued_state {
#define X(id, name) STATEMENT_##id,
    ISSUED_STATES(X)
#undef X
        ISSUED_STATE_COUNT
};
extern const struct enum_names issued_state_names;

#define ISSUED_EVENTS(X)                                                                           \
    X(SUPERSEDE, "supersede") /* the next version was issued */                                    \
    X(DISPUTE, "dispute")     /* a member objects: 이의신청 */                                 \
    X(CLOSE, "close")         /* nothing is open any more */
enum issued_event {
#define X(id, name) STATEMENT_EVENT_##id,
    ISSUED_EVENTS(X)
#undef X
        ISSUED_EVENT_COUNT
};
extern const struct enum_names issued_event_names;

/* 이의신청: who, when, of what notice, and why. */
struct objection {
    struct id user;
    struct id organisation;
    struct instant at;
    char reason[LIMIT_TEXT_BYTES];
};

struct issued_statement {
    struct id id;
    struct id project;
    char label[LIMIT_NAME_BYTES]; /* "2026-02", or the stage: one line of versions has one label */
    enum issued_state state;
    struct basis facts;       /* without uses and waits */
    char document_sha256[65]; /* of the canonical JSON */
    struct list objections;   /* struct objection */
    struct instant closed_at;
    struct id closed_by;
};
extern const struct record_type issued_statement_type;

/* The life cycle: the state after the event, or ERR_STATE naming both. */
MUST_CHECK int issued_next(enum issued_state state, enum issued_event event, enum issued_state *ret,
                           struct err *err);

#endif
