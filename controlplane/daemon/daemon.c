/*
 * Building and tearing down. Each part is made in one function; daemon_stop() takes down what there
 * is, in reverse order, so a failure anywhere leaves nothing running.
 */
#include "controlplane/daemon/daemon.h"

#include "controlplane/api/api.h"
#include "controlplane/console/console.h"
#include "controlplane/daemon/keys.h"
#include "controlplane/daemon/seed.h"
#include "controlplane/ledger/keeper.h"
#include "controlplane/notice/notifier.h"
#include "lib/base/file.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/etcd/child.h"
#include "lib/etcd/client.h"
#include "lib/pki/digest.h"
#include "lib/pki/layout.h"
#include "lib/pki/sign.h"
#include "lib/rpc/health.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/reflection.h"
#include "lib/rpc/runtime.h"
#include "lib/rpc/selfdial.h"
#include "lib/store/store_etcd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define ETCD_START_MS 30000
#define GRACE_MS      2000
#define ADDRESS_CAP   256
#define LOST_SIGNAL   SIGHUP /* how the watchdog's thread wakes daemon_wait() */

extern const unsigned char proto_descriptors[];
extern const size_t proto_descriptors_len;

struct daemon {
    struct daemon_options options;
    char data_dir[PATH_MAX];
    int lock_fd;
    struct rpc_runtime *runtime;
    struct rpc_loop *server_loop;
    struct rpc_loop *client_loop;
    struct etcd_child *etcd;
    struct etcd_client *client;
    struct store *store;
    struct keys *keys;
    struct issuer *issuer;
    struct attached *attached;
    struct engine *engine;
    struct keeper *keeper;
    struct seed *seed;
    struct api *api;
    struct rpc_tls_source *tls;
    struct rpc_server *server;
    struct rpc_health *health;
    struct rpc_reflection *reflection;
    struct rpc_selfdial *selfdial;
    struct notifier *notifier;
    struct console *console;
    struct instant started;
    char address[ADDRESS_CAP]; /* that we listen on, with the port in force */
    atomic_bool lost;
};

static const char *text_of(const struct daemon *d, const char *name)
{
    return config_text(d->options.config, name);
}

static int path_in(const struct daemon *d, const char *name, char ret[PATH_MAX], struct err *err)
{
    int n = snprintf(ret, PATH_MAX, "%s/%s", d->data_dir, name);
    if (n < 0 || n >= PATH_MAX)
        return err_set(err, ERR_LIMIT, "control_plane.data_dir is too long");
    return 0;
}

/* ---- the directory ---- */

static int lock_directory(struct daemon *d, struct err *err)
{
    char path[PATH_MAX];
    const char *dir = text_of(d, "control_plane.data_dir");
    if (!realpath(dir, d->data_dir))
        return err_set(err, ERR_NOT_FOUND,
                       "control_plane.data_dir %s: %s; `pumasi init --data-dir %s` makes it", dir,
                       strerror(errno), dir);
    TRY(path_in(d, "lock", path, err));
    d->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (d->lock_fd < 0)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    if (flock(d->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return err_set(err, ERR_CONFLICT, "%s is in use by another pumasid", d->data_dir);
    return 0;
}

/* ---- the runtime ---- */

static void on_grpc_log(void *arg, enum log_level level, const char *file, int line,
                        const char *text)
{
    log_event(arg, level, "grpc", LOG_STR("at", file), LOG_INT("line", line),
              LOG_STR("text", text));
}

static int start_runtime(struct daemon *d, struct err *err)
{
    struct rpc_runtime_options options = {
        .log = on_grpc_log, .arg = d->options.log, .threshold = LOG_LEVEL_ERROR};
    struct err trouble = ERR_INIT;
    unsigned long limit;
    if (rpc_runtime_raise_descriptors(&limit, &trouble) < 0)
        log_event(d->options.log, LOG_LEVEL_WARN, "descriptors.not-raised",
                  LOG_STR("error", trouble.text));
    d->runtime = rpc_runtime_create(&options);
    TRY(rpc_loop_create(&d->client_loop, err));
    return rpc_loop_create(&d->server_loop, err);
}

/* ---- the store ---- */

static void on_etcd(enum etcd_child_event event, const char *text, void *ud)
{
    struct daemon *d = ud;
    enum log_level level = event == ETCD_CHILD_STARTED ? LOG_LEVEL_INFO : LOG_LEVEL_WARN;
    log_event(d->options.log, level, "etcd", LOG_STR("event", etcd_child_event_name(event)),
              LOG_STR("text", text));
}

static int start_etcd(struct daemon *d, struct err *err)
{
    const char *listen = text_of(d, "etcd.listen");
    struct etcd_child_options options = {
        .data_dir = d->data_dir,
        .program = text_of(d, "etcd.program"),
        .listen = listen[0] ? listen : NULL,
        .log_fd = -1,
        .env = *d->options.env,
        .loop = d->client_loop,
        .on_event = on_etcd,
        .ud = d,
    };
    return etcd_child_start(&options, ETCD_START_MS, &d->etcd, err);
}

static int load_etcd_tls(struct daemon *d, struct rpc_tls_bundle **ret, struct err *err)
{
    const char *ca = text_of(d, "etcd.ca");
    const char *cert = text_of(d, "etcd.cert");
    const char *key = text_of(d, "etcd.key");
    *ret = NULL;
    if (!ca[0])
        return 0;
    struct rpc_tls_files files = {
        .ca = ca, .cert = cert[0] ? cert : NULL, .key = key[0] ? key : NULL};
    return rpc_tls_bundle_load(&files, ret, err);
}

static int open_store(struct daemon *d, struct err *err)
{
    const char *endpoints = text_of(d, "etcd.endpoints");
    const char *name = text_of(d, "etcd.tls_name");
    struct rpc_tls_bundle *bundle;
    struct rpc_tls_pem pem;
    if (!endpoints[0])
        TRY(start_etcd(d, err));
    TRY(load_etcd_tls(d, &bundle, err));
    if (bundle)
        pem = rpc_tls_bundle_pem(bundle);
    struct etcd_client_options options = {
        .endpoints = d->etcd ? etcd_child_endpoint(d->etcd) : endpoints,
        .loop = d->client_loop,
        .env = *d->options.env,
        .tls = bundle ? &pem : NULL,
        .tls_name = bundle && name[0] ? name : NULL,
    };
    int rc = etcd_client_create(&options, &d->client, err);
    rpc_tls_bundle_destroy(bundle);
    if (rc < 0)
        return rc;
    d->store = store_etcd_create(d->client);
    return 0;
}

/* ---- keys ---- */

static int open_keys(struct daemon *d, struct err *err)
{
    struct keys_options options = {
        .dir = d->data_dir,
        .user_life_s = config_int(d->options.config, "certificate.user_life"),
        .node_life_s = config_int(d->options.config, "certificate.node_life"),
        .env = d->options.env,
        .log = d->options.log,
    };
    TRY(keys_open(&options, &d->keys, err));
    d->issuer = issuer_create(keys_sign_key(d->keys));
    return 0;
}

/* ---- the engine ---- */

static bool verify(struct span public_key, struct span bytes, struct span signature)
{
    struct public_key key;
    return public_key_decode(public_key, &key, NULL) == 0 &&
           sign_verify(&key, bytes, signature, NULL) == 0;
}

static int create_engine(struct daemon *d, struct err *err)
{
    const char *advertise = text_of(d, "listen.advertise");
    struct engine_options options = {
        .store = d->store,
        .env = d->options.env,
        .log = d->options.log,
        .address = advertise[0] ? advertise : d->address,
        .leader_ttl_s = (int)config_int(d->options.config, "leader.ttl"),
        .sha256 = digest_sha256,
        .verify = verify,
    };
    TRY(id_parse(span_text(text_of(d, "control_plane.name")), "control_plane.name", &options.name,
                 err));
    d->engine = engine_create(&options);
    d->attached = attached_create();
    TRY(seed_read(d->data_dir, &d->seed, err));
    if (d->seed)
        seed_watch(d->seed, d->engine, d->options.log);
    return 0;
}

/* ---- the ledger ---- */

#define LEDGER_EVERY_MS 2000

static int create_keeper(struct daemon *d, struct err *err)
{
    char dir[PATH_MAX];
    TRY(path_in(d, LAYOUT_LEDGER, dir, err));
    struct keeper_options options = {
        .store = d->store,
        .engine = d->engine,
        .dir = dir,
        .key = keys_sign_key(d->keys),
        .env = d->options.env,
        .log = d->options.log,
        .every_ms = LEDGER_EVERY_MS,
        .checkpoint_s = (int)config_int(d->options.config, "ledger.checkpoint"),
    };
    int rc = keeper_create(&options, &d->keeper, err);
    return rc < 0 ? err_prefix(err, rc, "the ledger's archive") : 0;
}

/* ---- the server ---- */

/* The services come after the server; calls come after both. */
static int policy(void *arg, const char *path, const struct rpc_method_row *row,
                  const struct rpc_peer *peer, struct err *err)
{
    const struct daemon *d = arg;
    return api_policy(d->api, path, row, peer, err);
}

static int create_server(struct daemon *d, struct err *err)
{
    char ca[PATH_MAX];
    char cert[PATH_MAX];
    char key[PATH_MAX];
    TRY(path_in(d, LAYOUT_CA_CERT, ca, err));
    TRY(path_in(d, LAYOUT_SERVER_CERT, cert, err));
    TRY(path_in(d, LAYOUT_SERVER_KEY, key, err));
    struct rpc_tls_files files = {.ca = ca, .cert = cert, .key = key};
    struct rpc_server_options options = {.policy = policy, .policy_arg = d};
    TRY(rpc_tls_source_create(&files, RPC_TLS_CLIENTS_OPTIONAL, &d->tls, err));
    d->server = rpc_server_create(d->server_loop, &options);
    const char *address = text_of(d, "listen.address");
    int port;
    int rc = rpc_server_listen(d->server, address, d->tls, &port, err);
    if (rc < 0)
        return err_prefix(err, rc, "listen.address");
    const char *colon = strrchr(address, ':');
    (void)snprintf(d->address, sizeof d->address, "%.*s:%d", (int)(colon - address), address, port);
    return 0;
}

static int add_services(struct daemon *d, struct err *err)
{
    struct api_options options = {
        .engine = d->engine,
        .attached = d->attached,
        .issuer = d->issuer,
        .keeper = d->keeper,
        .certifier = keys_certifier(d->keys),
        .env = d->options.env,
        .log = d->options.log,
    };
    d->api = api_create(&options);
    TRY(api_add_services(d->api, d->server, err));
    d->health = rpc_health_create();
    struct rpc_service health = rpc_health_service(d->health);
    TRY(rpc_server_add(d->server, &health, err));
    struct span set = span_of(proto_descriptors, proto_descriptors_len);
    TRY(rpc_reflection_create(set, d->server, &d->reflection, err));
    struct rpc_service reflection = rpc_reflection_service(d->reflection);
    TRY(rpc_server_add(d->server, &reflection, err));
    return rpc_health_set(d->health, "", true, err);
}

static void on_lost(void *arg, unsigned misses, const char *why)
{
    struct daemon *d = arg;
    log_event(d->options.log, LOG_LEVEL_ERROR, "listener.lost", LOG_INT("misses", misses),
              LOG_STR("why", why));
    atomic_store(&d->lost, true);
    (void)kill(getpid(), LOST_SIGNAL);
}

/* The watchdog shows our own certificate and calls the port we listen on. */
static int start_watchdog(struct daemon *d, struct err *err)
{
    char ca[PATH_MAX];
    char cert[PATH_MAX];
    char key[PATH_MAX];
    struct rpc_tls_bundle *bundle;
    TRY(path_in(d, LAYOUT_CA_CERT, ca, err));
    TRY(path_in(d, LAYOUT_SERVER_CERT, cert, err));
    TRY(path_in(d, LAYOUT_SERVER_KEY, key, err));
    struct rpc_tls_files files = {.ca = ca, .cert = cert, .key = key};
    TRY(rpc_tls_bundle_load(&files, &bundle, err));
    struct rpc_tls_pem pem = rpc_tls_bundle_pem(bundle);
    struct rpc_selfdial_options options = {
        .target = d->address,
        .channel = {.tls = &pem, .tls_name = "localhost"},
        .lost = on_lost,
        .arg = d,
    };
    int rc = rpc_selfdial_create(&options, &d->selfdial, err);
    rpc_tls_bundle_destroy(bundle);
    return rc;
}

/* ---- notices ---- */

/* Listens to commits: before the engine starts. */
static int create_notifier(struct daemon *d, struct err *err)
{
    CLEANUP_BUF struct buf secret;
    const char *path = text_of(d, "notice.secret");
    buf_init(&secret, LIMIT_TEXT_BYTES);
    if (path[0])
        TRY(file_read_private(path, &secret, err));
    while (secret.len > 0 && secret.data[secret.len - 1] == '\n')
        secret.len--;
    struct notifier_options options = {
        .url = text_of(d, "notice.webhook"),
        .secret = buf_span(&secret),
        .ahead_s = config_int(d->options.config, "notice.ahead"),
        .env = d->options.env,
        .log = d->options.log,
    };
    int rc = notifier_create(&options, &d->notifier, err);
    if (rc < 0)
        return err_prefix(err, rc, "notice.webhook");
    engine_listen(d->engine, notifier_on_commit, d->notifier);
    return 0;
}

static int look_ahead(void *arg, const struct engine_view *view, struct err *err)
{
    struct daemon *d = arg;
    (void)err;
    notifier_look_ahead(d->notifier, view->state, view->now);
    return 0;
}

static void looked_ahead(void *arg, const struct err *err)
{
    (void)arg;
    (void)err;
}

/* Refused where another one leads: that one tells. */
static void tell_what_comes(struct daemon *d)
{
    static const struct engine_read_ops ops = {.run = look_ahead, .finish = looked_ahead};
    struct principal self = {.kind = ACTOR_SERVICE, .name = id_literal("notices")};
    struct err err = ERR_INIT;
    int rc = engine_read(d->engine, &self, &ops, d, &err);
    (void)rc;
}

/* ---- the console ---- */

/* On the console's thread. */
static void look(void *arg, struct console_figures *ret)
{
    struct daemon *d = arg;
    struct engine_status status;
    struct rpc_server_counts counts = rpc_server_counts(d->server);
    engine_status(d->engine, &status);
    *ret = (struct console_figures){
        .name = id_literal(text_of(d, "control_plane.name")),
        .at = env_now(d->options.env),
        .started = d->started,
        .leader = status.leader,
        .revision = status.revision,
        .commits = status.commits,
        .requests = status.requests,
        .reloads = status.reloads,
        .waiting = status.waiting,
        .attached = attached_count(d->attached),
        .calls = counts.calls,
        .streams = counts.streams,
        .refused_limit = counts.refused_limit,
        .refused_policy = counts.refused_policy,
        .refused_message = counts.refused_message,
    };
    (void)text_cut(ret->leader_address, sizeof ret->leader_address, status.leader_address);
}

static int start_console(struct daemon *d, struct err *err)
{
    struct console_options options = {
        .listen = text_of(d, "console.listen"),
        .source = {.look = look, .arg = d},
        .log = d->options.log,
    };
    if (!options.listen[0])
        return 0;
    int rc = console_create(&options, &d->console, err);
    if (rc < 0)
        return err_prefix(err, rc, "console.listen");
    TRY(console_start(d->console, err));
    log_event(d->options.log, LOG_LEVEL_INFO, "console.ready",
              LOG_STR("address", console_address(d->console)));
    return 0;
}

static int start_all(struct daemon *d, struct err *err)
{
    TRY(lock_directory(d, err));
    TRY(start_runtime(d, err));
    TRY(open_keys(d, err));
    TRY(create_server(d, err));
    TRY(open_store(d, err));
    TRY(create_engine(d, err));
    TRY(create_keeper(d, err));
    TRY(add_services(d, err));
    TRY(create_notifier(d, err));
    TRY(engine_start(d->engine, err));
    TRY(keeper_start(d->keeper, err));
    rpc_server_start(d->server);
    TRY(start_watchdog(d, err));
    return start_console(d, err);
}

int daemon_start(const struct daemon_options *options, struct daemon **ret, struct err *err)
{
    struct daemon *d = calloc(1, sizeof *d);
    ENSURE(d);
    d->options = *options;
    d->lock_fd = -1;
    d->started = env_now(options->env);
    atomic_init(&d->lost, false);
    int rc = start_all(d, err);
    if (rc < 0) {
        daemon_stop(d);
        return rc;
    }
    log_event(d->options.log, LOG_LEVEL_INFO, "pumasid.ready", LOG_STR("address", d->address),
              LOG_STR("etcd", d->etcd ? "embedded" : text_of(d, "etcd.endpoints")));
    *ret = d;
    return 0;
}

/* Every now and then, and when told by SIGHUP: keys that have changed, people who are gone. */
static void look_after(struct daemon *d)
{
    struct err err = ERR_INIT;
    api_recheck(d->api);
    tell_what_comes(d);
    if (!keys_refresh(d->keys))
        return;
    attached_poke_all(d->attached); /* nodes hear of the new roots */
    rpc_selfdial_destroy(d->selfdial);
    d->selfdial = NULL;
    if (start_watchdog(d, &err) < 0)
        log_event(d->options.log, LOG_LEVEL_ERROR, "watchdog.not-started",
                  LOG_STR("error", err.text));
}

int daemon_wait(struct daemon *d, const sigset_t *signals, struct err *err)
{
    const struct timespec period = {.tv_sec = config_int(d->options.config, "certificate.check")};
    int signal;
    for (;;) {
        signal = sigtimedwait(signals, NULL, &period);
        if (signal < 0 && errno != EAGAIN && errno != EINTR)
            return err_set(err, ERR_INTERNAL, "sigtimedwait: %s", strerror(errno));
        if (atomic_load(&d->lost))
            return err_set(err, ERR_UNAVAILABLE, "the listener no longer answers");
        if (signal > 0 && signal != SIGHUP)
            break;
        look_after(d);
    }
    log_event(d->options.log, LOG_LEVEL_INFO, "pumasid.stopping", LOG_INT("signal", signal));
    return 0;
}

static void stop_server(struct daemon *d)
{
    rpc_selfdial_destroy(d->selfdial);
    if (d->health)
        rpc_health_shutdown(d->health);
    if (d->api)
        api_close(d->api);
    if (d->server)
        rpc_server_stop(d->server, GRACE_MS);
}

static void stop_engine(struct daemon *d)
{
    keeper_stop(d->keeper);
    engine_destroy(d->engine);
    notifier_destroy(d->notifier);
    keeper_destroy(d->keeper);
    rpc_server_destroy(d->server);
    rpc_reflection_destroy(d->reflection);
    rpc_health_destroy(d->health);
    api_destroy(d->api);
    seed_destroy(d->seed);
    attached_destroy(d->attached);
    issuer_destroy(d->issuer);
    rpc_tls_source_destroy(d->tls);
    keys_close(d->keys);
}

static void stop_store(struct daemon *d)
{
    store_destroy(d->store);
    etcd_client_destroy(d->client);
    etcd_child_destroy(d->etcd);
}

void daemon_stop(struct daemon *d)
{
    if (!d)
        return;
    console_destroy(d->console);
    stop_server(d);
    stop_engine(d);
    stop_store(d);
    rpc_loop_destroy(d->server_loop);
    rpc_loop_destroy(d->client_loop);
    rpc_runtime_destroy(d->runtime);
    if (d->lock_fd >= 0)
        close(d->lock_fd);
    free(d);
}
