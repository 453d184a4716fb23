/* StatementService: statements as documents, contributions. */
#include "controlplane/api/listing.h"
#include "controlplane/api/service.h"

#include "billing/record_json.h"
#include "billing/statement_csv.h"
#include "billing/statement_json.h"
#include "controlplane/domain/authorise.h"
#include "controlplane/domain/issuing.h"
#include "controlplane/domain/stating.h"
#include "lib/base/korea.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pki/digest.h"

#include "pumasi/v1/statement.pb-c.h"

enum format { FORMAT_JSON, FORMAT_CSV, FORMAT_BASIS, FORMAT_COUNT };
static const char *const format_texts[] = {"json", "csv", "basis"};
static const struct enum_names format_names = {format_texts, FORMAT_COUNT};

static int read_period(const Pumasi__V1__GetStatementRequest *request, struct window *ret,
                       struct err *err)
{
    struct month month;
    if (request->month[0]) {
        TRY(month_parse(span_text(request->month), &month, err));
        *ret = month_window(month);
        return 0;
    }
    *ret = (struct window){{request->from}, {request->to}};
    if (window_empty(*ret) || request->from < INSTANT_MIN_S || request->to > INSTANT_MAX_S)
        return err_set(err, ERR_INVALID,
                       "state a month (\"2026-02\"), or from and to with from before to");
    return 0;
}

static void write_document(const struct statement *statement, enum format format,
                           struct buf *document)
{
    struct canonical c;
    if (format == FORMAT_CSV) {
        statement_csv(statement, document);
    } else if (format == FORMAT_BASIS) {
        canonical_init(&c, document);
        record_json(&c, NULL, &basis_type, statement->basis);
        buf_append_char(document, '\n');
    } else {
        statement_json(statement, document);
    }
}

static int write_reply(const struct statement *statement, enum format format, struct arena *arena,
                       ProtobufCMessage **ret_reply, struct err *err)
{
    uint8_t digest[DIGEST_BYTES];
    CLEANUP_BUF struct buf document;
    buf_init(&document, LIMIT_REQUEST_ARENA_BYTES / 2);
    write_document(statement, format, &document);
    Pumasi__V1__GetStatementReply *reply = arena_alloc(arena, sizeof *reply);
    char *bytes = document.full ? NULL : arena_text(arena, buf_span(&document));
    char *hash = arena_alloc(arena, DIGEST_TEXT_CAP);
    if (!reply || !bytes || !hash)
        return err_set(err, ERR_LIMIT, "the statement is too large: ask for a shorter period");
    digest_sha256(buf_span(&document), digest);
    text_hex(hash, digest, sizeof digest);
    pumasi__v1__get_statement_reply__init(reply);
    reply->document = (ProtobufCBinaryData){.len = document.len, .data = (uint8_t *)bytes};
    reply->media_type =
        (char *)(format == FORMAT_CSV ? "text/csv; charset=utf-8" : "application/json");
    reply->sha256 = hash;
    *ret_reply = &reply->base;
    return 0;
}

/* As much of it as the caller may see. */
static int make_statement(const struct engine_view *view, const struct id *id, struct window period,
                          struct statement **ret, struct err *err)
{
    const struct project *project = state_find(view->state, ENTITY_PROJECT, id);
    switch (project ? authorise_statement(view->state, view->actor, project) : STATEMENT_NONE) {
    case STATEMENT_ALL:
        return stating_project(view->state, id, period, ret, err);
    case STATEMENT_OWN:
        return stating_member(view->state, id, &view->actor->organisation, period, ret, err);
    case STATEMENT_NONE:
        break;
    }
    return err_set(err, ERR_NOT_FOUND, "there is no statement of %s that you may see", id->text);
}

/* An issued one, for those who may see all of it. */
static int find_issued(const struct engine_view *view, const struct id *id, struct statement **ret,
                       struct err *err)
{
    const struct issued_statement *issued = state_find(view->state, ENTITY_STATEMENT, id);
    struct basis basis;
    if (!issued || !authorise_view(view->state, view->actor, ENTITY_STATEMENT, issued))
        return err_set(err, ERR_NOT_FOUND, "there is no statement %s that you may see", id->text);
    TRY(issuing_basis(view->state, issued, digest_sha256, &basis, err));
    return statement_of_basis(&basis, ret, err);
}

static int run_statement(const struct engine_view *view, struct rpc_call *call,
                         const ProtobufCMessage *message, ProtobufCMessage **ret_reply,
                         struct err *err)
{
    const Pumasi__V1__GetStatementRequest *request =
        (const Pumasi__V1__GetStatementRequest *)message;
    struct window period;
    struct id id;
    int format = FORMAT_JSON;
    struct statement *statement;
    if (request->format[0])
        TRY(enum_parse(&format_names, span_text(request->format), "format", &format, err));
    if (request->id[0]) {
        TRY(id_parse(span_text(request->id), "id", &id, err));
        TRY(find_issued(view, &id, &statement, err));
    } else {
        TRY(id_parse(span_text(request->project), "project", &id, err));
        TRY(read_period(request, &period, err));
        TRY(make_statement(view, &id, period, &statement, err));
    }
    int rc = write_reply(statement, (enum format)format, rpc_call_arena(call), ret_reply, err);
    statement_destroy(statement);
    return rc;
}

static void get_statement(struct api *api, struct rpc_call *call, const ProtobufCMessage *request)
{
    listing_look(api, call, request, run_statement);
}

const struct api_service api_statement_service = {
    .descriptor = &pumasi__v1__statement_service__descriptor,
    .methods =
        {
            {.name = "GetStatement", .way = API_OWN, .own = get_statement},
            {.name = "IssueStatement", .way = API_CHANGE, .command = COMMAND_ISSUE_STATEMENT},
            {.name = "DisputeStatement", .way = API_CHANGE, .command = COMMAND_DISPUTE_STATEMENT},
            {.name = "CloseStatement", .way = API_CHANGE, .command = COMMAND_CLOSE_STATEMENT},
            {.name = "ListStatements",
             .way = API_LIST,
             .entity = ENTITY_STATEMENT,
             .object = &pumasi__v1__issued_statement__descriptor,
             .reply = &pumasi__v1__list_statements_reply__descriptor},
            {.name = "RecordContribution",
             .way = API_CHANGE,
             .command = COMMAND_RECORD_CONTRIBUTION},
            {.name = "ListContributions",
             .way = API_LIST,
             .entity = ENTITY_CONTRIBUTION,
             .object = &pumasi__v1__contribution__descriptor,
             .reply = &pumasi__v1__list_contributions_reply__descriptor},
        },
};
