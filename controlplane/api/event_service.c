/* EventService: watching, and what became of a request. */
#include "controlplane/api/change.h"
#include "controlplane/api/service.h"

#include "pumasi/v1/event.pb-c.h"

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
    if (request->id[0])
        TRY(id_parse(span_text(request->id), "id", &wish->id, err));
    return 0;
}

static void watch(struct api *api, struct rpc_call *call, const ProtobufCMessage *request)
{
    struct watch_wish wish = {0};
    struct err err = ERR_INIT;
    if (api_principal(api, call, &wish.principal) < 0)
        return;
    if (read_wish((const Pumasi__V1__WatchRequest *)request, &wish, &err) < 0) {
        rpc_call_fail(call, &err);
        return;
    }
    watchers_add(api->watchers, call, &wish);
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
