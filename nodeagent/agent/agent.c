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
#include "lib/pki/sign.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/runtime.h"
#include "nodeagent/agent/held.h"
#include "nodeagent/agent/journal.h"
#include "nodeagent/agent/link.h"
#include "nodeagent/agent/local.h"
#include "nodeagent/agent/meter.h"
#include "nodeagent/guard/client.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NS_PER_MS         INT64_C(1000000)
#define GUARD_CALL_MS     2000
#define GUARD_RETRY_MS    500
#define LINK_RETRY_MS     500
#define LINK_RETRY_MAX_MS 10000
#define SYNC_SOON_MS      20   /* events come in bursts: one question for all of them */
#define SYNC_ANSWER_MS    5000 /* then the question is asked again */
#define SYNC_RETRY_MS     250  /* a grant that has to wait for another's return */
#define METER_EVERY_MS    500
#define OTHERS_MAX        8
#define CALLS_EACH_TURN   16 /* of people, before the agent looks after the rest again */
#define BOOT_ID_PATH      "/proc/sys/kernel/random/boot_id"

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
    struct boot_journal others[OTHERS_MAX];
    size_t other_count;
    struct local *local;
    bool linked;        /* hello was sent */
    bool sync_pending;  /* a Sync is not answered yet */
    bool usage_pending; /* a report is not acknowledged yet */
    uint64_t asked_ns;  /* boot clock at the Sync */
    unsigned link_wait_ms;
    int64_t guard_at, link_at, sync_at, meter_at; /* boot clock, ns: when to try next */
};

/* ---- small things ---- */

static int64_t now_ns(const struct agent *a)
{
    return env_boot(a->options.env).ns;
}

static int64_t in_ms(const struct agent *a, int64_t ms)
{
    return now_ns(a) + ms * NS_PER_MS;
}

static void warn(const struct agent *a, const char *event, const struct err *err)
{
    log_event(a->options.log, LOG_LEVEL_WARN, event, LOG_STR("error", err->text));
}

static void sync_within(struct agent *a, int64_t ms)
{
    int64_t at = in_ms(a, ms);
    if (at < a->sync_at)
        a->sync_at = at;
}

/* ---- metering ---- */

static void keep_mark(struct agent *a)
{
    struct err err = ERR_INIT;
    CLEANUP_BUF struct buf mark;
    buf_init(&mark, METER_MARK_MAX);
    meter_mark(a->meter, &mark);
    if (mark.full || journal_mark(a->own.journal, buf_span(&mark), &err) < 0)
        warn(a, "journal.failed", &err);
}

static int sign_interval(const struct agent *a, struct link_interval *i, struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, INTERVAL_LINE_MAX);
    interval_format(&i->interval, &text);
    return sign_bytes(a->key, buf_span(&text), &i->signature, err);
}

static void emit(const struct metered *metered, void *arg)
{
    struct agent *a = arg;
    struct err err = ERR_INIT;
    uint64_t seq;
    CLEANUP_BUF struct buf packed;
    buf_init(&packed, JOURNAL_PAYLOAD_MAX);
    struct link_interval interval = {
        .interval = {.node = a->node,
                     .boot_id = a->own.boot_id,
                     .seq = journal_next_seq(a->own.journal),
                     .lease = metered->lease.lease,
                     .units = metered->lease.units,
                     .isolation = metered->lease.isolation,
                     .from = metered->from,
                     .to = metered->to,
                     .cause = metered->cause,
                     .opens = metered->opens,
                     .denials = metered->denials},
        .organisation = metered->lease.organisation,
        .project = metered->lease.project,
        .model = metered->lease.model,
        .key_id = a->key_id,
    };
    int rc = sign_interval(a, &interval, &err);
    if (rc == 0) {
        link_pack_interval(&interval, &packed);
        rc = journal_add(a->own.journal, buf_span(&packed), &seq, &err);
    }
    if (rc < 0) {
        log_event(a->options.log, LOG_LEVEL_ERROR, "usage.lost",
                  LOG_STR("lease", metered->lease.lease.text), LOG_INT("from", metered->from.s),
                  LOG_INT("to", metered->to.s), LOG_STR("error", err.text));
        return;
    }
    log_event(a->options.log, LOG_LEVEL_INFO, "usage.interval",
              LOG_STR("lease", metered->lease.lease.text), LOG_INT("seq", (int64_t)seq),
              LOG_INT("seconds", metered->to.s - metered->from.s),
              LOG_STR("cause", metered->cause));
}

/* ---- usage to the control plane ---- */

static struct boot_journal *journal_of(struct agent *a, const char *boot_id)
{
    if (strcmp(a->own.boot_id, boot_id) == 0)
        return &a->own;
    for (size_t i = 0; i < a->other_count; i++) {
        if (strcmp(a->others[i].boot_id, boot_id) == 0)
            return &a->others[i];
    }
    return NULL;
}

static size_t collect(const struct journal *j, struct span *intervals)
{
    size_t n = 0;
    uint64_t seq = 0;
    while (n < LINK_USAGE_MAX && journal_next_pending(j, seq, &seq, &intervals[n]))
        n++;
    return n;
}

static void report_usage(struct agent *a)
{
    struct span intervals[LINK_USAGE_MAX];
    struct err err = ERR_INIT;
    size_t n = 0;
    if (!a->linked || a->usage_pending)
        return;
    for (size_t i = 0; n == 0 && i < a->other_count; i++)
        n = collect(a->others[i].journal, intervals);
    if (n == 0)
        n = collect(a->own.journal, intervals);
    if (n == 0)
        return;
    if (link_send_usage(a->link, intervals, n, &err) < 0)
        warn(a, "usage.not-sent", &err);
    else
        a->usage_pending = true;
}

static void on_ack(struct agent *a, const struct link_event *event)
{
    struct err err = ERR_INIT;
    struct boot_journal *of = journal_of(a, event->boot_id);
    a->usage_pending = false;
    if (of && journal_ack(of->journal, event->seq, &err) < 0)
        warn(a, "journal.failed", &err);
}

/* ---- the guard ---- */

static void lose_guard(struct agent *a, const struct err *err)
{
    warn(a, "guard.lost", err);
    guard_client_destroy(a->guard);
    a->guard = NULL;
    a->guard_at = in_ms(a, GUARD_RETRY_MS);
}

static bool guard_failed(struct agent *a, int rc, const struct err *err)
{
    if (rc == -ERR_UNAVAILABLE)
        lose_guard(a, err);
    return rc < 0;
}

static void find_guard(struct agent *a)
{
    struct err err = ERR_INIT;
    const char *path = config_text(a->options.config, "guard.socket");
    a->guard_at = in_ms(a, GUARD_RETRY_MS);
    int rc = guard_client_connect(path, GUARD_CALL_MS, &a->guard, &err);
    if (rc == 0)
        rc = guard_client_status(a->guard, &a->guard_status, &err);
    if (rc == 0) {
        if (a->guard_event > a->guard_status.next_event)
            a->guard_event = 0; /* it was started anew and counts from 1 */
        rc = guard_client_watch(a->guard, a->guard_event, &err);
    }
    if (rc < 0) {
        warn(a, "guard.away", &err);
        guard_client_destroy(a->guard);
        a->guard = NULL;
        return;
    }
    log_event(a->options.log, LOG_LEVEL_INFO, "guard.found", LOG_STR("tier", a->guard_status.tier),
              LOG_INT("leases", a->guard_status.leases));
    sync_within(a, 0);
}

static void on_opened(struct agent *a, const struct guard_event *e)
{
    struct err err = ERR_INIT;
    const struct held *h = held_find(&a->held, &e->lease);
    if (!h || !meter_has_time(a->meter))
        return;
    if (meter_open(a->meter, &h->lease, e->boot_ns, &err) < 0)
        warn(a, "usage.not-metered", &err);
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
            meter_close(a->meter, &e->lease, e->boot_ns, emit, a);
        break;
    default:
        break;
    }
    bool routine = e->kind == GUARD_EVENT_RENEWED;
    log_event(a->options.log, routine ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "guard.event",
              LOG_STR("kind", guard_event_name((enum guard_event_kind)e->kind)),
              LOG_STR("lease", e->lease.text));
}

static void take_guard_events(struct agent *a)
{
    struct guard_event event;
    struct err err = ERR_INIT;
    bool any = true;
    bool some = false;
    bool news = false;
    while (a->guard && any) {
        int rc = guard_client_next_event(a->guard, &event, &any, &err);
        if (guard_failed(a, rc, &err))
            break;
        if (!any)
            continue;
        on_guard_event(a, &event);
        some = true;
        /* A renewal is the answer to a question: it must not lead to the next one. */
        news |= event.kind != GUARD_EVENT_RENEWED;
    }
    if (some)
        keep_mark(a);
    if (news)
        sync_within(a, SYNC_SOON_MS);
}

static void meter_running(struct agent *a)
{
    int64_t period_s = config_int(a->options.config, "usage.period");
    a->meter_at = in_ms(a, METER_EVERY_MS);
    /* What the guard did while nobody listened comes first: a lease may have ended long ago. */
    if (!a->guard)
        return;
    take_guard_events(a);
    uint64_t before = journal_next_seq(a->own.journal);
    meter_cut(a->meter, (uint64_t)now_ns(a), period_s, emit, a);
    if (journal_next_seq(a->own.journal) != before)
        keep_mark(a);
}

/* ---- asking for grants ---- */

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

/* Everything that the guard holds; -1 when it can't be asked. */
static int list_held(struct agent *a, struct link_held held[GUARD_LEASES_MAX], size_t *ret_n)
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
    *ret_n = n;
    if (rc == -ERR_NOT_FOUND)
        return 0;
    (void)guard_failed(a, rc, &err);
    return rc;
}

static void ask(struct agent *a)
{
    struct link_held held[GUARD_LEASES_MAX];
    uint8_t nonce[GRANT_NONCE_BYTES];
    struct err err = ERR_INIT;
    size_t n;
    a->sync_at = in_ms(a, SYNC_ANSWER_MS);
    if (guard_failed(a, guard_client_nonce(a->guard, nonce, &a->asked_ns, &err), &err) ||
        list_held(a, held, &n) < 0)
        return;
    if (link_send_sync(a->link, nonce, a->asked_ns / (uint64_t)NS_PER_MS, held, n, &err) < 0)
        warn(a, "sync.not-sent", &err);
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
        sync_within(a, SYNC_RETRY_MS); /* its devices are on their way back from another lease */
        return;
    }
    if (guard_failed(a, rc, &err))
        log_event(a->options.log, LOG_LEVEL_WARN, "grant.refused",
                  LOG_STR("lease", grant->lease.text), LOG_STR("error", err.text));
}

/* What is held and was not granted again is taken back. */
static void revoke_unnamed(struct agent *a)
{
    struct link_held held[GUARD_LEASES_MAX];
    size_t n;
    if (!a->guard || list_held(a, held, &n) < 0)
        return;
    for (size_t i = 0; i < n && a->guard; i++) {
        struct err err = ERR_INIT;
        const struct held *h = held_find(&a->held, &held[i].lease);
        if (strcmp(held[i].state, "active") != 0 || (h && h->named))
            continue;
        bool over = h && h->ends_at.s <= meter_instant(a->meter, (uint64_t)now_ns(a)).s;
        meter_cause(a->meter, &held[i].lease, over ? "ended" : "recalled");
        int rc = guard_client_revoke(a->guard, &held[i].lease, 0, &err);
        if (guard_failed(a, rc, &err) && rc != -ERR_NOT_FOUND)
            warn(a, "revoke.refused", &err);
    }
}

static void on_grants(struct agent *a, const struct link_grants *grants)
{
    a->sync_pending = false;
    a->sync_at = in_ms(a, grants->sync_after_ms);
    meter_set_time(a->meter, grants->server_time, a->asked_ns);
    if (!a->guard)
        return;
    held_unname(&a->held);
    for (size_t i = 0; i < grants->n && a->guard; i++)
        install(a, &grants->items[i]);
    revoke_unnamed(a);
    take_guard_events(a);
}

/* ---- the link ---- */

static void open_link(struct agent *a)
{
    struct err err = ERR_INIT;
    struct link_hello hello = {.node = &a->node,
                               .boot_id = a->own.boot_id,
                               .version = PUMASI_VERSION,
                               .tier = a->guard_status.tier,
                               .inventory = &a->inventory};
    a->link_at = in_ms(a, a->link_wait_ms);
    a->link_wait_ms = a->link_wait_ms < LINK_RETRY_MAX_MS ? 2 * a->link_wait_ms : LINK_RETRY_MAX_MS;
    a->usage_pending = false;
    a->sync_pending = false;
    int rc = link_open(a->link, &err);
    if (rc == 0)
        rc = link_send_hello(a->link, &hello, &err);
    if (rc < 0) {
        warn(a, "link.failed", &err);
        return;
    }
    a->linked = true;
    sync_within(a, 0);
}

static void on_link_event(struct agent *a, struct link_event *event)
{
    switch (event->kind) {
    case LINK_GRANTS:
        a->link_wait_ms = LINK_RETRY_MS;
        on_grants(a, &event->grants);
        break;
    case LINK_ACK:
        on_ack(a, event);
        break;
    case LINK_POKE:
        sync_within(a, 0);
        break;
    case LINK_DOWN:
        warn(a, "link.down", &event->err);
        a->linked = false;
        a->link_at = in_ms(a, a->link_wait_ms);
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
    if (guard_failed(a, rc, err))
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
    for (int n = 0; n < CALLS_EACH_TURN && local_take(a->local, now_ns(a), &call); n++)
        serve(a, &call);
}

/* ---- the loop ---- */

static void do_what_is_due(struct agent *a)
{
    int64_t now = now_ns(a);
    if (!a->guard && now >= a->guard_at)
        find_guard(a);
    if (!a->linked && a->guard && now >= a->link_at)
        open_link(a);
    if (a->linked && a->guard && now >= a->sync_at)
        ask(a);
    if (now >= a->meter_at)
        meter_running(a);
    report_usage(a);
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
    int64_t left = next - now_ns(a);
    return left <= 0 ? 0 : (int)(left / NS_PER_MS + 1);
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
            take_guard_events(a);
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
    if (a->other_count == OTHERS_MAX)
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
        struct link_told told;
        TRY(link_peek_interval(interval, &told, err));
        meter_resume(a->meter, &told.lease, told.to, told.opens, told.denials);
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
