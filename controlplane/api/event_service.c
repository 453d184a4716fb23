/* EventService: watching, and what became of a request. */
#include "controlplane/api/change.h"
#include "controlplane/api/service.h"

#include "pumasi/v1/event.pb-c.h"

#include <stdlib.h>

static int read_wish(const Pumasi__V1__WatchRequest *request, struct watch_wish *wish,
                     struct err *err)
{
    for (size_t i = 0; i < request->n_kinds; i++) {
        enum entity_kind kind;
        if (entity_kind_by_name(span_text(request->kinds[i]), &kind) < 0)
            return err_set(err, ERR_INVALID, "kinds[%zu]: there is no kind \"%s\"", i,
                           request->kinds[i]);
        wish->kinds |= 1u << kind;
    }
    if (request->after_revision < 0)
        return err_set(err, ERR_INVALID, "after_revision must not be negative");
    wish->after = request->after_revision;
    if (request->id[0])
        TRY(id_parse(span_text(request->id), "id", &wish->id, err));
    return 0;
}

/* A watch that has been read, until the writer says that this one leads and the watcher counts. */
struct watching {
    struct api *api;
    struct rpc_call *call;
    struct watch_wish wish;
};

static int look_at_nothing(void *arg, const struct engine_view *view, struct err *err)
{
    (void)arg;
    (void)view;
    (void)err;
    return 0;
}

/* On the writer's thread: no commit comes between this and the first that the watcher hears of. */
static void begin_watch(void *arg, const struct err *err)
{
    struct watching *w = arg;
    if (err)
        rpc_call_fail(w->call, err);
    else
        watchers_add(w->api->watchers, w->call, &w->wish);
    if (!err && w->wish.after > 0)
        api_recheck(w->api); /* tells it what it has missed */
    free(w);
}

static void watch(struct api *api, struct rpc_call *call, const ProtobufCMessage *request)
{
    static const struct engine_read_ops ops = {.run = look_at_nothing, .finish = begin_watch};
    struct err err = ERR_INIT;
    struct watching *w = calloc(1, sizeof *w);
    ENSURE(w);
    w->api = api;
    w->call = call;
    if (peers_principal(api->peers, rpc_call_peer(call), &w->wish.principal, NULL, &err) < 0 ||
        read_wish((const Pumasi__V1__WatchRequest *)request, &w->wish, &err) < 0 ||
        engine_read(api->options.engine, &w->wish.principal, &ops, w, &err) < 0)
        begin_watch(w, &err);
}

static void get_outcome(struct api *api, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Pumasi__V1__GetOutcomeRequest *request = (const Pumasi__V1__GetOutcomeRequest *)message;
    struct principal principal;
    struct id request_id;
    struct err err = ERR_INIT;
    if (api_principal(api, call, &principal) < 0)
        return;
    if (id_parse(span_text(request->request_id), "request_id", &request_id, &err) < 0 ||
        engine_outcome(api->options.engine, &principal, &request_id, change_answer, call, &err) < 0)
        rpc_call_fail(call, &err);
}

const struct api_service api_event_service = {
    .descriptor = &pumasi__v1__event_service__descriptor,
    .methods =
        {
            {.name = "Watch", .way = API_OWN, .own = watch, .kind = RPC_SERVER_STREAM},
            {.name = "GetOutcome", .way = API_OWN, .own = get_outcome},
        },
};
