#ifndef PUMASI_NODEAGENT_AGENT_AGENT_INTERNAL_H
#define PUMASI_NODEAGENT_AGENT_AGENT_INTERNAL_H

#include "lib/pki/key.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/runtime.h"
#include "nodeagent/agent/agent.h"
#include "nodeagent/agent/held.h"
#include "nodeagent/agent/journal.h"
#include "nodeagent/agent/link.h"
#include "nodeagent/agent/local.h"
#include "nodeagent/agent/meter.h"
#include "nodeagent/guard/client.h"

/*
 * What the parts of the agent share: agent.c (the loop and the link), guarding.c (the guard),
 * granting.c (grants) and usage.c (metering and reports). All of it belongs to the agent's thread.
 */
#define AGENT_NS_PER_MS  INT64_C(1000000)
#define AGENT_OTHERS_MAX 8

/* A journal with the boot that it belongs to. */
struct boot_journal {
    char boot_id[40];
    struct journal *journal;
};

struct agent {
    struct agent_options options;
    struct id node;
    struct key *key;
    struct id key_id;
    struct inventory inventory;
    struct rpc_runtime *runtime;
    struct rpc_loop *loop;
    struct link *link;
    struct guard_client *guard;
    struct guard_status guard_status;
    uint64_t guard_event; /* the next one wanted */
    struct meter *meter;
    struct held_table held;
    struct boot_journal own;
    struct boot_journal others[AGENT_OTHERS_MAX];
    size_t other_count;
    struct local *local;
    bool linked;        /* hello was sent */
    bool sync_pending;  /* a Sync is not answered yet */
    bool usage_pending; /* a report is not acknowledged yet */
    uint64_t asked_ns;  /* boot clock at the Sync */
    unsigned link_wait_ms;
    int64_t guard_at, link_at, sync_at, meter_at; /* boot clock, ns: when to try next */
};

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

/* Asks the control plane no later than that. */
static inline void agent_sync_within(struct agent *a, int64_t ms)
{
    int64_t at = agent_in_ms(a, ms);
    if (at < a->sync_at)
        a->sync_at = at;
}

#endif
