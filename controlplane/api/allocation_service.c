/* AllocationService: a table, and budgets. */
#include "controlplane/api/listing.h"
#include "controlplane/api/service.h"

#include "controlplane/domain/explaining.h"

#include "pumasi/v1/allocation.pb-c.h"

static int fill_lines(const struct budget *b, struct arena *arena, Pumasi__V1__Budget *reply,
                      struct err *err)
{
    reply->lines = arena_array(arena, b->lines.n + 1, sizeof *reply->lines);
    if (!reply->lines)
        return err_set(err, ERR_LIMIT, "the reply is too large");
    LIST_EACH(const struct budget_line, from, &b->lines)
    {
        Pumasi__V1__BudgetLine *line = arena_alloc(arena, sizeof *line);
        char *organisation = arena_text(arena, span_text(from->organisation.text));
        if (!line || !organisation)
            return err_set(err, ERR_LIMIT, "the reply is too large");
        pumasi__v1__budget_line__init(line);
        line->organisation = organisation;
        line->used_krw = from->used_krw.krw;
        line->to_end_krw = from->to_end_krw.krw;
        line->burden_krw = from->burden_krw.krw;
        reply->lines[reply->n_lines++] = line;
    }
    return 0;
}

static int fill(const struct allocation *a, const struct budget *b, struct arena *arena,
                ProtobufCMessage **ret_reply, struct err *err)
{
    Pumasi__V1__Budget *reply = arena_alloc(arena, sizeof *reply);
    char *allocation = arena_text(arena, span_text(a->id.text));
    char *project = arena_text(arena, span_text(a->project.text));
    if (!reply || !allocation || !project)
        return err_set(err, ERR_LIMIT, "the reply is too large");
    pumasi__v1__budget__init(reply);
    reply->allocation = allocation;
    reply->project = project;
    reply->budget_krw = a->budget_krw.krw;
    reply->held_krw = a->held_krw.krw;
    reply->posted_krw = a->posted_krw.krw;
    reply->left_krw = b->left_krw.krw;
    reply->to_end_krw = b->to_end_krw.krw;
    reply->percent = b->percent;
    TRY(fill_lines(b, arena, reply, err));
    *ret_reply = &reply->base;
    return 0;
}

static int run_budget(const struct engine_view *view, struct rpc_call *call,
                      const ProtobufCMessage *message, ProtobufCMessage **ret_reply,
                      struct err *err)
{
    const Pumasi__V1__GetRequest *request = (const Pumasi__V1__GetRequest *)message;
    struct decide_context ctx = {.now = view->now, .actor = *view->actor};
    struct changes changes;
    struct budget budget = {0};
    struct id id;
    TRY(id_parse(span_text(request->id), "allocation", &id, err));
    changes_init(&changes);
    struct turn t = turn_begin(view->state, &ctx, &changes);
    int rc = explain_budget(&t, &id, &budget, err);
    if (rc == 0)
        rc = fill(turn_find(&t, ENTITY_ALLOCATION, &id), &budget, rpc_call_arena(call), ret_reply,
                  err);
    turn_end(&t);
    changes_fini(&changes);
    budget_fini(&budget);
    return rc;
}

static void get_budget(struct api *api, struct rpc_call *call, const ProtobufCMessage *request)
{
    listing_look(api, call, request, run_budget);
}

const struct api_service api_allocation_service = {
    .descriptor = &pumasi__v1__allocation_service__descriptor,
    .methods =
        {
            {.name = "RequestAllocation", .way = API_CHANGE, .command = COMMAND_REQUEST_ALLOCATION},
            {.name = "GetBudget", .way = API_OWN, .own = get_budget},
            {.name = "GetAllocation",
             .way = API_GET,
             .entity = ENTITY_ALLOCATION,
             .object = &pumasi__v1__allocation__descriptor},
            {.name = "ListAllocations",
             .way = API_LIST,
             .entity = ENTITY_ALLOCATION,
             .object = &pumasi__v1__allocation__descriptor,
             .reply = &pumasi__v1__list_allocations_reply__descriptor},
        },
};
