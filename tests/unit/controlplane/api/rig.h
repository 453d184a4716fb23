#ifndef PUMASI_TESTS_UNIT_CONTROLPLANE_API_RIG_H
#define PUMASI_TESTS_UNIT_CONTROLPLANE_API_RIG_H

#include "controlplane/api/api.h"
#include "lib/base/file.h"
#include "lib/pki/csr.h"
#include "lib/pki/digest.h"
#include "lib/rpc/client.h"
#include "lib/rpc/client_stream.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/message.h"
#include "lib/rpc/runtime.h"
#include "lib/store/store_mem.h"
#include "tests/support/suite.h"

#include "pumasi/v1/identity.pb-c.h"
#include "pumasi/v1/organisation.pb-c.h"
#include "pumasi/v1/pool.pb-c.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

/*
 * The whole way of a request in one process: a client over mutual TLS, the services, the writer on
 * its thread, a store in memory. Only the store is not the real one.
 *
 * gRPC must not be started before Check forks, so a test opens its rig itself. Made by rig_open():
 *   nipa   the agency; admin.nipa (agency-admin, agency-approver)
 *   skt    supplier of site skt-dc and pool skt-b200; op.skt (supplier-operator)
 *   other  another supplier; op.other (supplier-operator)
 */
#define RIG_CALL_MS 10000
#define RIG_PEOPLE  8
#define RIG_HOUR_S  3600
#define RIG_VALID_S (INT64_C(365) * 24 * RIG_HOUR_S)
#define RIG_HOST    "127.0.0.1"

struct rig_person {
    struct id id; /* NAME.ORGANISATION, or the name of a node */
    struct key *key;
    struct buf cert;
    struct rpc_channel *channel;
};

struct rig {
    char dir[32];
    struct env env;
    struct key *ca_key, *sign_key;
    struct buf ca;
    struct authority *authority;
    struct certifier *certifier;
    struct issuer *issuer;
    struct attached *attached;
    struct rpc_runtime *runtime;
    struct rpc_loop *server_loop, *client_loop;
    struct store *store;
    struct engine *engine;
    struct api *api;
    struct rpc_tls_source *tls;
    struct rpc_server *server;
    char target[64];
    struct rig_person people[RIG_PEOPLE];
    size_t n;
    struct rpc_channel *stranger; /* shows no certificate */
    size_t arena_bytes;           /* memory of a request; 0: as in production */
};

/* A code of err_code by its name: what the client got. */
static inline void rig_expect(int rc, enum err_code code, const struct err *err)
{
    ck_assert_msg(rc == -(int)code, "%s instead of %s: %s", err_name((enum err_code) - rc),
                  err_name(code), err->text);
}

static inline bool rig_verify(struct span public_key, struct span bytes, struct span signature)
{
    struct public_key key;
    return public_key_decode(public_key, &key, NULL) == 0 &&
           sign_verify(&key, bytes, signature, NULL) == 0;
}

/* ---- certificates ---- */

static inline struct window rig_valid(const struct rig *r)
{
    struct instant now = env_now(&r->env);
    return (struct window){instant_add(now, -RIG_HOUR_S), instant_add(now, RIG_VALID_S)};
}

static inline void rig_issue(const struct rig *r, struct identity subject, unsigned uses,
                             struct key **ret_key, struct buf *ret_pem)
{
    static const char *const hosts[] = {RIG_HOST};
    struct authority_leaf leaf = {.subject = subject, .valid = rig_valid(r), .uses = uses};
    if (uses & CERT_SERVER) {
        leaf.hosts = hosts;
        leaf.host_count = 1;
    }
    authority_serial(&r->env, leaf.serial);
    ck_assert_int_eq(key_generate(ret_key, NULL), 0);
    struct public_key public_half = key_public(*ret_key);
    buf_init(ret_pem, CERT_PEM_MAX);
    ck_assert_int_eq(authority_issue(r->authority, &public_half, &leaf, ret_pem, NULL), 0);
}

static inline void rig_found_authority(struct rig *r)
{
    struct authority_spec spec = {.name = id_literal("root"), .valid = rig_valid(r)};
    spec.valid.to = instant_add(spec.valid.to, RIG_HOUR_S); /* the clock runs on */
    authority_serial(&r->env, spec.serial);
    buf_init(&r->ca, CERT_PEM_MAX);
    ck_assert_int_eq(key_generate(&r->ca_key, NULL), 0);
    ck_assert_int_eq(key_generate(&r->sign_key, NULL), 0);
    ck_assert_int_eq(authority_create_root(r->ca_key, &spec, &r->ca, NULL), 0);
    ck_assert_int_eq(authority_open(buf_span(&r->ca), r->ca_key, &r->authority, NULL), 0);
    struct certifier_options options = {
        .user_life_s = RIG_VALID_S, .node_life_s = RIG_VALID_S, .env = &r->env};
    r->certifier = certifier_create(&options);
    ck_assert_int_eq(certifier_load(r->certifier, buf_span(&r->ca), r->ca_key, NULL), 0);
}

static inline const char *rig_path(const struct rig *r, const char *name, char dst[64])
{
    (void)snprintf(dst, 64, "%s/%s", r->dir, name);
    return dst;
}

/* The server's files: TLS wants paths. */
static inline void rig_write_files(struct rig *r)
{
    struct identity service = {.kind = IDENTITY_SERVICE,
                               .organisation = id_literal("nipa"),
                               .name = id_literal("pumasid-1")};
    struct key *key;
    struct buf cert;
    char ca[64], cert_path[64], key_path[64];
    rig_issue(r, service, CERT_SERVER | CERT_CLIENT, &key, &cert);
    rig_path(r, "ca.pem", ca);
    rig_path(r, "cert.pem", cert_path);
    rig_path(r, "key.pem", key_path);
    ck_assert_int_eq(file_write(ca, buf_span(&r->ca), 0644, NULL), 0);
    ck_assert_int_eq(file_write(cert_path, buf_span(&cert), 0644, NULL), 0);
    ck_assert_int_eq(key_write(key, key_path, NULL), 0);
    struct rpc_tls_files files = {.ca = ca, .cert = cert_path, .key = key_path};
    ck_assert_int_eq(rpc_tls_source_create(&files, RPC_TLS_CLIENTS_OPTIONAL, &r->tls, NULL), 0);
    (void)unlink(ca);
    (void)unlink(cert_path);
    (void)unlink(key_path);
    (void)rmdir(r->dir);
    key_destroy(key);
    buf_fini(&cert);
}

/* ---- people ---- */

static inline struct rpc_channel *rig_connect(const struct rig *r, const struct rig_person *p)
{
    struct buf key;
    struct rpc_channel *channel;
    struct rpc_tls_pem pem = {.ca = buf_span(&r->ca)};
    struct rpc_channel_options options = {.tls = &pem, .own_connection = true};
    buf_init(&key, KEY_PEM_MAX);
    if (p) {
        ck_assert_int_eq(key_format(p->key, &key, NULL), 0);
        pem.cert = buf_span(&p->cert);
        pem.key = buf_span(&key);
    }
    ck_assert_int_eq(rpc_channel_create(r->client_loop, r->target, &options, &channel, NULL), 0);
    buf_fini(&key);
    return channel;
}

static inline struct rig_person *rig_person(struct rig *r, const char *id)
{
    for (size_t i = 0; i < r->n; i++) {
        if (strcmp(r->people[i].id.text, id) == 0)
            return &r->people[i];
    }
    ck_abort_msg("nobody is called %s", id);
    return NULL;
}

static inline struct rpc_channel *rig_channel(struct rig *r, const char *who)
{
    return who ? rig_person(r, who)->channel : r->stranger;
}

/* One call as someone; NULL: without a certificate. */
static inline int rig_call(struct rig *r, const char *who, struct rpc_method method,
                           const ProtobufCMessage *request, ProtobufCMessage **ret_reply,
                           struct err *err)
{
    struct rpc_request rpc = {.method = method, .message = request, .timeout_ms = RIG_CALL_MS};
    *err = ERR_INIT;
    return rpc_client_call(rig_channel(r, who), &rpc, ret_reply, NULL, err);
}

/* A call that has to succeed; the reply is the caller's. */
static inline ProtobufCMessage *rig_must(struct rig *r, const char *who, struct rpc_method method,
                                         const ProtobufCMessage *request)
{
    struct err err;
    ProtobufCMessage *reply = NULL;
    int rc = rig_call(r, who, method, request, &reply, &err);
    ck_assert_msg(rc == 0, "%s.%s: %s", method.service->name, method.name, err.text);
    return reply;
}

/* Joined with a token, as a user or as a node of skt-b200; roles: at most one. */
static inline void rig_join(struct rig *r, const char *purpose, const char *name,
                            const char *organisation, const char *role)
{
    const ProtobufCServiceDescriptor *service = &pumasi__v1__identity_service__descriptor;
    struct rig_person *p = &r->people[r->n];
    Pumasi__V1__CreateJoinTokenRequest make = PUMASI__V1__CREATE_JOIN_TOKEN_REQUEST__INIT;
    Pumasi__V1__JoinRequest join = PUMASI__V1__JOIN_REQUEST__INIT;
    char *roles[] = {(char *)role};
    bool is_node = strcmp(purpose, "node") == 0;
    ck_assert_uint_lt(r->n, RIG_PEOPLE);
    make.purpose = (char *)purpose;
    make.organisation = (char *)organisation;
    make.name = (char *)name;
    make.pool = is_node ? "skt-b200" : "";
    make.n_roles = role ? 1 : 0;
    make.roles = roles;
    Pumasi__V1__CreateJoinTokenReply *token = (Pumasi__V1__CreateJoinTokenReply *)rig_must(
        r, "admin.nipa", (struct rpc_method){service, "CreateJoinToken"}, &make.base);
    struct buf csr;
    buf_init(&csr, CSR_PEM_MAX);
    ck_assert_int_eq(key_generate(&p->key, NULL), 0);
    ck_assert_int_eq(csr_create(p->key, &csr, NULL), 0);
    join.token = token->token;
    join.csr_pem = csr.data;
    Pumasi__V1__JoinReply *joined = (Pumasi__V1__JoinReply *)rig_must(
        r, NULL, (struct rpc_method){service, "Join"}, &join.base);
    buf_init(&p->cert, CERT_PEM_MAX);
    buf_append_text(&p->cert, joined->certificate_pem);
    (void)snprintf(p->id.text, sizeof p->id.text, is_node ? "%.30s" : "%.30s.%.30s", name,
                   organisation);
    r->n++;
    p->channel = rig_connect(r, p);
    rpc_message_destroy(&token->base);
    rpc_message_destroy(&joined->base);
    buf_fini(&csr);
}

/* ---- the first user ---- */

struct rig_wait {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    struct err err;
};

static inline void rig_on_done(void *arg, const struct engine_reply *reply, const struct err *err)
{
    struct rig_wait *w = arg;
    (void)reply;
    pthread_mutex_lock(&w->lock);
    if (err)
        w->err = *err;
    w->done = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

/* Decides a command as the service itself and waits; asks again while nobody leads yet. */
static inline void rig_decide(struct rig *r, enum command_kind kind, const void *args)
{
    struct rig_wait w = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    do {
        struct engine_command command = {
            .kind = kind,
            .args = record_clone(command_type(kind), args),
            .principal = {.kind = ACTOR_SERVICE, .name = id_literal("seed")}};
        w.done = false;
        w.err = ERR_INIT;
        ck_assert_int_eq(engine_submit(r->engine, &command, rig_on_done, &w, NULL), 0);
        pthread_mutex_lock(&w.lock);
        while (!w.done)
            pthread_cond_wait(&w.changed, &w.lock);
        pthread_mutex_unlock(&w.lock);
    } while (w.err.code == ERR_NOT_LEADER);
    ck_assert_msg(w.err.code == ERR_OK, "%s", w.err.text);
}

static inline void rig_bootstrap(struct rig *r)
{
    struct bootstrap_command b = {.user = {.expires_at = rig_valid(r).to}};
    struct identity admin = {
        .kind = IDENTITY_USER, .organisation = id_literal("nipa"), .name = id_literal("admin")};
    struct rig_person *p = &r->people[r->n++];
    rig_issue(r, admin, CERT_CLIENT, &p->key, &p->cert);
    struct public_key key = key_public(p->key);
    b.organisation.id = admin.organisation;
    memcpy(b.organisation.name_en, "NIPA", 5);
    struct size_fact *size = record_list_add(&b.organisation.sizes, sizeof *size);
    size->size = SIZE_AGENCY;
    b.user.name = admin.name;
    b.user.key_id = public_key_id(&key);
    b.user.public_key.len = PUBLIC_KEY_BYTES;
    memcpy(b.user.public_key.data, key.spki, PUBLIC_KEY_BYTES);
    for (int i = 0; i < 2; i++) {
        struct id *role = record_list_add(&b.user.roles, sizeof *role);
        *role = id_literal(i ? "agency-approver" : "agency-admin");
    }
    rig_decide(r, COMMAND_BOOTSTRAP, &b);
    record_fini(&bootstrap_command_type, &b);
    p->id = id_literal("admin.nipa");
    p->channel = rig_connect(r, p);
    r->stranger = rig_connect(r, NULL);
}

/* ---- objects ---- */

static inline void rig_make_supplier(struct rig *r, const char *name)
{
    Pumasi__V1__ApplyOrganisationRequest request = PUMASI__V1__APPLY_ORGANISATION_REQUEST__INIT;
    Pumasi__V1__Organisation o = PUMASI__V1__ORGANISATION__INIT;
    Pumasi__V1__SizeFact size = PUMASI__V1__SIZE_FACT__INIT;
    Pumasi__V1__SizeFact *sizes[] = {&size};
    size.size = "large";
    o.id = o.name_en = o.name_ko = (char *)name;
    o.supplier = true;
    o.n_sizes = 1;
    o.sizes = sizes;
    request.organisation = &o;
    rpc_message_destroy(rig_must(
        r, "admin.nipa",
        (struct rpc_method){&pumasi__v1__organisation_service__descriptor, "ApplyOrganisation"},
        &request.base));
}

static inline int rig_apply_site(struct rig *r, const char *who, const char *id,
                                 const char *operator_, struct err *err)
{
    Pumasi__V1__ApplySiteRequest request = PUMASI__V1__APPLY_SITE_REQUEST__INIT;
    Pumasi__V1__Site site = PUMASI__V1__SITE__INIT;
    ProtobufCMessage *reply = NULL;
    site.id = site.name_en = site.name_ko = (char *)id;
    site.operator_ = (char *)operator_;
    request.site = &site;
    int rc =
        rig_call(r, who, (struct rpc_method){&pumasi__v1__pool_service__descriptor, "ApplySite"},
                 &request.base, &reply, err);
    rpc_message_destroy(reply);
    return rc;
}

static inline void rig_make_pool(struct rig *r)
{
    Pumasi__V1__ApplyPoolRequest request = PUMASI__V1__APPLY_POOL_REQUEST__INIT;
    Pumasi__V1__Pool pool = PUMASI__V1__POOL__INIT;
    struct err err;
    rig_expect(rig_apply_site(r, "admin.nipa", "skt-dc", "skt", &err), ERR_OK, &err);
    pool.id = "skt-b200";
    pool.owner = "skt";
    pool.site = "skt-dc";
    pool.model = "B200";
    pool.contracted_units = 64 * 7000;
    pool.lend_limit_units = 64 * 7000;
    request.pool = &pool;
    rpc_message_destroy(rig_must(
        r, "admin.nipa", (struct rpc_method){&pumasi__v1__pool_service__descriptor, "ApplyPool"},
        &request.base));
}

/* ---- life ---- */

static inline void rig_start(struct rig *r)
{
    struct engine_options engine = {.store = r->store,
                                    .env = &r->env,
                                    .name = id_literal("pumasid-1"),
                                    .address = "127.0.0.1:1",
                                    .leader_ttl_s = 5,
                                    .sha256 = digest_sha256,
                                    .verify = rig_verify};
    r->engine = engine_create(&engine);
    struct api_options options = {.engine = r->engine,
                                  .attached = r->attached,
                                  .issuer = r->issuer,
                                  .certifier = r->certifier,
                                  .env = &r->env};
    r->api = api_create(&options);
    struct rpc_server_options server = {
        .policy = api_policy, .policy_arg = r->api, .arena_bytes = r->arena_bytes};
    int port;
    r->server = rpc_server_create(r->server_loop, &server);
    ck_assert_int_eq(rpc_server_listen(r->server, RIG_HOST ":0", r->tls, &port, NULL), 0);
    ck_assert_int_eq(api_add_services(r->api, r->server, NULL), 0);
    (void)snprintf(r->target, sizeof r->target, RIG_HOST ":%d", port);
    ck_assert_int_eq(engine_start(r->engine, NULL), 0);
    rpc_server_start(r->server);
}

static inline void rig_open_with(struct rig *r, size_t arena_bytes)
{
    *r = (struct rig){.env = env_real(), .arena_bytes = arena_bytes};
    (void)snprintf(r->dir, sizeof r->dir, "/tmp/api-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(r->dir));
    r->runtime = rpc_runtime_create(NULL);
    ck_assert_int_eq(rpc_loop_create(&r->server_loop, NULL), 0);
    ck_assert_int_eq(rpc_loop_create(&r->client_loop, NULL), 0);
    rig_found_authority(r);
    rig_write_files(r);
    r->issuer = issuer_create(r->sign_key);
    r->attached = attached_create();
    r->store = store_mem_create(STORE_MEM_IMMEDIATE);
    rig_start(r);
    rig_bootstrap(r);
    rig_make_supplier(r, "skt");
    rig_make_supplier(r, "other");
    rig_make_pool(r);
    rig_join(r, "user", "op", "skt", "supplier-operator");
    rig_join(r, "user", "op", "other", "supplier-operator");
}

static inline void rig_open(struct rig *r)
{
    rig_open_with(r, 0);
}

static inline void rig_close(struct rig *r)
{
    api_close(r->api);
    rpc_server_stop(r->server, 1000);
    rpc_channel_destroy(r->stranger);
    for (size_t i = 0; i < r->n; i++) {
        rpc_channel_destroy(r->people[i].channel);
        key_destroy(r->people[i].key);
        buf_fini(&r->people[i].cert);
    }
    engine_destroy(r->engine);
    rpc_server_destroy(r->server);
    api_destroy(r->api);
    store_destroy(r->store);
    attached_destroy(r->attached);
    issuer_destroy(r->issuer);
    certifier_destroy(r->certifier);
    authority_destroy(r->authority);
    rpc_tls_source_destroy(r->tls);
    key_destroy(r->ca_key);
    key_destroy(r->sign_key);
    buf_fini(&r->ca);
    rpc_loop_destroy(r->server_loop);
    rpc_loop_destroy(r->client_loop);
    rpc_runtime_destroy(r->runtime);
}

#endif
