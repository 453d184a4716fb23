/*
 * Owns: the commands `login` and `whoami`. One thread.
 */
#include "cli/call.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/context_store.h"
#include "cli/i18n.h"
#include "cli/join.h"
#include "cli/output.h"
#include "cli/renewal.h"

#include <string.h>

static const struct column whoami_columns[] = {
    {.header = N_("NAME"), .path = "name"},
    {.header = N_("ORGANISATION"), .path = "organisation"},
    {.header = N_("KIND"), .path = "kind", .format = COLUMN_LABEL, .labels = "kind"},
    {.header = N_("ROLES"), .path = "roles", .format = COLUMN_LIST},
    {.header = N_("SERVER VERSION"), .path = "server_version"},
    {.header = N_("LEADER"), .path = "leader"},
    {.header = N_("CERTIFICATE UNTIL"), .path = "expires_at", .format = COLUMN_INSTANT},
    COLUMN_END,
};

static const struct view whoami_view = {.columns = whoami_columns, .card = true};

static int fill_context(const struct invocation *inv, const struct joined *j, struct context *c,
                        struct err *err)
{
    TRY(id_parse(span_text(joined_text(j, "organisation")), _("organisation"), &c->organisation,
                 err));
    TRY(id_parse(span_text(joined_text(j, "name")), _("user"), &c->user, err));
    snprintf(c->servers, sizeof(c->servers), "%s", j->servers);
    const char *chosen = invocation_text(inv, "context");
    char name[2 * ID_CAP];
    snprintf(name, sizeof(name), "%s.%s", c->user.text, c->organisation.text);
    return id_parse(span_text(chosen ? chosen : name), _("context"), &c->name, err);
}

static int renew(struct invocation *inv, struct err *err)
{
    CLEANUP_CLIENT struct client *client = NULL;
    struct instant until;
    char end[INSTANT_TEXT_CAP];
    TRY(client_open(inv, &client, err));
    TRY(renewal_run(client, invocation_flag(inv, "new-key"), &until, err));
    invocation_say(inv, _("the certificate of %s is valid until %s"),
                   client_context(client)->name.text, instant_format(until, end));
    return 0;
}

static int login_exec(struct invocation *inv, struct err *err)
{
    if (invocation_flag(inv, "renew"))
        return renew(inv, err);
    if (invocation_flag(inv, "new-key"))
        return err_set(err, ERR_INVALID, "%s", _("--new-key goes with --renew"));
    CLEANUP_JOINED struct joined joined = {.key = NULL};
    struct context context = {.name = ID_NONE};
    CLEANUP_BUF struct buf key;
    buf_init(&key, KEY_PEM_MAX);
    TRY(join_run(inv, &joined, err));
    TRY(fill_context(inv, &joined, &context, err));
    TRY(key_format(joined.key, &key, err));
    struct context_keys keys = {.ca = span_text(joined_text(&joined, "ca_pem")),
                                .cert = span_text(joined_text(&joined, "certificate_pem")),
                                .key = buf_span(&key)};
    int rc = context_save(invocation_host(inv), &context, &keys, err);
    explicit_bzero(key.data, key.len);
    TRY(rc);
    TRY(context_use(invocation_host(inv), &context.name, err));
    invocation_say(inv, _("signed in as %s of %s; context %s is in use now"), context.user.text,
                   context.organisation.text, context.name.text);
    return 0;
}

static const struct command_option login_options[] = {
    JOIN_OPTIONS,
    {.name = "renew",
     .type = OPTION_FLAG,
     .help = N_("renew the certificate of the context in use, without a token")},
    {.name = "new-key",
     .type = OPTION_FLAG,
     .help = N_("with --renew: for a new key; nodes do not know a lender's new key")},
    OPTION_END_ROW};

static const struct command_call whoami_call = {
    .service = "IdentityService", .method = "WhoAmI", .kind = CALL_GET};
const struct command login_commands[] = {
    {.noun = "login",
     .summary = N_("sign in with a one-time token"),
     .details = N_("Makes a key on this machine and stores it with its certificate as a context. "
                   "From half of the certificate's life on, every command renews it by the way."),
     .options = login_options,
     .examples = (const char *const[]){"pumasi login --server pumasi.example.kr:7443 --ca ca.pem "
                                       "--token-file token",
                                       "pumasi login --renew", NULL},
     .exec = login_exec},
    {.noun = "whoami",
     .summary = N_("show as whom the control plane knows you"),
     .examples = (const char *const[]){"pumasi whoami", NULL},
     .view = &whoami_view,
     .call = &whoami_call,
     .exec = call_exec},
    COMMAND_END,
};
