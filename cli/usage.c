/*
 * Owns: the commands `usage`, `contribution add|list` and `request show`. Constant.
 */
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/i18n.h"

static const struct column usage_columns[] = {
    {.header = N_("INTERVAL"), .path = "id"},
    {.header = N_("LEASE"), .path = "lease"},
    {.header = N_("ORGANISATION"), .path = "organisation"},
    {.header = N_("PROJECT"), .path = "project"},
    {.header = N_("NODE"), .path = "node"},
    {.header = N_("MODEL"), .path = "model"},
    {.header = N_("GPUS"), .path = "units", .format = COLUMN_GPUS},
    {.header = N_("FROM"), .path = "from", .format = COLUMN_INSTANT},
    {.header = N_("TO"), .path = "to", .format = COLUMN_INSTANT},
    {.header = N_("CAUSE"), .path = "cause", .format = COLUMN_LABEL, .labels = "usage"},
    {.header = N_("ISOLATION"), .path = "isolation", .wide = true},
    {.header = N_("OPENS"), .path = "opens", .format = COLUMN_NUMBER, .wide = true},
    {.header = N_("DENIALS"), .path = "denials", .format = COLUMN_NUMBER, .wide = true},
    {.header = N_("RECEIVED"), .path = "received_at", .format = COLUMN_INSTANT, .wide = true},
    COLUMN_END,
};

static const struct column contribution_columns[] = {
    {.header = N_("CONTRIBUTION"), .path = "id"},
    {.header = N_("PROJECT"), .path = "project"},
    {.header = N_("ORGANISATION"), .path = "organisation"},
    {.header = N_("KIND"), .path = "kind", .format = COLUMN_LABEL},
    {.header = N_("AMOUNT (WON)"), .path = "krw", .format = COLUMN_WON},
    {.header = N_("DATE"), .path = "at", .format = COLUMN_INSTANT},
    {.header = N_("REFERENCE"), .path = "reference"},
    {.header = N_("RECORDED BY"), .path = "recorded_by", .wide = true},
    COLUMN_END,
};

static const struct column outcome_columns[] = {
    {.header = N_("NAME"), .path = "id"},
    {.header = N_("KIND"), .path = "kind", .format = COLUMN_LABEL, .labels = "kind"},
    {.header = N_("STATE"), .path = "state", .format = COLUMN_LABEL},
    {.header = N_("APPLIED"), .path = "applied"},
    {.header = N_("APPROVAL"), .path = "approval"},
    COLUMN_END,
};

static const struct view usage_view = {.rows = "items", .columns = usage_columns};
static const struct view contribution_view = {.rows = "items", .columns = contribution_columns};
static const struct view outcome_view = {.columns = outcome_columns, .card = true};

static const struct command_option usage_options[] = {
    {.name = "project", .type = OPTION_ID, .field = "?project", .help = N_("only of a project")},
    {.name = "organisation",
     .type = OPTION_ID,
     .field = "?organisation",
     .help = N_("only of an organisation")},
    {.name = "lease", .type = OPTION_ID, .field = "?lease", .help = N_("only of a lease")},
    {.name = "node", .type = OPTION_ID, .field = "?node", .help = N_("only of a node")},
    OPTION_END_ROW,
};

static const char *const kinds[] = {"cash", "labour", "tangible_asset", NULL};

static const struct command_option record_options[] = {
    {.name = "project",
     .letter = 'p',
     .type = OPTION_ID,
     .required = true,
     .field = "contribution.project",
     .help = N_("the project that is contributed to")},
    {.name = "organisation",
     .type = OPTION_ID,
     .required = true,
     .field = "contribution.organisation",
     .help = N_("the member that contributes")},
    {.name = "kind",
     .type = OPTION_CHOICE,
     .choices = kinds,
     .required = true,
     .field = "contribution.kind",
     .help = N_("what is contributed")},
    {.name = "amount",
     .type = OPTION_WON,
     .required = true,
     .field = "contribution.krw",
     .help = N_("its value in won")},
    {.name = "at",
     .type = OPTION_MOMENT,
     .required = true,
     .field = "contribution.at",
     .help = N_("when it was paid or rendered")},
    {.name = "reference",
     .type = OPTION_TEXT,
     .required = true,
     .field = "contribution.reference",
     .help = N_("the paper: transfer number, payroll, asset register")},
    {.name = "from",
     .type = OPTION_MOMENT,
     .field = "contribution.from",
     .help = N_("labour: the first day that was worked")},
    {.name = "to",
     .type = OPTION_UNTIL,
     .field = "contribution.to",
     .help = N_("labour: the last day that was worked")},
    OPTION_END_ROW,
};

static const struct command_option contribution_options[] = {
    {.name = "project", .type = OPTION_ID, .field = "?project", .help = N_("only of a project")},
    {.name = "organisation",
     .type = OPTION_ID,
     .field = "?organisation",
     .help = N_("only of an organisation")},
    OPTION_END_ROW,
};

static const struct command_option request_argument[] = {
    {.name = "request",
     .type = OPTION_ID,
     .required = true,
     .field = "request_id",
     .help = N_("the request id that the error named")},
    OPTION_END_ROW,
};

static const struct command_call usage_call = {
    .service = "UsageService", .method = "ListUsage", .kind = CALL_LIST, .watch = "usage"};
static const struct command_call record_call = {
    .service = "StatementService", .method = "RecordContribution", .kind = CALL_CHANGE};
static const struct command_call contribution_call = {.service = "StatementService",
                                                      .method = "ListContributions",
                                                      .kind = CALL_LIST,
                                                      .watch = "contribution"};
static const struct command_call outcome_call = {
    .service = "EventService", .method = "GetOutcome", .kind = CALL_GET};

const struct command usage_commands[] = {
    {.noun = "usage",
     .summary = N_("list metered use of GPUs"),
     .options = usage_options,
     .examples = (const char *const[]){"pumasi usage --project sovereign-lm",
                                       "pumasi usage --lease lease-12 -o csv", NULL},
     .view = &usage_view,
     .call = &usage_call,
     .exec = call_exec},
    {.noun = "contribution",
     .verb = "add",
     .summary = N_("record a co-funding payment"),
     .options = record_options,
     .examples = (const char *const[]){"pumasi contribution add -p sovereign-lm --organisation "
                                       "upstage --kind cash --amount 12,000,000 --at 2026-02-03 "
                                       "--reference TR-2026-0042",
                                       NULL},
     .call = &record_call,
     .exec = call_exec},
    {.noun = "contribution",
     .verb = "list",
     .summary = N_("list co-funding payments"),
     .options = contribution_options,
     .examples = (const char *const[]){"pumasi contribution list --project sovereign-lm", NULL},
     .view = &contribution_view,
     .call = &contribution_call,
     .exec = call_exec},
    {.noun = "request",
     .verb = "show",
     .summary = N_("look up what became of a request"),
     .arguments = request_argument,
     .examples = (const char *const[]){"pumasi request show r-0f2c4d", NULL},
     .view = &outcome_view,
     .call = &outcome_call,
     .exec = call_exec},
    COMMAND_END,
};
