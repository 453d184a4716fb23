/* The services put together: a row of rpc for each method of a table, and one dispatcher. */
#include "controlplane/api/api.h"

#include "controlplane/api/change.h"
#include "controlplane/api/listing.h"
#include "controlplane/api/service.h"
#include "lib/base/limits.h"

#include <stdlib.h>
#include <string.h>

static const struct api_service *const services[] = {
    &api_organisation_service, &api_programme_service, &api_pool_service,     &api_loan_service,
    &api_allocation_service,   &api_lease_service,     &api_approval_service, &api_identity_service,
    &api_usage_service,        &api_statement_service, &api_event_service,    &api_node_service,
    &api_stage_service,        &api_ledger_service,
};
#define SERVICE_COUNT (sizeof services / sizeof *services)

/* Calls that need no certificate. Everything else, also what is not served here (reflection), is
 * answered only to users and nodes who show one. */
static const char *const open_paths[] = {
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/pumasi.v1.IdentityService/Join",
};

struct api_bound {
    struct api *api;
    const struct api_service *service;
    struct rpc_method_row rows[API_METHODS_MAX];
};

struct api *api_create(const struct api_options *options)
{
    struct api *api = calloc(1, sizeof *api);
    ENSURE(api);
    api->options = *options;
    atomic_init(&api->closing, false);
    api->peers = peers_create();
    api->watchers = watchers_create(options->env);
    api->bound = calloc(SERVICE_COUNT, sizeof *api->bound);
    ENSURE(api->bound);
    return api;
}

void api_destroy(struct api *api)
{
    if (!api)
        return;
    watchers_destroy(api->watchers);
    peers_destroy(api->peers);
    free(api->bound);
    free(api);
}

static const struct api_method *find_method(const struct api_service *service, const char *path)
{
    const char *name = strrchr(path, '/');
    ENSURE(name);
    for (const struct api_method *m = service->methods; m->name; m++) {
        if (strcmp(m->name, name + 1) == 0)
            return m;
    }
    return NULL;
}

static void dispatch(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    struct api_bound *bound = arg;
    const struct api_method *method = find_method(bound->service, rpc_call_path(call));
    ENSURE(method);
    switch (method->way) {
    case API_CHANGE:
        change_handle(bound->api, call, method, request);
        break;
    case API_GET:
        listing_get(bound->api, call, method, request);
        break;
    case API_LIST:
        listing_list(bound->api, call, method, request);
        break;
    case API_OWN:
        method->own(bound->api, call, request);
        break;
    }
}

static int add_service(struct api *api, struct api_bound *bound, const struct api_service *service,
                       struct rpc_server *server, struct err *err)
{
    size_t n = 0;
    bound->api = api;
    bound->service = service;
    for (const struct api_method *m = service->methods; m->name; m++) {
        ENSURE(n < API_METHODS_MAX);
        bound->rows[n++] = (struct rpc_method_row){
            .name = m->name,
            .kind = m->way == API_OWN ? m->kind : RPC_UNARY,
            .handler = dispatch,
        };
    }
    struct rpc_service rpc = {
        .descriptor = service->descriptor, .rows = bound->rows, .row_count = n, .arg = bound};
    return rpc_server_add(server, &rpc, err);
}

int api_add_services(struct api *api, struct rpc_server *server, struct err *err)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++)
        TRY(add_service(api, &api->bound[i], services[i], server, err));
    engine_listen(api->options.engine, attached_on_commit, api->options.attached);
    engine_listen(api->options.engine, watchers_on_commit, api->watchers);
    return 0;
}

static int recheck(void *arg, const struct engine_view *view, struct err *err)
{
    struct api *api = arg;
    (void)err;
    watchers_recheck(api->watchers, view->state);
    return 0;
}

static void rechecked(void *arg, const struct err *err)
{
    (void)arg;
    (void)err;
}

void api_recheck(struct api *api)
{
    static const struct engine_read_ops ops = {.run = recheck, .finish = rechecked};
    struct principal self = {.kind = ACTOR_SERVICE, .name = id_literal("recheck")};
    struct err err = ERR_INIT;
    /* Refused where another one leads: that one's streams are not here. */
    int rc = engine_read(api->options.engine, &self, &ops, api, &err);
    (void)rc;
}

void api_close(struct api *api)
{
    atomic_store(&api->closing, true);
    attached_poke_all(api->options.attached);
    watchers_close(api->watchers);
}

int api_policy(void *arg, const char *path, const struct rpc_method_row *row,
               const struct rpc_peer *peer, struct err *err)
{
    struct api *api = arg;
    struct principal principal;
    (void)row;
    for (size_t i = 0; i < sizeof open_paths / sizeof *open_paths; i++) {
        if (strcmp(path, open_paths[i]) == 0)
            return 0;
    }
    if (!peer->authenticated)
        return err_set(err, ERR_UNAUTHENTICATED,
                       "this call needs a client certificate: join with a token first");
    return peers_principal(api->peers, peer, &principal, NULL, err);
}

int api_principal(struct api *api, struct rpc_call *call, struct principal *ret)
{
    struct err err = ERR_INIT;
    int rc = peers_principal(api->peers, rpc_call_peer(call), ret, NULL, &err);
    if (rc < 0)
        rpc_call_fail(call, &err);
    return rc;
}
