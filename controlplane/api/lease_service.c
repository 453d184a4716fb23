/* LeaseService: a table, and explanations. */
#include "controlplane/api/change.h"
#include "controlplane/api/lease_batch.h"
#include "controlplane/api/listing.h"
#include "controlplane/api/service.h"

#include "controlplane/domain/explaining.h"
#include "lib/wire/wire.h"

#include "pumasi/v1/lease.pb-c.h"

static int fill(const struct explanation *e, struct arena *arena, ProtobufCMessage **ret_reply,
                struct err *err)
{
    Pumasi__V1__Explanation *reply = arena_alloc(arena, sizeof *reply);
    char *why = arena_text(arena, span_text(e->why.code == ERR_OK ? "" : e->why.text));
    char *loan = arena_text(arena, span_text(e->loan.text));
    if (!reply || !why || !loan)
        return err_set(err, ERR_LIMIT, "the reply is too large");
    pumasi__v1__explanation__init(reply);
    reply->fits = e->fits;
    reply->why = why;
    reply->later = e->later;
    reply->from = e->from.s;
    reply->to = e->to.s;
    reply->loan = loan;
    reply->nodes = e->nodes;
    reply->waiting = e->before;
    if (e->has_quote)
        TRY(change_quote_fill(&e->quote, arena, &reply->quote, err));
    *ret_reply = &reply->base;
    return 0;
}

/* A turn whose changes are dropped: nothing that is explained becomes so. */
static int explain(const struct engine_view *view, const struct book_lease_request *args,
                   struct explanation *ret, struct err *err)
{
    struct decide_context ctx = {.now = view->now, .actor = *view->actor};
    struct changes changes;
    changes_init(&changes);
    struct turn t = turn_begin(view->state, &ctx, &changes);
    int rc = explain_booking(&t, args, ret, err);
    turn_end(&t);
    changes_fini(&changes);
    return rc;
}

static int run_explain(const struct engine_view *view, struct rpc_call *call,
                       const ProtobufCMessage *message, ProtobufCMessage **ret_reply,
                       struct err *err)
{
    struct book_lease_request args;
    struct explanation e;
    TRY(wire_refuse_unknown(message, err));
    TRY(wire_record_from_message(&book_lease_request_type, message, &args, err));
    int rc = explain(view, &args, &e, err);
    record_fini(&book_lease_request_type, &args);
    return rc < 0 ? rc : fill(&e, rpc_call_arena(call), ret_reply, err);
}

static void explain_lease(struct api *api, struct rpc_call *call, const ProtobufCMessage *request)
{
    listing_look(api, call, request, run_explain);
}

const struct api_service api_lease_service = {
    .descriptor = &pumasi__v1__lease_service__descriptor,
    .methods =
        {
            {.name = "BookLease", .way = API_CHANGE, .command = COMMAND_BOOK_LEASE},
            {.name = "BookLeases", .way = API_OWN, .own = lease_batch_handle, .kind = RPC_UNARY},
            {.name = "ReleaseLease", .way = API_CHANGE, .command = COMMAND_RELEASE_LEASE},
            {.name = "ExtendLease", .way = API_CHANGE, .command = COMMAND_EXTEND_LEASE},
            {.name = "CancelLease", .way = API_CHANGE, .command = COMMAND_CANCEL_LEASE},
            {.name = "ExplainLease", .way = API_OWN, .own = explain_lease},
            {.name = "GetLease",
             .way = API_GET,
             .entity = ENTITY_LEASE,
             .object = &pumasi__v1__lease__descriptor},
            {.name = "ListLeases",
             .way = API_LIST,
             .entity = ENTITY_LEASE,
             .object = &pumasi__v1__lease__descriptor,
             .reply = &pumasi__v1__list_leases_reply__descriptor},
        },
};
