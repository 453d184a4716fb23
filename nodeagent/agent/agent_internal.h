#ifndef PUMASI_NODEAGENT_AGENT_AGENT_INTERNAL_H
#define PUMASI_NODEAGENT_AGENT_AGENT_INTERNAL_H

#include "lib/pki/cert.h"
#include "lib/pki/digest.h"
#include "lib/pki/key.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/runtime.h"
#include "nodeagent/agent/agent.h"
#include "nodeagent/agent/handover.h"
#include "nodeagent/agent/held.h"
#include "nodeagent/agent/journal.h"
#include "nodeagent/agent/link.h"
#include "nodeagent/agent/local.h"
#include "nodeagent/agent/meter.h"
#include "nodeagent/call/client.h"

/*
 * What the parts of the agent share: agent.c (the loop), credentials.c (who the node is),
 * guarding.c (the guard), linking.c (the stream), granting.c (grants), usage.c and journals.c
 * (metering, reports). All of it belongs to the agent's thread.
 *
 * Points in time are nanoseconds of the boot clock; one in the past, 0 too, is now.
 */
#define AGENT_NS_PER_MS     INT64_C(1000000)
#define AGENT_JOURNALS_MAX  9 /* of this boot and earlier ones */
#define AGENT_LINK_RETRY_MS 500
#define AGENT_NEVER_NS      INT64_MAX

/* The journal of one boot. */
struct boot_journal {
    char boot_id[40];
    struct journal *journal;
};

/* What the guard enforced when it was last asked: for the meter, which must first have heard of
 * every event before that. */
struct listing {
    bool waits;
    uint64_t next_event; /* number of the first event after it */
    uint64_t boot_ns;
    size_t n;
    struct metered_hold holds[GUARD_LEASES_MAX];
};

struct agent {
    struct agent_options options;

    /* who this is */
    struct id node;
    struct key *key;
    struct cert cert;
    struct inventory inventory;
    char trust[2 * DIGEST_BYTES + 1]; /* SHA-256 of the roots that this node believes */
    bool renewal_wanted;              /* the control plane believes other roots */
    int64_t cert_at;                  /* when to ask for a new one again */
    int64_t cert_warn_at;             /* when to warn of the certificate's end again */

    /* the guard; NULL while it is away */
    struct guard_client *guard;
    struct guard_status guard_status;
    int64_t guard_at;
    uint64_t next_event; /* number of the next event that should come */
    bool list_wanted;    /* events were lost: only a listing tells */
    struct listing listing;

    /* the stream */
    struct rpc_runtime *runtime;
    struct rpc_loop *loop;
    struct link *link;
    bool linked; /* hello was sent */
    int64_t link_at;
    int64_t link_wait_ms;

    /* grants; one question at a time */
    struct held_table held;
    bool asking;                      /* a question is not answered yet */
    unsigned slow_answers;            /* in a row, while the meter has no time */
    bool void_answer;                 /* and its answer will be for a guard that is gone */
    uint8_t nonce[GRANT_NONCE_BYTES]; /* of the last question */
    uint64_t asked_ns;
    int64_t ask_at; /* the next question, when the last is answered */

    struct handovers handovers;

    /* usage */
    struct meter *meter;
    struct boot_journal journals[AGENT_JOURNALS_MAX]; /* the first is this boot's */
    size_t journal_count;
    bool journals_left;   /* there were more than fit */
    bool journal_refuses; /* intervals wait in the meter: said once */
    bool reporting;       /* a report is not acknowledged yet */
    bool answered;        /* the stream has brought a grant set: it does work */
    size_t report_turn;   /* the journal to report from */
    int64_t report_at, meter_at, mark_at;

    /* people */
    struct local *local;
};

/* One turn of the loop: does what is due, waits for up to wait_ms, hears what came. False when
 * stop_fd is readable (-1: never). */
bool agent_turn(struct agent *a, int stop_fd, int wait_ms);

static inline int64_t agent_now_ns(const struct agent *a)
{
    return env_boot(a->options.env).ns;
}

static inline int64_t agent_in_ms(const struct agent *a, int64_t ms)
{
    return agent_now_ns(a) + ms * AGENT_NS_PER_MS;
}

static inline void agent_warn(const struct agent *a, const char *event, const struct err *err)
{
    log_event(a->options.log, LOG_LEVEL_WARN, event, LOG_STR("error", err->text));
}

#endif
