/*
 * One call, many commands. Owns the bunch of them until the last is answered.
 *
 * Answers come on the writer's thread, one at a time, and refusals at the engine's door on the
 * thread that submits. The call's arena serves one thread only: so all items are read before the
 * first is submitted, and what the door refuses is kept in the item itself.
 */
#include "controlplane/api/lease_batch.h"

#include "controlplane/api/change.h"
#include "lib/base/limits.h"
#include "lib/wire/wire.h"

#include "pumasi/v1/lease.pb-c.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct item {
    struct bunch *bunch;
    struct book_lease_request *args; /* until it is submitted */
    Pumasi__V1__BookLeasesItem message;
    Pumasi__V1__ChangeReply reply;
    struct err err;
};

struct bunch {
    struct rpc_call *call;
    size_t n;
    atomic_size_t waiting; /* items without an answer, and the thread that submits */
    struct item *items;
};

static struct bunch *bunch_create(struct rpc_call *call, size_t n)
{
    struct bunch *b = calloc(1, sizeof *b);
    ENSURE(b);
    b->items = calloc(n, sizeof *b->items);
    ENSURE(b->items);
    b->call = call;
    b->n = n;
    atomic_init(&b->waiting, n + 1);
    for (size_t i = 0; i < n; i++)
        b->items[i].bunch = b;
    return b;
}

static void bunch_destroy(struct bunch *b)
{
    for (size_t i = 0; i < b->n; i++)
        record_destroy(command_type(COMMAND_BOOK_LEASE), b->items[i].args);
    free(b->items);
    free(b);
}

/* ---- answering ---- */

static Pumasi__V1__BookLeasesItem *item_message(struct item *item)
{
    pumasi__v1__book_leases_item__init(&item->message);
    if (item->err.code == ERR_OK) {
        item->message.reply = &item->reply;
    } else {
        item->message.error = (char *)err_name(item->err.code);
        item->message.message = item->err.text;
    }
    return &item->message;
}

/* One more answer is there; the last one ends the call. */
static void settle(struct bunch *b)
{
    if (atomic_fetch_sub(&b->waiting, 1) > 1)
        return;
    Pumasi__V1__BookLeasesReply reply = PUMASI__V1__BOOK_LEASES_REPLY__INIT;
    Pumasi__V1__BookLeasesItem **list = calloc(b->n, sizeof *list);
    ENSURE(list);
    for (size_t i = 0; i < b->n; i++)
        list[i] = item_message(&b->items[i]);
    reply.n_items = b->n;
    reply.items = list;
    rpc_call_reply(b->call, &reply.base);
    free(list);
    bunch_destroy(b);
}

static void on_done(void *arg, const struct engine_reply *reply, const struct err *err)
{
    struct item *item = arg;
    struct arena *arena = rpc_call_arena(item->bunch->call);
    if (err)
        item->err = *err;
    else if (change_reply_fill(reply, arena, &item->reply, &item->err) < 0 ||
             change_reply_keep(&item->reply, arena, &item->err) < 0)
        change_unfit(reply, &item->err);
    settle(item->bunch);
}

/* ---- reading ---- */

/* The id and the dry run that the whole call stands under. */
static int inherit(const Pumasi__V1__RequestHead *head, size_t number, struct request_head *ret,
                   struct err *err)
{
    char text[ID_CAP];
    if (!head)
        return 0;
    ret->dry_run = ret->dry_run || head->dry_run;
    if (!head->request_id[0] || !id_is_none(&ret->request_id))
        return 0;
    int n = snprintf(text, sizeof text, "%s-%zu", head->request_id, number);
    if (n < 0 || (size_t)n >= sizeof text)
        return err_set(err, ERR_INVALID, "head.request_id: too long to be followed by a number");
    return id_parse(span_text(text), "head.request_id", &ret->request_id, err);
}

static int read_item(const Pumasi__V1__BookLeasesRequest *request, size_t i, struct item *item,
                     struct err *err)
{
    struct book_lease_request *args = calloc(1, sizeof *args);
    ENSURE(args);
    int rc = wire_record_from_message(command_type(COMMAND_BOOK_LEASE), &request->items[i]->base,
                                      args, err);
    if (rc < 0)
        free(args);
    else
        item->args = args;
    if (rc == 0)
        rc = inherit(request->head, i + 1, &args->head, err);
    return rc < 0 ? err_prefix(err, rc, "items[%zu]", i) : 0;
}

static int read_items(const Pumasi__V1__BookLeasesRequest *request, struct bunch *b,
                      struct err *err)
{
    TRY(wire_refuse_unknown(&request->base, err));
    for (size_t i = 0; i < b->n; i++)
        TRY(read_item(request, i, &b->items[i], err));
    return 0;
}

static void submit(struct api *api, const struct principal *principal, struct item *item)
{
    struct engine_command command = {
        .kind = COMMAND_BOOK_LEASE, .args = item->args, .principal = *principal};
    item->args = NULL;
    if (engine_submit(api->options.engine, &command, on_done, item, &item->err) == 0)
        return; /* the item may be answered already, and the bunch be gone */
    record_destroy(command_type(COMMAND_BOOK_LEASE), command.args);
    settle(item->bunch);
}

void lease_batch_handle(struct api *api, struct rpc_call *call, const ProtobufCMessage *message)
{
    const Pumasi__V1__BookLeasesRequest *request = (const Pumasi__V1__BookLeasesRequest *)message;
    struct principal principal;
    struct err err = ERR_INIT;
    if (api_principal(api, call, &principal) < 0)
        return;
    if (request->n_items < 1 || request->n_items > LIMIT_BATCH_ITEMS) {
        (void)err_set(&err, ERR_INVALID, "items: %zu bookings, not 1 to %d", request->n_items,
                      LIMIT_BATCH_ITEMS);
        rpc_call_fail(call, &err);
        return;
    }
    struct bunch *b = bunch_create(call, request->n_items);
    if (read_items(request, b, &err) < 0) {
        bunch_destroy(b);
        rpc_call_fail(call, &err);
        return;
    }
    for (size_t i = 0; i < b->n; i++)
        submit(api, &principal, &b->items[i]);
    settle(b);
}
