/*
 * Owns: the command `apply`. Documents are sent in the order of the file, each under a request id
 * of its own, so that the same apply with the same --request-id changes nothing twice. One thread.
 */
#include "cli/call.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/manifest.h"
#include "cli/output.h"
#include "lib/base/limits.h"

static const struct column apply_columns[] = {
    {.header = N_("NAME"), .path = "id"},
    {.header = N_("KIND"), .path = "kind", .format = COLUMN_LABEL, .labels = "kind"},
    {.header = N_("STATE"), .path = "state", .format = COLUMN_LABEL},
    {.header = N_("APPLIED"), .path = "applied"},
    {.header = N_("APPROVAL"), .path = "approval"},
    COLUMN_END,
};

static const struct view apply_view = {.rows = "items", .columns = apply_columns};

static int apply_document(struct invocation *inv, struct client *client, const json_t *document,
                          json_t *replies, struct err *err)
{
    const struct manifest_kind *kind;
    json_t *request = NULL, *reply = NULL;
    TRY(manifest_request(document, &kind, &request, err));
    int rc = client_change(client, kind->service, kind->method, request, &reply, err);
    json_decref(request);
    TRY(rc);
    if (json_array_size(output_find(reply, "plan.lines")) > 0)
        invocation_set_plan_changes(inv);
    json_array_append_new(replies, reply);
    return 0;
}

/* Which of the documents it is: people know them by name, and numbers go on over several files. */
static int name_document(const json_t *document, size_t number, int rc, struct err *err)
{
    const char *kind = json_string_value(json_object_get(document, "kind"));
    const char *id = json_string_value(json_object_get(document, "id"));
    if (kind && id)
        return err_prefix(err, rc, _("document %zu, %s %s"), number, kind, id);
    return err_prefix(err, rc, _("document %zu"), number);
}

static int apply_all(struct invocation *inv, struct client *client, const json_t *documents,
                     json_t *replies, struct err *err)
{
    size_t i;
    const json_t *document;
    json_array_foreach(documents, i, document)
    {
        invocation_number_request(inv, i + 1);
        int rc = apply_document(inv, client, document, replies, err);
        if (rc < 0)
            return name_document(document, i + 1, rc, err);
    }
    return 0;
}

static bool is_waiting(const json_t *reply)
{
    const char *approval = json_string_value(json_object_get(reply, "approval"));
    return approval && approval[0] && !json_is_true(json_object_get(reply, "applied"));
}

static int count_waiting(const struct invocation *inv, const json_t *replies, struct err *err)
{
    size_t i, waiting = 0;
    const json_t *reply;
    json_array_foreach(replies, i, reply) waiting += is_waiting(reply);
    if (waiting == 0 || invocation_flag(inv, "dry-run"))
        return 0;
    return err_set(err, ERR_WAITING, _("documents that wait for approval: %zu"), waiting);
}

/* What was done is told even when a later document failed. */
static int send_documents(struct invocation *inv, const json_t *documents, struct err *err)
{
    CLEANUP_CLIENT struct client *client = NULL;
    TRY(client_open(inv, &client, err));
    json_t *replies = json_array();
    json_t *result = json_pack("{s:s, s:o}", "apiVersion", "pumasi/v1", "items", replies);
    ENSURE(result);
    int failed = apply_all(inv, client, documents, replies, err);
    int rc = output_print(inv, result, failed < 0 ? NULL : err);
    if (rc == 0 && failed == 0)
        rc = count_waiting(inv, replies, err);
    json_decref(result);
    return failed < 0 ? failed : rc;
}

static int read_manifests(struct invocation *inv, const char *path, json_t *all, struct err *err)
{
    CLEANUP_BUF struct buf text;
    json_t *documents = NULL;
    TRY(invocation_read_file(inv, path, LIMIT_FILE_BYTES, &text, err));
    int rc = manifest_read(buf_span(&text), &documents, err);
    if (rc < 0)
        return err_prefix(err, rc, "%s", path);
    json_array_extend(all, documents);
    json_decref(documents);
    return 0;
}

static int apply_exec(struct invocation *inv, struct err *err)
{
    json_t *documents = json_array();
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < invocation_count(inv, "file"); i++)
        rc = read_manifests(inv, invocation_item(inv, "file", i), documents, err);
    if (rc == 0)
        rc = send_documents(inv, documents, err);
    json_decref(documents);
    return rc;
}

static const struct command_option apply_options[] = {
    {.name = "file",
     .letter = 'f',
     .type = OPTION_FILE,
     .required = true,
     .repeatable = true,
     .help = N_("JSON documents, - for standard input")},
    OPTION_END_ROW,
};

static const struct command_call apply_call = {.kind = CALL_CHANGE};

const struct command apply_commands[] = {
    {.noun = "apply",
     .summary = N_("register or change organisations, programmes, projects, sites and pools"),
     .details = N_("Each document has a \"kind\" beside the object's fields. Dates may be written "
                   "as Korean days, amounts of GPU as contracted_gpus."),
     .options = apply_options,
     .examples = (const char *const[]){"pumasi apply -f consortium.json",
                                       "pumasi apply -f consortium.json --dry-run", NULL},
     .view = &apply_view,
     .call = &apply_call,
     .exec = apply_exec},
    COMMAND_END,
};
