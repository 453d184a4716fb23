/* PoolService: a table, and the figures of pools. */
#include "controlplane/api/listing.h"
#include "controlplane/api/service.h"

#include "controlplane/domain/authorise.h"
#include "controlplane/domain/figures.h"
#include "lib/base/limits.h"
#include "lib/wire/wire.h"

#include "pumasi/v1/pool.pb-c.h"

struct figures {
    const struct engine_view *view;
    struct arena *arena;
    Pumasi__V1__PoolCapacityReply *reply;
    bool full;
};

static bool add_pool(const void *record, void *arg)
{
    const struct pool *pool = record;
    struct figures *f = arg;
    if (!authorise_view(f->view->state, f->view->actor, ENTITY_POOL, pool))
        return true;
    Pumasi__V1__PoolCapacity *item = arena_alloc(f->arena, sizeof *item);
    ProtobufCMessage *message =
        wire_message_from_record(&pool_type, pool, &pumasi__v1__pool__descriptor, f->arena);
    if (!item || !message || f->reply->n_items == LIMIT_PAGE_ITEMS) {
        f->full = true;
        return false;
    }
    struct pool_figures figures = figures_of_pool(f->view->state, pool, f->view->now);
    pumasi__v1__pool_capacity__init(item);
    item->pool = (Pumasi__V1__Pool *)message;
    item->contracted_units = figures.contracted.units;
    item->delivered_units = figures.delivered.units;
    item->accepted_units = figures.accepted.units;
    item->in_service_units = figures.in_service.units;
    item->lent_units = figures.lent.units;
    item->leased_units = figures.leased.units;
    f->reply->items[f->reply->n_items++] = item;
    return true;
}

static int run_capacity(const struct engine_view *view, struct rpc_call *call,
                        const ProtobufCMessage *request, ProtobufCMessage **ret_reply,
                        struct err *err)
{
    (void)request;
    struct arena *arena = rpc_call_arena(call);
    Pumasi__V1__PoolCapacityReply *reply = arena_alloc(arena, sizeof *reply);
    struct figures figures = {.view = view, .arena = arena, .reply = reply};
    if (reply) {
        pumasi__v1__pool_capacity_reply__init(reply);
        reply->items = arena_array(arena, LIMIT_PAGE_ITEMS, sizeof *reply->items);
    }
    if (!reply || !reply->items)
        return err_set(err, ERR_LIMIT, "the reply is too large");
    state_each(view->state, ENTITY_POOL, NULL, add_pool, &figures);
    if (figures.full)
        return err_set(err, ERR_LIMIT, "more than %d pools: look at them one by one",
                       LIMIT_PAGE_ITEMS);
    *ret_reply = &reply->base;
    return 0;
}

static void get_capacity(struct api *api, struct rpc_call *call, const ProtobufCMessage *request)
{
    listing_look(api, call, request, run_capacity);
}

const struct api_service api_pool_service = {
    .descriptor = &pumasi__v1__pool_service__descriptor,
    .methods =
        {
            {.name = "ApplySite", .way = API_CHANGE, .command = COMMAND_APPLY_SITE},
            {.name = "ListSites",
             .way = API_LIST,
             .entity = ENTITY_SITE,
             .object = &pumasi__v1__site__descriptor,
             .reply = &pumasi__v1__list_sites_reply__descriptor},
            {.name = "ApplyPool", .way = API_CHANGE, .command = COMMAND_APPLY_POOL},
            {.name = "GetPool",
             .way = API_GET,
             .entity = ENTITY_POOL,
             .object = &pumasi__v1__pool__descriptor},
            {.name = "ListPools",
             .way = API_LIST,
             .entity = ENTITY_POOL,
             .object = &pumasi__v1__pool__descriptor,
             .reply = &pumasi__v1__list_pools_reply__descriptor},
            {.name = "GetPoolCapacity", .way = API_OWN, .own = get_capacity},
            {.name = "GetNode",
             .way = API_GET,
             .entity = ENTITY_NODE,
             .object = &pumasi__v1__node__descriptor},
            {.name = "ListNodes",
             .way = API_LIST,
             .entity = ENTITY_NODE,
             .object = &pumasi__v1__node__descriptor,
             .reply = &pumasi__v1__list_nodes_reply__descriptor},
        },
};
