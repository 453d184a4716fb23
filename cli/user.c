/*
 * Owns: the commands `user invite|list|revoke`. Constant.
 */
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/invite.h"

static const struct column user_columns[] = {
    {.header = N_("USER"), .path = "id"},
    {.header = N_("STATE"), .path = "state", .format = COLUMN_LABEL},
    {.header = N_("ORGANISATION"), .path = "organisation"},
    {.header = N_("ROLES"), .path = "roles", .format = COLUMN_LIST},
    {.header = N_("CERTIFICATE ENDS"), .path = "expires_at", .format = COLUMN_INSTANT},
    {.header = N_("KEY"), .path = "key_id", .wide = true},
    {.header = N_("SERIAL"), .path = "serial", .wide = true},
    {.header = N_("CREATED"), .path = "created_at", .format = COLUMN_INSTANT, .wide = true},
    COLUMN_END,
};

static const struct view user_list = {.rows = "items", .columns = user_columns};

static const char *const roles[] = {"agency-admin", "agency-approver",   "org-member",
                                    "org-approver", "supplier-operator", "supplier-approver",
                                    "finance",      "auditor",           NULL};

static const struct command_option invite_argument[] = {
    {.name = "name",
     .type = OPTION_ID,
     .required = true,
     .field = "name",
     .help = N_("the user's name, without its organisation")},
    OPTION_END_ROW,
};

static const struct command_option invite_options[] = {
    {.name = "organisation",
     .type = OPTION_ID,
     .required = true,
     .field = "organisation",
     .help = N_("the user's organisation")},
    {.name = "role",
     .type = OPTION_CHOICE,
     .choices = roles,
     .required = true,
     .repeatable = true,
     .field = "roles[]",
     .help = N_("what the user may do")},
    INVITE_OPTIONS,
    OPTION_END_ROW,
};

static const struct command_option revoke_argument[] = {
    {.name = "user",
     .type = OPTION_ID,
     .required = true,
     .field = "id",
     .help = N_("the user, NAME.ORGANISATION")},
    OPTION_END_ROW,
};

static const struct command_option list_options[] = {
    {.name = "organisation",
     .type = OPTION_ID,
     .field = "?organisation",
     .help = N_("only of an organisation")},
    OPTION_END_ROW,
};

static const struct command_option revoke_options[] = {
    {.name = "reason",
     .type = OPTION_TEXT,
     .required = true,
     .field = "reason",
     .help = N_("why, for the record")},
    OPTION_END_ROW,
};

static const struct command_call invite_call = {
    .service = "IdentityService", .method = "CreateJoinToken", .kind = CALL_CHANGE};

static const struct command_call user_list_call = {
    .service = "IdentityService", .method = "ListUsers", .kind = CALL_LIST, .watch = "user"};
static const struct command_call user_revoke_call = {
    .service = "IdentityService", .method = "RevokeUser", .kind = CALL_CHANGE};

static int invite_exec(struct invocation *inv, struct err *err)
{
    return invite_run(inv, "user", err);
}

const struct command user_commands[] = {
    {.noun = "user",
     .verb = "invite",
     .summary = N_("make a one-time token for a new user"),
     .details = N_("The token is shown once and is good for ten minutes."),
     .arguments = invite_argument,
     .options = invite_options,
     .examples =
         (const char *const[]){"pumasi user invite kim --organisation upstage --role org-member "
                               "--ca-out ca.pem",
                               NULL},
     .view = &invite_view,
     .call = &invite_call,
     .exec = invite_exec},
    {.noun = "user",
     .verb = "list",
     .summary = N_("list users"),
     .options = list_options,
     .examples = (const char *const[]){"pumasi user list --organisation upstage", NULL},
     .view = &user_list,
     .call = &user_list_call,
     .exec = call_exec},
    {.noun = "user",
     .verb = "revoke",
     .summary = N_("take a user's access away at once"),
     .arguments = revoke_argument,
     .options = revoke_options,
     .examples =
         (const char *const[]){"pumasi user revoke kim.upstage --reason 'left the company'", NULL},
     .call = &user_revoke_call,
     .exec = call_exec},
    COMMAND_END,
};
