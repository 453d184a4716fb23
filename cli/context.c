/*
 * Owns: the commands `context list|use|show`. One thread.
 */
#include "cli/commands.h"
#include "cli/context_store.h"
#include "cli/i18n.h"
#include "cli/output.h"

static const struct column context_columns[] = {
    {.header = N_("NAME"), .path = "name"},
    {.header = N_("IN USE"), .path = "current", .format = COLUMN_TEXT},
    {.header = N_("ORGANISATION"), .path = "organisation"},
    {.header = N_("USER"), .path = "user"},
    {.header = N_("SERVERS"), .path = "servers"},
    {.header = N_("DIRECTORY"), .path = "directory", .wide = true},
    COLUMN_END,
};

static const struct view list_view = {.rows = "items", .columns = context_columns};
static const struct view show_view = {.columns = context_columns, .card = true};

static json_t *context_json(const struct context *c, const struct id *current)
{
    json_t *o = json_pack("{s:s, s:b, s:s, s:s, s:s, s:s}", "name", c->name.text, "current",
                          id_equal(&c->name, current), "organisation", c->organisation.text, "user",
                          c->user.text, "servers", c->servers, "directory", c->directory);
    ENSURE(o);
    return o;
}

struct listing {
    json_t *items;
    struct id current;
};

static void add_context(void *arg, const struct context *c)
{
    struct listing *l = arg;
    json_array_append_new(l->items, context_json(c, &l->current));
}

/* No context in use is no failure here. */
static struct id current_or_none(const struct invocation *inv)
{
    struct id current = ID_NONE;
    if (context_current(invocation_host(inv), invocation_text(inv, "context"), &current, NULL) < 0)
        return ID_NONE;
    return current;
}

static int list_exec(struct invocation *inv, struct err *err)
{
    struct listing l = {.items = json_array(), .current = current_or_none(inv)};
    json_t *document = json_pack("{s:o}", "items", l.items);
    ENSURE(document);
    int rc = context_each(invocation_host(inv), add_context, &l, err);
    if (rc == 0)
        rc = output_print(inv, document, err);
    json_decref(document);
    return rc;
}

static int use_exec(struct invocation *inv, struct err *err)
{
    struct id name;
    TRY(id_parse(span_text(invocation_text(inv, "name")), _("context"), &name, err));
    TRY(context_use(invocation_host(inv), &name, err));
    invocation_say(inv, _("context %s is in use now"), name.text);
    return 0;
}

static int show_exec(struct invocation *inv, struct err *err)
{
    const char *chosen = invocation_text(inv, "name");
    struct id name;
    struct context context;
    if (!chosen)
        chosen = invocation_text(inv, "context");
    TRY(context_current(invocation_host(inv), chosen, &name, err));
    TRY(context_load(invocation_host(inv), &name, &context, err));
    struct id current = current_or_none(inv);
    json_t *document = context_json(&context, &current);
    int rc = output_print(inv, document, err);
    json_decref(document);
    return rc;
}

static const struct command_option use_arguments[] = {
    {.name = "name", .type = OPTION_ID, .required = true, .help = N_("name of the context")},
    OPTION_END_ROW,
};

static const struct command_option show_arguments[] = {
    {.name = "name",
     .type = OPTION_ID,
     .help = N_("name of the context; without it the one in use")},
    OPTION_END_ROW,
};

const struct command context_commands[] = {
    {.noun = "context",
     .verb = "list",
     .summary = N_("list the stored sign-ins"),
     .examples = (const char *const[]){"pumasi context list", NULL},
     .view = &list_view,
     .exec = list_exec},
    {.noun = "context",
     .verb = "use",
     .summary = N_("choose the sign-in to use"),
     .arguments = use_arguments,
     .examples = (const char *const[]){"pumasi context use nipa-admin", NULL},
     .exec = use_exec},
    {.noun = "context",
     .verb = "show",
     .summary = N_("show one stored sign-in"),
     .arguments = show_arguments,
     .examples =
         (const char *const[]){"pumasi context show", "pumasi context show skt -o json", NULL},
     .view = &show_view,
     .exec = show_exec},
    COMMAND_END,
};
