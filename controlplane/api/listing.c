/* Reading: everything is prepared on the writer's thread, in the memory of the call. */
#include "controlplane/api/listing.h"

#include "controlplane/api/filter.h"
#include "controlplane/domain/authorise.h"
#include "lib/base/limits.h"
#include "lib/wire/wire.h"

#include "pumasi/v1/common.pb-c.h"

#define PAGE_DEFAULT 100

struct look {
    struct rpc_call *call;
    const struct api_method *method;
    const ProtobufCMessage *request;
    listing_run_fn run;
    ProtobufCMessage *reply;
};

static int run_look(void *arg, const struct engine_view *view, struct err *err)
{
    struct look *look = arg;
    return look->run(view, look->call, look->request, &look->reply, err);
}

static void finish_look(void *arg, const struct err *err)
{
    const struct look *look = arg;
    if (err)
        rpc_call_fail(look->call, err);
    else
        rpc_call_reply(look->call, look->reply);
}

static void start(struct api *api, struct rpc_call *call, const struct engine_read_ops *ops,
                  void *arg)
{
    struct principal principal;
    struct err err = ERR_INIT;
    if (api_principal(api, call, &principal) < 0)
        return;
    if (engine_read(api->options.engine, &principal, ops, arg, &err) < 0)
        rpc_call_fail(call, &err);
}

static struct look *look_create(struct rpc_call *call, const struct api_method *method,
                                const ProtobufCMessage *request)
{
    struct look *look = arena_alloc(rpc_call_arena(call), sizeof *look);
    if (!look) {
        struct err err = ERR_INIT;
        (void)err_set(&err, ERR_LIMIT, "the request leaves no room for an answer");
        rpc_call_fail(call, &err);
        return NULL;
    }
    *look = (struct look){.call = call, .method = method, .request = request};
    return look;
}

void listing_look(struct api *api, struct rpc_call *call, const ProtobufCMessage *request,
                  listing_run_fn run)
{
    static const struct engine_read_ops ops = {.run = run_look, .finish = finish_look};
    struct look *look = look_create(call, NULL, request);
    if (!look)
        return;
    look->run = run;
    start(api, call, &ops, look);
}

/* ---- one ---- */

static int run_get(void *arg, const struct engine_view *view, struct err *err)
{
    struct look *look = arg;
    const Pumasi__V1__GetRequest *request = (const Pumasi__V1__GetRequest *)look->request;
    enum entity_kind kind = look->method->entity;
    struct id id;
    TRY(id_parse(span_text(request->id), "id", &id, err));
    const void *record = state_find(view->state, kind, &id);
    if (!record || !authorise_view(view->state, view->actor, kind, record))
        return err_set(err, ERR_NOT_FOUND, "there is no %s %s that you may see", entity_name(kind),
                       id.text);
    look->reply = wire_message_from_record(entity_type(kind), record, look->method->object,
                                           rpc_call_arena(look->call));
    return look->reply
               ? 0
               : err_set(err, ERR_LIMIT, "%s %s is too large to show", entity_name(kind), id.text);
}

void listing_get(struct api *api, struct rpc_call *call, const struct api_method *method,
                 const ProtobufCMessage *request)
{
    static const struct engine_read_ops ops = {.run = run_get, .finish = finish_look};
    struct look *look = look_create(call, method, request);
    if (look)
        start(api, call, &ops, look);
}

/* ---- many ---- */

struct page {
    struct look *look;
    const struct engine_view *view;
    struct filter_set filters;
    ProtobufCMessage *reply; /* this and the next two are taken before the items fill the memory */
    char *token;             /* of ID_CAP bytes */
    ProtobufCMessage **items;
    size_t n;
    size_t size;
    struct id last;
    bool more;
};

static bool add_to_page(const void *record, void *arg)
{
    struct page *page = arg;
    enum entity_kind kind = page->look->method->entity;
    if (!filter_matches(&page->filters, record) ||
        !authorise_view(page->view->state, page->view->actor, kind, record))
        return true;
    if (page->n == page->size) {
        page->more = true;
        return false;
    }
    ProtobufCMessage *item = wire_message_from_record(
        entity_type(kind), record, page->look->method->object, rpc_call_arena(page->look->call));
    if (!item) { /* the memory of one request is full: what fits is a page, too */
        page->more = true;
        return false;
    }
    page->items[page->n] = item;
    page->n++;
    page->last = *entity_id(kind, record);
    return true;
}

static int prepare_reply(struct page *page, struct err *err)
{
    struct arena *arena = rpc_call_arena(page->look->call);
    page->reply = arena_alloc(arena, page->look->method->reply->sizeof_message);
    page->token = arena_alloc(arena, ID_CAP);
    page->items = arena_array(arena, page->size, sizeof *page->items);
    if (!page->reply || !page->token || !page->items)
        return err_set(err, ERR_LIMIT, "the reply is too large: ask for smaller pages");
    return 0;
}

/* Sets the fields that every List*Reply has: items and next_page_token. */
static void fill_list_reply(struct page *page)
{
    const ProtobufCMessageDescriptor *type = page->look->method->reply;
    const ProtobufCFieldDescriptor *items =
        protobuf_c_message_descriptor_get_field_by_name(type, "items");
    const ProtobufCFieldDescriptor *next =
        protobuf_c_message_descriptor_get_field_by_name(type, "next_page_token");
    ENSURE(items && next && items->label == PROTOBUF_C_LABEL_REPEATED);
    if (page->more)
        memcpy(page->token, page->last.text, ID_CAP);
    protobuf_c_message_init(type, page->reply);
    memcpy((char *)page->reply + items->offset, &page->items, sizeof page->items);
    memcpy((char *)page->reply + items->quantifier_offset, &page->n, sizeof page->n);
    memcpy((char *)page->reply + next->offset, &page->token, sizeof page->token);
    page->look->reply = page->reply;
}

static int read_request(struct page *page, struct id *ret_after, struct err *err)
{
    const Pumasi__V1__ListRequest *request = (const Pumasi__V1__ListRequest *)page->look->request;
    const struct record_type *type = entity_type(page->look->method->entity);
    if (request->page_size > LIMIT_PAGE_ITEMS)
        return err_set(err, ERR_INVALID, "page_size is %u, more than %d", request->page_size,
                       LIMIT_PAGE_ITEMS);
    page->size = request->page_size ? request->page_size : PAGE_DEFAULT;
    *ret_after = ID_NONE;
    if (request->page_token[0])
        TRY(id_parse(span_text(request->page_token), "page_token", ret_after, err));
    for (size_t i = 0; i < request->n_filters; i++)
        TRY(filter_add(&page->filters, type, request->filters[i]->field, request->filters[i]->value,
                       err));
    return 0;
}

static int run_list(void *arg, const struct engine_view *view, struct err *err)
{
    struct look *look = arg;
    struct page page = {.look = look, .view = view};
    struct id after;
    TRY(read_request(&page, &after, err));
    TRY(prepare_reply(&page, err));
    state_each(view->state, look->method->entity, id_is_none(&after) ? NULL : &after, add_to_page,
               &page);
    if (page.more && page.n == 0)
        return err_set(err, ERR_LIMIT, "one object is larger than a reply may be");
    fill_list_reply(&page);
    return 0;
}

void listing_list(struct api *api, struct rpc_call *call, const struct api_method *method,
                  const ProtobufCMessage *request)
{
    static const struct engine_read_ops ops = {.run = run_list, .finish = finish_look};
    struct look *look = look_create(call, method, request);
    if (look)
        start(api, call, &ops, look);
}
