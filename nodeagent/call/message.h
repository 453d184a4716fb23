#ifndef PUMASI_NODEAGENT_CALL_MESSAGE_H
#define PUMASI_NODEAGENT_CALL_MESSAGE_H

#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/base/span.h"
#include "lib/grant/grant.h"
#include "lib/grant/permit.h"
#include "lib/pki/sign.h"

#include <stdint.h>

/*
 * What passes between the agent and the guard over a unix SOCK_SEQPACKET socket: one request, one
 * reply, in order; after GUARD_WATCH only events, from the guard. Each direction has one message of
 * fixed size in the machine's own layout, since both ends run on one machine from one build.
 *
 * Time is nanoseconds of CLOCK_BOOTTIME. Pure functions here, any thread.
 */
#define GUARD_VERSION    1
#define GUARD_LEASES_MAX 128

enum guard_call {
    GUARD_HELLO = 1, /* status */
    GUARD_NONCE,     /* a fresh nonce; the time to live of grants that carry it counts from now */
    GUARD_INSTALL,   /* a new grant, or a renewal: same fence, higher seq */
    GUARD_REVOKE,    /* take back now, or after a notice; repeating it is harmless */
    GUARD_MOVE,      /* put a process into its lease's cgroup */
    GUARD_LIST,      /* the first lease at or after an index */
    GUARD_WATCH,     /* from here on this connection carries events */
    GUARD_CALL_END
};

struct guard_install {
    struct grant_bytes grant;
    struct signature signature; /* of the control plane, under the grant's key id */
    /* The lender's, under the permit's key id; both of length 0: the owner's own lease. */
    struct permit_bytes permit;
    struct signature permit_signature;
};

struct guard_revoke {
    struct id lease;
    uint64_t notice_ms; /* 0: now. Never moves a deadline back */
};

struct guard_move {
    struct id lease;
    int32_t pid; /* as SO_PEERCRED gave it to the agent: the guard's own pid namespace */
    uint32_t pad;
};

struct guard_request {
    uint32_t version;
    uint32_t call; /* enum guard_call */
    union {
        struct guard_install install;
        struct guard_revoke revoke;
        struct guard_move move;
        uint64_t list_index; /* 0..GUARD_LEASES_MAX */
        uint64_t watch_from; /* number of the first event wanted; 0: all that are kept */
    };
};

/* Life of a lease in the guard. docs/spec/grant.md section 5 has the table.
 *  id, name */
#define GUARD_STATES(X)                                                                            \
    X(FREE, "free")         /* the place holds no lease */                                         \
    X(HELD, "held")         /* may open its devices until the deadline */                          \
    X(KILLING, "killing")   /* devices shut, processes being killed */                             \
    X(CHECKING, "checking") /* cgroup empty, looking for holders outside it */                     \
    X(TAINTED, "tainted")   /* a process or holder outlived the kill timeout; still looking */     \
    X(RETURNED, "returned") /* verified clean; kept so that its old grants stay refused */

enum guard_state {
#define X(id, name) GUARD_STATE_##id,
    GUARD_STATES(X)
#undef X
        GUARD_STATE_COUNT
};

struct guard_status {
    char version[16];
    char tier[8]; /* "bpf"; "v1": leases are confined, others are not, expiry needs the guard */
    struct id node;
    struct id owner;
    uint8_t boot_id[GRANT_BOOT_BYTES];
    uint64_t boot_ns;
    uint64_t next_event; /* number that the next event will get; starts at 1 with the guard */
    uint32_t leases;     /* not free, not returned */
    uint32_t gated;      /* rules in the list of gated devices */
    uint64_t locked_kib; /* memory locked against paging; 0: mlockall was refused */
    int32_t oom_score_adj;
    int32_t memlock_error; /* errno of mlockall, 0 when locked */
    int32_t oom_error;     /* errno of the attempt at -1000, 0 when it holds */
    uint32_t pad;
};

struct guard_lease {
    struct id lease;
    struct id organisation;
    struct id loan;
    uint32_t state; /* enum guard_state */
    uint32_t index; /* ask for index + 1 next */
    uint64_t fence;
    uint64_t seq;
    uint64_t deadline_ns;
    uint64_t opens;   /* of its devices, under the present rows */
    uint64_t denials; /* refused to it after expiry */
    char cgroup[256]; /* absolute path of its cgroup */
};

/*  id, name: kinds of event. "expired" and "revoked" are the instant from which new opens fail. */
#define GUARD_EVENTS(X)                                                                            \
    X(INSTALLED, "installed")                                                                      \
    X(RENEWED, "renewed")                                                                          \
    X(RECOVERED, "recovered") /* found again after a restart of the guard */                       \
    X(MOVED, "moved")                                                                              \
    X(EXPIRED, "expired")                                                                          \
    X(REVOKED, "revoked")                                                                          \
    X(KILLED, "killed")                                                                            \
    X(EMPTY, "empty")                                                                              \
    X(RETURNED, "returned")                                                                        \
    X(TAINTED, "tainted")

enum guard_event_kind {
#define X(id, name) GUARD_EVENT_##id,
    GUARD_EVENTS(X)
#undef X
        GUARD_EVENT_KIND_COUNT
};

struct guard_event {
    uint64_t number; /* 1, 2, 3 …: a jump means that events were lost; GUARD_LIST tells the rest */
    uint64_t boot_ns;
    uint32_t kind; /* enum guard_event_kind */
    int32_t pid;   /* MOVED: who moved; TAINTED: a process that still holds; else 0 */
    struct id lease;
    uint64_t fence;
    uint64_t deadline_ns;
    uint64_t opens;
    uint64_t denials;
};

/* What the guard sends: a reply (call is that of the request) or an event (call GUARD_WATCH). */
struct guard_reply {
    uint32_t version;
    uint32_t call;
    uint32_t code;           /* enum err_code */
    char text[ERR_TEXT_MAX]; /* of the error */
    union {
        struct guard_status status; /* HELLO */
        struct {
            uint8_t nonce[GRANT_NONCE_BYTES];
            uint64_t boot_ns;
        } nonce;                  /* NONCE */
        struct guard_lease lease; /* INSTALL, REVOKE, MOVE, LIST */
        struct guard_event event; /* WATCH */
    };
};

/* Is this a request that the guard may look at: size, version, call, lengths, ids and texts well
 * formed. ERR_INVALID names what is wrong. What passes is safe to read through the struct. */
MUST_CHECK int guard_request_check(struct span bytes, struct err *err);

/* The same for what the agent receives. A reply that carries an error passes. */
MUST_CHECK int guard_reply_check(struct span bytes, struct err *err);

const char *guard_state_name(enum guard_state state);     /* "?" when out of range */
const char *guard_event_name(enum guard_event_kind kind); /* "?" when out of range */

#endif
