/*
 * Owns: the commands `pool list|show|capacity` and `site list`. Constant.
 */
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/i18n.h"

static const struct column pool_columns[] = {
    {.header = N_("POOL"), .path = "id"},
    {.header = N_("OWNER"), .path = "owner"},
    {.header = N_("SITE"), .path = "site"},
    {.header = N_("MODEL"), .path = "model"},
    {.header = N_("CONTRACTED"), .path = "contracted_units", .format = COLUMN_GPUS},
    {.header = N_("LEND LIMIT"), .path = "lend_limit_units", .format = COLUMN_GPUS},
    COLUMN_END,
};

static const struct column capacity_columns[] = {
    {.header = N_("POOL"), .path = "pool.id"},
    {.header = N_("OWNER"), .path = "pool.owner"},
    {.header = N_("SITE"), .path = "pool.site", .wide = true},
    {.header = N_("MODEL"), .path = "pool.model"},
    {.header = N_("CONTRACTED"), .path = "contracted_units", .format = COLUMN_GPUS},
    {.header = N_("DELIVERED"), .path = "delivered_units", .format = COLUMN_GPUS},
    {.header = N_("ACCEPTED"), .path = "accepted_units", .format = COLUMN_GPUS},
    {.header = N_("IN SERVICE"), .path = "in_service_units", .format = COLUMN_GPUS},
    {.header = N_("LENT"), .path = "lent_units", .format = COLUMN_GPUS},
    {.header = N_("LEASED"), .path = "leased_units", .format = COLUMN_GPUS},
    COLUMN_END,
};

static const struct column site_columns[] = {
    {.header = N_("SITE"), .path = "id"},
    {.header = N_("OPERATOR"), .path = "operator"},
    {.header = N_("KOREAN NAME"), .path = "name_ko"},
    {.header = N_("ENGLISH NAME"), .path = "name_en"},
    COLUMN_END,
};

static const struct view list_view = {.rows = "items", .columns = pool_columns};
static const struct view show_view = {.columns = pool_columns, .card = true};
static const struct view capacity_view = {.rows = "items", .columns = capacity_columns};
static const struct view site_view = {.rows = "items", .columns = site_columns};

static const struct command_option list_options[] = {
    {.name = "owner", .type = OPTION_ID, .field = "?owner", .help = N_("only of an organisation")},
    {.name = "site", .type = OPTION_ID, .field = "?site", .help = N_("only at a site")},
    {.name = "model", .type = OPTION_TEXT, .field = "?model", .help = N_("only of a GPU model")},
    OPTION_END_ROW,
};

static const struct command_option one_argument[] = {
    {.name = "pool", .type = OPTION_ID, .required = true, .field = "id", .help = N_("the pool")},
    OPTION_END_ROW,
};

static const struct command_call list_call = {
    .service = "PoolService", .method = "ListPools", .kind = CALL_LIST, .watch = "pool"};
static const struct command_call show_call = {
    .service = "PoolService", .method = "GetPool", .kind = CALL_GET};
static const struct command_call capacity_call = {
    .service = "PoolService", .method = "GetPoolCapacity", .kind = CALL_GET};
static const struct command_call site_call = {
    .service = "PoolService", .method = "ListSites", .kind = CALL_LIST, .watch = "site"};

const struct command pool_commands[] = {
    {.noun = "pool",
     .verb = "list",
     .summary = N_("list pools of GPUs"),
     .options = list_options,
     .examples = (const char *const[]){"pumasi pool list --owner skt", NULL},
     .view = &list_view,
     .call = &list_call,
     .exec = call_exec},
    {.noun = "pool",
     .verb = "show",
     .summary = N_("show one pool"),
     .arguments = one_argument,
     .examples = (const char *const[]){"pumasi pool show haein-b200", NULL},
     .view = &show_view,
     .call = &show_call,
     .exec = call_exec},
    {.noun = "pool",
     .verb = "capacity",
     .summary = N_("show what each pool has, lends and leases now"),
     .examples = (const char *const[]){"pumasi pool capacity", NULL},
     .view = &capacity_view,
     .call = &capacity_call,
     .exec = call_exec},
    {.noun = "site",
     .verb = "list",
     .summary = N_("list the sites where nodes stand"),
     .examples = (const char *const[]){"pumasi site list", NULL},
     .view = &site_view,
     .call = &site_call,
     .exec = call_exec},
    COMMAND_END,
};
