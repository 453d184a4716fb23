/*
 * The guard, as the agent sees it: one connection, and what it says in events and lists. The
 * agent's thread.
 */
#include "nodeagent/agent/guarding.h"

#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/usage.h"

#define CALL_MS      2000
#define RETRY_MS     500
#define SYNC_SOON_MS 20 /* events come in bursts: one question for all of them */

/* ---- the guard ---- */

static void lose_guard(struct agent *a, const struct err *err)
{
    agent_warn(a, "guard.lost", err);
    guard_client_destroy(a->guard);
    a->guard = NULL;
    a->guard_at = agent_in_ms(a, RETRY_MS);
}

bool guarding_failed(struct agent *a, int rc, const struct err *err)
{
    if (rc == -ERR_UNAVAILABLE)
        lose_guard(a, err);
    return rc < 0;
}

void guarding_find(struct agent *a)
{
    struct err err = ERR_INIT;
    const char *path = config_text(a->options.config, "guard.socket");
    a->guard_at = agent_in_ms(a, RETRY_MS);
    int rc = guard_client_connect(path, CALL_MS, &a->guard, &err);
    if (rc == 0)
        rc = guard_client_status(a->guard, &a->guard_status, &err);
    if (rc == 0) {
        if (a->guard_event > a->guard_status.next_event)
            a->guard_event = 0; /* it was started anew and counts from 1 */
        rc = guard_client_watch(a->guard, a->guard_event, &err);
    }
    if (rc < 0) {
        agent_warn(a, "guard.away", &err);
        guard_client_destroy(a->guard);
        a->guard = NULL;
        return;
    }
    log_event(a->options.log, LOG_LEVEL_INFO, "guard.found", LOG_STR("tier", a->guard_status.tier),
              LOG_INT("leases", a->guard_status.leases));
    agent_sync_within(a, 0);
}

static void on_opened(struct agent *a, const struct guard_event *e)
{
    struct err err = ERR_INIT;
    const struct held *h = held_find(&a->held, &e->lease);
    if (!h || !meter_has_time(a->meter))
        return;
    if (meter_open(a->meter, &h->lease, e->boot_ns, &err) < 0)
        agent_warn(a, "usage.not-metered", &err);
}

static void on_guard_event(struct agent *a, const struct guard_event *e)
{
    a->guard_event = e->number + 1;
    meter_count(a->meter, &e->lease, e->opens, e->denials);
    switch ((enum guard_event_kind)e->kind) {
    case GUARD_EVENT_INSTALLED:
    case GUARD_EVENT_RENEWED: /* one that a restart of this agent missed; known ones go on */
    case GUARD_EVENT_RECOVERED:
        on_opened(a, e);
        break;
    case GUARD_EVENT_EXPIRED:
        meter_cause(a->meter, &e->lease, "ended");
        break;
    case GUARD_EVENT_REVOKED:
        meter_cause(a->meter, &e->lease, "recalled");
        break;
    case GUARD_EVENT_EMPTY:
    case GUARD_EVENT_RETURNED:
        if (meter_has_time(a->meter))
            meter_close(a->meter, &e->lease, e->boot_ns, usage_emit, a);
        break;
    default:
        break;
    }
    bool routine = e->kind == GUARD_EVENT_RENEWED;
    log_event(a->options.log, routine ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "guard.event",
              LOG_STR("kind", guard_event_name((enum guard_event_kind)e->kind)),
              LOG_STR("lease", e->lease.text));
}

void guarding_take_events(struct agent *a)
{
    struct guard_event event;
    struct err err = ERR_INIT;
    bool any = true;
    bool some = false;
    bool news = false;
    while (a->guard && any) {
        int rc = guard_client_next_event(a->guard, &event, &any, &err);
        if (guarding_failed(a, rc, &err))
            break;
        if (!any)
            continue;
        on_guard_event(a, &event);
        some = true;
        /* A renewal is the answer to a question: it must not lead to the next one. */
        news |= event.kind != GUARD_EVENT_RENEWED;
    }
    if (some)
        usage_keep_mark(a);
    if (news)
        agent_sync_within(a, SYNC_SOON_MS);
}

static const char *held_state(enum guard_state state)
{
    switch (state) {
    case GUARD_STATE_HELD:
        return "active";
    case GUARD_STATE_TAINTED:
        return "tainted";
    case GUARD_STATE_RETURNED:
        return "returned";
    default:
        return "draining";
    }
}

int guarding_list(struct agent *a, struct link_held held[GUARD_LEASES_MAX], size_t *ret_n)
{
    struct guard_lease lease;
    struct err err = ERR_INIT;
    size_t n = 0;
    int rc = 0;
    for (uint64_t index = 0; n < GUARD_LEASES_MAX; index = lease.index + 1) {
        rc = guard_client_list(a->guard, index, &lease, &err);
        if (rc < 0)
            break;
        meter_count(a->meter, &lease.lease, lease.opens, lease.denials);
        held[n++] = (struct link_held){.lease = lease.lease,
                                       .fence = lease.fence,
                                       .seq = lease.seq,
                                       .state = held_state((enum guard_state)lease.state),
                                       .opens = lease.opens,
                                       .denials = lease.denials};
    }
    if (guarding_failed(a, rc, &err) && rc != -ERR_NOT_FOUND)
        return rc;
    held_compare(&a->held, held, n);
    *ret_n = n;
    return 0;
}
