/*
 * Owns: the commands `ledger close|months|checkpoint|verify`. `ledger verify` needs no server and
 * believes nothing but the bytes. One thread.
 */
#include "billing/ledger/segment.h"
#include "cli/call.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/output.h"
#include "cli/request.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"

#include <errno.h>

/* ---- Months ---------------------------------------------------------------------------------- */

static const struct column month_columns[] = {
    {.header = N_("MONTH"), .path = "id"},
    {.header = N_("STATE"), .path = "state", .format = COLUMN_LABEL, .labels = "closing"},
    {.header = N_("OPEN POINTS"), .path = "open_points", .format = COLUMN_NUMBER},
    {.header = N_("PROPOSER"), .path = "proposed_by"},
    {.header = N_("CLOSED BY"), .path = "closed_by"},
    {.header = N_("CLOSED"), .path = "closed_at", .format = COLUMN_INSTANT},
    {.header = N_("SEALED"), .path = "sealed_at", .format = COLUMN_INSTANT},
    {.header = N_("CHECKLIST"), .path = "checklist.hash", .format = COLUMN_HASH},
    {.header = N_("NOTE"), .path = "note_sha256", .format = COLUMN_HASH, .wide = true},
    COLUMN_END,
};

static const struct view months_view = {.rows = "items", .columns = month_columns};

static const struct command_option close_options[] = {
    {.name = "month",
     .type = OPTION_TEXT,
     .metavar = "YYYY-MM",
     .required = true,
     .field = "month",
     .help = N_("the Korean calendar month")},
    {.name = "checklist",
     .type = OPTION_TEXT,
     .metavar = "HASH",
     .field = "checklist_hash",
     .help = N_("hash of the checklist that was proposed: closes the month")},
    {.name = "reason", .type = OPTION_TEXT, .field = "reason", .help = N_("why, for the record")},
    OPTION_END_ROW,
};

static const struct command_call close_call = {
    .service = "LedgerService", .method = "CloseMonth", .kind = CALL_CHANGE};
static const struct command_call months_call = {
    .service = "LedgerService", .method = "ListClosings", .kind = CALL_LIST, .watch = "closing"};

/* ---- Checkpoints ----------------------------------------------------------------------------- */

static int checkpoint_exec(struct invocation *inv, struct err *err)
{
    CLEANUP_CLIENT struct client *client = NULL;
    json_t *reply = NULL;
    FILE *out = invocation_host(inv)->out;
    TRY(client_open(inv, &client, err));
    json_t *request = request_build(inv);
    int rc = client_call(client, "LedgerService", "GetCheckpoint", request, &reply, err);
    json_decref(request);
    if (rc == 0) {
        const char *note = json_string_value(json_object_get(reply, "note"));
        if (fputs(note ? note : "", out) < 0 || fflush(out) != 0)
            rc = err_set(err, ERR_IO, _("standard output: %s"), strerror(errno));
    }
    json_decref(reply);
    return rc;
}

static const struct command_option organisation_argument[] = {
    {.name = "organisation",
     .type = OPTION_ID,
     .required = true,
     .field = "organisation",
     .help = N_("whose ledger")},
    OPTION_END_ROW,
};

/* ---- Verifying ------------------------------------------------------------------------------- */

static const struct column segment_columns[] = {
    {.header = N_("ORGANISATION"), .path = "organisation"},
    {.header = N_("MONTH"), .path = "month"},
    {.header = N_("FROM"), .path = "first", .format = COLUMN_NUMBER},
    {.header = N_("TO"), .path = "size", .format = COLUMN_NUMBER},
    {.header = N_("ROOT"), .path = "root"},
    {.header = N_("SHA-256"), .path = "sha256"},
    COLUMN_END,
};

static const struct view segment_view = {.columns = segment_columns, .card = true};

static json_t *describe(const struct segment_head *head, const struct segment_tail *tail,
                        struct span bytes)
{
    char root[DIGEST_TEXT_CAP], sha256[DIGEST_TEXT_CAP];
    uint8_t digest[DIGEST_BYTES];
    digest_sha256(bytes, digest);
    text_hex(root, tail->root.bytes, DIGEST_BYTES);
    text_hex(sha256, digest, DIGEST_BYTES);
    json_t *document =
        json_pack("{s:s, s:s, s:I, s:I, s:s, s:s}", "organisation", head->organisation.text,
                  "month", head->month, "first", (json_int_t)head->before.size, "size",
                  (json_int_t)tail->size, "root", root, "sha256", sha256);
    ENSURE(document);
    return document;
}

static int verify_exec(struct invocation *inv, struct err *err)
{
    struct segment_head head;
    struct segment_tail tail;
    CLEANUP_BUF struct buf bytes;
    const char *path = invocation_text(inv, "file");
    TRY(invocation_read_file(inv, path, LIMIT_SEGMENT_BYTES, &bytes, err));
    if (segment_read(buf_span(&bytes), NULL, NULL, &head, &tail, err) < 0) {
        err->code = ERR_VERIFICATION;
        return err_prefix(err, -ERR_VERIFICATION, "%s", path);
    }
    json_t *document = describe(&head, &tail, buf_span(&bytes));
    int rc = output_print(inv, document, err);
    json_decref(document);
    return rc;
}

static const struct command_option file_argument[] = {
    {.name = "file",
     .type = OPTION_FILE,
     .required = true,
     .help = N_("a segment, - for standard input")},
    OPTION_END_ROW,
};

const struct command ledger_commands[] = {
    {.noun = "ledger",
     .verb = "close",
     .summary = N_("close a month: two people, one checklist"),
     .details = N_("The first who asks is shown the checklist and proposes; somebody else of the "
                   "agency closes with --checklist and its hash. If the facts have moved since, "
                   "the new checklist is proposed instead. Afterwards what is told late of that "
                   "month becomes a correction, and the month is sealed."),
     .options = close_options,
     .examples =
         (const char *const[]){"pumasi ledger close --month 2026-02",
                               "pumasi ledger close --month 2026-02 --checklist 5f1c...", NULL},
     .call = &close_call,
     .exec = call_exec},
    {.noun = "ledger",
     .verb = "months",
     .summary = N_("list the months that were closed"),
     .examples = (const char *const[]){"pumasi ledger months", NULL},
     .view = &months_view,
     .call = &months_call,
     .exec = call_exec},
    {.noun = "ledger",
     .verb = "checkpoint",
     .summary = N_("print the signed checkpoint of an organisation's ledger"),
     .details = N_("A signed note with the cosignatures of its witnesses; docs/spec/ledger.md says "
                   "how to check it with openssl."),
     .arguments = organisation_argument,
     .examples = (const char *const[]){"pumasi ledger checkpoint upstage", NULL},
     .exec = checkpoint_exec},
    {.noun = "ledger",
     .verb = "verify",
     .summary = N_("check a sealed segment: every entry, in order, up to its root"),
     .details = N_("Needs no server. That the root is the right one, the month's signed note or a "
                   "checkpoint tells."),
     .arguments = file_argument,
     .examples = (const char *const[]){"pumasi ledger verify 9f2c....jsonl", NULL},
     .view = &segment_view,
     .exec = verify_exec},
    COMMAND_END,
};
