/*
 * The stream. An answer or the stream's end always comes; that neither does is a fault somewhere
 * between, and the next server is tried. The agent's thread.
 */
#include "nodeagent/agent/linking.h"

#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/credentials.h"
#include "nodeagent/agent/granting.h"
#include "nodeagent/agent/usage.h"

#define RETRY_MAX_MS 10000
#define SILENCE_MS   30000 /* no answer by then: there will be none */

/* ± 25 %: the nodes that lost a control plane together shall not come back together. */
static int64_t spread_ms(const struct agent *a, int64_t ms)
{
    uint16_t dice;
    a->options.env->random(a->options.env->world, (uint8_t *)&dice, sizeof dice);
    return ms * 3 / 4 + ms / 2 * dice / UINT16_MAX;
}

static void lose(struct agent *a)
{
    a->linked = false;
    a->asking = false;
    usage_link_lost(a);
    a->link_at = agent_in_ms(a, spread_ms(a, a->link_wait_ms));
}

int linking_create(const struct agent *a, struct link **ret, struct err *err)
{
    struct rpc_tls_bundle *bundle;
    TRY(credentials_tls(a, &bundle, err));
    struct rpc_tls_pem pem = rpc_tls_bundle_pem(bundle);
    int rc = link_create(a->loop, config_text(a->options.config, "control_plane.servers"), &pem,
                         ret, err);
    rpc_tls_bundle_destroy(bundle);
    return rc;
}

static void open_link(struct agent *a)
{
    struct err err = ERR_INIT;
    struct link_hello hello = {.node = &a->node,
                               .boot_id = a->journals[0].boot_id,
                               .version = PUMASI_VERSION,
                               .tier = a->guard_status.tier,
                               .inventory = &a->inventory};
    lose(a);
    a->link_wait_ms = 2 * a->link_wait_ms < RETRY_MAX_MS ? 2 * a->link_wait_ms : RETRY_MAX_MS;
    int rc = link_open(a->link, &err);
    if (rc == 0)
        rc = link_send_hello(a->link, &hello, &err);
    if (rc < 0) {
        agent_warn(a, "link.failed", &err);
        return;
    }
    a->linked = true;
    granting_want(a, 0);
}

static int64_t silent_ns(const struct agent *a)
{
    return (int64_t)a->asked_ns + SILENCE_MS * AGENT_NS_PER_MS;
}

int64_t linking_due_ns(const struct agent *a)
{
    if (!a->guard) /* hello says what the guard can do */
        return AGENT_NEVER_NS;
    if (!a->linked)
        return a->link_at;
    return a->asking ? silent_ns(a) : AGENT_NEVER_NS;
}

void linking_keep(struct agent *a)
{
    if (agent_now_ns(a) < linking_due_ns(a))
        return;
    if (a->linked)
        log_event(a->options.log, LOG_LEVEL_WARN, "link.silent", LOG_INT("after_ms", SILENCE_MS));
    open_link(a);
}

/* With the new certificate; what it does not open is tried again with what there is. */
static void start_anew(struct agent *a)
{
    struct err err = ERR_INIT;
    struct link *fresh = NULL;
    if (linking_create(a, &fresh, &err) < 0) {
        agent_warn(a, "link.not-made", &err);
        return;
    }
    link_destroy(a->link);
    a->link = fresh;
    lose(a);
    a->link_at = agent_now_ns(a);
}

static void on_event(struct agent *a, const struct link_event *event)
{
    switch (event->kind) {
    case LINK_GRANTS:
        a->link_wait_ms = AGENT_LINK_RETRY_MS;
        granting_answered(a, &event->grants);
        credentials_compare(a, event->grants.trust);
        break;
    case LINK_ACK:
        usage_acknowledged(a, event);
        break;
    case LINK_POKE:
        granting_want(a, 0);
        break;
    case LINK_RENEWED:
        if (credentials_renewed(a, &event->renewed))
            start_anew(a);
        break;
    case LINK_DOWN:
        agent_warn(a, "link.down", &event->err);
        lose(a);
        break;
    }
}

void linking_hear(struct agent *a)
{
    struct link_event event;
    while (link_take(a->link, &event)) {
        on_event(a, &event);
        link_event_fini(&event);
    }
}
