/*
 * The guard, as the agent sees it: one connection, and what it says in events and listings. The
 * agent's thread.
 */
#include "nodeagent/agent/guarding.h"

#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/granting.h"
#include "nodeagent/agent/usage.h"

#define CALL_MS      2000
#define RETRY_MS     500
#define SYNC_SOON_MS 20 /* events come in bursts: one question for all of them */
#define FIRST_EVENT  1

/* ---- coming and going ---- */

static void let_go(struct agent *a)
{
    guard_client_destroy(a->guard);
    a->guard = NULL;
    a->listing.waits = false;
    a->void_answer = true; /* the next guard does not know the nonce */
    a->guard_at = agent_in_ms(a, RETRY_MS);
}

int guarding_check(struct agent *a, int rc, const struct err *err)
{
    if (rc == -ERR_UNAVAILABLE && a->guard) {
        agent_warn(a, "guard.lost", err);
        let_go(a);
    }
    return rc;
}

static int watch(struct agent *a, struct err *err)
{
    const char *path = config_text(a->options.config, "guard.socket");
    TRY(guard_client_connect(path, CALL_MS, &a->guard, err));
    TRY(guard_client_status(a->guard, &a->guard_status, err));
    a->next_event = FIRST_EVENT;
    a->list_wanted = true;
    return guard_client_watch(a->guard, 0, err);
}

void guarding_find(struct agent *a)
{
    struct err err = ERR_INIT;
    if (watch(a, &err) < 0) {
        agent_warn(a, "guard.away", &err);
        let_go(a);
        return;
    }
    log_event(a->options.log, LOG_LEVEL_INFO, "guard.found", LOG_STR("tier", a->guard_status.tier),
              LOG_INT("leases", a->guard_status.leases));
    guarding_take_events(a);
    granting_want(a, 0);
}

/* ---- listings ---- */

static const char *held_state(enum guard_state state)
{
    switch (state) {
    case GUARD_STATE_HELD:
        return "active";
    case GUARD_STATE_TAINTED:
        return "tainted";
    default:
        return "draining";
    }
}

/* May a process of the lease still have its devices open? */
static bool is_enforced(enum guard_state state)
{
    return state == GUARD_STATE_HELD || state == GUARD_STATE_KILLING ||
           state == GUARD_STATE_TAINTED;
}

static void note(struct agent *a, const struct guard_lease *lease, struct link_held *held)
{
    enum guard_state state = (enum guard_state)lease->state;
    meter_count(a->meter, &lease->lease, lease->opens, lease->denials);
    *held = (struct link_held){.lease = lease->lease,
                               .fence = lease->fence,
                               .seq = lease->seq,
                               .state = state == GUARD_STATE_RETURNED
                                            ? handover_after(a, &lease->lease, lease->fence)
                                            : held_state(state),
                               .opens = lease->opens,
                               .denials = lease->denials};
    if (is_enforced(state))
        a->listing.holds[a->listing.n++] =
            (struct metered_hold){.lease = lease->lease, .fence = lease->fence};
}

static int list_all(struct agent *a, struct link_held held[GUARD_LEASES_MAX], size_t *ret_n,
                    struct err *err)
{
    struct guard_lease lease;
    struct err end = ERR_INIT;
    size_t n = 0;
    for (uint64_t index = 0; n < GUARD_LEASES_MAX; index = lease.index + 1) {
        int rc = guard_client_list(a->guard, index, &lease, &end);
        if (rc == -ERR_NOT_FOUND)
            break;
        if (rc < 0)
            return err_set(err, end.code, "%s", end.text);
        note(a, &lease, &held[n++]);
    }
    *ret_n = n;
    return 0;
}

/* Compares the meter with the listing once the event of that number is the next to be heard. */
static void compare_before(struct agent *a, uint64_t number)
{
    struct listing *l = &a->listing;
    struct usage_sink sink = usage_sink(a);
    if (!l->waits || number < l->next_event)
        return;
    l->waits = false;
    if (!meter_has_time(a->meter))
        return;
    meter_compare(a->meter, l->holds, l->n, usage_emit, &sink);
    meter_know(a->meter, l->boot_ns);
}

int guarding_list(struct agent *a, struct link_held held[GUARD_LEASES_MAX], size_t *ret_n,
                  struct err *err)
{
    uint64_t boot_ns = (uint64_t)agent_now_ns(a);
    a->listing = (struct listing){.boot_ns = boot_ns};
    int rc = list_all(a, held, ret_n, err);
    if (rc == 0)
        rc = guard_client_status(a->guard, &a->guard_status, err);
    if (guarding_check(a, rc, err) < 0)
        return rc;
    held_compare(&a->held, held, *ret_n);
    a->list_wanted = false;
    a->listing.waits = true;
    a->listing.next_event = a->guard_status.next_event;
    compare_before(a, a->next_event);
    return 0;
}

bool guarding_is_current(const struct agent *a)
{
    return a->guard && !a->list_wanted && !a->listing.waits;
}

/* ---- events ---- */

static void on_opened(struct agent *a, const struct guard_event *e)
{
    struct err err = ERR_INIT;
    const struct held *h = held_find(&a->held, &e->lease);
    if (!h || !meter_has_time(a->meter))
        return;
    struct metered_lease lease = h->lease;
    lease.fence = e->fence;
    if (meter_open(a->meter, &lease, e->boot_ns, &err) < 0)
        agent_warn(a, "usage.not-metered", &err);
}

static void on_event(struct agent *a, const struct guard_event *e)
{
    struct usage_sink sink = usage_sink(a);
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
            meter_close(a->meter, &e->lease, e->boot_ns, usage_emit, &sink);
        break;
    default:
        break;
    }
    bool routine = e->kind == GUARD_EVENT_RENEWED;
    log_event(a->options.log, routine ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "guard.event",
              LOG_STR("kind", guard_event_name((enum guard_event_kind)e->kind)),
              LOG_STR("lease", e->lease.text));
}

/* False: an old one. */
static bool hear(struct agent *a, const struct guard_event *e)
{
    if (e->number > a->next_event)
        a->list_wanted = true; /* some in between are lost */
    compare_before(a, e->number);
    a->next_event = e->number + 1;
    bool news = meter_see(a->meter, e->boot_ns, e->number);
    if (news)
        on_event(a, e);
    compare_before(a, a->next_event);
    return news;
}

/* True if there was one. */
static bool next_event(struct agent *a, struct guard_event *ret)
{
    struct err err = ERR_INIT;
    bool any = false;
    return a->guard &&
           guarding_check(a, guard_client_next_event(a->guard, ret, &any, &err), &err) == 0 && any;
}

static void list_if_wanted(struct agent *a)
{
    struct link_held held[GUARD_LEASES_MAX];
    struct err err = ERR_INIT;
    size_t n;
    if (a->guard && a->list_wanted && guarding_list(a, held, &n, &err) < 0 && a->guard)
        agent_warn(a, "guard.not-listed", &err);
}

void guarding_take_events(struct agent *a)
{
    struct guard_event event;
    struct usage_sink sink = usage_sink(a);
    bool some = false;
    bool news = false;
    while (next_event(a, &event)) {
        bool new = hear(a, &event);
        some |= new;
        /* A renewal is the answer to a question: it must not lead to the next one. */
        news |= new &&event.kind != GUARD_EVENT_RENEWED;
    }
    list_if_wanted(a);
    if (some)
        usage_keep_mark(&sink);
    if (news)
        granting_want(a, SYNC_SOON_MS);
}
