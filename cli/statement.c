/*
 * Owns: the commands `statement show|issue|list|dispute|close`. As JSON and CSV the document is
 * printed byte for byte, since its hash is what counts; people who ask for a table see the members'
 * shares in it. One thread.
 */
#include "cli/call.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/document.h"
#include "cli/i18n.h"
#include "cli/output.h"
#include "cli/request.h"
#include "cli/shares.h"
#include "lib/base/base64.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/json/strict.h"
#include "lib/pki/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int check_digest(struct span document, const char *told, struct err *err)
{
    uint8_t digest[DIGEST_BYTES];
    char hex[DIGEST_TEXT_CAP];
    digest_sha256(document, digest);
    text_hex(hex, digest, DIGEST_BYTES);
    if (!told || strcmp(told, hex) != 0)
        return err_set(err, ERR_VERIFICATION, "%s",
                       _("the statement and its hash do not belong together"));
    return 0;
}

static int print_bytes(const struct invocation *inv, struct span document, struct err *err)
{
    FILE *out = invocation_host(inv)->out;
    if (fwrite(document.data, 1, document.len, out) != document.len || fflush(out) != 0)
        return err_set(err, ERR_IO, _("standard output: %s"), strerror(errno));
    return 0;
}

/* What the table does not hold, beside it. */
static void say_about(const struct invocation *inv, const json_t *document)
{
    const char *project, *from, *to, *mark = NULL;
    if (json_unpack((json_t *)document, "{s:s, s:s, s:s}", "project", &project, "period_from",
                    &from, "period_to", &to) == 0)
        invocation_say(inv, _("%s, %s to %s (exclusive), in won"), project, from, to);
    if (json_unpack((json_t *)document, "{s:{s:s}}", "total", "mark", &mark) == 0 &&
        strcmp(mark, "confirmed") != 0)
        invocation_say(inv, "%s", _("not confirmed: -o json says on which rules it rests"));
}

static int print_table(const struct invocation *inv, struct span text, struct err *err)
{
    json_t *document CLEANUP_STRICT = NULL;
    TRY(strict_load(text, &document, err));
    shares_add_words(document);
    TRY(output_print_view(inv, &shares_view, document, err));
    say_about(inv, document);
    return 0;
}

static int print_in_format(const struct invocation *inv, struct span document, struct err *err)
{
    switch (invocation_format(inv)) {
    case OUTPUT_TABLE:
    case OUTPUT_WIDE:
    case OUTPUT_NAME:
        return print_table(inv, document, err);
    default:
        return print_bytes(inv, document, err);
    }
}

static int print_document(const struct invocation *inv, const json_t *reply, struct err *err)
{
    const char *text = json_string_value(json_object_get(reply, "document"));
    const char *told = json_string_value(json_object_get(reply, "sha256"));
    struct span encoded = span_text(text);
    uint8_t *bytes = malloc(base64_decoded_max(encoded.len) + 1);
    size_t n = 0;
    ENSURE(bytes);
    int rc = base64_decode(encoded, bytes, &n)
                 ? check_digest(span_of(bytes, n), told, err)
                 : err_set(err, ERR_VERIFICATION, "%s", _("the answer holds no document"));
    if (rc == 0)
        rc = print_in_format(inv, span_of(bytes, n), err);
    free(bytes);
    return rc;
}

static int show_exec(struct invocation *inv, struct err *err)
{
    CLEANUP_CLIENT struct client *client = NULL;
    json_t *reply = NULL, *request = request_build(inv);
    const char *format = invocation_format(inv) == OUTPUT_CSV ? "csv" : "json";
    json_object_set_new(request, "format", json_string(format));
    int rc = client_open(inv, &client, err);
    if (rc == 0)
        rc = client_call(client, "StatementService", "GetStatement", request, &reply, err);
    if (rc == 0)
        rc = print_document(inv, reply, err);
    json_decref(reply);
    json_decref(request);
    return rc;
}

static const struct command_option show_options[] = {
    {.name = "project",
     .letter = 'p',
     .type = OPTION_ID,
     .field = "project",
     .help = N_("the project that is billed")},
    {.name = "id",
     .type = OPTION_ID,
     .field = "id",
     .help = N_("an issued statement, instead of project and period")},
    {.name = "month",
     .type = OPTION_TEXT,
     .metavar = "YYYY-MM",
     .field = "month",
     .help = N_("a Korean calendar month")},
    {.name = "from",
     .type = OPTION_MOMENT,
     .field = "from",
     .help = N_("first day of another window")},
    {.name = "to", .type = OPTION_UNTIL, .field = "to", .help = N_("last day of it")},
    OPTION_END_ROW,
};

static const struct command_option issue_options[] = {
    {.name = "project",
     .letter = 'p',
     .type = OPTION_ID,
     .required = true,
     .field = "project",
     .help = N_("the project that is billed")},
    {.name = "month",
     .type = OPTION_TEXT,
     .metavar = "YYYY-MM",
     .field = "month",
     .help = N_("a Korean calendar month; of a running one what has passed of it")},
    {.name = "stage",
     .type = OPTION_ID,
     .field = "stage",
     .help = N_("a stage of the project, instead of a month")},
    {.name = "settlement",
     .type = OPTION_FLAG,
     .field = "settlement",
     .help = N_("the settlement of a stage that is over")},
    {.name = "reason",
     .type = OPTION_TEXT,
     .field = "reason",
     .help = N_("why there is to be a further version")},
    OPTION_END_ROW,
};

static const struct command_option list_options[] = {
    {.name = "project", .type = OPTION_ID, .field = "?project", .help = N_("only of a project")},
    {.name = "state", .type = OPTION_TEXT, .field = "?state", .help = N_("only in a state")},
    OPTION_END_ROW,
};

static const struct command_option which_argument[] = {
    {.name = "statement",
     .type = OPTION_ID,
     .required = true,
     .field = "id",
     .help = N_("the issued statement")},
    OPTION_END_ROW,
};

static const struct command_option dispute_options[] = {
    {.name = "reason",
     .type = OPTION_TEXT,
     .required = true,
     .field = "reason",
     .help = N_("what the objection is about, and why")},
    OPTION_END_ROW,
};

static const struct command_option close_options[] = {
    {.name = "reason",
     .type = OPTION_TEXT,
     .field = "reason",
     .help = N_("what came of the objections, if there were any")},
    OPTION_END_ROW,
};

#define OUT_OPTIONS                                                                                \
    {.name = "out",                                                                                \
     .type = OPTION_FILE,                                                                          \
     .metavar = "DIR",                                                                             \
     .help = N_("the directory that the documents go into")},                                      \
        {.name = "bundle",                                                                         \
         .type = OPTION_FILE,                                                                      \
         .help = N_("a zip of everything, to be checked offline")},                                \
    {                                                                                              \
        .name = "ledger", .type = OPTION_FILE, .metavar = "DIR",                                   \
        .help = N_("segments, checkpoints and keys that go into the bundle")                       \
    }
#define ENGLISH_OPTION                                                                             \
    {                                                                                              \
        .name = "english", .type = OPTION_FLAG,                                                    \
        .help = N_("PDF and XLSX in English, not in Korean")                                       \
    }

static const struct command_option render_options[] = {
    {.name = "file",
     .letter = 'f',
     .type = OPTION_FILE,
     .required = true,
     .help = N_("the basis of a statement, - for standard input")},
    OUT_OPTIONS,
    ENGLISH_OPTION,
    OPTION_END_ROW,
};

static const struct command_option export_options[] = {OUT_OPTIONS, ENGLISH_OPTION, OPTION_END_ROW};

static const struct command_option export_argument[] = {
    {.name = "statement", .type = OPTION_ID, .required = true, .help = N_("the issued statement")},
    OPTION_END_ROW,
};

static const struct command_option verify_arguments[] = {
    {.name = "file", .type = OPTION_FILE, .required = true, .help = N_("the bundle")},
    OPTION_END_ROW,
};

static const struct command_option verify_options[] = {
    {.name = "key",
     .type = OPTION_FILE,
     .help = N_("the control plane's public key, as you got it from somebody you trust")},
    OPTION_END_ROW,
};

static const struct command_option diff_arguments[] = {
    {.name = "before", .type = OPTION_ID, .required = true, .help = N_("an issued statement")},
    {.name = "after",
     .type = OPTION_ID,
     .required = true,
     .help = N_("another, most often its next version")},
    OPTION_END_ROW,
};

static const struct column list_columns[] = {
    {.header = N_("STATEMENT"), .path = "id"},
    {.header = N_("PROJECT"), .path = "project"},
    {.header = N_("PERIOD"), .path = "label"},
    {.header = N_("VERSION"), .path = "facts.version"},
    {.header = N_("STATE"), .path = "state"},
    {.header = N_("ISSUED"), .path = "facts.issued_at", .format = COLUMN_INSTANT},
    {.header = N_("HASH"), .path = "document_sha256"},
    COLUMN_END,
};
static const struct view list_view = {.columns = list_columns, .rows = "items"};

static const struct command_call issue_call = {
    .service = "StatementService", .method = "IssueStatement", .kind = CALL_CHANGE};
static const struct command_call dispute_call = {
    .service = "StatementService", .method = "DisputeStatement", .kind = CALL_CHANGE};
static const struct command_call close_call = {
    .service = "StatementService", .method = "CloseStatement", .kind = CALL_CHANGE};
static const struct command_call list_call = {
    .service = "StatementService", .method = "ListStatements", .kind = CALL_LIST};

const struct command statement_commands[] = {
    {.noun = "statement",
     .verb = "show",
     .summary = N_("print a usage statement"),
     .details = N_("With -o json and -o csv byte for byte what was issued; the table is an "
                   "extract of it."),
     .options = show_options,
     .examples = (const char *const[]){"pumasi statement show -p sovereign-lm --month 2026-02",
                                       "pumasi statement show --id statement-1042 -o csv", NULL},
     .exec = show_exec},
    {.noun = "statement",
     .verb = "issue",
     .summary = N_("issue a statement, or its next version"),
     .details = N_("Refused while a rate that it needs is not set. Nothing of an issued statement "
                   "is ever changed: late use and corrections are the next version."),
     .options = issue_options,
     .examples =
         (const char *const[]){"pumasi statement issue -p solar --month 2026-02",
                               "pumasi statement issue -p solar --stage 1 --settlement", NULL},
     .call = &issue_call,
     .exec = call_exec},
    {.noun = "statement",
     .verb = "list",
     .summary = N_("list issued statements"),
     .options = list_options,
     .examples = (const char *const[]){"pumasi statement list --project solar", NULL},
     .view = &list_view,
     .call = &list_call,
     .exec = call_exec},
    {.noun = "statement",
     .verb = "dispute",
     .summary = N_("object to an issued statement"),
     .arguments = which_argument,
     .options = dispute_options,
     .examples = (const char *const[]){"pumasi statement dispute statement-1042 --reason "
                                       "\"node n7 was down on 3 February\"",
                                       NULL},
     .call = &dispute_call,
     .exec = call_exec},
    {.noun = "statement",
     .verb = "close",
     .summary = N_("close a statement to which nothing is open"),
     .arguments = which_argument,
     .options = close_options,
     .examples = (const char *const[]){"pumasi statement close statement-1042", NULL},
     .call = &close_call,
     .exec = call_exec},
    {.noun = "statement",
     .verb = "export",
     .summary = N_("write an issued statement as PDF, XLSX, CSV and JSON"),
     .details = N_("The documents are computed here, from the basis that the server hands out, by "
                   "the code that bills; the server's hash is checked on the way."),
     .arguments = export_argument,
     .options = export_options,
     .examples =
         (const char *const[]){"pumasi statement export statement-1042 --out february", NULL},
     .exec = document_export},
    {.noun = "statement",
     .verb = "render",
     .summary = N_("make the documents of a basis again, without a server"),
     .options = render_options,
     .examples = (const char *const[]){"pumasi statement render -f basis.json --out again", NULL},
     .exec = document_render},
    {.noun = "statement",
     .verb = "diff",
     .summary = N_("what changed between two versions of a statement"),
     .details = N_("Amounts that changed, before, after and by how much; then the stretches of use "
                   "that only one of them has."),
     .arguments = diff_arguments,
     .examples = (const char *const[]){"pumasi statement diff statement-1042 statement-1077", NULL},
     .exec = document_diff},
    {.noun = "statement",
     .verb = "verify",
     .summary = N_("check a bundle, without a server"),
     .details =
         N_("Its seal and files, every amount and document computed again, and each member's "
            "log: signed root, every interval billed and none left out. Exit status 10 when "
            "it does not hold, and what."),
     .arguments = verify_arguments,
     .options = verify_options,
     .examples = (const char *const[]){"pumasi statement verify february.zip --key nipa.pem", NULL},
     .exec = document_verify},
    COMMAND_END,
};
