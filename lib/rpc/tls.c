/*
 * Owns keys and certificates in memory and gRPC's credentials made of them. A source is read by
 * gRPC's threads, one handshake each, under its lock.
 *
 * Invariant: a source always holds one whole set that was read between two equal looks at its
 * files. Whether that set fits together is for gRPC to say: it keeps its old one if not.
 */
#include "lib/rpc/tls.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/limits.h"
#include "lib/rpc/tls_internal.h"

#include <grpc/grpc_security.h>
#include <grpc/support/log.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct rpc_tls_bundle {
    struct buf ca;
    struct buf cert;
    struct buf key;
};

/* What a file looked like, to see whether it has been replaced or rewritten. */
struct look {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed; /* of the inode, so that it moves with every write and rename */
};

struct looks {
    struct look ca, cert, key;
};

/* One listener: gRPC must be given the set once for each, not once for the source. */
struct listener {
    struct listener *next;
    struct rpc_tls_source *source;
    uint64_t given; /* the load it was last given */
};

struct rpc_tls_source {
    char *ca, *cert, *key; /* paths */
    enum rpc_tls_clients clients;
    pthread_mutex_t lock; /* guards all below */
    struct looks looks;   /* at the last attempt to read, successful or not */
    struct rpc_tls_bundle *bundle;
    _Atomic uint64_t loads;
    struct listener *listeners;
};

/* ---- bundles ---- */

static int check_pem(struct span text, const char *what, struct err *err)
{
    static const char BEGIN[] = "-----BEGIN ";
    if (text.len == 0 || !memmem(text.data, text.len, BEGIN, sizeof(BEGIN) - 1))
        return err_set(err, ERR_INVALID, "the %s is not PEM text", what);
    if (memchr(text.data, '\0', text.len))
        return err_set(err, ERR_INVALID, "the %s holds a NUL", what);
    return 0;
}

static int check_set(const struct rpc_tls_pem *pem, struct err *err)
{
    if ((pem->cert.len == 0) != (pem->key.len == 0))
        return err_set(err, ERR_INVALID, "a certificate needs its key, and a key its certificate");
    TRY(check_pem(pem->ca, "authorities' certificate", err));
    if (pem->cert.len == 0)
        return 0;
    TRY(check_pem(pem->cert, "certificate", err));
    return check_pem(pem->key, "key", err);
}

static void bundle_init(struct rpc_tls_bundle *bundle)
{
    buf_init(&bundle->ca, LIMIT_FILE_BYTES);
    buf_init(&bundle->cert, LIMIT_FILE_BYTES);
    buf_init(&bundle->key, LIMIT_FILE_BYTES);
}

static int bundle_read(struct rpc_tls_bundle *bundle, const struct rpc_tls_files *files,
                       struct err *err)
{
    TRY(file_read(files->ca, &bundle->ca, err));
    if (files->cert)
        TRY(file_read(files->cert, &bundle->cert, err));
    if (files->key)
        TRY(file_read_private(files->key, &bundle->key, err));
    struct rpc_tls_pem pem = rpc_tls_bundle_pem(bundle);
    return check_set(&pem, err);
}

int rpc_tls_bundle_load(const struct rpc_tls_files *files, struct rpc_tls_bundle **ret,
                        struct err *err)
{
    struct rpc_tls_bundle *bundle = calloc(1, sizeof(*bundle));
    ENSURE(bundle);
    bundle_init(bundle);
    int rc = bundle_read(bundle, files, err);
    if (rc < 0) {
        rpc_tls_bundle_destroy(bundle);
        return rc;
    }
    *ret = bundle;
    return 0;
}

void rpc_tls_bundle_destroy(struct rpc_tls_bundle *bundle)
{
    if (!bundle)
        return;
    buf_fini(&bundle->ca);
    buf_fini(&bundle->cert);
    if (bundle->key.cap > 0)
        explicit_bzero(bundle->key.data, bundle->key.cap);
    buf_fini(&bundle->key);
    free(bundle);
}

struct rpc_tls_pem rpc_tls_bundle_pem(const struct rpc_tls_bundle *bundle)
{
    return (struct rpc_tls_pem){.ca = buf_span(&bundle->ca),
                                .cert = buf_span(&bundle->cert),
                                .key = buf_span(&bundle->key)};
}

/* ---- the client's side ---- */

static char *text_of(struct span s)
{
    char *text = strndup((const char *)s.data, s.len);
    ENSURE(text);
    return text;
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

int rpc_tls_channel_credentials(const struct rpc_tls_pem *pem, grpc_channel_credentials **ret,
                                struct err *err)
{
    if (!pem) {
        *ret = grpc_insecure_credentials_create();
        return 0;
    }
    TRY(check_set(pem, err));
    bool shown = pem->cert.len > 0;
    char *ca = text_of(pem->ca);
    char *cert = shown ? text_of(pem->cert) : NULL;
    char *key = shown ? text_of(pem->key) : NULL;
    grpc_ssl_pem_key_cert_pair pair = {.private_key = key, .cert_chain = cert};
    *ret = grpc_ssl_credentials_create(ca, shown ? &pair : NULL, NULL, NULL);
    ENSURE(*ret);
    free(ca);
    free(cert);
    wipe(key);
    return 0;
}

/* ---- the server's side ---- */

static struct look look_at(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return (struct look){0};
    return (struct look){
        .device = st.st_dev, .inode = st.st_ino, .size = st.st_size, .changed = st.st_ctim};
}

static struct looks look_at_all(const struct rpc_tls_source *source)
{
    return (struct looks){
        .ca = look_at(source->ca), .cert = look_at(source->cert), .key = look_at(source->key)};
}

static bool same_look(const struct look *a, const struct look *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool same_looks(const struct looks *a, const struct looks *b)
{
    return same_look(&a->ca, &b->ca) && same_look(&a->cert, &b->cert) &&
           same_look(&a->key, &b->key);
}

/* Reads the set again if its files have changed since the last attempt. A set that changes while
 * it is read is left for the next handshake. */
static int source_refresh(struct rpc_tls_source *source, struct err *err)
{
    struct looks before = look_at_all(source);
    if (source->bundle && same_looks(&before, &source->looks))
        return 0;
    struct rpc_tls_files files = {.ca = source->ca, .cert = source->cert, .key = source->key};
    struct rpc_tls_bundle *next = NULL;
    int rc = rpc_tls_bundle_load(&files, &next, err);
    struct looks after = look_at_all(source);
    if (source->bundle && !same_looks(&before, &after)) {
        rpc_tls_bundle_destroy(next);
        return 0;
    }
    source->looks = before;
    if (rc < 0)
        return rc;
    rpc_tls_bundle_destroy(source->bundle);
    source->bundle = next;
    source->loads++;
    return 0;
}

static grpc_ssl_server_certificate_config *config_of(const struct rpc_tls_bundle *bundle)
{
    grpc_ssl_pem_key_cert_pair pair = {.private_key = bundle->key.data,
                                       .cert_chain = bundle->cert.data};
    return grpc_ssl_server_certificate_config_create(bundle->ca.data, &pair, 1);
}

/* gRPC asks on every handshake, on a thread of its own. */
static grpc_ssl_certificate_config_reload_status
on_handshake(void *arg, grpc_ssl_server_certificate_config **ret)
{
    struct listener *listener = arg;
    struct rpc_tls_source *source = listener->source;
    struct err err = ERR_INIT;
    grpc_ssl_certificate_config_reload_status status = GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    pthread_mutex_lock(&source->lock);
    if (source_refresh(source, &err) < 0)
        gpr_log(GPR_ERROR, "TLS files not reloaded, the old ones stay: %s", err.text);
    if (listener->given != source->loads) {
        listener->given = source->loads;
        *ret = config_of(source->bundle);
        status = GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
    }
    pthread_mutex_unlock(&source->lock);
    return status;
}

int rpc_tls_source_create(const struct rpc_tls_files *files, enum rpc_tls_clients clients,
                          struct rpc_tls_source **ret, struct err *err)
{
    ENSURE(files->ca && files->cert && files->key);
    struct rpc_tls_source *source = calloc(1, sizeof(*source));
    ENSURE(source);
    source->ca = strdup(files->ca);
    source->cert = strdup(files->cert);
    source->key = strdup(files->key);
    ENSURE(source->ca && source->cert && source->key);
    source->clients = clients;
    ENSURE(pthread_mutex_init(&source->lock, NULL) == 0);
    int rc = source_refresh(source, err);
    if (rc < 0) {
        rpc_tls_source_destroy(source);
        return rc;
    }
    *ret = source;
    return 0;
}

void rpc_tls_source_destroy(struct rpc_tls_source *source)
{
    if (!source)
        return;
    while (source->listeners) {
        struct listener *listener = source->listeners;
        source->listeners = listener->next;
        free(listener);
    }
    rpc_tls_bundle_destroy(source->bundle);
    pthread_mutex_destroy(&source->lock);
    free(source->ca);
    free(source->cert);
    free(source->key);
    free(source);
}

uint64_t rpc_tls_source_loads(const struct rpc_tls_source *source)
{
    return source->loads;
}

grpc_server_credentials *rpc_tls_listener_credentials(struct rpc_tls_source *source)
{
    if (!source)
        return grpc_insecure_server_credentials_create();
    struct listener *listener = calloc(1, sizeof(*listener));
    ENSURE(listener);
    listener->source = source;
    pthread_mutex_lock(&source->lock);
    listener->next = source->listeners;
    source->listeners = listener;
    pthread_mutex_unlock(&source->lock);
    grpc_ssl_client_certificate_request_type ask =
        source->clients == RPC_TLS_CLIENTS_REQUIRED
            ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
            : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    grpc_server_credentials *credentials = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(ask, on_handshake,
                                                                        listener));
    ENSURE(credentials);
    return credentials;
}
