/*
 * Owns: the commands `allocation request|list|show`. Constant.
 */
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/i18n.h"

static const struct column allocation_columns[] = {
    {.header = N_("ALLOCATION"), .path = "id"},
    {.header = N_("STATE"), .path = "state", .format = COLUMN_LABEL},
    {.header = N_("PROJECT"), .path = "project"},
    {.header = N_("MODEL"), .path = "model"},
    {.header = N_("REQUESTED"), .path = "requested_units", .format = COLUMN_GPUS},
    {.header = N_("AWARDED"), .path = "awarded_units", .format = COLUMN_GPUS},
    {.header = N_("FROM"), .path = "from", .format = COLUMN_INSTANT},
    {.header = N_("TO"), .path = "to", .format = COLUMN_INSTANT},
    {.header = N_("BUDGET (WON)"), .path = "budget_krw", .format = COLUMN_WON},
    {.header = N_("USED (WON)"), .path = "posted_krw", .format = COLUMN_WON},
    {.header = N_("HELD (WON)"), .path = "held_krw", .format = COLUMN_WON, .wide = true},
    {.header = N_("RECOMMENDED"), .path = "recommended_units", .format = COLUMN_GPUS, .wide = true},
    {.header = N_("PROGRAMME"), .path = "programme", .wide = true},
    {.header = N_("PURPOSE"), .path = "purpose", .wide = true},
    {.header = N_("REQUESTED BY"), .path = "requested_by", .wide = true},
    {.header = N_("APPROVAL"), .path = "approval", .wide = true},
    COLUMN_END,
};

static const struct view list_view = {.rows = "items", .columns = allocation_columns};
static const struct view show_view = {.columns = allocation_columns, .card = true};

static const struct command_option request_options[] = {
    {.name = "project",
     .letter = 'p',
     .type = OPTION_ID,
     .required = true,
     .field = "project",
     .help = N_("the project that is to get the GPUs")},
    {.name = "model",
     .letter = 'm',
     .type = OPTION_TEXT,
     .required = true,
     .field = "model",
     .help = N_("GPU model as the programme's price list names it")},
    {.name = "gpus",
     .letter = 'g',
     .type = OPTION_GPUS,
     .required = true,
     .field = "units",
     .help = N_("number of GPUs")},
    {.name = "from",
     .type = OPTION_MOMENT,
     .required = true,
     .field = "from",
     .help = N_("first day or instant")},
    {.name = "to",
     .type = OPTION_UNTIL,
     .required = true,
     .field = "to",
     .help = N_("last day, or the instant of the end")},
    {.name = "budget",
     .type = OPTION_WON,
     .required = true,
     .field = "budget_krw",
     .help = N_("cap on the value of the GPU time")},
    {.name = "purpose", .type = OPTION_TEXT, .field = "purpose", .help = N_("what it is for")},
    OPTION_END_ROW,
};

static const struct command_option list_options[] = {
    {.name = "state", .type = OPTION_TEXT, .field = "?state", .help = N_("only those in a state")},
    {.name = "project", .type = OPTION_ID, .field = "?project", .help = N_("only of a project")},
    OPTION_END_ROW,
};

static const struct command_option one_argument[] = {
    {.name = "allocation",
     .type = OPTION_ID,
     .required = true,
     .field = "id",
     .help = N_("the allocation")},
    OPTION_END_ROW,
};

static const struct command_call request_call = {
    .service = "AllocationService", .method = "RequestAllocation", .kind = CALL_CHANGE};
static const struct command_call list_call = {.service = "AllocationService",
                                              .method = "ListAllocations",
                                              .kind = CALL_LIST,
                                              .watch = "allocation"};
static const struct command_call show_call = {
    .service = "AllocationService", .method = "GetAllocation", .kind = CALL_GET};

const struct command allocation_commands[] = {
    {.noun = "allocation",
     .verb = "request",
     .summary = N_("ask the agency for GPUs"),
     .options = request_options,
     .examples = (const char *const[]){"pumasi allocation request -p sovereign-lm -m B200 -g 256 "
                                       "--from 2026-02-01 --to 2026-09-09 --budget 17,402,880,000",
                                       NULL},
     .call = &request_call,
     .exec = call_exec},
    {.noun = "allocation",
     .verb = "list",
     .summary = N_("list allocations"),
     .options = list_options,
     .examples = (const char *const[]){"pumasi allocation list --project sovereign-lm", NULL},
     .view = &list_view,
     .call = &list_call,
     .exec = call_exec},
    {.noun = "allocation",
     .verb = "show",
     .summary = N_("show one allocation"),
     .arguments = one_argument,
     .examples = (const char *const[]){"pumasi allocation show allocation-7 -o json", NULL},
     .view = &show_view,
     .call = &show_call,
     .exec = call_exec},
    COMMAND_END,
};
