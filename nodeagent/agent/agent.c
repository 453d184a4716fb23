/*
 * The agent's loop. It owns every part; all state is level-triggered: what the guard holds is asked
 * anew, what the control plane wants comes whole, what is unsent is in the journal.
 */
#include "nodeagent/agent/agent.h"

#include "lib/base/file.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pki/cert.h"
#include "lib/pki/layout.h"
#include "nodeagent/agent/agent_internal.h"
#include "nodeagent/agent/granting.h"
#include "nodeagent/agent/guarding.h"
#include "nodeagent/agent/usage.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define LINK_RETRY_MS     500
#define LINK_RETRY_MAX_MS 10000
#define CALLS_EACH_TURN   16 /* of people, before the agent looks after the rest again */
#define BOOT_ID_PATH      "/proc/sys/kernel/random/boot_id"

/* ---- the link ---- */

static void open_link(struct agent *a)
{
    struct err err = ERR_INIT;
    struct link_hello hello = {.node = &a->node,
                               .boot_id = a->own.boot_id,
                               .version = PUMASI_VERSION,
                               .tier = a->guard_status.tier,
                               .inventory = &a->inventory};
    a->link_at = agent_in_ms(a, a->link_wait_ms);
    a->link_wait_ms = a->link_wait_ms < LINK_RETRY_MAX_MS ? 2 * a->link_wait_ms : LINK_RETRY_MAX_MS;
    a->usage_pending = false;
    a->sync_pending = false;
    int rc = link_open(a->link, &err);
    if (rc == 0)
        rc = link_send_hello(a->link, &hello, &err);
    if (rc < 0) {
        agent_warn(a, "link.failed", &err);
        return;
    }
    a->linked = true;
    agent_sync_within(a, 0);
}

static void on_link_event(struct agent *a, struct link_event *event)
{
    switch (event->kind) {
    case LINK_GRANTS:
        a->link_wait_ms = LINK_RETRY_MS;
        granting_answered(a, &event->grants);
        break;
    case LINK_ACK:
        usage_acknowledged(a, event);
        break;
    case LINK_POKE:
        agent_sync_within(a, 0);
        break;
    case LINK_DOWN:
        agent_warn(a, "link.down", &event->err);
        a->linked = false;
        a->link_at = agent_in_ms(a, a->link_wait_ms);
        break;
    }
    link_event_fini(event);
}

/* ---- people ---- */

static int join(struct agent *a, const struct local_call *call, struct local_reply *reply,
                struct err *err)
{
    if (!a->guard)
        return err_set(err, ERR_UNAVAILABLE, "the guard of this node is away");
    int rc = guard_client_move(a->guard, &call->lease, call->pid, err);
    if (guarding_failed(a, rc, err))
        return rc;
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
    int64_t now = agent_now_ns(a);
    if (!a->guard && now >= a->guard_at)
        guarding_find(a);
    if (!a->linked && a->guard && now >= a->link_at)
        open_link(a);
    if (a->linked && a->guard && now >= a->sync_at)
        granting_ask(a);
    if (now >= a->meter_at)
        usage_meter(a);
    usage_report(a);
    serve_people(a);
}

static int wait_ms(const struct agent *a)
{
    int64_t next = a->meter_at;
    if (!a->guard && a->guard_at < next)
        next = a->guard_at;
    if (!a->linked && a->guard && a->link_at < next)
        next = a->link_at;
    if (a->linked && a->guard && a->sync_at < next)
        next = a->sync_at;
    if (local_due_ns(a->local) < next)
        next = local_due_ns(a->local);
    int64_t left = next - agent_now_ns(a);
    return left <= 0 ? 0 : (int)(left / AGENT_NS_PER_MS + 1);
}

void agent_run(struct agent *a, int stop_fd)
{
    enum { STOP, LINK, LOCAL, GUARD, COUNT };
    for (;;) {
        do_what_is_due(a);
        struct pollfd fds[COUNT] = {
            [STOP] = {.fd = stop_fd, .events = POLLIN},
            [LINK] = {.fd = link_fd(a->link), .events = POLLIN},
            [LOCAL] = {.fd = local_fd(a->local), .events = POLLIN},
            [GUARD] = {.fd = a->guard ? guard_client_event_fd(a->guard) : -1, .events = POLLIN},
        };
        if (poll(fds, COUNT, wait_ms(a)) <= 0)
            continue;
        if (fds[STOP].revents)
            return;
        if (fds[GUARD].revents)
            guarding_take_events(a);
        struct link_event event;
        while (fds[LINK].revents && link_take(a->link, &event))
            on_link_event(a, &event);
    }
}

/* ---- building ---- */

static int identity_path(const struct agent *a, const char *name, char ret[PATH_MAX],
                         struct err *err)
{
    const char *dir = config_text(a->options.config, "node.identity");
    int n = snprintf(ret, PATH_MAX, "%s/%s", dir, name);
    return n > 0 && n < PATH_MAX ? 0 : err_set(err, ERR_LIMIT, "node.identity is too long");
}

static int read_identity(struct agent *a, struct err *err)
{
    char path[PATH_MAX];
    struct cert cert;
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    TRY(identity_path(a, LAYOUT_NODE_KEY, path, err));
    TRY(key_read(path, &a->key, err));
    TRY(identity_path(a, LAYOUT_NODE_CERT, path, err));
    TRY(file_read(path, &pem, err));
    TRY(cert_parse(buf_span(&pem), &cert, err));
    if (cert.subject.kind != IDENTITY_NODE)
        return err_set(err, ERR_INVALID, "%s names no node: `pumasi node join` makes one", path);
    a->node = cert.subject.name;
    a->key_id = cert.key_id;
    return 0;
}

static int read_boot_id(struct agent *a, struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 128);
    TRY(file_read(BOOT_ID_PATH, &text, err));
    while (text.len > 0 && text.data[text.len - 1] == '\n')
        text.len--;
    return text_set(a->own.boot_id, sizeof a->own.boot_id, buf_span(&text), BOOT_ID_PATH, err);
}

static void add_other(const char *boot_id, void *arg)
{
    struct agent *a = arg;
    if (a->other_count == AGENT_OTHERS_MAX)
        return;
    struct boot_journal *other = &a->others[a->other_count];
    const char *dir = config_text(a->options.config, "agent.state_dir");
    if (text_set(other->boot_id, sizeof other->boot_id, span_text(boot_id), "boot id", NULL) == 0 &&
        journal_open(dir, boot_id, &other->journal, NULL) == 0)
        a->other_count++;
}

/* An interval may be in the journal while the mark that was to follow it is not. */
static int resume_meter(struct agent *a, struct err *err)
{
    struct span interval;
    uint64_t seq = 0;
    TRY(meter_restore(a->meter, journal_last_mark(a->own.journal), err));
    while (journal_next_pending(a->own.journal, seq, &seq, &interval)) {
        struct link_unpacked u;
        TRY(link_unpack_interval(interval, &u, err));
        const struct interval *told = &u.interval.interval;
        meter_resume(a->meter, &told->lease, told->to, told->opens, told->denials);
    }
    return 0;
}

static int open_journals(struct agent *a, struct err *err)
{
    const char *dir = config_text(a->options.config, "agent.state_dir");
    TRY(read_boot_id(a, err));
    TRY(journal_open(dir, a->own.boot_id, &a->own.journal, err));
    TRY(resume_meter(a, err));
    return journal_each_other(dir, a->own.boot_id, add_other, a, err);
}

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
    char ca[PATH_MAX];
    char cert[PATH_MAX];
    char key[PATH_MAX];
    struct rpc_tls_bundle *bundle;
    TRY(identity_path(a, LAYOUT_NODE_CA, ca, err));
    TRY(identity_path(a, LAYOUT_NODE_CERT, cert, err));
    TRY(identity_path(a, LAYOUT_NODE_KEY, key, err));
    struct rpc_tls_files files = {.ca = ca, .cert = cert, .key = key};
    TRY(rpc_tls_bundle_load(&files, &bundle, err));
    struct rpc_tls_pem pem = rpc_tls_bundle_pem(bundle);
    struct rpc_runtime_options options = {
        .log = on_grpc_log, .arg = a->options.log, .threshold = LOG_LEVEL_ERROR};
    a->runtime = rpc_runtime_create(&options);
    int rc = rpc_loop_create(&a->loop, err);
    if (rc == 0)
        rc = link_create(a->loop, config_text(a->options.config, "control_plane.servers"), &pem,
                         &a->link, err);
    rpc_tls_bundle_destroy(bundle);
    return rc;
}

static int build(struct agent *a, struct err *err)
{
    TRY(read_identity(a, err));
    TRY(read_gpus(a, err));
    TRY(open_journals(a, err));
    TRY(local_create(config_text(a->options.config, "agent.socket"), &a->local, err));
    return create_link(a, err);
}

int agent_create(const struct agent_options *options, struct agent **ret, struct err *err)
{
    struct agent *a = calloc(1, sizeof *a);
    ENSURE(a);
    a->options = *options;
    a->link_wait_ms = LINK_RETRY_MS;
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
    journal_close(a->own.journal);
    for (size_t i = 0; i < a->other_count; i++)
        journal_close(a->others[i].journal);
    local_destroy(a->local);
    meter_destroy(a->meter);
    key_destroy(a->key);
    free(a);
}
