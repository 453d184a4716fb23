/* StatementService: statements as documents, contributions. */
#include "controlplane/api/listing.h"
#include "controlplane/api/service.h"

#include "billing/statement_csv.h"
#include "billing/statement_json.h"
#include "controlplane/domain/authorise.h"
#include "controlplane/domain/stating.h"
#include "lib/base/korea.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pki/digest.h"

#include "pumasi/v1/statement.pb-c.h"

enum format { FORMAT_JSON, FORMAT_CSV, FORMAT_COUNT };
static const char *const format_texts[] = {"json", "csv"};
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

static int write_reply(const struct statement *statement, enum format format, struct arena *arena,
                       ProtobufCMessage **ret_reply, struct err *err)
{
    uint8_t digest[DIGEST_BYTES];
    CLEANUP_BUF struct buf document;
    buf_init(&document, LIMIT_REQUEST_ARENA_BYTES / 2);
    if (format == FORMAT_CSV)
        statement_csv(statement, &document);
    else
        statement_json(statement, &document);
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

static int run_statement(const struct engine_view *view, struct rpc_call *call,
                         const ProtobufCMessage *message, ProtobufCMessage **ret_reply,
                         struct err *err)
{
    const Pumasi__V1__GetStatementRequest *request =
        (const Pumasi__V1__GetStatementRequest *)message;
    struct window period;
    struct id id;
    int format = FORMAT_JSON;
    TRY(id_parse(span_text(request->project), "project", &id, err));
    TRY(read_period(request, &period, err));
    if (request->format[0])
        TRY(enum_parse(&format_names, span_text(request->format), "format", &format, err));
    struct statement *statement;
    TRY(make_statement(view, &id, period, &statement, err));
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
