/*
 * Owns the health of the services and the list of those who watch it. A watcher belongs to its
 * call: the call releases it when everything of it has gone. The lock guards all; this file alone
 * finishes the calls, and only of watchers that are on the list, so a call on the list is alive.
 */
#include "lib/rpc/health.h"

#include "grpc/health.pb-c.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/rpc/server_call.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SERVING     GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING
#define NOT_SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
#define NOT_KNOWN   GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN

struct entry {
    char name[LIMIT_NAME_BYTES];
    bool serving;
};

struct watcher {
    struct watcher *next, *previous;
    struct rpc_health *health;
    struct rpc_call *call;
    char name[LIMIT_NAME_BYTES];
    int told; /* a ServingStatus; UNKNOWN at first */
};

struct rpc_health {
    pthread_mutex_t lock;
    struct entry entries[RPC_HEALTH_SERVICES_MAX];
    size_t count;
    bool over; /* nothing serves any more, nobody may watch */
    struct watcher *watchers;
};

struct rpc_health *rpc_health_create(void)
{
    struct rpc_health *health = calloc(1, sizeof(*health));
    ENSURE(health);
    ENSURE(pthread_mutex_init(&health->lock, NULL) == 0);
    return health;
}

void rpc_health_destroy(struct rpc_health *health)
{
    if (!health)
        return;
    ENSURE(!health->watchers);
    pthread_mutex_destroy(&health->lock);
    free(health);
}

/* ---- with the lock held ---- */

static struct entry *find(struct rpc_health *health, const char *name)
{
    for (size_t i = 0; i < health->count; i++)
        if (strcmp(health->entries[i].name, name) == 0)
            return &health->entries[i];
    return NULL;
}

static int status_of(struct rpc_health *health, const char *name)
{
    const struct entry *entry = find(health, name);
    if (!entry)
        return NOT_KNOWN;
    return entry->serving ? SERVING : NOT_SERVING;
}

static void link_watcher(struct watcher *watcher)
{
    struct rpc_health *health = watcher->health;
    watcher->next = health->watchers;
    if (watcher->next)
        watcher->next->previous = watcher;
    health->watchers = watcher;
}

/* Off the list: from now on nobody but the call knows the watcher. */
static void unlink_watcher(struct watcher *watcher)
{
    if (watcher->next)
        watcher->next->previous = watcher->previous;
    if (watcher->previous)
        watcher->previous->next = watcher->next;
    else
        watcher->health->watchers = watcher->next;
    watcher->next = watcher->previous = NULL;
}

static bool is_linked(const struct watcher *watcher)
{
    return watcher->previous || watcher->health->watchers == watcher;
}

/* Tells a watcher what holds now, if that is news; one that doesn't read is dropped. */
static void tell(struct watcher *watcher, int status)
{
    if (watcher->told == status)
        return;
    watcher->told = status;
    Grpc__Health__V1__HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    response.status = (Grpc__Health__V1__HealthCheckResponse__ServingStatus)status;
    struct err err = ERR_INIT;
    if (rpc_call_send(watcher->call, &response.base, &err) == 0)
        return;
    struct rpc_call *call = watcher->call;
    unlink_watcher(watcher);
    rpc_call_fail(call, &err);
}

static void tell_all(struct rpc_health *health)
{
    struct watcher *next;
    for (struct watcher *watcher = health->watchers; watcher; watcher = next) {
        next = watcher->next;
        tell(watcher, status_of(health, watcher->name));
    }
}

/* ---- the service ---- */

static void on_cancelled(void *data)
{
    struct watcher *watcher = data;
    struct rpc_health *health = watcher->health;
    pthread_mutex_lock(&health->lock);
    if (is_linked(watcher)) {
        unlink_watcher(watcher);
        rpc_call_end(watcher->call);
    }
    pthread_mutex_unlock(&health->lock);
}

static const struct rpc_call_hooks WATCH_HOOKS = {.cancelled = on_cancelled, .release = free};

static const char *name_of(const ProtobufCMessage *request)
{
    return ((const Grpc__Health__V1__HealthCheckRequest *)request)->service;
}

static void handle_check(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    struct rpc_health *health = arg;
    Grpc__Health__V1__HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    pthread_mutex_lock(&health->lock);
    int status = status_of(health, name_of(request));
    pthread_mutex_unlock(&health->lock);
    if (status != NOT_KNOWN) {
        response.status = (Grpc__Health__V1__HealthCheckResponse__ServingStatus)status;
        rpc_call_reply(call, &response.base);
        return;
    }
    struct err err = ERR_INIT;
    err_set(&err, ERR_NOT_FOUND, "there is no service %.*s", LIMIT_NAME_BYTES, name_of(request));
    rpc_call_fail(call, &err);
}

static void handle_watch(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    struct rpc_health *health = arg;
    struct err err = ERR_INIT;
    struct watcher *watcher = calloc(1, sizeof(*watcher));
    ENSURE(watcher);
    watcher->health = health;
    watcher->call = call;
    if (text_set(watcher->name, sizeof(watcher->name), span_text(name_of(request)), "service",
                 &err) < 0) {
        free(watcher);
        rpc_call_fail(call, &err);
        return;
    }
    pthread_mutex_lock(&health->lock);
    if (health->over) {
        err_set(&err, ERR_UNAVAILABLE, "the server is stopping");
    } else {
        link_watcher(watcher);
        tell(watcher, status_of(health, watcher->name));
    }
    pthread_mutex_unlock(&health->lock);
    rpc_call_set_hooks(call, &WATCH_HOOKS, watcher);
    if (err.code != ERR_OK)
        rpc_call_fail(call, &err);
}

struct rpc_service rpc_health_service(struct rpc_health *health)
{
    static const struct rpc_method_row ROWS[] = {
        {.name = "Check", .kind = RPC_UNARY, .max_request_bytes = 1024, .handler = handle_check},
        {.name = "Watch",
         .kind = RPC_SERVER_STREAM,
         .max_request_bytes = 1024,
         .handler = handle_watch},
    };
    return (struct rpc_service){.descriptor = &grpc__health__v1__health__descriptor,
                                .rows = ROWS,
                                .row_count = sizeof(ROWS) / sizeof(ROWS[0]),
                                .arg = health};
}

/* ---- the daemon's side ---- */

/* With the lock held. */
static int set_entry(struct rpc_health *health, const char *service, bool serving, struct err *err)
{
    struct entry *entry = find(health, service);
    if (!entry) {
        if (health->count == RPC_HEALTH_SERVICES_MAX)
            return err_set(err, ERR_LIMIT, "health knows %d services already",
                           RPC_HEALTH_SERVICES_MAX);
        entry = &health->entries[health->count];
        TRY(text_set(entry->name, sizeof(entry->name), span_text(service), "service", err));
        health->count++;
    }
    entry->serving = serving && !health->over;
    return 0;
}

int rpc_health_set(struct rpc_health *health, const char *service, bool serving, struct err *err)
{
    pthread_mutex_lock(&health->lock);
    int rc = set_entry(health, service, serving, err);
    if (rc == 0)
        tell_all(health);
    pthread_mutex_unlock(&health->lock);
    return rc;
}

void rpc_health_shutdown(struct rpc_health *health)
{
    pthread_mutex_lock(&health->lock);
    health->over = true;
    for (size_t i = 0; i < health->count; i++)
        health->entries[i].serving = false;
    tell_all(health);
    while (health->watchers) {
        struct rpc_call *call = health->watchers->call;
        unlink_watcher(health->watchers);
        rpc_call_end(call);
    }
    pthread_mutex_unlock(&health->lock);
}
