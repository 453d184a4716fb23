#ifndef PUMASI_TESTS_UNIT_NODEAGENT_AGENT_PLANE_H
#define PUMASI_TESTS_UNIT_NODEAGENT_AGENT_PLANE_H

#include "lib/base/err.h"
#include "lib/grant/grant.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/runtime.h"
#include "lib/rpc/server.h"
#include "lib/rpc/server_call.h"
#include "pumasi/v1/node.pb-c.h"
#include "tests/support/suite.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/*
 * A control plane that says what the test says: a real server with the one method that agents call.
 * It keeps every message of every stream; what it sends goes to the newest stream. gRPC must not be
 * started before Check forks, so a test opens its plane itself.
 */
#define PLANE_MESSAGES_MAX 256

struct plane {
    struct rpc_runtime *runtime;
    struct rpc_loop *loop, *client_loop; /* the server's; one for the test's own client */
    struct rpc_server *server;
    char address[64];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct rpc_call *call; /* the newest stream, while it lives */
    unsigned streams;
    Pumasi__V1__AgentMessage *messages[PLANE_MESSAGES_MAX];
    unsigned count;
};

static inline void plane_on_cancelled(void *data)
{
    struct plane *p = data;
    pthread_mutex_lock(&p->lock);
    struct rpc_call *call = p->call;
    p->call = NULL;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    if (call)
        rpc_call_end(call);
}

static inline void plane_on_release(void *data)
{
    (void)data;
}

static inline void plane_keep(struct plane *p, const ProtobufCMessage *request)
{
    uint8_t *bytes = malloc(protobuf_c_message_get_packed_size(request) + 1);
    size_t len = protobuf_c_message_pack(request, bytes);
    ENSURE(p->count < PLANE_MESSAGES_MAX);
    p->messages[p->count++] = pumasi__v1__agent_message__unpack(NULL, len, bytes);
    free(bytes);
}

static inline void plane_on_attach(struct rpc_call *call, const ProtobufCMessage *request,
                                   void *arg)
{
    static const struct rpc_call_hooks hooks = {.cancelled = plane_on_cancelled,
                                                .release = plane_on_release};
    struct plane *p = arg;
    bool first = rpc_call_data(call) == NULL;
    pthread_mutex_lock(&p->lock);
    struct rpc_call *old = first ? p->call : NULL;
    if (first) {
        p->call = call;
        p->streams++;
    }
    bool live = p->call == call;
    if (live && request)
        plane_keep(p, request);
    if (live && !request)
        p->call = NULL;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    if (old)
        rpc_call_end(old);
    if (first)
        rpc_call_set_hooks(call, &hooks, p);
    if (live && request)
        rpc_call_next(call);
    else if (live)
        rpc_call_end(call);
}

static inline void plane_open(struct plane *p)
{
    static const struct rpc_method_row rows[] = {
        {.name = "Attach", .kind = RPC_BIDI, .handler = plane_on_attach}};
    struct err err = ERR_INIT;
    int port;
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    p->runtime = rpc_runtime_create(NULL);
    ck_assert_msg(rpc_loop_create(&p->loop, &err) == 0, "%s", err.text);
    ck_assert_msg(rpc_loop_create(&p->client_loop, &err) == 0, "%s", err.text);
    struct rpc_service service = {.descriptor = &pumasi__v1__node_service__descriptor,
                                  .rows = rows,
                                  .row_count = 1,
                                  .arg = p};
    p->server = rpc_server_create(p->loop, NULL);
    ck_assert_msg(rpc_server_add(p->server, &service, &err) == 0, "%s", err.text);
    ck_assert_msg(rpc_server_listen(p->server, "127.0.0.1:0", NULL, &port, &err) == 0, "%s",
                  err.text);
    (void)snprintf(p->address, sizeof p->address, "127.0.0.1:%d", port);
    rpc_server_start(p->server);
}

/* Ends the newest stream, if there is one: with an error when err says so. */
static inline void plane_hang_up(struct plane *p, const struct err *err)
{
    pthread_mutex_lock(&p->lock);
    struct rpc_call *call = p->call;
    p->call = NULL;
    pthread_mutex_unlock(&p->lock);
    if (call && err)
        rpc_call_fail(call, err);
    else if (call)
        rpc_call_end(call);
}

/* Clients of the client loop must be gone. */
static inline void plane_close(struct plane *p)
{
    plane_hang_up(p, NULL);
    rpc_server_destroy(p->server);
    rpc_loop_destroy(p->client_loop);
    rpc_loop_destroy(p->loop);
    rpc_runtime_destroy(p->runtime);
    for (unsigned i = 0; i < p->count; i++)
        pumasi__v1__agent_message__free_unpacked(p->messages[i], NULL);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
}

/* ---- what came ---- */

static inline unsigned plane_streams(struct plane *p)
{
    pthread_mutex_lock(&p->lock);
    unsigned n = p->streams;
    pthread_mutex_unlock(&p->lock);
    return n;
}

static inline bool plane_is_attached(struct plane *p)
{
    pthread_mutex_lock(&p->lock);
    bool attached = p->call != NULL;
    pthread_mutex_unlock(&p->lock);
    return attached;
}

static inline unsigned plane_count_of(struct plane *p, int body)
{
    unsigned n = 0;
    pthread_mutex_lock(&p->lock);
    for (unsigned i = 0; i < p->count; i++)
        n += (int)p->messages[i]->body_case == body;
    pthread_mutex_unlock(&p->lock);
    return n;
}

/* The index-th message of that body; NULL when there are not so many. It stays where it is. */
static inline const Pumasi__V1__AgentMessage *plane_nth(struct plane *p, int body, unsigned index)
{
    const Pumasi__V1__AgentMessage *found = NULL;
    pthread_mutex_lock(&p->lock);
    for (unsigned i = 0; i < p->count && !found; i++) {
        if ((int)p->messages[i]->body_case == body && index-- == 0)
            found = p->messages[i];
    }
    pthread_mutex_unlock(&p->lock);
    return found;
}

#define PLANE_HELLO PUMASI__V1__AGENT_MESSAGE__BODY_HELLO
#define PLANE_SYNC  PUMASI__V1__AGENT_MESSAGE__BODY_SYNC
#define PLANE_USAGE PUMASI__V1__AGENT_MESSAGE__BODY_USAGE

/* ---- what goes ---- */

static inline void plane_send(struct plane *p, const Pumasi__V1__ServerMessage *message)
{
    pthread_mutex_lock(&p->lock);
    ck_assert_ptr_nonnull(p->call);
    ck_assert_int_eq(rpc_call_send(p->call, &message->base, NULL), 0);
    pthread_mutex_unlock(&p->lock);
}

static inline void plane_poke(struct plane *p)
{
    Pumasi__V1__SyncPlease body = PUMASI__V1__SYNC_PLEASE__INIT;
    Pumasi__V1__ServerMessage message = PUMASI__V1__SERVER_MESSAGE__INIT;
    message.body_case = PUMASI__V1__SERVER_MESSAGE__BODY_SYNC;
    message.sync = &body;
    plane_send(p, &message);
}

static inline void plane_acknowledge(struct plane *p, const char *boot_id, uint64_t seq)
{
    Pumasi__V1__UsageAck body = PUMASI__V1__USAGE_ACK__INIT;
    Pumasi__V1__ServerMessage message = PUMASI__V1__SERVER_MESSAGE__INIT;
    body.boot_id = (char *)boot_id;
    body.seq = seq;
    message.body_case = PUMASI__V1__SERVER_MESSAGE__BODY_USAGE;
    message.usage = &body;
    plane_send(p, &message);
}

struct plane_grants {
    const uint8_t *nonce;
    int64_t server_time;
    uint32_t sync_after_ms;
    const struct grant *items;
    size_t n;
    const char *ends_as; /* of all; NULL: "" */
};

/* Unsigned: the guard of these tests looks at no signature. */
static inline void plane_grant(struct plane *p, const struct plane_grants *grants)
{
    enum { MAX = 8 };
    Pumasi__V1__SignedGrant items[MAX], *pointers[MAX];
    struct grant_bytes bytes[MAX];
    Pumasi__V1__GrantSet body = PUMASI__V1__GRANT_SET__INIT;
    Pumasi__V1__ServerMessage message = PUMASI__V1__SERVER_MESSAGE__INIT;
    struct err err = ERR_INIT;
    ck_assert_uint_le(grants->n, MAX);
    for (size_t i = 0; i < grants->n; i++) {
        const struct grant *g = &grants->items[i];
        ck_assert_msg(grant_encode(g, &bytes[i], &err) == 0, "%s", err.text);
        pumasi__v1__signed_grant__init(&items[i]);
        items[i].lease = (char *)g->lease.text;
        items[i].organisation = (char *)g->organisation.text;
        items[i].project = (char *)g->project.text;
        items[i].model = (char *)"RTX 6000";
        items[i].ends_as = (char *)(grants->ends_as ? grants->ends_as : "");
        items[i].grant = (ProtobufCBinaryData){.len = bytes[i].len, .data = bytes[i].data};
        pointers[i] = &items[i];
    }
    body.nonce = (ProtobufCBinaryData){.len = GRANT_NONCE_BYTES, .data = (uint8_t *)grants->nonce};
    body.server_time = grants->server_time;
    body.sync_after_ms = grants->sync_after_ms;
    body.n_grants = grants->n;
    body.grants = pointers;
    message.body_case = PUMASI__V1__SERVER_MESSAGE__BODY_GRANTS;
    message.grants = &body;
    plane_send(p, &message);
}

#endif
