/*
 * Owns: the commands `lease book|explain|extend|cancel|release|list|show` and `waitlist`. One
 * thread.
 */
#include "cli/call.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/output.h"
#include "cli/request.h"
#include "lib/base/instant.h"
#include "lib/base/limits.h"

static const struct column lease_columns[] = {
    {.header = N_("LEASE"), .path = "id"},
    {.header = N_("STATE"), .path = "state", .format = COLUMN_LABEL, .labels = "lease"},
    {.header = N_("ORGANISATION"), .path = "organisation"},
    {.header = N_("PROJECT"), .path = "project"},
    {.header = N_("MODEL"), .path = "model"},
    {.header = N_("GPUS"), .path = "gpus", .format = COLUMN_NUMBER},
    {.header = N_("SHARE"), .path = "units_per_gpu", .format = COLUMN_GPUS},
    {.header = N_("FROM"), .path = "from", .format = COLUMN_INSTANT},
    {.header = N_("TO"), .path = "ends_at", .format = COLUMN_INSTANT},
    {.header = N_("NODE"), .path = "placements[0].node"},
    {.header = N_("NODES"), .path = "placements", .format = COLUMN_COUNT, .wide = true},
    {.header = N_("CLASS"),
     .path = "service_class",
     .format = COLUMN_LABEL,
     .labels = "lease",
     .wide = true},
    {.header = N_("ISOLATION"), .path = "isolation", .wide = true},
    {.header = N_("PRIORITY"), .path = "priority", .format = COLUMN_NUMBER, .wide = true},
    {.header = N_("ALLOCATION"), .path = "allocation", .wide = true},
    {.header = N_("LOAN"), .path = "loan", .wide = true},
    {.header = N_("BOOKED TO"), .path = "to", .format = COLUMN_INSTANT, .wide = true},
    {.header = N_("END REASON"),
     .path = "end_reason",
     .format = COLUMN_LABEL,
     .labels = "lease",
     .wide = true},
    {.header = N_("HELD (WON)"), .path = "held_krw", .format = COLUMN_WON, .wide = true},
    {.header = N_("BOOKED BY"), .path = "booked_by", .wide = true},
    COLUMN_END,
};

static const struct column waiting_columns[] = {
    {.header = N_("LEASE"), .path = "id"},
    {.header = N_("ORGANISATION"), .path = "organisation"},
    {.header = N_("PROJECT"), .path = "project"},
    {.header = N_("MODEL"), .path = "model"},
    {.header = N_("GPUS"), .path = "gpus", .format = COLUMN_NUMBER},
    {.header = N_("CLASS"), .path = "service_class", .format = COLUMN_LABEL, .labels = "lease"},
    {.header = N_("PRIORITY"), .path = "priority", .format = COLUMN_NUMBER},
    {.header = N_("SINCE"), .path = "created_at", .format = COLUMN_INSTANT},
    {.header = N_("UNTIL"), .path = "waiting[0].until", .format = COLUMN_INSTANT},
    {.header = N_("NEXT TRY"), .path = "waiting[0].next_try", .format = COLUMN_INSTANT},
    {.header = N_("WAITS FOR"), .path = "waiting[0].reason"},
    COLUMN_END,
};
static const struct view waiting_view = {.rows = "items", .columns = waiting_columns};

static const struct column explain_columns[] = {
    {.header = N_("FITS"), .path = "fits", .format = COLUMN_LABEL, .labels = "yes-no"},
    {.header = N_("WHY NOT"), .path = "why"},
    {.header = N_("FROM"), .path = "from", .format = COLUMN_INSTANT},
    {.header = N_("TO"), .path = "to", .format = COLUMN_INSTANT},
    {.header = N_("LOAN"), .path = "loan"},
    {.header = N_("NODES"), .path = "nodes", .format = COLUMN_NUMBER},
    {.header = N_("ORGANISATION"), .path = "quote.organisation"},
    {.header = N_("PRICE (WON)"), .path = "quote.value_krw", .format = COLUMN_WON},
    {.header = N_("BURDEN (WON)"), .path = "quote.burden_krw", .format = COLUMN_WON},
    {.header = N_("WAITING"), .path = "waiting", .format = COLUMN_NUMBER},
    COLUMN_END,
};
static const struct view explain_view = {.columns = explain_columns, .card = true};

static const struct view list_view = {.rows = "items", .columns = lease_columns};
static const struct view show_view = {.columns = lease_columns, .card = true};

static const char *const isolations[] = {"whole", "mig", "dmem", "mps", "timeslice", NULL};
static const char *const classes[] = {"committed", "opportunistic", NULL};

#define BOOKING_OPTIONS                                                                            \
    {.name = "allocation",                                                                         \
     .letter = 'a',                                                                                \
     .type = OPTION_ID,                                                                            \
     .required = true,                                                                             \
     .field = "allocation",                                                                        \
     .help = N_("the allocation to book from")},                                                   \
        {.name = "gpus",                                                                           \
         .letter = 'g',                                                                            \
         .type = OPTION_INT,                                                                       \
         .required = true,                                                                         \
         .field = "gpus",                                                                          \
         .help = N_("number of GPUs")},                                                            \
        {.name = "share",                                                                          \
         .type = OPTION_GPUS,                                                                      \
         .metavar = "PART",                                                                        \
         .field = "units_per_gpu",                                                                 \
         .help = N_("part of each GPU, 1/8 or 0.25; without it whole GPUs")},                      \
        {.name = "from",                                                                           \
         .type = OPTION_MOMENT,                                                                    \
         .field = "from",                                                                          \
         .help = N_("start: a Korean date, an instant, now or +2h; without it now")},              \
        {.name = "to",                                                                             \
         .type = OPTION_UNTIL,                                                                     \
         .field = "to",                                                                            \
         .help = N_("end: a Korean date (that day included) or an instant")},                      \
        {.name = "for",                                                                            \
         .type = OPTION_DURATION,                                                                  \
         .field = "length_s",                                                                      \
         .help = N_("length instead of an end: 90m, 24h, 7d")},                                    \
        {.name = "organisation",                                                                   \
         .type = OPTION_ID,                                                                        \
         .field = "organisation",                                                                  \
         .help = N_("the member that uses and pays; without it one's own")},                       \
        {.name = "isolation",                                                                      \
         .type = OPTION_CHOICE,                                                                    \
         .choices = isolations,                                                                    \
         .field = "isolation",                                                                     \
         .help = N_("how a part of a GPU is kept apart")},                                         \
        {.name = "class",                                                                          \
         .type = OPTION_CHOICE,                                                                    \
         .choices = classes,                                                                       \
         .field = "service_class",                                                                 \
         .help = N_("opportunistic leases cost the same and are stopped first")},                  \
        {.name = "priority",                                                                       \
         .type = OPTION_INT,                                                                       \
         .field = "priority",                                                                      \
         .help = N_("leases of higher priority are recalled later")},                              \
        {.name = "uid",                                                                            \
         .type = OPTION_INT,                                                                       \
         .repeatable = true,                                                                       \
         .field = "uids[].uid",                                                                    \
         .help = N_("a user id on the node that may join the lease")},                             \
    {                                                                                              \
        .name = "one-node", .type = OPTION_FLAG, .field = "one_node",                              \
        .help = N_("all GPUs on one node")                                                         \
    }

static const struct command_option explain_options[] = {BOOKING_OPTIONS, OPTION_END_ROW};

static const struct command_option book_options[] = {
    BOOKING_OPTIONS,
    {.name = "wait",
     .type = OPTION_FLAG,
     .field = "wait",
     .help = N_("where it can't begin: stand on the waiting list until it can")},
    {.name = "count",
     .type = OPTION_INT,
     .metavar = "N",
     .help = N_("so many leases of this shape in one call, each booked or refused for itself")},
    OPTION_END_ROW,
};

static const struct command_call book_call = {
    .service = "LeaseService", .method = "BookLease", .kind = CALL_CHANGE};

static int check_end(const struct invocation *inv, struct err *err)
{
    if (invocation_given(inv, "to") == invocation_given(inv, "for"))
        return err_set(err, ERR_INVALID, "%s", _("give either --to or --for"));
    return 0;
}

static const struct column many_columns[] = {
    {.header = N_("LEASE"), .path = "reply.id"},
    {.header = N_("STATE"), .path = "reply.state", .format = COLUMN_LABEL, .labels = "lease"},
    {.header = N_("VALUE (WON)"), .path = "reply.quote.value_krw", .format = COLUMN_WON},
    {.header = N_("ERROR"), .path = "error"},
    {.header = N_("MESSAGE"), .path = "message"},
    COLUMN_END,
};

static const struct view many_view = {.rows = "items", .columns = many_columns};

/* The first refusal stands for all: they were asked for alike. */
static int count_refused(const json_t *items, struct err *err)
{
    size_t i, refused = 0;
    const json_t *item, *first = NULL;
    json_array_foreach(items, i, item)
    {
        bool failed = !json_is_object(json_object_get(item, "reply"));
        refused += failed;
        first = failed && !first ? item : first;
    }
    if (refused == 0)
        return 0;
    const char *code = json_string_value(json_object_get(first, "error"));
    const char *text = json_string_value(json_object_get(first, "message"));
    return err_set(err, err_from_name(code ? code : ""), _("%zu of %zu leases were refused: %s"),
                   refused, i, text ? text : "");
}

/* Exit status and text are those of a refusal if there is one; what was booked is printed first. */
static int book_many(struct invocation *inv, const json_t *shape, struct err *err)
{
    CLEANUP_CLIENT struct client *client = NULL;
    json_t *reply = NULL;
    int64_t count = invocation_number(inv, "count");
    if (count < 1 || count > LIMIT_BATCH_ITEMS)
        return err_set(err, ERR_INVALID, _("--count: from 1 to %d"), LIMIT_BATCH_ITEMS);
    TRY(client_open(inv, &client, err));
    json_t *items = json_array();
    for (int64_t i = 0; i < count; i++)
        json_array_append(items, (json_t *)shape);
    json_t *request = json_pack("{s:o}", "items", items);
    ENSURE(request);
    int rc = client_change(client, book_call.service, "BookLeases", request, &reply, err);
    json_decref(request);
    TRY(rc);
    rc = output_print_view(inv, &many_view, reply, err);
    if (rc == 0)
        rc = count_refused(json_object_get(reply, "items"), err);
    json_decref(reply);
    return rc;
}

static int book_exec(struct invocation *inv, struct err *err)
{
    TRY(check_end(inv, err));
    json_t *request = request_build(inv);
    int rc = invocation_given(inv, "count")
                 ? book_many(inv, request, err)
                 : call_change(inv, book_call.service, book_call.method, request, err);
    json_decref(request);
    return rc;
}

static const struct command_call explain_call = {
    .service = "LeaseService", .method = "ExplainLease", .kind = CALL_GET};

static int explain_exec(struct invocation *inv, struct err *err)
{
    TRY(check_end(inv, err));
    return call_exec(inv, err);
}

static const struct command_option waitlist_options[] = {
    {.name = "state",
     .type = OPTION_CHOICE,
     .choices = (const char *const[]){"requested", NULL},
     .fallback = "requested",
     .field = "?state",
     .help = N_("those that wait are requested")},
    {.name = "project", .type = OPTION_ID, .field = "?project", .help = N_("only of a project")},
    {.name = "model",
     .letter = 'm',
     .type = OPTION_TEXT,
     .field = "?model",
     .help = N_("only for a GPU model")},
    OPTION_END_ROW,
};

static const struct command_option extend_options[] = {
    {.name = "to",
     .type = OPTION_UNTIL,
     .required = true,
     .field = "to",
     .help = N_("the new end: a Korean date (that day included) or an instant")},
    OPTION_END_ROW,
};

static const struct command_option list_options[] = {
    {.name = "state", .type = OPTION_TEXT, .field = "?state", .help = N_("only those in a state")},
    {.name = "project", .type = OPTION_ID, .field = "?project", .help = N_("only of a project")},
    {.name = "organisation",
     .type = OPTION_ID,
     .field = "?organisation",
     .help = N_("only of an organisation")},
    {.name = "allocation",
     .type = OPTION_ID,
     .field = "?allocation",
     .help = N_("only of an allocation")},
    OPTION_END_ROW,
};

static const struct command_option one_argument[] = {
    {.name = "lease", .type = OPTION_ID, .required = true, .field = "id", .help = N_("the lease")},
    OPTION_END_ROW,
};

static const struct command_call list_call = {
    .service = "LeaseService", .method = "ListLeases", .kind = CALL_LIST, .watch = "lease"};
static const struct command_call show_call = {
    .service = "LeaseService", .method = "GetLease", .kind = CALL_GET};
static const struct command_call release_call = {
    .service = "LeaseService", .method = "ReleaseLease", .kind = CALL_CHANGE};

static const struct command_call extend_call = {
    .service = "LeaseService", .method = "ExtendLease", .kind = CALL_CHANGE};
static const struct command_call cancel_call = {
    .service = "LeaseService", .method = "CancelLease", .kind = CALL_CHANGE};

const struct command lease_commands[] = {
    {.noun = "lease",
     .verb = "book",
     .summary = N_("book GPUs for a time"),
     .details = N_("The price is shown before anything is booked with --dry-run; it comes from the "
                   "function that later bills."),
     .options = book_options,
     .examples =
         (const char *const[]){"pumasi lease book -a allocation-7 -g 8 --to 2026-03-31 --dry-run",
                               "pumasi lease book -a allocation-7 -g 8 --from +1h --for 24h",
                               "pumasi lease book -a allocation-7 -g 1 --share 1/8 --for 4h",
                               "pumasi lease book -a allocation-7 -g 1 --for 4h --count 20",
                               "pumasi lease book -a allocation-7 -g 16 --for 24h --wait", NULL},
     .call = &book_call,
     .exec = book_exec},
    {.noun = "lease",
     .verb = "explain",
     .summary = N_("say whether a lease could be booked, why not, when, and what it costs"),
     .details =
         N_("Answered by the function that books and the one that bills. Nothing is booked."),
     .options = explain_options,
     .examples =
         (const char *const[]){"pumasi lease explain -a allocation-7 -g 64 --for 24h", NULL},
     .view = &explain_view,
     .call = &explain_call,
     .exec = explain_exec},
    {.noun = "lease",
     .verb = "extend",
     .summary = N_("let a lease end later"),
     .arguments = one_argument,
     .options = extend_options,
     .examples = (const char *const[]){"pumasi lease extend lease-12 --to 2026-04-30", NULL},
     .call = &extend_call,
     .exec = call_exec},
    {.noun = "lease",
     .verb = "cancel",
     .summary = N_("give up a lease that has not begun"),
     .arguments = one_argument,
     .examples = (const char *const[]){"pumasi lease cancel lease-12", NULL},
     .call = &cancel_call,
     .exec = call_exec},
    {.noun = "lease",
     .verb = "list",
     .summary = N_("list leases"),
     .options = list_options,
     .examples = (const char *const[]){"pumasi lease list --state active",
                                       "pumasi lease list --watch", NULL},
     .view = &list_view,
     .call = &list_call,
     .exec = call_exec},
    {.noun = "lease",
     .verb = "show",
     .summary = N_("show one lease"),
     .arguments = one_argument,
     .examples = (const char *const[]){"pumasi lease show lease-12", NULL},
     .view = &show_view,
     .call = &show_call,
     .exec = call_exec},
    {.noun = "lease",
     .verb = "release",
     .summary = N_("give a lease back before its end"),
     .arguments = one_argument,
     .examples = (const char *const[]){"pumasi lease release lease-12", NULL},
     .call = &release_call,
     .exec = call_exec},
    {.noun = "waitlist",
     .summary = N_("list leases that wait for GPUs, and why"),
     .details = N_("Served the moment capacity frees: committed before opportunistic, higher "
                   "priority first, then who came first."),
     .options = waitlist_options,
     .examples = (const char *const[]){"pumasi waitlist", "pumasi waitlist -m B200 --watch", NULL},
     .view = &waiting_view,
     .call = &list_call,
     .exec = call_exec},
    COMMAND_END,
};
