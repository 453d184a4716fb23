/*
 * Owns: the commands `stage decide|object|answer|settle|list|show`. Constant.
 */
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/i18n.h"

static const struct column decision_columns[] = {
    {.header = N_("DECISION"), .path = "id"},
    {.header = N_("STATE"), .path = "state", .format = COLUMN_LABEL, .labels = "stage"},
    {.header = N_("PROJECT"), .path = "project"},
    {.header = N_("STAGE"), .path = "stage"},
    {.header = N_("VERDICT"), .path = "verdict", .format = COLUMN_LABEL, .labels = "stage"},
    {.header = N_("TAKES EFFECT"), .path = "effective_at", .format = COLUMN_INSTANT},
    {.header = N_("OBJECTIONS UNTIL"), .path = "objections_until", .format = COLUMN_INSTANT},
    {.header = N_("OBJECTION"), .path = "objection", .wide = true},
    {.header = N_("ANSWER"), .path = "answer", .wide = true},
    {.header = N_("REASON"), .path = "reason", .wide = true},
    {.header = N_("PAPER"), .path = "paper", .wide = true},
    {.header = N_("APPROVAL"), .path = "approval", .wide = true},
    {.header = N_("DONE"), .path = "done_at", .format = COLUMN_INSTANT, .wide = true},
    COLUMN_END,
};
static const struct view list_view = {.rows = "items", .columns = decision_columns};
static const struct view show_view = {.columns = decision_columns, .card = true};

static const char *const verdicts[] = {"pass", "eliminate", NULL};

#define STAGE_OPTION                                                                               \
    {                                                                                              \
        .name = "stage", .type = OPTION_ID, .required = true, .field = "stage",                    \
        .help = N_("one of its stages")                                                            \
    }
#define PAPER_OPTION                                                                               \
    {                                                                                              \
        .name = "paper", .type = OPTION_TEXT, .field = "paper", .help = N_("document number")      \
    }

static const struct command_option project_argument[] = {
    {.name = "project",
     .type = OPTION_ID,
     .required = true,
     .field = "project",
     .help = N_("the project")},
    OPTION_END_ROW,
};
static const struct command_option decision_argument[] = {
    {.name = "decision",
     .type = OPTION_ID,
     .required = true,
     .field = "id",
     .help = N_("the stage decision")},
    OPTION_END_ROW,
};

static const struct command_option decide_options[] = {
    STAGE_OPTION,
    {.name = "verdict",
     .type = OPTION_CHOICE,
     .choices = verdicts,
     .required = true,
     .field = "verdict",
     .help = N_("what becomes of the team")},
    {.name = "at",
     .type = OPTION_MOMENT,
     .required = true,
     .field = "effective_at",
     .help = N_("when it takes effect, after the objection window")},
    {.name = "reason",
     .type = OPTION_TEXT,
     .required = true,
     .field = "reason",
     .help = N_("why, for the record")},
    PAPER_OPTION,
    OPTION_END_ROW,
};
static const struct command_option reason_options[] = {
    {.name = "reason",
     .type = OPTION_TEXT,
     .required = true,
     .field = "reason",
     .help = N_("why, for the record")},
    OPTION_END_ROW,
};
static const struct command_option answer_options[] = {
    {.name = "uphold",
     .type = OPTION_FLAG,
     .field = "upheld",
     .help = N_("the decision falls; without it the objection is dismissed")},
    {.name = "reason",
     .type = OPTION_TEXT,
     .required = true,
     .field = "reason",
     .help = N_("why, for the record")},
    OPTION_END_ROW,
};
static const struct command_option settle_options[] = {STAGE_OPTION, PAPER_OPTION, OPTION_END_ROW};
static const struct command_option list_options[] = {
    {.name = "state", .type = OPTION_TEXT, .field = "?state", .help = N_("only those in a state")},
    {.name = "project", .type = OPTION_ID, .field = "?project", .help = N_("only of a project")},
    OPTION_END_ROW,
};

static const struct command_call decide_call = {
    .service = "StageService", .method = "DecideStage", .kind = CALL_CHANGE};
static const struct command_call object_call = {
    .service = "StageService", .method = "ObjectStage", .kind = CALL_CHANGE};
static const struct command_call answer_call = {
    .service = "StageService", .method = "AnswerObjection", .kind = CALL_CHANGE};
static const struct command_call settle_call = {
    .service = "StageService", .method = "SettleStage", .kind = CALL_CHANGE};
static const struct command_call list_call = {.service = "StageService",
                                              .method = "ListStageDecisions",
                                              .kind = CALL_LIST,
                                              .watch = "stage-decision"};
static const struct command_call show_call = {
    .service = "StageService", .method = "GetStageDecision", .kind = CALL_GET};

const struct command stage_commands[] = {
    {.noun = "stage",
     .verb = "decide",
     .summary = N_("decide whether a team passes a stage or is eliminated"),
     .details = N_("It is approved first and then known to the team, which may object. When it "
                   "takes effect, all of an eliminated team's leases, loans and allocations end in "
                   "one act, and loans proposed with --after begin in it."),
     .arguments = project_argument,
     .options = decide_options,
     .examples =
         (const char *const[]){"pumasi stage decide alpha --stage s1 --verdict eliminate --at "
                               "2026-01-30 --reason 'lowest score' --paper NIPA-2026-11",
                               NULL},
     .call = &decide_call,
     .exec = call_exec},
    {.noun = "stage",
     .verb = "object",
     .summary = N_("object to a stage decision, as a member of the team"),
     .arguments = decision_argument,
     .options = reason_options,
     .examples =
         (const char *const[]){"pumasi stage object decision-9 --reason 'wrong data'", NULL},
     .call = &object_call,
     .exec = call_exec},
    {.noun = "stage",
     .verb = "answer",
     .summary = N_("dismiss or uphold an objection"),
     .arguments = decision_argument,
     .options = answer_options,
     .examples =
         (const char *const[]){"pumasi stage answer decision-9 --reason 'data was right'",
                               "pumasi stage answer decision-9 --uphold --reason 'it was'", NULL},
     .call = &answer_call,
     .exec = call_exec},
    {.noun = "stage",
     .verb = "settle",
     .summary = N_("close a stage whose statement is accepted"),
     .arguments = project_argument,
     .options = settle_options,
     .examples =
         (const char *const[]){"pumasi stage settle alpha --stage s1 --paper NIPA-2026-31", NULL},
     .call = &settle_call,
     .exec = call_exec},
    {.noun = "stage",
     .verb = "list",
     .summary = N_("list stage decisions"),
     .options = list_options,
     .examples = (const char *const[]){"pumasi stage list --project alpha", NULL},
     .view = &list_view,
     .call = &list_call,
     .exec = call_exec},
    {.noun = "stage",
     .verb = "show",
     .summary = N_("show one stage decision"),
     .arguments = decision_argument,
     .examples = (const char *const[]){"pumasi stage show decision-9", NULL},
     .view = &show_view,
     .call = &show_call,
     .exec = call_exec},
    COMMAND_END,
};
