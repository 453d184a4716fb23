/*
 * LedgerService: closes of months, checkpoints, proofs, cosignatures. Who may ask is looked up in
 * the state, on the writer's thread; then the keeper answers, under a lock of its own.
 */
#include "controlplane/api/service.h"

#include "controlplane/domain/authorise.h"
#include "lib/merkle/cosignature.h"

#include "pumasi/v1/ledger.pb-c.h"

struct ask;
typedef int (*answer_fn)(struct ask *ask, const struct engine_view *view, struct err *err);

/* One question about a ledger; lives in its call's arena. */
struct ask {
    struct api *api;
    struct rpc_call *call;
    const ProtobufCMessage *request;
    answer_fn answer;
    struct id organisation;
    struct public_key key; /* of the caller */
    ProtobufCMessage *reply;
};

static int run(void *arg, const struct engine_view *view, struct err *err)
{
    struct ask *ask = arg;
    return ask->answer(ask, view, err);
}

static void finish(void *arg, const struct err *err)
{
    struct ask *ask = arg;
    if (err)
        rpc_call_fail(ask->call, err);
    else
        rpc_call_reply(ask->call, ask->reply);
}

static int start(struct api *api, struct rpc_call *call, const ProtobufCMessage *request,
                 answer_fn answer, struct err *err)
{
    static const struct engine_read_ops ops = {.run = run, .finish = finish};
    struct principal principal;
    struct ask *ask = arena_alloc(rpc_call_arena(call), sizeof *ask);
    if (!ask)
        return err_set(err, ERR_LIMIT, "the request leaves no room for an answer");
    *ask = (struct ask){.api = api, .call = call, .request = request, .answer = answer};
    TRY(peers_principal(api->peers, rpc_call_peer(call), &principal, &ask->key, err));
    return engine_read(api->options.engine, &principal, &ops, ask, err);
}

static void ask(struct api *api, struct rpc_call *call, const ProtobufCMessage *request,
                answer_fn answer)
{
    struct err err = ERR_INIT;
    if (start(api, call, request, answer, &err) < 0)
        rpc_call_fail(call, &err);
}

/* Its own people, the agency and auditors. */
static int may_read(struct ask *ask, const struct engine_view *view, const char *organisation,
                    struct err *err)
{
    TRY(id_parse(span_text(organisation), "organisation", &ask->organisation, err));
    bool own =
        view->actor->kind == ACTOR_USER && id_equal(&view->actor->organisation, &ask->organisation);
    if (own || authorise_view_all(view->state, view->actor))
        return 0;
    return err_set(err, ERR_NOT_FOUND, "%s has no ledger that you may see", ask->organisation.text);
}

static void *new_reply(struct ask *ask, size_t size, struct err *err)
{
    void *reply = arena_alloc(rpc_call_arena(ask->call), size);
    if (!reply)
        (void)err_set(err, ERR_LIMIT, "the request leaves no room for an answer");
    return reply;
}

/* ---- Checkpoints ----------------------------------------------------------------------------- */

static int checkpoint_text(struct ask *ask, char **ret, struct err *err)
{
    CLEANUP_BUF struct buf note;
    buf_init(&note, NOTE_BYTES);
    TRY(keeper_checkpoint(ask->api->options.keeper, &ask->organisation, &note, err));
    *ret = arena_text(rpc_call_arena(ask->call), buf_span(&note));
    return *ret ? 0 : err_set(err, ERR_LIMIT, "no room for the checkpoint");
}

static int answer_checkpoint(struct ask *ask, const struct engine_view *view, struct err *err)
{
    const Pumasi__V1__GetCheckpointRequest *request =
        (const Pumasi__V1__GetCheckpointRequest *)ask->request;
    TRY(may_read(ask, view, request->organisation, err));
    Pumasi__V1__GetCheckpointReply *reply = new_reply(ask, sizeof *reply, err);
    if (!reply)
        return -ERR_LIMIT;
    pumasi__v1__get_checkpoint_reply__init(reply);
    TRY(checkpoint_text(ask, &reply->note, err));
    ask->reply = &reply->base;
    return 0;
}

/* The line as a note of its own, to be parsed like any other. */
static int parse_line(const char *line, struct note_signature *ret, struct err *err)
{
    struct note note;
    CLEANUP_BUF struct buf text;
    buf_init(&text, NOTE_BYTES);
    buf_printf(&text, "cosign\n\n%s", line);
    TRY(note_parse(buf_span(&text), &note, err));
    if (note.n != 1)
        return err_set(err, ERR_INVALID, "line: one signature line is wanted");
    *ret = note.signatures[0];
    return 0;
}

static int answer_cosign(struct ask *ask, const struct engine_view *view, struct err *err)
{
    const Pumasi__V1__CosignRequest *request = (const Pumasi__V1__CosignRequest *)ask->request;
    struct note_signature line;
    TRY(may_read(ask, view, request->organisation, err));
    TRY(parse_line(request->line, &line, err));
    if (strcmp(line.name, view->actor->user.text) != 0)
        return err_set(err, ERR_DENIED, "line: %s can't sign in the name of %s",
                       view->actor->user.text, line.name);
    TRY(keeper_cosign(ask->api->options.keeper, &ask->organisation, &line, &ask->key, err));
    Pumasi__V1__CosignReply *reply = new_reply(ask, sizeof *reply, err);
    if (!reply)
        return -ERR_LIMIT;
    pumasi__v1__cosign_reply__init(reply);
    TRY(checkpoint_text(ask, &reply->note, err));
    ask->reply = &reply->base;
    return 0;
}

/* ---- Proofs ---------------------------------------------------------------------------------- */

static int reply_proof(struct ask *ask, const struct merkle_proof *proof, struct err *err)
{
    struct arena *arena = rpc_call_arena(ask->call);
    Pumasi__V1__ProveReply *reply = new_reply(ask, sizeof *reply, err);
    ProtobufCBinaryData *path = arena_alloc(arena, (proof->n + 1) * sizeof *path);
    struct merkle_hash *hashes = arena_alloc(arena, (proof->n + 1) * sizeof *hashes);
    if (!reply || !path || !hashes)
        return err_set(err, ERR_LIMIT, "no room for the proof");
    pumasi__v1__prove_reply__init(reply);
    for (uint32_t i = 0; i < proof->n; i++) {
        hashes[i] = proof->path[i];
        path[i] = (ProtobufCBinaryData){.len = DIGEST_BYTES, .data = hashes[i].bytes};
    }
    reply->n_path = proof->n;
    reply->path = path;
    ask->reply = &reply->base;
    return 0;
}

static int answer_consistency(struct ask *ask, const struct engine_view *view, struct err *err)
{
    const Pumasi__V1__ProveRequest *request = (const Pumasi__V1__ProveRequest *)ask->request;
    struct merkle_proof proof;
    TRY(may_read(ask, view, request->organisation, err));
    TRY(keeper_prove_consistency(ask->api->options.keeper, &ask->organisation, request->from,
                                 request->to, &proof, err));
    return reply_proof(ask, &proof, err);
}

static int answer_inclusion(struct ask *ask, const struct engine_view *view, struct err *err)
{
    const Pumasi__V1__ProveRequest *request = (const Pumasi__V1__ProveRequest *)ask->request;
    struct merkle_proof proof;
    TRY(may_read(ask, view, request->organisation, err));
    TRY(keeper_prove_inclusion(ask->api->options.keeper, &ask->organisation, request->index,
                               request->to, &proof, err));
    return reply_proof(ask, &proof, err);
}

/* ---- The table ------------------------------------------------------------------------------- */

static void get_checkpoint(struct api *api, struct rpc_call *call, const ProtobufCMessage *request)
{
    ask(api, call, request, answer_checkpoint);
}

static void cosign(struct api *api, struct rpc_call *call, const ProtobufCMessage *request)
{
    ask(api, call, request, answer_cosign);
}

static void prove_consistency(struct api *api, struct rpc_call *call,
                              const ProtobufCMessage *request)
{
    ask(api, call, request, answer_consistency);
}

static void prove_inclusion(struct api *api, struct rpc_call *call, const ProtobufCMessage *request)
{
    ask(api, call, request, answer_inclusion);
}

const struct api_service api_ledger_service = {
    .descriptor = &pumasi__v1__ledger_service__descriptor,
    .methods =
        {
            {.name = "CloseMonth", .way = API_CHANGE, .command = COMMAND_CLOSE_MONTH},
            {.name = "GetClosing",
             .way = API_GET,
             .entity = ENTITY_CLOSING,
             .object = &pumasi__v1__closing__descriptor},
            {.name = "ListClosings",
             .way = API_LIST,
             .entity = ENTITY_CLOSING,
             .object = &pumasi__v1__closing__descriptor,
             .reply = &pumasi__v1__list_closings_reply__descriptor},
            {.name = "GetCheckpoint", .way = API_OWN, .own = get_checkpoint},
            {.name = "ProveConsistency", .way = API_OWN, .own = prove_consistency},
            {.name = "ProveInclusion", .way = API_OWN, .own = prove_inclusion},
            {.name = "Cosign", .way = API_OWN, .own = cosign},
        },
};
