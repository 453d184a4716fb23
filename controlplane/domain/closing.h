#ifndef PUMASI_CONTROLPLANE_DOMAIN_CLOSING_H
#define PUMASI_CONTROLPLANE_DOMAIN_CLOSING_H

#include "controlplane/domain/approval.h"
#include "lib/base/korea.h"

/*
 * 월 마감: the close of one Korean calendar month, which is its id ("2026-02"). Two people of the
 * agency close it on the same checklist; the control plane then writes its segments and seals it.
 * What is told of a closed month later is a correction.
 */
#define CLOSING_STATES(X)                                                                          \
    X(PROPOSED, "proposed")                                                                        \
    X(CLOSED, "closed")                                                                            \
    X(SEALED, "sealed")                                                                            \
    X(ARCHIVED, "archived")
enum closing_state {
#define X(id, name) CLOSING_##id,
    CLOSING_STATES(X)
#undef X
        CLOSING_STATE_COUNT
};
extern const struct enum_names closing_state_names;

#define CLOSING_EVENTS(X)                                                                          \
    X(PROPOSE, "propose") /* the checklist is shown, or shown anew */                              \
    X(CLOSE, "close")     /* a second person agrees to the very same */                            \
    X(SEAL, "seal")       /* its segments are on disk */                                           \
    X(ARCHIVE, "archive") /* its intervals are forgotten here, bit by bit */
enum closing_event {
#define X(id, name) CLOSING_EVENT_##id,
    CLOSING_EVENTS(X)
#undef X
        CLOSING_EVENT_COUNT
};
extern const struct enum_names closing_event_names;

struct closing {
    struct id id; /* the month */
    enum closing_state state;
    struct plan checklist; /* what both saw */
    uint32_t open_points;  /* lines that stand in the way */
    struct id proposed_by;
    struct instant proposed_at;
    struct id closed_by;
    struct instant closed_at;
    uint64_t first_commit; /* whose entries are in its segments; set when sealed */
    uint64_t last_commit;
    char note_sha256[PLAN_HASH_CAP]; /* of the text of the month's note */
    struct instant sealed_at;
};
extern const struct record_type closing_type;

/* The life cycle: the state after the event, or ERR_STATE naming both. */
MUST_CHECK int closing_next(enum closing_state state, enum closing_event event,
                            enum closing_state *ret, struct err *err);

/* Its month; an id that is no month aborts. */
struct month closing_month(const struct closing *c);

#endif
