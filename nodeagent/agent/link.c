/* The stream and its mailbox. Two threads meet here, under one mutex. */
#include "nodeagent/agent/link.h"

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pki/cert.h"
#include "lib/rpc/client_stream.h"
#include "lib/rpc/message.h"

#include "pumasi/v1/node.pb-c.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utlist.h>

#define SERVERS_MAX  8
#define KEEPALIVE_MS 10000
#define GRANTS_MAX   GUARD_LEASES_MAX

_Static_assert(3 * LINK_USAGE_MAX <= LIMIT_TXN_OPS - 8, "a report fits into a transaction");

struct letter {
    struct link_event event;
    struct letter *prev, *next;
};

/* One stream's life; it outlives the link's interest in it until `done` has run. */
struct line {
    struct link *owner;
    struct rpc_stream *stream;
    bool current; /* events of a line that was given up are dropped */
    struct line *prev, *next;
};

struct link {
    struct rpc_channel *channels[SERVERS_MAX];
    size_t server_count;
    size_t next_server;
    int fd;
    pthread_mutex_t lock;
    pthread_cond_t quiet; /* a line has gone */
    struct letter *mailbox;
    struct line *lines;
    struct line *current;
};

/* ---- servers ---- */

static int add_server(struct link *l, struct rpc_loop *loop, struct span name,
                      const struct rpc_tls_pem *pem, struct err *err)
{
    char target[256];
    struct rpc_channel_options options = {.tls = pem, .keepalive_ms = KEEPALIVE_MS};
    if (l->server_count == SERVERS_MAX)
        return err_set(err, ERR_LIMIT, "control_plane.servers: more than %d", SERVERS_MAX);
    TRY(text_set(target, sizeof target, name, "control_plane.servers", err));
    TRY(rpc_channel_create(loop, target, &options, &l->channels[l->server_count], err));
    l->server_count++;
    return 0;
}

static int add_servers(struct link *l, struct rpc_loop *loop, const char *servers,
                       const struct rpc_tls_pem *pem, struct err *err)
{
    for (const char *at = servers; *at;) {
        size_t len = strcspn(at, ",");
        TRY(add_server(l, loop, span_of(at, len), pem, err));
        at += len;
        if (*at == ',')
            at++;
    }
    if (l->server_count == 0)
        return err_set(err, ERR_INVALID, "control_plane.servers is empty");
    return 0;
}

int link_create(struct rpc_loop *loop, const char *servers, const struct rpc_tls_pem *pem,
                struct link **ret, struct err *err)
{
    struct link *l = calloc(1, sizeof *l);
    ENSURE(l && pthread_mutex_init(&l->lock, NULL) == 0);
    ENSURE(pthread_cond_init(&l->quiet, NULL) == 0);
    l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int rc = l->fd < 0 ? err_set(err, ERR_IO, "eventfd") : 0;
    if (rc == 0)
        rc = add_servers(l, loop, servers, pem, err);
    if (rc < 0) {
        link_destroy(l);
        return rc;
    }
    *ret = l;
    return 0;
}

int link_fd(const struct link *l)
{
    return l->fd;
}

/* ---- the mailbox ---- */

/* With the lock held. */
static void post(struct link *l, const struct link_event *event)
{
    struct letter *letter = calloc(1, sizeof *letter);
    ENSURE(letter);
    letter->event = *event;
    DL_APPEND(l->mailbox, letter);
    uint64_t one = 1;
    ssize_t n = write(l->fd, &one, sizeof one);
    (void)n; /* a full counter is readable, too */
}

bool link_take(struct link *l, struct link_event *ret)
{
    uint64_t count;
    pthread_mutex_lock(&l->lock);
    struct letter *letter = l->mailbox;
    if (letter) {
        DL_DELETE(l->mailbox, letter);
        *ret = letter->event;
        free(letter);
    } else {
        ssize_t n = read(l->fd, &count, sizeof count);
        (void)n;
    }
    pthread_mutex_unlock(&l->lock);
    return letter != NULL;
}

void link_event_fini(struct link_event *e)
{
    if (e->kind == LINK_GRANTS)
        free(e->grants.items);
    if (e->kind == LINK_RENEWED) {
        buf_fini(&e->renewed.certificate_pem);
        buf_fini(&e->renewed.ca_pem);
    }
    *e = (struct link_event){.kind = LINK_POKE};
}

/* ---- from messages to events, on gRPC's thread ---- */

static int copy_bytes(uint8_t *dst, size_t cap, const ProtobufCBinaryData *from, const char *what,
                      struct err *err)
{
    if (from->len > cap)
        return err_set(err, ERR_INVALID, "%s: %zu bytes, more than %zu", what, from->len, cap);
    if (from->len > 0)
        memcpy(dst, from->data, from->len);
    return 0;
}

static int read_grant(const Pumasi__V1__SignedGrant *from, struct link_grant *to, struct err *err)
{
    struct guard_install *in = &to->install;
    TRY(id_parse(span_text(from->lease), "lease", &to->lease, err));
    TRY(id_parse(span_text(from->organisation), "organisation", &to->organisation, err));
    TRY(id_parse(span_text(from->project), "project", &to->project, err));
    TRY(text_set(to->model, sizeof to->model, span_text(from->model), "model", err));
    TRY(text_set(to->ends_as, sizeof to->ends_as, span_text(from->ends_as), "ends_as", err));
    TRY(copy_bytes(in->grant.data, sizeof in->grant.data, &from->grant, "grant", err));
    TRY(copy_bytes(in->signature.data, sizeof in->signature.data, &from->signature, "signature",
                   err));
    TRY(copy_bytes(in->permit.data, sizeof in->permit.data, &from->permit, "permit", err));
    TRY(copy_bytes(in->permit_signature.data, sizeof in->permit_signature.data,
                   &from->permit_signature, "permit_signature", err));
    in->grant.len = from->grant.len;
    in->signature.len = (uint32_t)from->signature.len;
    in->permit.len = from->permit.len;
    in->permit_signature.len = (uint32_t)from->permit_signature.len;
    return 0;
}

static int read_grants(const Pumasi__V1__GrantSet *from, struct link_event *to, struct err *err)
{
    struct link_grants *grants = &to->grants;
    if (from->server_time < INSTANT_MIN_S || from->server_time > INSTANT_MAX_S)
        return err_set(err, ERR_INVALID, "a grant set of no instant");
    if (from->n_grants > GRANTS_MAX || from->nonce.len != GRANT_NONCE_BYTES)
        return err_set(err, ERR_INVALID, "a grant set with %zu grants, a nonce of %zu bytes",
                       from->n_grants, from->nonce.len);
    to->kind = LINK_GRANTS;
    grants->server_time.s = from->server_time;
    grants->sync_after_ms = from->sync_after_ms;
    TRY(text_set(grants->trust, sizeof grants->trust, span_text(from->trust), "trust", err));
    memcpy(grants->nonce, from->nonce.data, GRANT_NONCE_BYTES);
    grants->items = calloc(from->n_grants + 1, sizeof *grants->items);
    ENSURE(grants->items);
    for (size_t i = 0; i < from->n_grants; i++)
        TRY(read_grant(from->grants[i], &grants->items[grants->n++], err));
    return 0;
}

static int read_renewed(const Pumasi__V1__Renewed *from, struct link_event *to, struct err *err)
{
    struct link_renewed *renewed = &to->renewed;
    to->kind = LINK_RENEWED;
    buf_init(&renewed->certificate_pem, CERT_CHAIN_MAX);
    buf_init(&renewed->ca_pem, LIMIT_FILE_BYTES);
    buf_append_text(&renewed->certificate_pem, from->certificate_pem);
    buf_append_text(&renewed->ca_pem, from->ca_pem);
    if (renewed->certificate_pem.full || renewed->ca_pem.full)
        return err_set(err, ERR_LIMIT, "a certificate that is too long");
    return 0;
}

static int read_message(const Pumasi__V1__ServerMessage *from, struct link_event *to,
                        struct err *err)
{
    switch (from->body_case) {
    case PUMASI__V1__SERVER_MESSAGE__BODY_GRANTS:
        return read_grants(from->grants, to, err);
    case PUMASI__V1__SERVER_MESSAGE__BODY_USAGE:
        to->kind = LINK_ACK;
        to->seq = from->usage->seq;
        return text_set(to->boot_id, sizeof to->boot_id, span_text(from->usage->boot_id), "boot_id",
                        err);
    case PUMASI__V1__SERVER_MESSAGE__BODY_SYNC:
        to->kind = LINK_POKE;
        return 0;
    case PUMASI__V1__SERVER_MESSAGE__BODY_RENEWED:
        return read_renewed(from->renewed, to, err);
    default:
        return err_set(err, ERR_UNSUPPORTED, "a message of a newer control plane");
    }
}

static void on_message(void *arg, ProtobufCMessage *message)
{
    struct line *line = arg;
    struct link *l = line->owner;
    struct link_event event = {.kind = LINK_POKE};
    struct err err = ERR_INIT;
    int rc = read_message((const Pumasi__V1__ServerMessage *)message, &event, &err);
    rpc_message_destroy(message);
    pthread_mutex_lock(&l->lock);
    bool wanted = rc == 0 && line->current;
    if (wanted)
        post(l, &event);
    pthread_mutex_unlock(&l->lock);
    if (!wanted)
        link_event_fini(&event);
    if (rc < 0)
        rpc_stream_cancel(line->stream);
}

static void on_done(void *arg, const struct rpc_status *status)
{
    struct line *line = arg;
    struct link *l = line->owner;
    struct link_event event = {.kind = LINK_DOWN};
    if (rpc_status_err(status, &event.err) == 0)
        (void)err_set(&event.err, ERR_UNAVAILABLE, "the control plane ended the stream");
    pthread_mutex_lock(&l->lock);
    if (line->current) {
        l->current = NULL;
        post(l, &event);
    }
    DL_DELETE(l->lines, line);
    rpc_stream_destroy(line->stream);
    free(line);
    pthread_cond_broadcast(&l->quiet);
    pthread_mutex_unlock(&l->lock);
}

/* ---- opening and closing ---- */

/* With the lock held: its end will not be told. */
static void give_up(struct link *l)
{
    if (!l->current)
        return;
    l->current->current = false;
    rpc_stream_cancel(l->current->stream);
    l->current = NULL;
}

/* With the lock held: what a stream said is not answered on another. */
static void empty_mailbox(struct link *l)
{
    struct letter *letter, *next;
    DL_FOREACH_SAFE(l->mailbox, letter, next)
    {
        DL_DELETE(l->mailbox, letter);
        link_event_fini(&letter->event);
        free(letter);
    }
}

int link_open(struct link *l, struct err *err)
{
    struct line *line = calloc(1, sizeof *line);
    ENSURE(line);
    struct rpc_stream_handler handler = {.message = on_message, .done = on_done, .arg = line};
    struct rpc_method method = {&pumasi__v1__node_service__descriptor, "Attach"};
    line->owner = l;
    line->current = true;
    pthread_mutex_lock(&l->lock);
    give_up(l);
    empty_mailbox(l);
    struct rpc_channel *channel = l->channels[l->next_server];
    l->next_server = (l->next_server + 1) % l->server_count;
    DL_APPEND(l->lines, line);
    l->current = line;
    int rc = rpc_stream_open(channel, method, NULL, &handler, &line->stream, err);
    if (rc < 0) {
        DL_DELETE(l->lines, line);
        l->current = NULL;
        free(line);
    }
    pthread_mutex_unlock(&l->lock);
    return rc;
}

void link_destroy(struct link *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    give_up(l);
    while (l->lines)
        pthread_cond_wait(&l->quiet, &l->lock);
    pthread_mutex_unlock(&l->lock);
    for (size_t i = 0; i < l->server_count; i++)
        rpc_channel_destroy(l->channels[i]);
    empty_mailbox(l);
    if (l->fd >= 0)
        close(l->fd);
    pthread_cond_destroy(&l->quiet);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* ---- sending ---- */

static int send_message(struct link *l, const Pumasi__V1__AgentMessage *message, struct err *err)
{
    pthread_mutex_lock(&l->lock);
    int rc = l->current ? rpc_stream_send(l->current->stream, &message->base, err)
                        : err_set(err, ERR_UNAVAILABLE, "no stream to a control plane");
    pthread_mutex_unlock(&l->lock);
    return rc;
}

int link_send_hello(struct link *l, const struct link_hello *hello, struct err *err)
{
    Pumasi__V1__Device devices[LIMIT_GPUS_PER_NODE];
    Pumasi__V1__Device *pointers[LIMIT_GPUS_PER_NODE];
    Pumasi__V1__Hello body = PUMASI__V1__HELLO__INIT;
    Pumasi__V1__AgentMessage message = PUMASI__V1__AGENT_MESSAGE__INIT;
    const struct inventory *inventory = hello->inventory;
    for (size_t i = 0; i < inventory->count; i++) {
        const struct inventory_device *d = &inventory->devices[i];
        pumasi__v1__device__init(&devices[i]);
        devices[i].uuid = (char *)d->uuid;
        devices[i].index = d->index;
        devices[i].major = d->major;
        devices[i].minor = d->minor;
        devices[i].memory_mib = d->memory_mib;
        devices[i].state = (char *)"delivered";
        pointers[i] = &devices[i];
    }
    body.node = (char *)hello->node->text;
    body.boot_id = (char *)hello->boot_id;
    body.agent_version = (char *)hello->version;
    body.tier = (char *)hello->tier;
    body.model = (char *)(inventory->count ? inventory->devices[0].model : "");
    body.n_devices = inventory->count;
    body.devices = pointers;
    message.body_case = PUMASI__V1__AGENT_MESSAGE__BODY_HELLO;
    message.hello = &body;
    return send_message(l, &message, err);
}

int link_send_sync(struct link *l, const uint8_t nonce[GRANT_NONCE_BYTES], uint64_t boot_ms,
                   const struct link_held *held, size_t n, struct err *err)
{
    Pumasi__V1__HeldLease items[GRANTS_MAX];
    Pumasi__V1__HeldLease *pointers[GRANTS_MAX];
    Pumasi__V1__Sync body = PUMASI__V1__SYNC__INIT;
    Pumasi__V1__AgentMessage message = PUMASI__V1__AGENT_MESSAGE__INIT;
    ENSURE(n <= GRANTS_MAX);
    for (size_t i = 0; i < n; i++) {
        pumasi__v1__held_lease__init(&items[i]);
        items[i].lease = (char *)held[i].lease.text;
        items[i].fence = held[i].fence;
        items[i].seq = held[i].seq;
        items[i].state = (char *)held[i].state;
        items[i].opens = held[i].opens;
        items[i].denials = held[i].denials;
        pointers[i] = &items[i];
    }
    body.nonce = (ProtobufCBinaryData){.len = GRANT_NONCE_BYTES, .data = (uint8_t *)nonce};
    body.boot_ms = boot_ms;
    body.n_held = n;
    body.held = pointers;
    message.body_case = PUMASI__V1__AGENT_MESSAGE__BODY_SYNC;
    message.sync = &body;
    return send_message(l, &message, err);
}

int link_send_renew(struct link *l, const char *csr_pem, struct err *err)
{
    Pumasi__V1__Renew body = PUMASI__V1__RENEW__INIT;
    Pumasi__V1__AgentMessage message = PUMASI__V1__AGENT_MESSAGE__INIT;
    body.csr_pem = (char *)csr_pem;
    message.body_case = PUMASI__V1__AGENT_MESSAGE__BODY_RENEW;
    message.renew = &body;
    return send_message(l, &message, err);
}

void link_pack_interval(const struct link_interval *i, struct buf *dst)
{
    const struct interval *in = &i->interval;
    struct id id = interval_id(in);
    Pumasi__V1__UsageInterval m = PUMASI__V1__USAGE_INTERVAL__INIT;
    m.id = id.text;
    m.node = (char *)in->node.text;
    m.boot_id = (char *)in->boot_id;
    m.seq = in->seq;
    m.lease = (char *)in->lease.text;
    m.organisation = (char *)i->organisation.text;
    m.project = (char *)i->project.text;
    m.model = (char *)i->model;
    m.units = in->units.units;
    m.isolation = (char *)in->isolation;
    m.from = in->from.s;
    m.to = in->to.s;
    m.cause = (char *)in->cause;
    m.opens = in->opens;
    m.denials = in->denials;
    m.signature =
        (ProtobufCBinaryData){.len = i->signature.len, .data = (uint8_t *)i->signature.data};
    m.key_id = (char *)i->key_id.text;
    size_t size = pumasi__v1__usage_interval__get_packed_size(&m);
    uint8_t *bytes = malloc(size + 1);
    ENSURE(bytes);
    buf_append(dst, bytes, pumasi__v1__usage_interval__pack(&m, bytes));
    free(bytes);
}

static int unpack_texts(const Pumasi__V1__UsageInterval *m, struct link_unpacked *u,
                        struct err *err)
{
    struct link_interval *to = &u->interval;
    TRY(id_parse(span_text(m->node), "node", &to->interval.node, err));
    TRY(id_parse(span_text(m->lease), "lease", &to->interval.lease, err));
    TRY(id_parse(span_text(m->organisation), "organisation", &to->organisation, err));
    TRY(id_parse(span_text(m->project), "project", &to->project, err));
    TRY(id_parse(span_text(m->key_id), "key_id", &to->key_id, err));
    TRY(text_set(u->boot_id, sizeof u->boot_id, span_text(m->boot_id), "boot_id", err));
    TRY(text_set(u->isolation, sizeof u->isolation, span_text(m->isolation), "isolation", err));
    TRY(text_set(u->cause, sizeof u->cause, span_text(m->cause), "cause", err));
    TRY(text_set(u->model, sizeof u->model, span_text(m->model), "model", err));
    return copy_bytes(to->signature.data, sizeof to->signature.data, &m->signature, "signature",
                      err);
}

int link_unpack_interval(struct span packed, struct link_unpacked *ret, struct err *err)
{
    ProtobufCMessage *message;
    struct err why = ERR_INIT;
    struct link_unpacked u = {.boot_id = ""};
    int rc =
        rpc_message_decode(&pumasi__v1__usage_interval__descriptor, packed, NULL, &message, &why);
    if (rc == 0) {
        const Pumasi__V1__UsageInterval *m = (const Pumasi__V1__UsageInterval *)message;
        rc = unpack_texts(m, &u, &why);
        u.interval.interval.seq = m->seq;
        u.interval.interval.units.units = m->units;
        u.interval.interval.from.s = m->from;
        u.interval.interval.to.s = m->to;
        u.interval.interval.opens = m->opens;
        u.interval.interval.denials = m->denials;
        u.interval.signature.len = (uint32_t)m->signature.len;
        rpc_message_destroy(message);
    }
    if (rc < 0)
        return err_set(err, ERR_CORRUPT, "not an interval: %s", why.text);
    *ret = u;
    ret->interval.interval.boot_id = ret->boot_id;
    ret->interval.interval.isolation = ret->isolation;
    ret->interval.interval.cause = ret->cause;
    ret->interval.model = ret->model;
    return 0;
}

int link_send_usage(struct link *l, const struct span *intervals, size_t n, struct err *err)
{
    Pumasi__V1__UsageInterval *items[LINK_USAGE_MAX];
    Pumasi__V1__UsageReport body = PUMASI__V1__USAGE_REPORT__INIT;
    Pumasi__V1__AgentMessage message = PUMASI__V1__AGENT_MESSAGE__INIT;
    int rc = 0;
    ENSURE(n <= LINK_USAGE_MAX);
    for (size_t i = 0; i < n; i++) {
        items[i] = pumasi__v1__usage_interval__unpack(NULL, intervals[i].len, intervals[i].data);
        if (!items[i]) {
            rc = err_set(err, ERR_CORRUPT, "the journal holds an interval that can't be read");
            break;
        }
        body.n_intervals++;
    }
    body.intervals = items;
    message.body_case = PUMASI__V1__AGENT_MESSAGE__BODY_USAGE;
    message.usage = &body;
    if (rc == 0)
        rc = send_message(l, &message, err);
    for (size_t i = 0; i < body.n_intervals; i++)
        pumasi__v1__usage_interval__free_unpacked(items[i], NULL);
    return rc;
}
