/*
 * Owns: nothing; runs the commands that are one call to the server. One thread.
 */
#include "cli/call.h"

#include "cli/cell.h"
#include "cli/client.h"
#include "cli/i18n.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "cli/request.h"
#include "cli/width.h"
#include "lib/base/won.h"

#define LINE_MAX_BYTES (64 << 10)

static const struct column change_columns[] = {
    {.header = N_("NAME"), .path = "id"},
    {.header = N_("KIND"), .path = "kind", .format = COLUMN_LABEL, .labels = "kind"},
    {.header = N_("STATE"), .path = "state", .format = COLUMN_LABEL},
    {.header = N_("APPLIED"), .path = "applied"},
    {.header = N_("APPROVAL"), .path = "approval"},
    {.header = N_("PLAN"), .path = "plan.hash", .format = COLUMN_HASH},
    {.header = N_("VALUE (WON)"), .path = "quote.value_krw", .format = COLUMN_WON},
    {.header = N_("CO-FUNDING (WON)"), .path = "quote.burden_krw", .format = COLUMN_WON},
    COLUMN_END,
};

static const struct view change_view = {.columns = change_columns};

static const char *text_at(const json_t *document, const char *path)
{
    const char *text = json_string_value(output_find(document, path));
    return text ? text : "";
}

static void print_lines(FILE *out, const char *title, const json_t *lines)
{
    if (json_array_size(lines) == 0)
        return;
    fprintf(out, "%s\n", title);
    size_t i;
    const json_t *line;
    json_array_foreach(lines, i, line)
    {
        CLEANUP_BUF struct buf clean;
        buf_init(&clean, LINE_MAX_BYTES);
        width_clean(&clean, text_at(line, "text"));
        fprintf(out, "  %s\n", clean.data);
    }
}

static void print_quote(FILE *out, const json_t *quote)
{
    char value[WON_TEXT_CAP], burden[WON_TEXT_CAP];
    if (!json_is_object(quote))
        return;
    won_format((struct won){json_integer_value(json_object_get(quote, "value_krw"))}, value);
    won_format((struct won){json_integer_value(json_object_get(quote, "burden_krw"))}, burden);
    fprintf(out, _("price: %s won, of which the organisation bears %s won"), value, burden);
    fputs(json_is_true(json_object_get(quote, "confirmed")) ? "\n" : _(" (rate not confirmed)\n"),
          out);
}

static void show(FILE *out, const char *format, const struct column *column, const json_t *value)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, LINE_MAX_BYTES);
    cell_show(&text, column, value);
    fputs(text.data, out);
    fputs(format, out);
}

/* "lease lease-12: booked" and what belongs to it. */
static void print_for_people(const struct invocation *inv, const json_t *reply)
{
    FILE *out = invocation_host(inv)->out;
    struct column kind = {.format = COLUMN_LABEL, .labels = "kind"};
    struct column state = {.format = COLUMN_LABEL, .labels = text_at(reply, "kind")};
    show(out, " ", &kind, json_object_get(reply, "kind"));
    show(out, ": ", &(struct column){.format = COLUMN_TEXT}, json_object_get(reply, "id"));
    show(out, "", &state, json_object_get(reply, "state"));
    fputs(invocation_flag(inv, "dry-run") ? _(" (dry run, nothing changed)\n") : "\n", out);
    print_lines(out, _("plan:"), output_find(reply, "plan.lines"));
    if (text_at(reply, "plan.hash")[0])
        fprintf(out, _("plan hash: %s\n"), text_at(reply, "plan.hash"));
    print_quote(out, json_object_get(reply, "quote"));
    print_lines(out, _("notes:"), json_object_get(reply, "notes"));
}

int call_print_change(struct invocation *inv, const json_t *reply, struct err *err)
{
    if (invocation_format(inv) == OUTPUT_TABLE)
        print_for_people(inv, reply);
    else
        TRY(output_print_view(inv, &change_view, reply, err));
    if (json_array_size(output_find(reply, "plan.lines")) > 0)
        invocation_set_plan_changes(inv);
    const char *approval = text_at(reply, "approval");
    if (!approval[0] || json_is_true(json_object_get(reply, "applied")) ||
        invocation_flag(inv, "dry-run"))
        return 0;
    invocation_advise(inv, _("follow it: pumasi approve show %s"), approval);
    return err_set(err, ERR_WAITING, _("%s %s waits for approval %s"), text_at(reply, "kind"),
                   text_at(reply, "id"), approval);
}

static int change_with(struct invocation *inv, struct client *client, const char *service,
                       const char *method, json_t *request, struct err *err)
{
    json_t *reply = NULL;
    TRY(client_change(client, service, method, request, &reply, err));
    json_object_set_new(reply, "request_id", json_string(invocation_request_id(inv)->text));
    int rc = call_print_change(inv, reply, err);
    json_decref(reply);
    return rc;
}

int call_change(struct invocation *inv, const char *service, const char *method, json_t *request,
                struct err *err)
{
    CLEANUP_CLIENT struct client *client = NULL;
    TRY(client_open(inv, &client, err));
    return change_with(inv, client, service, method, request, err);
}

static int get(struct invocation *inv, struct client *client, const struct command_call *call,
               const json_t *request, struct err *err)
{
    json_t *reply = NULL;
    TRY(client_call(client, call->service, call->method, request, &reply, err));
    int rc = output_print(inv, reply, err);
    json_decref(reply);
    return rc;
}

static int send(struct invocation *inv, json_t *request, struct err *err)
{
    const struct command_call *call = invocation_command(inv)->call;
    CLEANUP_CLIENT struct client *client = NULL;
    TRY(client_open(inv, &client, err));
    switch (call->kind) {
    case CALL_GET:
        return get(inv, client, call, request, err);
    case CALL_LIST:
        return listing_run(inv, client, request, err);
    case CALL_CHANGE:
        break;
    }
    return change_with(inv, client, call->service, call->method, request, err);
}

int call_exec(struct invocation *inv, struct err *err)
{
    ENSURE(invocation_command(inv)->call);
    json_t *request = request_build(inv);
    int rc = send(inv, request, err);
    json_decref(request);
    return rc;
}
