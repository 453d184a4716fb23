/* A few threads draw names from one counter; the first failure stops them all. */
#include "tests/support/load/joiner.h"

#include "lib/base/file.h"
#include "lib/pki/cert.h"
#include "lib/pki/csr.h"
#include "lib/rpc/client.h"
#include "lib/rpc/message.h"

#include "pumasi/v1/identity.pb-c.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define THREADS 16
#define CALL_MS 20000

struct joiner {
    const struct joiner_options *options;
    struct rpc_channel *channel;
    atomic_size_t next;
    atomic_bool failed;
    struct err err; /* of the first that failed */
};

static int path_of(const char *dir, const char *name, const char *suffix, char ret[PATH_MAX],
                   struct err *err)
{
    int n = snprintf(ret, PATH_MAX, "%s/%s%s", dir, name, suffix);
    return n > 0 && n < PATH_MAX ? 0 : err_set(err, ERR_LIMIT, "%s: too long", dir);
}

static int call(struct joiner *j, const char *method, const ProtobufCMessage *message,
                ProtobufCMessage **ret, struct err *err)
{
    struct rpc_request request = {
        .method = {&pumasi__v1__identity_service__descriptor, method},
        .message = message,
        .timeout_ms = CALL_MS,
    };
    return rpc_client_call(j->channel, &request, ret, NULL, err);
}

static int invite(struct joiner *j, const struct id *name, Pumasi__V1__CreateJoinTokenReply **ret,
                  struct err *err)
{
    Pumasi__V1__CreateJoinTokenRequest request = PUMASI__V1__CREATE_JOIN_TOKEN_REQUEST__INIT;
    request.purpose = "node";
    request.organisation = (char *)j->options->organisation.text;
    request.pool = (char *)j->options->pool.text;
    request.name = (char *)name->text;
    return call(j, "CreateJoinToken", &request.base, (ProtobufCMessage **)ret, err);
}

static int keep(struct joiner *j, const struct id *name, const struct key *key, const char *cert,
                struct err *err)
{
    char path[PATH_MAX];
    TRY(path_of(j->options->dir, name->text, ".pem", path, err));
    TRY(file_write(path, span_text(cert), 0644, err));
    TRY(path_of(j->options->dir, name->text, ".key", path, err));
    return key_write(key, path, err);
}

static int join(struct joiner *j, const struct id *name, char *token, struct err *err)
{
    CLEANUP_KEY struct key *key = NULL;
    CLEANUP_BUF struct buf csr;
    Pumasi__V1__JoinRequest request = PUMASI__V1__JOIN_REQUEST__INIT;
    Pumasi__V1__JoinReply *reply;
    buf_init(&csr, CSR_PEM_MAX);
    TRY(key_generate(&key, err));
    TRY(csr_create(key, &csr, err));
    request.token = token;
    request.csr_pem = csr.data;
    TRY(call(j, "Join", &request.base, (ProtobufCMessage **)&reply, err));
    int rc = keep(j, name, key, reply->certificate_pem, err);
    rpc_message_destroy(&reply->base);
    return rc;
}

static int join_one(struct joiner *j, const struct id *name, struct err *err)
{
    char path[PATH_MAX];
    Pumasi__V1__CreateJoinTokenReply *reply;
    TRY(path_of(j->options->dir, name->text, ".key", path, err));
    if (access(path, R_OK) == 0)
        return 0;
    TRY(invite(j, name, &reply, err));
    int rc = join(j, name, reply->token, err);
    rpc_message_destroy(&reply->base);
    return rc;
}

static void *work(void *arg)
{
    struct joiner *j = arg;
    while (!atomic_load(&j->failed)) {
        struct err err = ERR_INIT;
        size_t i = atomic_fetch_add(&j->next, 1);
        if (i >= j->options->n)
            break;
        if (join_one(j, &j->options->names[i], &err) < 0 && !atomic_exchange(&j->failed, true))
            j->err = err;
    }
    return NULL;
}

static int open_channel(struct joiner *j, struct err *err)
{
    char paths[3][PATH_MAX];
    static const char *const names[] = {"ca", "cert", "key"};
    struct rpc_tls_bundle *bundle;
    for (size_t i = 0; i < 3; i++)
        TRY(path_of(j->options->operator, names[i], ".pem", paths[i], err));
    struct rpc_tls_files files = {.ca = paths[0], .cert = paths[1], .key = paths[2]};
    TRY(rpc_tls_bundle_load(&files, &bundle, err));
    struct rpc_tls_pem pem = rpc_tls_bundle_pem(bundle);
    struct rpc_channel_options options = {.tls = &pem};
    int rc = rpc_channel_create(j->options->loop, j->options->server, &options, &j->channel, err);
    rpc_tls_bundle_destroy(bundle);
    return rc;
}

int joiner_run(const struct joiner_options *options, struct err *err)
{
    struct joiner j = {.options = options, .err = ERR_INIT};
    pthread_t threads[THREADS];
    TRY(open_channel(&j, err));
    for (size_t i = 0; i < THREADS; i++)
        ENSURE(pthread_create(&threads[i], NULL, work, &j) == 0);
    for (size_t i = 0; i < THREADS; i++)
        ENSURE(pthread_join(threads[i], NULL) == 0);
    rpc_channel_destroy(j.channel);
    return atomic_load(&j.failed) ? err_set(err, j.err.code, "%s", j.err.text) : 0;
}
