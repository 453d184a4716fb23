#ifndef PUMASI_CONTROLPLANE_DOMAIN_LEASE_H
#define PUMASI_CONTROLPLANE_DOMAIN_LEASE_H

#include "lib/base/limits.h"
#include "lib/base/record.h"

/* 임차: a booking by one member organisation of a project inside an allocation. */
#define LEASE_STATES(X)                                                                            \
    X(REQUESTED, "requested")                                                                      \
    X(BOOKED, "booked")                                                                            \
    X(PREPARING, "preparing")                                                                      \
    X(ACTIVE, "active")                                                                            \
    X(DRAINING, "draining")                                                                        \
    X(RETURNING, "returning")                                                                      \
    X(ENDED, "ended")                                                                              \
    X(REFUSED, "refused")                                                                          \
    X(CANCELLED, "cancelled")                                                                      \
    X(FAILED, "failed")
enum lease_state {
#define X(id, name) LEASE_##id,
    LEASE_STATES(X)
#undef X
        LEASE_STATE_COUNT
};
extern const struct enum_names lease_state_names;

#define LEASE_EVENTS(X)                                                                            \
    X(BOOK, "book")                                                                                \
    X(REFUSE, "refuse")     /* waited until it made no sense any more */                           \
    X(CANCEL, "cancel")     /* before it started */                                                \
    X(PREPARE, "prepare")   /* its window is near: nodes get grants */                             \
    X(ACTIVATE, "activate") /* every node has it installed */                                      \
    X(DRAIN, "drain")       /* notice runs: release, recall */                                     \
    X(END, "end")           /* its end has come: take back */                                      \
    X(RETURN, "return")     /* every node returned it clean */                                     \
    X(FAIL, "fail")         /* its whole window went by without being usable */
enum lease_event {
#define X(id, name) LEASE_EVENT_##id,
    LEASE_EVENTS(X)
#undef X
        LEASE_EVENT_COUNT
};
extern const struct enum_names lease_event_names;

enum isolation {
    ISOLATION_WHOLE,
    ISOLATION_MIG,
    ISOLATION_DMEM,
    ISOLATION_MPS,
    ISOLATION_TIMESLICE,
    ISOLATION_COUNT
};
extern const struct enum_names isolation_names;

enum service_class { CLASS_COMMITTED, CLASS_OPPORTUNISTIC, CLASS_COUNT };
extern const struct enum_names service_class_names;

enum end_reason {
    END_NONE,
    END_EXPIRED,
    END_RELEASED,
    END_RECALLED,
    END_FAILED,
    END_ELIMINATED, /* by a stage decision */
    END_RECLAIMED,  /* an opportunistic lease, for a committed one */
    END_REASON_COUNT
};
extern const struct enum_names end_reason_names; /* the first is "" */

enum placement_state {
    PLACEMENT_PLANNED,
    PLACEMENT_GRANTED,
    PLACEMENT_ACTIVE,
    PLACEMENT_RETURNED,
    PLACEMENT_TAINTED,
    PLACEMENT_STATE_COUNT
};
extern const struct enum_names placement_state_names;

struct placed_device {
    char uuid[48];
    uint32_t major;
    uint32_t minor;
    struct share units;
};

struct placement {
    struct id node;
    struct list devices; /* struct placed_device */
    enum placement_state state;
};

struct user_id {
    uint32_t uid;
};
extern const struct record_type user_id_type;

/* What a lease on the waiting list waits for. */
#define LEASE_WAIT_REASON_CAP 256
struct lease_wait {
    bool one_node;
    bool shifts;                        /* its end moves with its begin */
    struct instant until;               /* it is refused if it has not begun by then */
    struct instant next_try;            /* NEVER: when capacity frees */
    char reason[LEASE_WAIT_REASON_CAP]; /* why it could not begin when it was last tried */
};

struct lease {
    struct id id;
    struct id allocation;
    struct id project;
    struct id programme;
    struct id organisation;
    char model[32];
    uint32_t gpus;
    struct share units_per_gpu;
    enum isolation isolation;
    enum service_class service_class;
    uint32_t priority;
    struct instant from;
    struct instant to;
    struct instant ends_at;
    enum end_reason end_reason;
    enum lease_state state;
    struct list placements; /* struct placement */
    uint64_t fence;
    struct list uids; /* struct user_id, at most 16 */
    struct id loan;   /* none on the owner's own pool */
    struct won held_krw;
    struct id booked_by;
    struct instant created_at;
    struct instant active_at;
    struct instant ended_at;
    struct instant void_at;   /* by then it is over on every node, even on one that fell silent */
    struct id continues;      /* the lease that it takes over from on other devices */
    struct list waiting;      /* struct lease_wait: one while it is requested, else none */
    struct instant notice_at; /* of its recall; NEVER: none */
};
extern const struct record_type lease_type;

/* The life cycle: the state after the event, or ERR_STATE naming both. */
MUST_CHECK int lease_next(enum lease_state state, enum lease_event event, enum lease_state *ret,
                          struct err *err);

/* Whether it still takes capacity: booked up to returning. */
bool lease_holds_capacity(const struct lease *l);

/* What it waits for; NULL unless it is on the waiting list. */
const struct lease_wait *lease_waits(const struct lease *l);

/* Takes it off the waiting list. */
void lease_stop_waiting(struct lease *l);

struct share lease_units(const struct lease *l); /* gpus x units_per_gpu */

/* Its part on the node, or NULL. */
const struct placement *lease_placement(const struct lease *l, const struct id *node);

/* The stretch in which it takes capacity: until its devices are back. */
struct window lease_window(const struct lease *l);

#endif
