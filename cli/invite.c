/*
 * Owns: nothing; the token passes through. One thread.
 */
#include "cli/invite.h"

#include "cli/client.h"
#include "cli/i18n.h"
#include "cli/output.h"
#include "cli/request.h"
#include "lib/base/file.h"

static const struct column invite_columns[] = {
    {.header = N_("TOKEN"), .path = "token"},
    {.header = N_("NAME"), .path = "change.id"},
    {.header = N_("STATE"), .path = "change.state", .format = COLUMN_LABEL},
    COLUMN_END,
};

const struct view invite_view = {.columns = invite_columns, .card = true};

static int write_ca(const struct invocation *inv, const json_t *reply, struct err *err)
{
    const char *path = invocation_text(inv, "ca-out");
    const char *ca = json_string_value(json_object_get(reply, "ca_pem"));
    if (!path || invocation_flag(inv, "dry-run"))
        return 0;
    return file_write(path, span_text(ca), 0644, err);
}

static int print_token(struct invocation *inv, const json_t *reply, struct err *err)
{
    TRY(write_ca(inv, reply, err));
    if (invocation_format(inv) != OUTPUT_TABLE)
        return output_print(inv, reply, err);
    const char *token = json_string_value(json_object_get(reply, "token"));
    fprintf(invocation_host(inv)->out, "%s\n", token ? token : "");
    invocation_say(inv, "%s", _("shown once; good for ten minutes"));
    return 0;
}

int invite_run(struct invocation *inv, const char *purpose, struct err *err)
{
    CLEANUP_CLIENT struct client *client = NULL;
    json_t *reply = NULL, *request = request_build(inv);
    json_object_set_new(request, "purpose", json_string(purpose));
    int rc = client_open(inv, &client, err);
    if (rc == 0)
        rc = client_change(client, "IdentityService", "CreateJoinToken", request, &reply, err);
    if (rc == 0)
        rc = print_token(inv, reply, err);
    json_decref(reply);
    json_decref(request);
    return rc;
}
