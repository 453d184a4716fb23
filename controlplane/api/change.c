/* Commands: from request message to record, and from answer to reply message. */
#include "controlplane/api/change.h"

#include "lib/wire/wire.h"

#include <stdlib.h>

void change_submit(struct api *api, const struct principal *principal, enum command_kind kind,
                   void *args, engine_done_fn done, void *arg)
{
    struct err err = ERR_INIT;
    struct engine_command command = {.kind = kind, .args = args, .principal = *principal};
    if (engine_submit(api->options.engine, &command, done, arg, &err) < 0) {
        record_destroy(command_type(kind), args);
        done(arg, NULL, &err);
    }
}

static int plan_fill(const struct plan *from, struct arena *arena, Pumasi__V1__ChangeReply *ret,
                     struct err *err)
{
    ret->plan = (Pumasi__V1__Plan *)wire_message_from_record(&plan_type, from,
                                                             &pumasi__v1__plan__descriptor, arena);
    return ret->plan ? 0 : err_set(err, ERR_LIMIT, "the reply is too large");
}

int change_quote_fill(const struct quote *from, struct arena *arena, Pumasi__V1__Quote **ret,
                      struct err *err)
{
    char exact[FRAC_TEXT_CAP];
    Pumasi__V1__Quote *quote = arena_alloc(arena, sizeof *quote);
    char *text = arena_text(arena, span_text(frac_format(from->value_exact, exact)));
    char *organisation = arena_text(arena, span_text(from->organisation.text));
    if (!quote || !text || !organisation)
        return err_set(err, ERR_LIMIT, "the reply is too large");
    pumasi__v1__quote__init(quote);
    quote->organisation = organisation;
    quote->value_exact = text;
    quote->value_krw = from->value_krw.krw;
    quote->burden_krw = from->burden_krw.krw;
    quote->confirmed = from->confirmed;
    *ret = quote;
    return 0;
}

static int notes_fill(const struct list *from, struct arena *arena, Pumasi__V1__ChangeReply *ret,
                      struct err *err)
{
    Pumasi__V1__PlanLine **notes = arena_array(arena, from->n + 1, sizeof *notes);
    if (!notes)
        return err_set(err, ERR_LIMIT, "the reply is too large");
    ret->notes = notes;
    LIST_EACH(const struct plan_line, line, from)
    {
        Pumasi__V1__PlanLine *note = arena_alloc(arena, sizeof *note);
        if (!note)
            return err_set(err, ERR_LIMIT, "the reply is too large");
        pumasi__v1__plan_line__init(note);
        note->text = (char *)line->text;
        notes[ret->n_notes++] = note;
    }
    return 0;
}

int change_reply_fill(const struct engine_reply *from, struct arena *arena,
                      Pumasi__V1__ChangeReply *ret, struct err *err)
{
    const struct answer *answer = from->answer;
    pumasi__v1__change_reply__init(ret);
    ret->kind = (char *)entity_name(answer->kind);
    ret->id = (char *)answer->id.text;
    ret->state = (char *)answer->state.text;
    ret->approval = (char *)answer->approval.text;
    ret->applied = from->applied && id_is_none(&answer->approval);
    ret->revision = from->revision;
    if (answer->has_plan)
        TRY(plan_fill(&answer->plan, arena, ret, err));
    if (answer->has_quote)
        TRY(change_quote_fill(&answer->quote, arena, &ret->quote, err));
    return notes_fill(&answer->notes, arena, ret, err);
}

static bool keep(char **text, struct arena *arena)
{
    *text = arena_text(arena, span_text(*text));
    return *text != NULL;
}

int change_reply_keep(Pumasi__V1__ChangeReply *reply, struct arena *arena, struct err *err)
{
    bool kept = keep(&reply->id, arena) && keep(&reply->state, arena) &&
                keep(&reply->approval, arena) &&
                (!reply->quote || keep(&reply->quote->organisation, arena));
    for (size_t i = 0; kept && i < reply->n_notes; i++)
        kept = keep(&reply->notes[i]->text, arena);
    return kept ? 0 : err_set(err, ERR_LIMIT, "the reply is too large");
}

void change_unfit(const struct engine_reply *reply, struct err *ret)
{
    if (reply->applied)
        (void)err_set(ret, ERR_UNKNOWN_OUTCOME,
                      "the change is made, but the request leaves no room for its answer");
    else
        (void)err_set(ret, ERR_LIMIT, "the request leaves no room for an answer");
}

void change_answer_unfit(struct rpc_call *call, const struct engine_reply *reply)
{
    struct err err = ERR_INIT;
    change_unfit(reply, &err);
    rpc_call_fail(call, &err);
}

void change_answer(void *arg, const struct engine_reply *reply, const struct err *err)
{
    struct rpc_call *call = arg;
    struct err own = ERR_INIT;
    Pumasi__V1__ChangeReply message;
    if (err) {
        rpc_call_fail(call, err);
        return;
    }
    if (change_reply_fill(reply, rpc_call_arena(call), &message, &own) < 0) {
        change_answer_unfit(call, reply);
        return;
    }
    rpc_call_reply(call, &message.base);
}

void change_handle(struct api *api, struct rpc_call *call, const struct api_method *method,
                   const ProtobufCMessage *request)
{
    const struct record_type *type = command_type(method->command);
    struct principal principal;
    struct err err = ERR_INIT;
    if (api_principal(api, call, &principal) < 0)
        return;
    void *args = calloc(1, type->size);
    ENSURE(args);
    if (wire_refuse_unknown(request, &err) < 0 ||
        wire_record_from_message(type, request, args, &err) < 0) {
        free(args);
        rpc_call_fail(call, &err);
        return;
    }
    change_submit(api, &principal, method->command, args, change_answer, call);
}
