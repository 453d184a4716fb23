/*
 * Owns: the command `budget show`. Constant.
 */
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/i18n.h"

static const struct column budget_columns[] = {
    {.header = N_("ALLOCATION"), .path = "allocation"},
    {.header = N_("PROJECT"), .path = "project"},
    {.header = N_("BUDGET (WON)"), .path = "budget_krw", .format = COLUMN_WON},
    {.header = N_("USED (WON)"), .path = "posted_krw", .format = COLUMN_WON},
    {.header = N_("HELD (WON)"), .path = "held_krw", .format = COLUMN_WON},
    {.header = N_("TO THE END (WON)"), .path = "to_end_krw", .format = COLUMN_WON},
    {.header = N_("LEFT (WON)"), .path = "left_krw", .format = COLUMN_WON},
    {.header = N_("PERCENT"), .path = "percent", .format = COLUMN_NUMBER},
    COLUMN_END,
};
static const struct view budget_view = {.columns = budget_columns, .card = true};

static const struct command_option allocation_argument[] = {
    {.name = "allocation",
     .type = OPTION_ID,
     .required = true,
     .field = "id",
     .help = N_("the allocation")},
    OPTION_END_ROW,
};

static const struct command_call show_call = {
    .service = "AllocationService", .method = "GetBudget", .kind = CALL_GET};

const struct command budget_commands[] = {
    {.noun = "budget",
     .verb = "show",
     .summary = N_("show what an allocation's budget has come to, and will"),
     .details =
         N_("What is booked is held until it is used, then posted, or set free. With -o json "
            "the members of the project that one may see stand in it one by one."),
     .arguments = allocation_argument,
     .examples = (const char *const[]){"pumasi budget show allocation-7", NULL},
     .view = &budget_view,
     .call = &show_call,
     .exec = call_exec},
    COMMAND_END,
};
