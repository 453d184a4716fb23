/*
 * Grants. What the guard holds is level-triggered: it is listed for each question, and the answer
 * says all that it shall hold. The agent's thread.
 */
#include "nodeagent/agent/granting.h"

#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/guarding.h"

#define SLOW_ANSWERS_MAX 4    /* then one of them is believed */
#define CONFLICT_MS      250  /* a grant that has to wait for another's return */
#define RETRY_MS         5000 /* a question that could not be asked */

void granting_want(struct agent *a, int64_t within_ms)
{
    int64_t at = agent_in_ms(a, within_ms);
    if (at < a->ask_at)
        a->ask_at = at;
}

/* ---- the question ---- */

int64_t granting_due_ns(const struct agent *a)
{
    return a->guard && a->linked && !a->asking ? a->ask_at : AGENT_NEVER_NS;
}

/* The nonce comes first: the time to live of the grants counts from it, and what is listed after
 * it is news to whoever reads its answer. */
static int put_question(struct agent *a, struct err *err)
{
    struct link_held held[GUARD_LEASES_MAX];
    size_t n;
    TRY(guarding_check(a, guard_client_nonce(a->guard, a->nonce, &a->asked_ns, err), err));
    TRY(guarding_list(a, held, &n, err));
    return link_send_sync(a->link, a->nonce, a->asked_ns / (uint64_t)AGENT_NS_PER_MS, held, n, err);
}

void granting_ask(struct agent *a)
{
    struct err err = ERR_INIT;
    if (agent_now_ns(a) < granting_due_ns(a))
        return;
    a->ask_at = AGENT_NEVER_NS; /* who wants another one from now on will get it */
    a->void_answer = false;
    int rc = put_question(a, &err);
    a->asking = rc == 0;
    if (rc == 0)
        return;
    granting_want(a, RETRY_MS);
    if (a->guard) /* else its loss is known */
        agent_warn(a, "sync.not-sent", &err);
}

/* ---- the answer ---- */

static void install(struct agent *a, const struct link_grant *grant)
{
    struct err err = ERR_INIT;
    int rc = held_note(&a->held, grant, &err);
    if (rc == 0)
        rc = handover_owe(a, grant, &err);
    if (rc == 0)
        rc = guarding_check(a, guard_client_install(a->guard, &grant->install, NULL, &err), &err);
    if (rc == -ERR_CONFLICT)
        granting_want(a, CONFLICT_MS); /* its devices are on their way back from another lease */
    else if (rc == 0)
        meter_expect_recall(a->meter, &grant->lease, strcmp(grant->ends_as, "recalled") == 0);
    else
        log_event(a->options.log, LOG_LEVEL_WARN, "grant.refused",
                  LOG_STR("lease", grant->lease.text), LOG_STR("error", err.text));
}

/* Has its time run out? The control plane may see that METER_LAG_S before the readings here do. */
static bool is_over(const struct agent *a, const struct held *h)
{
    return h->ends_at.s <= meter_instant(a->meter, (uint64_t)agent_now_ns(a)).s + METER_LAG_S;
}

static void take_back(struct agent *a, const struct id *lease)
{
    struct err err = ERR_INIT;
    const struct held *h = held_find(&a->held, lease);
    bool over = h && is_over(a, h);
    meter_cause(a->meter, lease, over ? "ended" : "recalled");
    int rc = guarding_check(a, guard_client_revoke(a->guard, lease, 0, &err), &err);
    if (rc < 0 && rc != -ERR_NOT_FOUND)
        agent_warn(a, "revoke.refused", &err);
}

/* What is held and was not granted again is taken back. */
static void revoke_unnamed(struct agent *a)
{
    struct link_held held[GUARD_LEASES_MAX];
    struct err err = ERR_INIT;
    size_t n = 0;
    if (guarding_list(a, held, &n, &err) < 0 && a->guard)
        agent_warn(a, "guard.not-listed", &err);
    for (size_t i = 0; i < n && a->guard; i++) {
        const struct held *h = held_find(&a->held, &held[i].lease);
        if (strcmp(held[i].state, "active") == 0 && (!h || !h->named))
            take_back(a, &held[i].lease);
    }
}

static void obey(struct agent *a, const struct link_grants *grants)
{
    held_unname(&a->held);
    for (size_t i = 0; i < grants->n && a->guard; i++)
        install(a, &grants->items[i]);
    if (a->guard)
        revoke_unnamed(a);
    guarding_take_events(a);
}

/* The server's instant lay somewhere between question and answer. An answer that took long says
 * little: it counts when it proves the meter wrong, or when some questions in a row brought nothing
 * better; until then a meter without time is asked for again at once. */
static void hear_time(struct agent *a, struct instant server)
{
    uint64_t now_ns = (uint64_t)agent_now_ns(a);
    bool quick = now_ns - a->asked_ns <= METER_LAG_S * (uint64_t)AGENT_NS_PER_MS * 1000;
    bool fits = meter_has_time(a->meter) && meter_instant(a->meter, a->asked_ns).s <= server.s &&
                server.s <= meter_instant(a->meter, now_ns).s + METER_LAG_S;
    if (!quick && !meter_has_time(a->meter) && ++a->slow_answers < SLOW_ANSWERS_MAX) {
        granting_want(a, 0);
        return;
    }
    a->slow_answers = 0;
    if (quick || !fits)
        meter_set_time(a->meter, server, a->asked_ns);
}

void granting_answered(struct agent *a, const struct link_grants *grants)
{
    if (!a->asking || memcmp(grants->nonce, a->nonce, sizeof a->nonce) != 0) {
        log_event(a->options.log, LOG_LEVEL_WARN, "grants.unasked");
        return;
    }
    a->asking = false;
    a->answered = true;
    granting_want(a, a->void_answer ? 0 : grants->sync_after_ms);
    hear_time(a, grants->server_time);
    if (a->guard && !a->void_answer)
        obey(a, grants);
}
