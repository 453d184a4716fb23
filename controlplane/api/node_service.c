/*
 * NodeService: the stream of a node's agent. Both sides speak in whole states.
 *
 * A stream has one message under way at a time: it is read, becomes a command (hello, what is held,
 * usage), and is answered when that is committed; then the next one is read. Pokes come from the
 * writer's thread in between.
 */
#include "controlplane/api/change.h"
#include "controlplane/api/renewal.h"
#include "controlplane/api/service.h"

#include "lib/base/text.h"
#include "lib/grant/interval.h"
#include "lib/wire/wire.h"

#include "pumasi/v1/node.pb-c.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define GRANTS_MAX        128
#define SYNC_AFTER_MAX_MS 60000
#define SYNC_AFTER_MIN_MS 500
#define SEQ_SHIFT         16

struct draft {
    struct grant grant;
    struct blob permit;
    struct blob permit_signature;
    struct id permit_key_id;
    char model[32];
    const char *ends_as;
};

struct stream {
    struct api *api;
    struct rpc_call *call;
    struct principal principal;
    struct public_key key;
    struct public_key *former; /* keys that were the node's before */
    size_t former_count;
    pthread_mutex_t lock; /* over the next three, since pokes and hooks come from other threads */
    bool finished;
    bool busy; /* a message is under way: its end finishes a stream that the node has left */
    bool gone;
    bool attached;
    /* of the Sync under way */
    uint8_t nonce[GRANT_NONCE_BYTES];
    struct instant synced_at;
    uint64_t seq_floor;
    struct draft *drafts; /* grown as needed: most nodes hold few leases, many none */
    size_t draft_count, draft_cap;
    /* of the UsageReport under way: what will be acknowledged */
    char usage_boot[40];
    uint64_t usage_seq;
};

/* ---- life ---- */

static void finish(struct stream *s, const struct err *err)
{
    pthread_mutex_lock(&s->lock);
    bool first = !s->finished;
    s->finished = true;
    pthread_mutex_unlock(&s->lock);
    if (!first)
        return;
    attached_remove(s->api->options.attached, &s->principal.name, s);
    if (err)
        rpc_call_fail(s->call, err);
    else
        rpc_call_end(s->call);
}

static void on_release(void *data)
{
    struct stream *s = data;
    attached_remove(s->api->options.attached, &s->principal.name, s);
    pthread_mutex_destroy(&s->lock);
    free(s->drafts);
    free(s->former);
    free(s);
}

/* With the lock held: the server stops; what is under way goes first. The release hook can not run
 * in here, since gRPC has not yet told the end of a stream that is not finished. */
static void close_stream(struct stream *s)
{
    s->gone = true;
    if (!s->busy && !s->finished) {
        s->finished = true;
        rpc_call_end(s->call);
    }
}

static void poke(void *stream)
{
    struct stream *s = stream;
    Pumasi__V1__SyncPlease please = PUMASI__V1__SYNC_PLEASE__INIT;
    Pumasi__V1__ServerMessage message = PUMASI__V1__SERVER_MESSAGE__INIT;
    message.body_case = PUMASI__V1__SERVER_MESSAGE__BODY_SYNC;
    message.sync = &please;
    pthread_mutex_lock(&s->lock);
    if (atomic_load(&s->api->closing)) {
        close_stream(s);
    } else if (!s->finished) {
        /* A full queue means that the node has pokes enough to read. */
        int rc = rpc_call_send(s->call, &message.base, NULL);
        (void)rc;
    }
    pthread_mutex_unlock(&s->lock);
}

/* The node has left. What is under way still refers to the stream, so that goes first. */
static void on_cancelled(void *data)
{
    struct stream *s = data;
    pthread_mutex_lock(&s->lock);
    s->gone = true;
    bool busy = s->busy;
    pthread_mutex_unlock(&s->lock);
    if (!busy)
        finish(s, NULL);
}

/* The message under way is dealt with: sends the answer and reads on, or ends the stream. */
static void answer(struct stream *s, const Pumasi__V1__ServerMessage *message)
{
    struct err err = ERR_INIT;
    int rc = 0;
    pthread_mutex_lock(&s->lock);
    s->busy = false;
    bool gone = s->gone;
    if (!gone && message)
        rc = rpc_call_send(s->call, &message->base, &err);
    if (!gone && rc == 0)
        rpc_call_next(s->call);
    pthread_mutex_unlock(&s->lock);
    if (gone || rc < 0)
        finish(s, rc < 0 ? &err : NULL);
}

/* ---- hello ---- */

static int learn_keys(void *arg, const struct engine_view *view, struct err *err)
{
    struct stream *s = arg;
    const struct node *node = state_find(view->state, ENTITY_NODE, &s->principal.name);
    (void)err;
    if (!node || node->former_keys.n == 0)
        return 0;
    free(s->former); /* of an earlier hello */
    s->former_count = 0;
    s->former = calloc(node->former_keys.n, sizeof *s->former);
    ENSURE(s->former);
    LIST_EACH(const struct key_fact, fact, &node->former_keys)
    {
        struct span der = span_of(fact->public_key.data, fact->public_key.len);
        if (public_key_decode(der, &s->former[s->former_count], NULL) == 0)
            s->former_count++;
    }
    return 0;
}

static void keys_learned(void *arg, const struct err *err)
{
    struct stream *s = arg;
    if (err) {
        finish(s, err);
        return;
    }
    s->attached = true;
    attached_add(s->api->options.attached, &s->principal.name, poke, s);
    answer(s, NULL);
}

static void hello_done(void *arg, const struct engine_reply *reply, const struct err *failed)
{
    static const struct engine_read_ops ops = {.run = learn_keys, .finish = keys_learned};
    struct stream *s = arg;
    struct err err = ERR_INIT;
    (void)reply;
    if (failed)
        finish(s, failed);
    else if (engine_read(s->api->options.engine, &s->principal, &ops, s, &err) < 0)
        finish(s, &err);
}

static int read_hello(const struct stream *s, const Pumasi__V1__Hello *hello, struct node *node,
                      struct err *err)
{
    int tier;
    uint8_t boot[GRANT_BOOT_BYTES];
    node->id = s->principal.name;
    node->owner = s->principal.organisation;
    if (strcmp(hello->node, node->id.text) != 0)
        return err_set(err, ERR_DENIED, "hello.node is \"%s\", but the certificate names %s",
                       hello->node, node->id.text);
    TRY(grant_boot_parse(span_text(hello->boot_id), boot, err));
    TRY(text_set(node->boot_id, sizeof node->boot_id, span_text(hello->boot_id), "hello.boot_id",
                 err));
    TRY(text_set(node->agent_version, sizeof node->agent_version, span_text(hello->agent_version),
                 "hello.agent_version", err));
    TRY(text_set(node->model, sizeof node->model, span_text(hello->model), "hello.model", err));
    TRY(enum_parse(&enforcement_tier_names, span_text(hello->tier), "hello.tier", &tier, err));
    node->tier = (enum enforcement_tier)tier;
    if (hello->n_devices > LIMIT_GPUS_PER_NODE)
        return err_set(err, ERR_LIMIT, "hello.devices: %zu, more than %d", hello->n_devices,
                       LIMIT_GPUS_PER_NODE);
    for (size_t i = 0; i < hello->n_devices; i++) {
        struct device *d = record_list_add(&node->devices, sizeof *d);
        TRY(wire_record_from_message(&device_type, &hello->devices[i]->base, d, err));
    }
    return 0;
}

static void on_hello(struct stream *s, const Pumasi__V1__Hello *hello)
{
    struct err err = ERR_INIT;
    struct attach_node_command *args = calloc(1, sizeof *args);
    ENSURE(args);
    if (read_hello(s, hello, &args->node, &err) < 0) {
        record_destroy(command_type(COMMAND_ATTACH_NODE), args);
        finish(s, &err);
        return;
    }
    change_submit(s->api, &s->principal, COMMAND_ATTACH_NODE, args, hello_done, s);
}

/* ---- sync ---- */

struct drafting {
    struct stream *stream;
    struct issue_request request;
    struct err *err;
    int rc;
};

/* A lease that the node is to enforce and that can't be granted. To leave it out of the set would
 * be to take it back, and kill what runs under it: the whole Sync fails. */
static void fail_draft(struct drafting *d, const struct lease *l, const char *why)
{
    log_event(d->stream->api->options.log, LOG_LEVEL_ERROR, "grant.refused",
              LOG_STR("lease", l->id.text), LOG_STR("error", why));
    d->rc = err_set(d->err, ERR_INTERNAL, "lease %s can't be granted: %s", l->id.text, why);
}

/* Room for one more; it counts when draft_count says so. */
static struct draft *next_draft(struct stream *s)
{
    if (s->draft_count == s->draft_cap) {
        s->draft_cap = s->draft_cap ? 2 * s->draft_cap : 2;
        s->drafts = reallocarray(s->drafts, s->draft_cap, sizeof *s->drafts);
        ENSURE(s->drafts);
    }
    return &s->drafts[s->draft_count];
}

static void add_draft(const struct enforcement *e, void *arg)
{
    struct drafting *d = arg;
    struct stream *s = d->stream;
    struct err err = ERR_INIT;
    if (d->rc < 0)
        return;
    if (s->draft_count == GRANTS_MAX) {
        fail_draft(d, e->lease, "the node has as many as one answer holds");
        return;
    }
    struct draft *draft = next_draft(s);
    if (issuer_draft(s->api->options.issuer, e, &d->request, &draft->grant, &err) < 0) {
        if (err.code != ERR_STATE)
            fail_draft(d, e->lease, err.text);
        return;
    }
    *draft = (struct draft){.grant = draft->grant};
    (void)text_cut(draft->model, sizeof draft->model, e->lease->model);
    draft->ends_as = enum_name(&end_reason_names, (int)e->lease->end_reason);
    if (e->loan) {
        draft->permit = e->loan->permit;
        draft->permit_signature = e->loan->permit_signature;
        draft->permit_key_id = e->loan->permit_key_id;
    }
    s->draft_count++;
}

static int draft_grants(void *arg, const struct engine_view *view, struct err *err)
{
    struct stream *s = arg;
    const struct node *node = state_find(view->state, ENTITY_NODE, &s->principal.name);
    if (!node)
        return err_set(err, ERR_NOT_FOUND, "node %s is not known here", s->principal.name.text);
    struct drafting drafting = {
        .stream = s, .request = {.node = node, .now = view->now, .seq = s->seq_floor}, .err = err};
    memcpy(drafting.request.nonce, s->nonce, sizeof s->nonce);
    s->synced_at = view->now;
    s->draft_count = 0;
    enforce_each(view->state, &node->id, view->now, add_draft, &drafting);
    return drafting.rc;
}

static ProtobufCBinaryData binary(const void *data, size_t len)
{
    return (ProtobufCBinaryData){.len = len, .data = (uint8_t *)data};
}

/* A third of the shortest time to live, within bounds. */
static uint32_t sync_after_ms(const struct stream *s)
{
    uint64_t shortest = SYNC_AFTER_MAX_MS * UINT64_C(3);
    for (size_t i = 0; i < s->draft_count; i++) {
        if (s->drafts[i].grant.ttl_ms < shortest)
            shortest = s->drafts[i].grant.ttl_ms;
    }
    uint64_t third = shortest / 3;
    return (uint32_t)(third < SYNC_AFTER_MIN_MS ? SYNC_AFTER_MIN_MS : third);
}

struct signed_set {
    struct issued_grant issued[GRANTS_MAX];
    Pumasi__V1__SignedGrant messages[GRANTS_MAX];
    Pumasi__V1__SignedGrant *pointers[GRANTS_MAX];
};

static void fill_signed(const struct draft *d, const struct issued_grant *issued,
                        Pumasi__V1__SignedGrant *m)
{
    pumasi__v1__signed_grant__init(m);
    m->lease = (char *)d->grant.lease.text;
    m->grant = binary(issued->bytes.data, issued->bytes.len);
    m->signature = binary(issued->signature.data, issued->signature.len);
    m->permit = binary(d->permit.data, d->permit.len);
    m->permit_signature = binary(d->permit_signature.data, d->permit_signature.len);
    m->permit_key_id = (char *)d->permit_key_id.text;
    m->project = (char *)d->grant.project.text;
    m->organisation = (char *)d->grant.organisation.text;
    m->model = (char *)d->model;
    m->ends_as = (char *)d->ends_as;
}

static int sign_all(const struct stream *s, struct signed_set *set, struct err *err)
{
    for (size_t i = 0; i < s->draft_count; i++) {
        TRY(issuer_sign(s->api->options.issuer, &s->drafts[i].grant, &set->issued[i], err));
        fill_signed(&s->drafts[i], &set->issued[i], &set->messages[i]);
        set->pointers[i] = &set->messages[i];
    }
    return 0;
}

static void send_grants(void *arg, const struct err *failed)
{
    struct stream *s = arg;
    struct err err = ERR_INIT;
    if (failed) {
        finish(s, failed);
        return;
    }
    struct signed_set *set = calloc(1, sizeof *set);
    ENSURE(set);
    if (sign_all(s, set, &err) < 0) {
        finish(s, &err);
    } else {
        char trust[2 * DIGEST_BYTES + 1];
        Pumasi__V1__GrantSet grants = PUMASI__V1__GRANT_SET__INIT;
        Pumasi__V1__ServerMessage message = PUMASI__V1__SERVER_MESSAGE__INIT;
        grants.nonce = binary(s->nonce, sizeof s->nonce);
        grants.n_grants = s->draft_count;
        grants.grants = set->pointers;
        grants.server_time = s->synced_at.s;
        grants.sync_after_ms = sync_after_ms(s);
        grants.trust = trust;
        certifier_trust(s->api->options.certifier, trust);
        message.body_case = PUMASI__V1__SERVER_MESSAGE__BODY_GRANTS;
        message.grants = &grants;
        answer(s, &message);
    }
    free(set);
}

static void held_done(void *arg, const struct engine_reply *reply, const struct err *failed)
{
    static const struct engine_read_ops ops = {.run = draft_grants, .finish = send_grants};
    struct stream *s = arg;
    struct err err = ERR_INIT;
    (void)reply;
    if (failed)
        finish(s, failed);
    else if (engine_read(s->api->options.engine, &s->principal, &ops, s, &err) < 0)
        finish(s, &err);
}

/* Above everything that was issued before: by time, or by what the node holds. */
static uint64_t next_seq(const struct stream *s, const struct list *held)
{
    uint64_t seq = (uint64_t)env_now(s->api->options.env).s << SEQ_SHIFT;
    LIST_EACH(const struct held_lease, h, held)
    {
        if (h->seq >= seq)
            seq = h->seq + 1;
    }
    return seq > s->seq_floor ? seq : s->seq_floor + 1;
}

static int read_sync(struct stream *s, const Pumasi__V1__Sync *sync,
                     struct report_held_command *args, struct err *err)
{
    if (sync->nonce.len != GRANT_NONCE_BYTES)
        return err_set(err, ERR_INVALID, "sync.nonce: %zu bytes, not %d", sync->nonce.len,
                       GRANT_NONCE_BYTES);
    if (sync->n_held > GRANTS_MAX)
        return err_set(err, ERR_LIMIT, "sync.held: %zu leases, more than %d", sync->n_held,
                       GRANTS_MAX);
    memcpy(s->nonce, sync->nonce.data, sizeof s->nonce);
    args->node = s->principal.name;
    for (size_t i = 0; i < sync->n_held; i++) {
        struct held_lease *h = record_list_add(&args->held, sizeof *h);
        TRY(wire_record_from_message(&held_lease_type, &sync->held[i]->base, h, err));
        if (h->seq > INT64_MAX)
            return err_set(err, ERR_INVALID, "sync.held: no grant of %s ever had the seq %" PRIu64,
                           h->lease.text, h->seq);
    }
    s->seq_floor = next_seq(s, &args->held);
    return 0;
}

static void on_sync(struct stream *s, const Pumasi__V1__Sync *sync)
{
    struct err err = ERR_INIT;
    struct report_held_command *args = calloc(1, sizeof *args);
    ENSURE(args);
    if (read_sync(s, sync, args, &err) < 0) {
        record_destroy(command_type(COMMAND_REPORT_HELD), args);
        finish(s, &err);
        return;
    }
    change_submit(s->api, &s->principal, COMMAND_REPORT_HELD, args, held_done, s);
}

/* ---- usage ---- */

static void usage_done(void *arg, const struct engine_reply *reply, const struct err *err)
{
    struct stream *s = arg;
    (void)reply;
    if (err) {
        finish(s, err);
        return;
    }
    Pumasi__V1__UsageAck ack = PUMASI__V1__USAGE_ACK__INIT;
    Pumasi__V1__ServerMessage message = PUMASI__V1__SERVER_MESSAGE__INIT;
    ack.boot_id = s->usage_boot;
    ack.seq = s->usage_seq;
    message.body_case = PUMASI__V1__SERVER_MESSAGE__BODY_USAGE;
    message.usage = &ack;
    answer(s, &message);
}

/* The key of now, or one that was the node's when it attached: what it metered under that one may
 * have waited in its journal. NULL: none of its keys. */
static const struct public_key *key_of(const struct stream *s, const struct id *key_id)
{
    if (id_is_none(key_id) || id_equal(key_id, &s->principal.key_id))
        return &s->key;
    for (size_t i = 0; i < s->former_count; i++) {
        struct id id = public_key_id(&s->former[i]);
        if (id_equal(&id, key_id))
            return &s->former[i];
    }
    return NULL;
}

/* Node, lease and time are the decider's to judge; whether the node said so is judged here. */
static int check_signed(const struct stream *s, const struct usage_interval *u, struct err *err)
{
    const struct public_key *key = key_of(s, &u->key_id);
    if (!key)
        return err_set(err, ERR_VERIFICATION, "key %s was never the node's", u->key_id.text);
    struct interval line = {
        .node = u->node,
        .boot_id = u->boot_id,
        .seq = u->seq,
        .lease = u->lease,
        .units = u->units,
        .isolation = enum_name(&isolation_names, (int)u->isolation),
        .from = u->from,
        .to = u->to,
        .cause = enum_name(&usage_cause_names, (int)u->cause),
        .opens = u->opens,
        .denials = u->denials,
    };
    CLEANUP_BUF struct buf text;
    buf_init(&text, INTERVAL_LINE_MAX);
    interval_format(&line, &text);
    return sign_verify(key, buf_span(&text), span_of(u->signature.data, u->signature.len), err);
}

/* What can't be read, or was not signed by a key of the node, must not keep the node from being
 * heard for ever: it goes on as refused, and is acknowledged with the rest. */
static void refuse(const struct stream *s, const Pumasi__V1__UsageInterval *m,
                   const struct err *why, struct report_usage_command *args)
{
    struct refused_interval *r = record_list_add(&args->refused, sizeof *r);
    r->seq = m->seq;
    (void)text_cut(r->boot_id, sizeof r->boot_id, m->boot_id);
    (void)text_cut(r->reason, sizeof r->reason, why->text);
    log_event(s->api->options.log, LOG_LEVEL_ERROR, "interval.refused",
              LOG_STR("node", s->principal.name.text), LOG_STR("lease", m->lease),
              LOG_INT("seq", (int64_t)m->seq), LOG_STR("error", why->text));
}

static void read_interval(const struct stream *s, const Pumasi__V1__UsageInterval *m,
                          struct report_usage_command *args)
{
    struct usage_interval read = {.seq = 0};
    struct err why = ERR_INIT;
    if (wire_record_from_message(&usage_interval_type, &m->base, &read, &why) < 0 ||
        check_signed(s, &read, &why) < 0) {
        refuse(s, m, &why, args);
        return;
    }
    struct usage_interval *u = record_list_add(&args->intervals, sizeof *u);
    *u = read;
}

/* An acknowledgement is of one boot: the last one's. The others are told again. */
static void acknowledge(struct stream *s, const Pumasi__V1__UsageInterval *m)
{
    char boot[sizeof s->usage_boot];
    (void)text_cut(boot, sizeof boot, m->boot_id);
    bool same = strcmp(boot, s->usage_boot) == 0;
    if (!same || m->seq > s->usage_seq)
        s->usage_seq = m->seq;
    memcpy(s->usage_boot, boot, sizeof boot);
}

static int read_usage(struct stream *s, const Pumasi__V1__UsageReport *report,
                      struct report_usage_command *args, struct err *err)
{
    if (report->n_intervals > INTERVAL_REPORT_MAX)
        return err_set(err, ERR_LIMIT, "usage.intervals: %zu, more than %d", report->n_intervals,
                       INTERVAL_REPORT_MAX);
    args->node = s->principal.name;
    s->usage_seq = 0;
    s->usage_boot[0] = '\0';
    for (size_t i = 0; i < report->n_intervals; i++) {
        read_interval(s, report->intervals[i], args);
        acknowledge(s, report->intervals[i]);
    }
    return 0;
}

static void on_usage(struct stream *s, const Pumasi__V1__UsageReport *report)
{
    struct err err = ERR_INIT;
    struct report_usage_command *args = calloc(1, sizeof *args);
    ENSURE(args);
    if (read_usage(s, report, args, &err) < 0) {
        record_destroy(command_type(COMMAND_REPORT_USAGE), args);
        finish(s, &err);
        return;
    }
    change_submit(s->api, &s->principal, COMMAND_REPORT_USAGE, args, usage_done, s);
}

/* ---- renewing ---- */

/* A certificate for another key opens another stream: this one stays the old key's, and ends with
 * the next message. */
static void renewed(void *arg, const struct renewal *renewal, const struct err *err)
{
    struct stream *s = arg;
    Pumasi__V1__Renewed body = PUMASI__V1__RENEWED__INIT;
    Pumasi__V1__ServerMessage message = PUMASI__V1__SERVER_MESSAGE__INIT;
    if (err) {
        finish(s, err);
        return;
    }
    body.certificate_pem = renewal->certificate.pem.data;
    body.ca_pem = renewal->roots.data;
    message.body_case = PUMASI__V1__SERVER_MESSAGE__BODY_RENEWED;
    message.renewed = &body;
    answer(s, &message);
}

/* ---- the stream ---- */

static struct stream *stream_open(struct api *api, struct rpc_call *call)
{
    static const struct rpc_call_hooks hooks = {.cancelled = on_cancelled, .release = on_release};
    struct err err = ERR_INIT;
    struct stream *s = calloc(1, sizeof *s);
    ENSURE(s);
    s->api = api;
    s->call = call;
    ENSURE(pthread_mutex_init(&s->lock, NULL) == 0);
    rpc_call_set_hooks(call, &hooks, s);
    int rc = peers_principal(api->peers, rpc_call_peer(call), &s->principal, &s->key, &err);
    if (rc == 0 && s->principal.kind != ACTOR_NODE)
        rc = err_set(&err, ERR_DENIED, "only the agent of a node may attach");
    if (rc < 0) {
        finish(s, &err);
        return NULL;
    }
    return s;
}

static void on_message(struct stream *s, const Pumasi__V1__AgentMessage *message)
{
    struct err err = ERR_INIT;
    switch (message->body_case) {
    case PUMASI__V1__AGENT_MESSAGE__BODY_HELLO:
        on_hello(s, message->hello);
        return;
    case PUMASI__V1__AGENT_MESSAGE__BODY_SYNC:
        if (!s->attached)
            break;
        on_sync(s, message->sync);
        return;
    case PUMASI__V1__AGENT_MESSAGE__BODY_USAGE:
        if (!s->attached)
            break;
        on_usage(s, message->usage);
        return;
    case PUMASI__V1__AGENT_MESSAGE__BODY_RENEW:
        if (!s->attached)
            break;
        renewal_ask(s->api, &s->principal, span_text(message->renew->csr_pem), renewed, s);
        return;
    default:
        break;
    }
    (void)err_set(&err, ERR_INVALID, "a stream begins with hello, then come sync, usage and renew");
    finish(s, &err);
}

/* False: the node has left already, and its stream is finished. */
static bool begin(struct stream *s)
{
    pthread_mutex_lock(&s->lock);
    bool go = !s->gone && !s->finished;
    s->busy = go;
    pthread_mutex_unlock(&s->lock);
    return go;
}

static void attach(struct api *api, struct rpc_call *call, const ProtobufCMessage *request)
{
    struct stream *s = rpc_call_data(call);
    if (!s)
        s = stream_open(api, call);
    if (!s)
        return;
    if (!request)
        finish(s, NULL);
    else if (begin(s))
        on_message(s, (const Pumasi__V1__AgentMessage *)request);
}

const struct api_service api_node_service = {
    .descriptor = &pumasi__v1__node_service__descriptor,
    .methods =
        {
            {.name = "Attach", .way = API_OWN, .own = attach, .kind = RPC_BIDI},
        },
};
