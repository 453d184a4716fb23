/* IdentityService: joining by token, who am I, users. The secrets of tokens and the authority's key
 * are met here; the decider sees digests and key ids. */
#include "controlplane/api/change.h"
#include "controlplane/api/listing.h"
#include "controlplane/api/renewal.h"
#include "controlplane/api/service.h"

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pki/csr.h"
#include "lib/pki/token.h"
#include "lib/wire/wire.h"

#include "pumasi/v1/identity.pb-c.h"

#include <stdlib.h>

#define OWNER_KEYS_MAX 64

/* The roots that are believed now, in the arena; NULL: no room. */
static char *roots_in(const struct api *api, struct arena *arena)
{
    CLEANUP_BUF struct buf roots;
    buf_init(&roots, LIMIT_FILE_BYTES);
    certifier_roots(api->options.certifier, &roots);
    return arena_text(arena, buf_span(&roots));
}

/* ---- making a token ---- */

struct token_making {
    struct api *api;
    struct rpc_call *call;
    char text[TOKEN_TEXT_CAP];
};

static void token_made(void *arg, const struct engine_reply *reply, const struct err *failed)
{
    struct token_making *making = arg;
    struct err err = ERR_INIT;
    Pumasi__V1__ChangeReply change;
    Pumasi__V1__CreateJoinTokenReply message = PUMASI__V1__CREATE_JOIN_TOKEN_REPLY__INIT;
    if (failed) {
        rpc_call_fail(making->call, failed);
        return;
    }
    struct arena *arena = rpc_call_arena(making->call);
    message.ca_pem = roots_in(making->api, arena);
    if (!message.ca_pem || change_reply_fill(reply, arena, &change, &err) < 0) {
        change_answer_unfit(making->call, reply);
        return;
    }
    message.change = &change;
    /* A dry run has made no token, and a repeated request gets no secret: it was shown once, and
     * only its digest is kept. */
    message.token = reply->applied && !reply->repeated ? making->text : (char *)"";
    rpc_call_reply(making->call, &message.base);
}

/* Counted before they are copied: a list beyond what is stored must not get that far. */
static int read_roles(const Pumasi__V1__CreateJoinTokenRequest *request, struct list *ret,
                      struct err *err)
{
    if (request->n_roles > ROLE_COUNT)
        return err_set(err, ERR_LIMIT, "roles: %zu, more than the %d that there are",
                       request->n_roles, ROLE_COUNT);
    for (size_t i = 0; i < request->n_roles; i++) {
        struct id *role = record_list_add(ret, sizeof *role);
        TRY(id_parse(span_text(request->roles[i]), "roles", role, err));
    }
    return 0;
}

static int fill_token(const Pumasi__V1__CreateJoinTokenRequest *request, const struct token *token,
                      struct join_token *ret, struct err *err)
{
    uint8_t digest[DIGEST_BYTES];
    int purpose;
    TRY(enum_parse(&join_purpose_names, span_text(request->purpose), "purpose", &purpose, err));
    TRY(id_parse(span_text(request->organisation), "organisation", &ret->organisation, err));
    TRY(id_parse(span_text(request->name), "name", &ret->name, err));
    if (request->pool[0])
        TRY(id_parse(span_text(request->pool), "pool", &ret->pool, err));
    TRY(read_roles(request, &ret->roles, err));
    token_digest(token, digest);
    text_hex(ret->secret_hash, digest, sizeof digest);
    ret->id = token->id;
    ret->purpose = (enum join_purpose)purpose;
    return 0;
}

static void create_join_token(struct api *api, struct rpc_call *call,
                              const ProtobufCMessage *message)
{
    const Pumasi__V1__CreateJoinTokenRequest *request =
        (const Pumasi__V1__CreateJoinTokenRequest *)message;
    struct principal principal;
    struct err err = ERR_INIT;
    if (api_principal(api, call, &principal) < 0)
        return;
    struct token_making *making = arena_alloc(rpc_call_arena(call), sizeof *making);
    struct create_join_token_command *args = calloc(1, sizeof *args);
    struct token token = token_make(api->options.env);
    ENSURE(args);
    if (!making) {
        (void)err_set(&err, ERR_LIMIT, "the request leaves no room for an answer");
        goto out;
    }
    making->api = api;
    making->call = call;
    token_format(&token, making->text);
    if (wire_refuse_unknown(message, &err) < 0)
        goto out;
    if (request->head) {
        args->head.dry_run = request->head->dry_run;
        if (request->head->request_id[0] &&
            id_parse(span_text(request->head->request_id), "request_id", &args->head.request_id,
                     &err) < 0)
            goto out;
    }
    if (fill_token(request, &token, &args->token, &err) == 0) {
        change_submit(api, &principal, COMMAND_CREATE_JOIN_TOKEN, args, token_made, making);
        return;
    }
out:
    record_destroy(command_type(COMMAND_CREATE_JOIN_TOKEN), args);
    rpc_call_fail(call, &err);
}

/* ---- joining ---- */

struct joining {
    struct api *api;
    struct rpc_call *call;
    struct token token;
    struct public_key key;
    struct identity subject;
    bool is_node;
    struct certificate certificate;
    Pumasi__V1__OwnerKey owner_keys[OWNER_KEYS_MAX];
    struct user owners[OWNER_KEYS_MAX];
    size_t owner_count;
    bool too_many_owners;
};

static void joining_end(struct joining *j, const struct err *err)
{
    if (err)
        rpc_call_fail(j->call, err);
    for (size_t i = 0; i < j->owner_count; i++)
        record_fini(&user_type, &j->owners[i]);
    certificate_fini(&j->certificate);
    free(j);
}

static void joined(void *arg, const struct engine_reply *reply, const struct err *failed)
{
    struct joining *j = arg;
    (void)reply;
    if (failed) {
        joining_end(j, failed);
        return;
    }
    struct public_key grant_key = issuer_public_key(j->api->options.issuer);
    Pumasi__V1__OwnerKey *keys[OWNER_KEYS_MAX];
    Pumasi__V1__JoinReply message = PUMASI__V1__JOIN_REPLY__INIT;
    CLEANUP_BUF struct buf roots;
    buf_init(&roots, LIMIT_FILE_BYTES);
    certifier_roots(j->api->options.certifier, &roots);
    message.certificate_pem = j->certificate.pem.data;
    message.ca_pem = roots.data;
    message.organisation = j->subject.organisation.text;
    message.name = j->subject.name.text;
    message.grant_key = (ProtobufCBinaryData){.len = PUBLIC_KEY_BYTES, .data = grant_key.spki};
    for (size_t i = 0; i < j->owner_count; i++) {
        Pumasi__V1__OwnerKey *key = &j->owner_keys[i];
        pumasi__v1__owner_key__init(key);
        key->key_id = j->owners[i].key_id.text;
        key->public_key = (ProtobufCBinaryData){.len = j->owners[i].public_key.len,
                                                .data = j->owners[i].public_key.data};
        keys[i] = key;
    }
    message.n_owner_keys = j->owner_count;
    message.owner_keys = keys;
    rpc_call_reply(j->call, &message.base);
    joining_end(j, NULL);
}

/* A node trusts the loans that its owner's operators and approvers sign. */
static bool collect_owner(const void *record, void *arg)
{
    const struct user *user = record;
    struct joining *j = arg;
    uint32_t lending = ROLE_BIT(ROLE_SUPPLIER_OPERATOR) | ROLE_BIT(ROLE_SUPPLIER_APPROVER);
    if (user->state != USER_ACTIVE || !(user_roles(user) & lending) ||
        !id_equal(&user->organisation, &j->subject.organisation))
        return true;
    j->too_many_owners = j->owner_count == OWNER_KEYS_MAX;
    if (j->too_many_owners)
        return false;
    record_copy(&user_type, &j->owners[j->owner_count++], user);
    return true;
}

static int look_up_token(void *arg, const struct engine_view *view, struct err *err)
{
    struct joining *j = arg;
    const struct join_token *kept = state_find(view->state, ENTITY_JOIN_TOKEN, &j->token.id);
    if (!kept || token_check(&j->token, span_text(kept->secret_hash), NULL) < 0)
        return err_set(err, ERR_UNAUTHENTICATED,
                       "this join token is not known here: ask for a new one");
    j->is_node = kept->purpose == JOIN_NODE;
    j->subject = (struct identity){.kind = j->is_node ? IDENTITY_NODE : IDENTITY_USER,
                                   .organisation = kept->organisation,
                                   .name = kept->name};
    if (j->is_node)
        state_each(view->state, ENTITY_USER, NULL, collect_owner, j);
    if (j->too_many_owners)
        return err_set(
            err, ERR_LIMIT,
            "more than %d people of %s sign loans, and a node has to know them all: revoke "
            "those who left",
            OWNER_KEYS_MAX, kept->organisation.text);
    return 0;
}

/* On the writer's thread: the token is good; make the certificate and ask for it to be recorded. */
static void token_found(void *arg, const struct err *failed)
{
    struct joining *j = arg;
    struct err err = ERR_INIT;
    if (failed) {
        joining_end(j, failed);
        return;
    }
    struct join_command *args = calloc(1, sizeof *args);
    ENSURE(args);
    uint8_t digest[DIGEST_BYTES];
    token_digest(&j->token, digest);
    text_hex(args->secret_hash, digest, sizeof digest);
    args->token = j->token.id;
    args->public_key.len = PUBLIC_KEY_BYTES;
    memcpy(args->public_key.data, j->key.spki, PUBLIC_KEY_BYTES);
    if (certifier_issue(j->api->options.certifier, &j->subject, &j->key, &j->certificate, &err) <
        0) {
        record_destroy(command_type(COMMAND_JOIN), args);
        joining_end(j, &err);
        return;
    }
    args->key_id = j->certificate.key_id;
    args->certificate_expires_at = j->certificate.expires_at;
    (void)text_cut(args->serial, sizeof args->serial, j->certificate.serial);
    struct principal anonymous = {.kind = ACTOR_ANONYMOUS};
    change_submit(j->api, &anonymous, COMMAND_JOIN, args, joined, j);
}

static void join(struct api *api, struct rpc_call *call, const ProtobufCMessage *message)
{
    static const struct engine_read_ops ops = {.run = look_up_token, .finish = token_found};
    const Pumasi__V1__JoinRequest *request = (const Pumasi__V1__JoinRequest *)message;
    struct principal anonymous = {.kind = ACTOR_ANONYMOUS};
    struct err err = ERR_INIT;
    struct joining *j = calloc(1, sizeof *j);
    ENSURE(j);
    j->api = api;
    j->call = call;
    if (wire_refuse_unknown(message, &err) < 0 ||
        token_parse(span_text(request->token), &j->token, &err) < 0 ||
        csr_parse(span_text(request->csr_pem), &j->key, &err) < 0 ||
        engine_read(api->options.engine, &anonymous, &ops, j, &err) < 0)
        joining_end(j, &err);
}

/* ---- renewing ---- */

/* A user's; a node asks on its stream. */
static void user_renewed(void *arg, const struct renewal *renewal, const struct err *failed)
{
    struct rpc_call *call = arg;
    Pumasi__V1__RenewCertificateReply message = PUMASI__V1__RENEW_CERTIFICATE_REPLY__INIT;
    if (failed) {
        rpc_call_fail(call, failed);
        return;
    }
    message.certificate_pem = renewal->certificate.pem.data;
    message.ca_pem = renewal->roots.data;
    message.expires_at = renewal->certificate.expires_at.s;
    rpc_call_reply(call, &message.base);
}

static void renew_certificate(struct api *api, struct rpc_call *call,
                              const ProtobufCMessage *message)
{
    const Pumasi__V1__RenewCertificateRequest *request =
        (const Pumasi__V1__RenewCertificateRequest *)message;
    struct principal principal;
    struct err err = ERR_INIT;
    if (api_principal(api, call, &principal) < 0)
        return;
    if (wire_refuse_unknown(message, &err) < 0)
        rpc_call_fail(call, &err);
    else
        renewal_ask(api, &principal, span_text(request->csr_pem), user_renewed, call);
}

/* ---- who am I ---- */

static int fill_roles(const struct actor *actor, struct arena *arena,
                      Pumasi__V1__WhoAmIReply *reply, struct err *err)
{
    reply->roles = arena_array(arena, ROLE_COUNT, sizeof *reply->roles);
    if (!reply->roles)
        return err_set(err, ERR_LIMIT, "the reply is too large");
    for (int role = 0; role < ROLE_COUNT; role++) {
        if (actor->roles & ROLE_BIT(role))
            reply->roles[reply->n_roles++] = (char *)enum_name(&role_names, role);
    }
    return 0;
}

static const char *actor_kind_name(enum actor_kind kind)
{
    static const char *const names[] = {"user", "node", "service", "anonymous"};
    return names[kind];
}

static struct instant expiry_of(const struct state *s, const struct actor *actor)
{
    if (actor->kind == ACTOR_NODE) {
        const struct node *node = state_find(s, ENTITY_NODE, &actor->name);
        return node ? node->expires_at : INSTANT_NEVER;
    }
    const struct user *user = state_find(s, ENTITY_USER, &actor->user);
    return user ? user->expires_at : INSTANT_NEVER;
}

static int run_whoami(const struct engine_view *view, struct rpc_call *call,
                      const ProtobufCMessage *request, ProtobufCMessage **ret_reply,
                      struct err *err)
{
    (void)request;
    struct arena *arena = rpc_call_arena(call);
    Pumasi__V1__WhoAmIReply *reply = arena_alloc(arena, sizeof *reply);
    if (!reply)
        return err_set(err, ERR_LIMIT, "the reply is too large");
    pumasi__v1__who_am_ireply__init(reply);
    reply->organisation = arena_text(arena, span_text(view->actor->organisation.text));
    reply->name = arena_text(arena, span_text(view->actor->name.text));
    reply->kind = (char *)actor_kind_name(view->actor->kind);
    reply->server_version = (char *)PUMASI_VERSION;
    reply->leader = arena_text(arena, span_text(view->address));
    reply->expires_at = expiry_of(view->state, view->actor).s;
    if (!reply->organisation || !reply->name || !reply->leader)
        return err_set(err, ERR_LIMIT, "the reply is too large");
    TRY(fill_roles(view->actor, arena, reply, err));
    *ret_reply = &reply->base;
    return 0;
}

static void who_am_i(struct api *api, struct rpc_call *call, const ProtobufCMessage *request)
{
    listing_look(api, call, request, run_whoami);
}

const struct api_service api_identity_service = {
    .descriptor = &pumasi__v1__identity_service__descriptor,
    .methods =
        {
            {.name = "CreateJoinToken", .way = API_OWN, .own = create_join_token},
            {.name = "Join", .way = API_OWN, .own = join},
            {.name = "RenewCertificate", .way = API_OWN, .own = renew_certificate},
            {.name = "RevokeUser", .way = API_CHANGE, .command = COMMAND_REVOKE_USER},
            {.name = "WhoAmI", .way = API_OWN, .own = who_am_i},
            {.name = "ListUsers",
             .way = API_LIST,
             .entity = ENTITY_USER,
             .object = &pumasi__v1__user__descriptor,
             .reply = &pumasi__v1__list_users_reply__descriptor},
        },
};
