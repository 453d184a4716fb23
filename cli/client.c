/*
 * Owns: the channels to the control plane and which of them is asked first. Invariant: a change
 * keeps its request id however often it is sent. One thread; gRPC's own threads stay inside
 * lib/rpc.
 */
#include "cli/client.h"

#include "cli/client_internal.h"
#include "cli/i18n.h"
#include "cli/renewal.h"
#include "cli/services.h"
#include "lib/base/file.h"
#include "lib/base/limits.h"
#include "lib/json/message.h"
#include "lib/rpc/client.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/message.h"
#include "lib/rpc/runtime.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SERVERS_MAX    16
#define TARGET_CAP     288
#define PAUSE_NS       200000000L
#define NS_PER_MS      1000000
#define LEAST_MS       1000
#define PATIENCE_MS    4000 /* while no server can be reached: one may be starting */
#define PEM_MAX        (64 << 10)
#define REQUEST_MEMORY ((size_t)4 * LIMIT_MESSAGE_BYTES)

struct server {
    char target[TARGET_CAP];
    struct rpc_channel *channel;
};

struct client {
    struct invocation *inv;
    struct rpc_runtime *runtime;
    struct rpc_loop *loop;
    struct buf ca, cert, key;
    struct server servers[SERVERS_MAX];
    size_t n;
    size_t current;
    struct context context;
    bool has_context;
};

/* What is to be called, and when to give up. */
struct errand {
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMethodDescriptor *method;
    const ProtobufCMessage *message;
    int64_t timeout_ms;
    int64_t deadline_ns;
    bool changes;
};

struct rpc_channel *client_channel(const struct client *client)
{
    return client->servers[client->current].channel;
}

void client_next_server(struct client *client)
{
    client->current = (client->current + 1) % client->n;
}

struct invocation *client_invocation(const struct client *client)
{
    return client->inv;
}

const struct context *client_context(const struct client *client)
{
    return client->has_context ? &client->context : NULL;
}

void client_pause(void)
{
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

static struct client *create(struct invocation *inv)
{
    struct client *client = calloc(1, sizeof(*client));
    ENSURE(client);
    client->inv = inv;
    buf_init(&client->ca, PEM_MAX);
    buf_init(&client->cert, PEM_MAX);
    buf_init(&client->key, PEM_MAX);
    return client;
}

void client_close(struct client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < client->n; i++)
        rpc_channel_destroy(client->servers[i].channel);
    rpc_loop_destroy(client->loop);
    rpc_runtime_destroy(client->runtime);
    buf_fini(&client->ca);
    buf_fini(&client->cert);
    if (client->key.len > 0)
        explicit_bzero(client->key.data, client->key.len);
    buf_fini(&client->key);
    free(client);
}

static int add_server(struct client *client, const char *target, size_t len, struct err *err)
{
    if (client->n == SERVERS_MAX)
        return err_set(err, ERR_LIMIT, _("more than %d servers"), SERVERS_MAX);
    if (len >= TARGET_CAP || !memchr(target, ':', len))
        return err_set(err, ERR_INVALID, _("server '%.*s': HOST:PORT is expected"), (int)len,
                       target);
    struct server *server = &client->servers[client->n];
    memcpy(server->target, target, len);
    server->target[len] = '\0';
    struct rpc_tls_pem pem = {.ca = buf_span(&client->ca),
                              .cert = buf_span(&client->cert),
                              .key = buf_span(&client->key)};
    struct rpc_channel_options options = {.tls = &pem, .fail_fast = true};
    TRY(rpc_channel_create(client->loop, server->target, &options, &server->channel, err));
    client->n++;
    return 0;
}

static int add_servers(struct client *client, const char *list, struct err *err)
{
    while (*list) {
        list += strspn(list, " ,");
        size_t len = strcspn(list, " ,");
        if (len > 0)
            TRY(add_server(client, list, len, err));
        list += len;
    }
    return 0;
}

/* --server goes before what the context says. */
static int connect_all(struct client *client, const char *servers, struct err *err)
{
    client->runtime = rpc_runtime_create(NULL);
    TRY(rpc_loop_create(&client->loop, err));
    size_t typed = invocation_count(client->inv, "server");
    for (size_t i = 0; i < typed; i++)
        TRY(add_servers(client, invocation_item(client->inv, "server", i), err));
    if (typed == 0)
        TRY(add_servers(client, servers, err));
    if (client->n == 0)
        return err_set(err, ERR_INVALID, "%s", _("no server is known: give --server HOST:PORT"));
    return 0;
}

static int read_context(struct client *client, struct err *err)
{
    const struct host *host = invocation_host(client->inv);
    struct id name;
    char path[CONTEXT_PATH_CAP];
    TRY(context_current(host, invocation_text(client->inv, "context"), &name, err));
    TRY(context_load(host, &name, &client->context, err));
    client->has_context = true;
    TRY(file_read(context_file(&client->context, "ca.pem", path), &client->ca, err));
    TRY(file_read(context_file(&client->context, "cert.pem", path), &client->cert, err));
    return file_read_private(context_file(&client->context, "key.pem", path), &client->key, err);
}

/* `login --renew` */
static bool renews_itself(const struct invocation *inv)
{
    return strcmp(invocation_command(inv)->noun, "login") == 0;
}

int client_open(struct invocation *inv, struct client **ret, struct err *err)
{
    ENSURE(inv && ret);
    struct client *client = create(inv);
    int rc = read_context(client, err);
    if (rc == 0)
        rc = connect_all(client, client->context.servers, err);
    if (rc < 0) {
        client_close(client);
        return rc;
    }
    if (!renews_itself(inv))
        renewal_when_due(client, buf_span(&client->cert));
    *ret = client;
    return 0;
}

int client_open_unknown(struct invocation *inv, const char *servers, struct span ca_pem,
                        struct client **ret, struct err *err)
{
    ENSURE(inv && servers && ret);
    struct client *client = create(inv);
    buf_append(&client->ca, ca_pem.data, ca_pem.len);
    int rc = connect_all(client, servers, err);
    if (rc < 0) {
        client_close(client);
        return rc;
    }
    *ret = client;
    return 0;
}

static int64_t left_ms(const struct client *client, const struct errand *errand)
{
    struct boot_time now = env_boot(&invocation_host(client->inv)->env);
    return (errand->deadline_ns - now.ns) / NS_PER_MS;
}

/* Each server gets its part of the time, so that one that hangs doesn't take all. */
static unsigned attempt_ms(const struct client *client, const struct errand *errand, size_t tried)
{
    int64_t left = left_ms(client, errand);
    size_t servers = tried < client->n ? client->n - tried : 1;
    int64_t part = left / (int64_t)servers;
    int64_t ms = part < LEAST_MS ? LEAST_MS : part;
    return (unsigned)(ms > INT32_MAX ? INT32_MAX : ms);
}

static bool goes_elsewhere(const struct errand *errand, const struct rpc_status *status)
{
    if (status->err == ERR_NOT_LEADER)
        return true;
    if (status->err == ERR_UNAVAILABLE)
        return true;
    return !errand->changes && status->err == ERR_UNKNOWN_OUTCOME;
}

static int ask(struct client *client, const struct errand *errand, size_t tried,
               struct rpc_status *status, ProtobufCMessage **ret, struct err *err)
{
    const struct server *server = &client->servers[client->current];
    struct rpc_request request = {
        .method = {.service = errand->service, .name = errand->method->name},
        .message = errand->message,
        .timeout_ms = attempt_ms(client, errand, tried)};
    if (invocation_flag(client->inv, "verbose"))
        invocation_say(client->inv, _("asking %s: %s.%s"), server->target,
                       errand->service->short_name, errand->method->name);
    *status = (struct rpc_status){.code = RPC_OK};
    int rc = rpc_client_call(server->channel, &request, ret, status, err);
    /* Whose fault it is matters only where the way to the server is at fault. */
    return rc < 0 && goes_elsewhere(errand, status) ? err_prefix(err, rc, "%s", server->target)
                                                    : rc;
}

/* Worth another round: a leader is being elected, or a server that can't be reached may be
 * starting.
 */
static bool is_passing(const struct client *client, const struct errand *errand,
                       const struct rpc_status *status)
{
    if (status->err == ERR_UNAVAILABLE)
        return errand->timeout_ms - left_ms(client, errand) < PATIENCE_MS;
    return status->err == ERR_NOT_LEADER;
}

/* Round after round over the servers, until one answers or the time is over. */
static int ask_servers(struct client *client, const struct errand *errand, ProtobufCMessage **ret,
                       struct err *err)
{
    for (size_t tried = 0;; tried++) {
        struct rpc_status status;
        int rc = ask(client, errand, tried, &status, ret, err);
        if (rc == 0 || !goes_elsewhere(errand, &status))
            return rc;
        client_next_server(client);
        bool round_over = (tried + 1) % client->n == 0;
        if (left_ms(client, errand) <= 0 || (round_over && !is_passing(client, errand, &status)))
            return status.err == ERR_UNKNOWN_OUTCOME
                       ? err_set(err, ERR_UNAVAILABLE, "%s", _("no server answered in time"))
                       : rc;
        if (round_over)
            client_pause();
    }
}

static int decode_request(const json_t *request, const ProtobufCMessageDescriptor *type,
                          struct arena *arena, ProtobufCMessage **ret, struct err *err)
{
    struct strict root = strict_root((json_t *)request);
    return message_from_json(&root, type, arena, ret, err);
}

static int call(struct client *client, const char *service, const char *method, bool changes,
                const json_t *request, json_t **ret, struct err *err)
{
    struct errand errand = {.service = service_find(service), .changes = changes};
    errand.method = service_find_method(errand.service, method);
    ENSURE(errand.method);
    CLEANUP_ARENA struct arena *arena = arena_create(REQUEST_MEMORY);
    ProtobufCMessage *message = NULL, *reply = NULL;
    TRY(decode_request(request, errand.method->input, arena, &message, err));
    errand.message = message;
    errand.timeout_ms = invocation_number(client->inv, "timeout") * 1000;
    errand.deadline_ns =
        env_boot(&invocation_host(client->inv)->env).ns + errand.timeout_ms * NS_PER_MS;
    TRY(ask_servers(client, &errand, &reply, err));
    *ret = message_to_json(reply);
    rpc_message_destroy(reply);
    return 0;
}

int client_call(struct client *client, const char *service, const char *method,
                const json_t *request, json_t **ret, struct err *err)
{
    return call(client, service, method, false, request, ret, err);
}

int client_submit(struct client *client, const char *service, const char *method,
                  const json_t *request, json_t **ret, struct err *err)
{
    return call(client, service, method, true, request, ret, err);
}

static json_t *request_head(struct invocation *inv)
{
    json_t *head = json_pack("{s:s, s:b}", "request_id", invocation_request_id(inv)->text,
                             "dry_run", invocation_flag(inv, "dry-run"));
    ENSURE(head);
    return head;
}

int client_change(struct client *client, const char *service, const char *method, json_t *request,
                  json_t **ret, struct err *err)
{
    json_object_set_new(request, "head", request_head(client->inv));
    int rc = call(client, service, method, true, request, ret, err);
    if (rc != -ERR_UNKNOWN_OUTCOME)
        return rc;
    invocation_say(client->inv, "%s", _("no answer; asking again under the same request id"));
    struct err again = ERR_INIT;
    int second = call(client, service, method, true, request, ret, &again);
    if (second == 0)
        return 0;
    if (second != -ERR_UNKNOWN_OUTCOME && second != -ERR_UNAVAILABLE && second != -ERR_NOT_LEADER) {
        if (err)
            *err = again;
        return second;
    }
    invocation_advise(client->inv, _("look it up: pumasi request show %s"),
                      invocation_request_id(client->inv)->text);
    return rc;
}

/* Moves the items of a page to the end of the first one. */
static void join_page(json_t *all, json_t *page)
{
    json_array_extend(json_object_get(all, "items"), json_object_get(page, "items"));
    json_object_set(all, "next_page_token", json_object_get(page, "next_page_token"));
    json_decref(page);
}

static const char *next_token(const json_t *reply)
{
    const char *token = json_string_value(json_object_get(reply, "next_page_token"));
    return token ? token : "";
}

static int more_pages(struct client *client, const char *service, const char *method,
                      json_t *request, json_t *all, struct err *err)
{
    while (next_token(all)[0]) {
        if (json_array_size(json_object_get(all, "items")) >= CLIENT_ITEMS_MAX)
            return err_set(err, ERR_LIMIT, _("more than %d objects: narrow the listing"),
                           CLIENT_ITEMS_MAX);
        json_t *page = NULL;
        json_object_set_new(request, "page_token", json_string(next_token(all)));
        TRY(client_call(client, service, method, request, &page, err));
        join_page(all, page);
    }
    json_object_del(all, "next_page_token");
    return 0;
}

int client_list(struct client *client, const char *service, const char *method,
                const json_t *request, json_t **ret, struct err *err)
{
    json_t *paged = json_deep_copy(request), *all = NULL;
    ENSURE(paged);
    json_object_set_new(paged, "page_size", json_integer(LIMIT_PAGE_ITEMS));
    int rc = client_call(client, service, method, paged, &all, err);
    if (rc == 0)
        rc = more_pages(client, service, method, paged, all, err);
    json_decref(paged);
    if (rc < 0) {
        json_decref(all);
        return rc;
    }
    *ret = all;
    return 0;
}
