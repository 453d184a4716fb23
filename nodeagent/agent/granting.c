/*
 * Grants. What the guard holds is level-triggered: it is listed for each question, and the answer
 * says all that it shall hold. The agent's thread.
 */
#include "nodeagent/agent/granting.h"

#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/guarding.h"

#define SYNC_ANSWER_MS 5000 /* then the question is asked again */
#define SYNC_RETRY_MS  250  /* a grant that has to wait for another's return */

/* ---- asking for grants ---- */

void granting_ask(struct agent *a)
{
    struct link_held held[GUARD_LEASES_MAX];
    uint8_t nonce[GRANT_NONCE_BYTES];
    struct err err = ERR_INIT;
    size_t n;
    a->sync_at = agent_in_ms(a, SYNC_ANSWER_MS);
    if (guarding_failed(a, guard_client_nonce(a->guard, nonce, &a->asked_ns, &err), &err) ||
        guarding_list(a, held, &n) < 0)
        return;
    if (link_send_sync(a->link, nonce, a->asked_ns / (uint64_t)AGENT_NS_PER_MS, held, n, &err) < 0)
        agent_warn(a, "sync.not-sent", &err);
    else
        a->sync_pending = true;
}

/* ---- grants ---- */

static void install(struct agent *a, const struct link_grant *grant)
{
    struct err err = ERR_INIT;
    int rc = held_note(&a->held, grant, &err);
    if (rc == 0)
        rc = guard_client_install(a->guard, &grant->install, NULL, &err);
    if (rc == -ERR_CONFLICT) {
        agent_sync_within(a,
                          SYNC_RETRY_MS); /* its devices are on their way back from another lease */
        return;
    }
    if (guarding_failed(a, rc, &err))
        log_event(a->options.log, LOG_LEVEL_WARN, "grant.refused",
                  LOG_STR("lease", grant->lease.text), LOG_STR("error", err.text));
}

/* What is held and was not granted again is taken back. */
static void revoke_unnamed(struct agent *a)
{
    struct link_held held[GUARD_LEASES_MAX];
    size_t n;
    if (!a->guard || guarding_list(a, held, &n) < 0)
        return;
    for (size_t i = 0; i < n && a->guard; i++) {
        struct err err = ERR_INIT;
        const struct held *h = held_find(&a->held, &held[i].lease);
        if (strcmp(held[i].state, "active") != 0 || (h && h->named))
            continue;
        bool over = h && h->ends_at.s <= meter_instant(a->meter, (uint64_t)agent_now_ns(a)).s;
        meter_cause(a->meter, &held[i].lease, over ? "ended" : "recalled");
        int rc = guard_client_revoke(a->guard, &held[i].lease, 0, &err);
        if (guarding_failed(a, rc, &err) && rc != -ERR_NOT_FOUND)
            agent_warn(a, "revoke.refused", &err);
    }
}

void granting_answered(struct agent *a, const struct link_grants *grants)
{
    a->sync_pending = false;
    a->sync_at = agent_in_ms(a, grants->sync_after_ms);
    meter_set_time(a->meter, grants->server_time, a->asked_ns);
    if (!a->guard)
        return;
    held_unname(&a->held);
    for (size_t i = 0; i < grants->n && a->guard; i++)
        install(a, &grants->items[i]);
    revoke_unnamed(a);
    guarding_take_events(a);
}
