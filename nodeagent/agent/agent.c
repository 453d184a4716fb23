/*
 * The agent's loop. It owns every part; all state is level-triggered: what the guard holds is asked
 * anew, what the control plane wants comes whole, what is unsent is in the journal.
 */
#include "nodeagent/agent/agent.h"

#include "lib/base/text.h"
#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/credentials.h"
#include "nodeagent/agent/granting.h"
#include "nodeagent/agent/guarding.h"
#include "nodeagent/agent/journals.h"
#include "nodeagent/agent/linking.h"
#include "nodeagent/agent/notice.h"
#include "nodeagent/agent/usage.h"

#include <poll.h>
#include <stdlib.h>

#define TURN_MS         1000
#define CALLS_EACH_TURN 16 /* of people, before the agent looks after the rest again */

/* ---- people ---- */

static int join(struct agent *a, const struct local_call *call, struct local_reply *reply,
                struct err *err)
{
    if (!a->guard)
        return err_set(err, ERR_UNAVAILABLE, "the guard of this node is away");
    TRY(guarding_check(a, guard_client_move(a->guard, &call->lease, call->pid, err), err));
    const struct held *h = held_find(&a->held, &call->lease);
    if (h) {
        reply->device_count = h->device_count;
        memcpy(reply->uuids, h->uuids, sizeof reply->uuids);
    }
    return 0;
}

static void serve(struct agent *a, struct local_call *call)
{
    struct err err = ERR_INIT;
    struct local_reply reply = {.version = LOCAL_VERSION};
    if (join(a, call, &reply, &err) < 0) {
        reply.code = err.code;
        (void)text_cut(reply.text, sizeof reply.text, err.text);
    }
    log_event(a->options.log, LOG_LEVEL_INFO, "lease.join", LOG_STR("lease", call->lease.text),
              LOG_INT("pid", call->pid), LOG_INT("uid", call->uid),
              LOG_STR("result", reply.code == ERR_OK ? "ok" : err.text));
    local_answer(call, &reply);
}

static void serve_people(struct agent *a)
{
    struct local_call call;
    for (int n = 0; n < CALLS_EACH_TURN && local_take(a->local, agent_now_ns(a), &call); n++)
        serve(a, &call);
}

/* ---- the loop ---- */

static void do_what_is_due(struct agent *a)
{
    if (!a->guard && agent_now_ns(a) >= a->guard_at)
        guarding_find(a);
    linking_keep(a);
    granting_ask(a);
    usage_meter(a);
    usage_report(a);
    notice_give(a);
    handover_go_on(a);
    serve_people(a);
    credentials_watch(a);
}

static int64_t min_ns(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

/* The meter's turn comes twice a second, so the rarest need not be asked. */
static int wait_ms(const struct agent *a)
{
    int64_t next = min_ns(a->meter_at, local_due_ns(a->local));
    next = min_ns(next, a->guard ? AGENT_NEVER_NS : a->guard_at);
    next = min_ns(next, linking_due_ns(a));
    next = min_ns(next, granting_due_ns(a));
    int64_t left = next - agent_now_ns(a);
    return left <= 0 ? 0 : (int)(left / AGENT_NS_PER_MS + 1);
}

bool agent_turn(struct agent *a, int stop_fd, int most_ms)
{
    enum { STOP, LINK, LOCAL, GUARD, COUNT };
    do_what_is_due(a);
    int wait = wait_ms(a);
    struct pollfd fds[COUNT] = {
        [STOP] = {.fd = stop_fd, .events = POLLIN},
        [LINK] = {.fd = link_fd(a->link), .events = POLLIN},
        [LOCAL] = {.fd = local_fd(a->local), .events = POLLIN},
        [GUARD] = {.fd = a->guard ? guard_client_event_fd(a->guard) : -1, .events = POLLIN},
    };
    if (poll(fds, COUNT, wait < most_ms ? wait : most_ms) <= 0)
        return true;
    if (fds[STOP].revents)
        return false;
    if (fds[GUARD].revents)
        guarding_take_events(a);
    if (fds[LINK].revents)
        linking_hear(a);
    return true;
}

void agent_run(struct agent *a, int stop_fd)
{
    while (agent_turn(a, stop_fd, TURN_MS))
        ;
}

/* ---- building ---- */

static int read_gpus(struct agent *a, struct err *err)
{
    const char *nvml = config_text(a->options.config, "gpu.nvml");
    struct inventory_source source = {
        .nvml_path = nvml[0] ? nvml : NULL,
        .major = (uint32_t)config_int(a->options.config, "gpu.major"),
    };
    return inventory_read(&source, &a->inventory, err);
}

static void on_grpc_log(void *arg, enum log_level level, const char *file, int line,
                        const char *text)
{
    log_event(arg, level, "grpc", LOG_STR("at", file), LOG_INT("line", line),
              LOG_STR("text", text));
}

static int create_link(struct agent *a, struct err *err)
{
    struct rpc_runtime_options options = {
        .log = on_grpc_log, .arg = a->options.log, .threshold = LOG_LEVEL_ERROR};
    a->runtime = rpc_runtime_create(&options);
    TRY(rpc_loop_create(&a->loop, err));
    return linking_create(a, &a->link, err);
}

static int build(struct agent *a, struct err *err)
{
    TRY(credentials_read(a, err));
    TRY(read_gpus(a, err));
    TRY(journals_open(a, err));
    handover_open(a);
    TRY(local_create(config_text(a->options.config, "agent.socket"), &a->local, err));
    return create_link(a, err);
}

int agent_create(const struct agent_options *options, struct agent **ret, struct err *err)
{
    struct agent *a = calloc(1, sizeof *a);
    ENSURE(a);
    a->options = *options;
    a->link_wait_ms = AGENT_LINK_RETRY_MS;
    a->meter = meter_create();
    int rc = build(a, err);
    if (rc < 0) {
        agent_destroy(a);
        return rc;
    }
    log_event(a->options.log, LOG_LEVEL_INFO, "agent.ready", LOG_STR("node", a->node.text),
              LOG_INT("gpus", (int64_t)a->inventory.count));
    *ret = a;
    return 0;
}

void agent_destroy(struct agent *a)
{
    if (!a)
        return;
    link_destroy(a->link);
    rpc_loop_destroy(a->loop);
    rpc_runtime_destroy(a->runtime);
    guard_client_destroy(a->guard);
    handover_close(a);
    journals_close(a);
    local_destroy(a->local);
    meter_destroy(a->meter);
    key_destroy(a->key);
    free(a);
}
