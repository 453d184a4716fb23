/* Requests: memory, lists, and the one place where callbacks are called. */
#include "controlplane/engine/request.h"

#include <stdlib.h>

struct request *request_create(enum request_type type, const struct principal *principal, void *arg)
{
    struct request *r = calloc(1, sizeof *r);
    ENSURE(r);
    r->type = type;
    r->principal = *principal;
    r->arg = arg;
    return r;
}

void request_abandon(struct request *r)
{
    answer_fini(&r->answer);
    free(r);
}

void request_finish(struct request *r, int64_t revision)
{
    const struct err *err = r->err.code == ERR_OK ? NULL : &r->err;
    struct engine_reply reply = {
        .answer = &r->answer,
        .revision = r->applied ? revision : 0,
        .applied = r->applied,
        .repeated = r->repeated,
    };
    if (r->type == REQUEST_READ)
        r->ops->finish(r->arg, err);
    else
        r->done(r->arg, err ? NULL : &reply, err);
    if (r->type == REQUEST_COMMAND)
        record_destroy(command_type(r->command.kind), r->command.args);
    request_abandon(r);
}

void request_list_init(struct request_list *list)
{
    list->first = NULL;
    list->last = &list->first;
    list->n = 0;
}

void request_list_add(struct request_list *list, struct request *r)
{
    r->next = NULL;
    *list->last = r;
    list->last = &r->next;
    list->n++;
}

void request_list_move(struct request_list *to, struct request_list *from)
{
    if (!from->first)
        return;
    *to->last = from->first;
    to->last = from->last;
    to->n += from->n;
    request_list_init(from);
}

void request_list_finish(struct request_list *list, int64_t revision, const struct err *err)
{
    struct request *r = list->first;
    request_list_init(list);
    while (r) {
        struct request *next = r->next;
        if (err)
            r->err = *err;
        request_finish(r, revision);
        r = next;
    }
}
