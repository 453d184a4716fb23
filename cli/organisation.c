/*
 * Owns: the commands `organisation|programme|project list|show`. Constant.
 */
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/i18n.h"

static const struct column organisation_columns[] = {
    {.header = N_("ORGANISATION"), .path = "id"},
    {.header = N_("KOREAN NAME"), .path = "name_ko"},
    {.header = N_("SIZE"), .path = "sizes[0].size", .format = COLUMN_LABEL},
    {.header = N_("SIZE SINCE"), .path = "sizes[0].from", .format = COLUMN_INSTANT, .wide = true},
    {.header = N_("SUPPLIER"), .path = "supplier"},
    {.header = N_("AGENCY"), .path = "agency"},
    {.header = N_("ENGLISH NAME"), .path = "name_en", .wide = true},
    {.header = N_("LABS"), .path = "labs", .format = COLUMN_COUNT, .wide = true},
    COLUMN_END,
};

static const struct column programme_columns[] = {
    {.header = N_("PROGRAMME"), .path = "id"},
    {.header = N_("KOREAN NAME"), .path = "name_ko"},
    {.header = N_("FROM"), .path = "from", .format = COLUMN_INSTANT},
    {.header = N_("TO"), .path = "to", .format = COLUMN_INSTANT},
    {.header = N_("PART-MONTH RULE"), .path = "policy.part_month"},
    {.header = N_("PRICES"), .path = "policy.prices", .format = COLUMN_COUNT},
    {.header = N_("RATES"), .path = "policy.rates", .format = COLUMN_COUNT},
    {.header = N_("ENGLISH NAME"), .path = "name_en", .wide = true},
    {.header = N_("RECLAIM TIME"), .path = "reclaim_s", .format = COLUMN_DURATION, .wide = true},
    {.header = N_("CLEANING TIME"), .path = "cleaning_s", .format = COLUMN_DURATION, .wide = true},
    COLUMN_END,
};

static const struct column project_columns[] = {
    {.header = N_("PROJECT"), .path = "id"},
    {.header = N_("PROGRAMME"), .path = "programme"},
    {.header = N_("KOREAN NAME"), .path = "name_ko"},
    {.header = N_("LEAD"), .path = "members[0].organisation"},
    {.header = N_("MEMBERS"), .path = "members", .format = COLUMN_COUNT},
    {.header = N_("OPENNESS"), .path = "openness[0].openness", .format = COLUMN_LABEL},
    {.header = N_("STAGES"), .path = "stages", .format = COLUMN_COUNT, .wide = true},
    {.header = N_("AGREEMENT"), .path = "agreement_number", .wide = true},
    {.header = N_("ENGLISH NAME"), .path = "name_en", .wide = true},
    COLUMN_END,
};

static const struct view organisation_list = {.rows = "items", .columns = organisation_columns};
static const struct view organisation_card = {.columns = organisation_columns, .card = true};
static const struct view programme_list = {.rows = "items", .columns = programme_columns};
static const struct view programme_card = {.columns = programme_columns, .card = true};
static const struct view project_list = {.rows = "items", .columns = project_columns};
static const struct view project_card = {.columns = project_columns, .card = true};

static const struct command_option name_argument[] = {
    {.name = "name", .type = OPTION_ID, .required = true, .field = "id", .help = N_("its name")},
    OPTION_END_ROW,
};

static const struct command_option project_options[] = {
    {.name = "programme",
     .type = OPTION_ID,
     .field = "?programme",
     .help = N_("only of a programme")},
    OPTION_END_ROW,
};

static const struct command_call organisation_list_call = {.service = "OrganisationService",
                                                           .method = "ListOrganisations",
                                                           .kind = CALL_LIST,
                                                           .watch = "organisation"};
static const struct command_call organisation_show_call = {
    .service = "OrganisationService", .method = "GetOrganisation", .kind = CALL_GET};
static const struct command_call programme_list_call = {.service = "ProgrammeService",
                                                        .method = "ListProgrammes",
                                                        .kind = CALL_LIST,
                                                        .watch = "programme"};
static const struct command_call programme_show_call = {
    .service = "ProgrammeService", .method = "GetProgramme", .kind = CALL_GET};
static const struct command_call project_list_call = {
    .service = "ProgrammeService", .method = "ListProjects", .kind = CALL_LIST, .watch = "project"};
static const struct command_call project_show_call = {
    .service = "ProgrammeService", .method = "GetProject", .kind = CALL_GET};
const struct command organisation_commands[] = {
    {.noun = "organisation",
     .verb = "list",
     .summary = N_("list organisations"),
     .examples = (const char *const[]){"pumasi organisation list", NULL},
     .view = &organisation_list,
     .call = &organisation_list_call,
     .exec = call_exec},
    {.noun = "organisation",
     .verb = "show",
     .summary = N_("show one organisation"),
     .arguments = name_argument,
     .examples = (const char *const[]){"pumasi organisation show upstage -o json", NULL},
     .view = &organisation_card,
     .call = &organisation_show_call,
     .exec = call_exec},
    {.noun = "programme",
     .verb = "list",
     .summary = N_("list programmes"),
     .examples = (const char *const[]){"pumasi programme list", NULL},
     .view = &programme_list,
     .call = &programme_list_call,
     .exec = call_exec},
    {.noun = "programme",
     .verb = "show",
     .summary = N_("show one programme with its prices and rates"),
     .arguments = name_argument,
     .examples = (const char *const[]){"pumasi programme show specialised -o json", NULL},
     .view = &programme_card,
     .call = &programme_show_call,
     .exec = call_exec},
    {.noun = "project",
     .verb = "list",
     .summary = N_("list projects"),
     .options = project_options,
     .examples = (const char *const[]){"pumasi project list --programme specialised", NULL},
     .view = &project_list,
     .call = &project_list_call,
     .exec = call_exec},
    {.noun = "project",
     .verb = "show",
     .summary = N_("show one project"),
     .arguments = name_argument,
     .examples = (const char *const[]){"pumasi project show sovereign-lm -o json", NULL},
     .view = &project_card,
     .call = &project_show_call,
     .exec = call_exec},
    COMMAND_END,
};
