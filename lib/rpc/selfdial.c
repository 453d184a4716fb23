/*
 * Owns the thread that dials the server, and a loop of its own for it, so that it neither waits
 * for the server's loop nor holds it up. The lock guards `stopping` alone; all else is fixed or
 * the thread's.
 */
#include "lib/rpc/selfdial.h"

#include "grpc/health.pb-c.h"
#include "lib/rpc/client.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/loop_internal.h"
#include "lib/rpc/message.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PERIOD_MS  5000
#define TIMEOUT_MS 2000
#define MISSES     3

struct rpc_selfdial {
    struct rpc_selfdial_options options;
    struct rpc_tls_pem tls; /* owned copies; options.channel.tls points here */
    struct rpc_metadata metadata[RPC_CHANNEL_METADATA_MAX]; /* owned copies too */
    struct rpc_loop *loop;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;
};

/* Whether the status says that a server took the call: also one that refused it. */
static bool is_answer(const struct rpc_status *status)
{
    switch (status->code) {
    case RPC_CANCELLED:
    case RPC_UNKNOWN:
    case RPC_DEADLINE_EXCEEDED:
    case RPC_UNAVAILABLE:
    case RPC_INTERNAL:
        return false;
    default:
        return status->sent;
    }
}

/* One attempt, on a connection that nobody has used before. */
static int dial(struct rpc_selfdial *selfdial, struct err *err)
{
    struct rpc_channel *channel;
    TRY(rpc_channel_create(selfdial->loop, selfdial->options.target, &selfdial->options.channel,
                           &channel, err));
    Grpc__Health__V1__HealthCheckRequest question = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct rpc_request request = {.method = {&grpc__health__v1__health__descriptor, "Check"},
                                  .message = &question.base,
                                  .timeout_ms = selfdial->options.timeout_ms};
    ProtobufCMessage *reply = NULL;
    struct rpc_status status;
    int rc = rpc_client_call(channel, &request, &reply, &status, err);
    rpc_message_destroy(reply);
    rpc_channel_destroy(channel);
    return is_answer(&status) ? 0 : rc;
}

/* True when it is time to stop. */
static bool wait_period(struct rpc_selfdial *selfdial)
{
    struct timespec until = rpc_wait_until(selfdial->options.period_ms);
    pthread_mutex_lock(&selfdial->lock);
    int rc = 0;
    while (!selfdial->stopping && rc == 0)
        rc = pthread_cond_clockwait(&selfdial->changed, &selfdial->lock, CLOCK_MONOTONIC, &until);
    bool stopping = selfdial->stopping;
    pthread_mutex_unlock(&selfdial->lock);
    return stopping;
}

static void *run(void *arg)
{
    struct rpc_selfdial *selfdial = arg;
    unsigned misses = 0;
    while (!wait_period(selfdial)) {
        struct err err = ERR_INIT;
        misses = dial(selfdial, &err) < 0 ? misses + 1 : 0;
        if (misses < selfdial->options.misses)
            continue;
        selfdial->options.lost(selfdial->options.arg, misses, err.text);
        break;
    }
    return NULL;
}

/* ---- life ---- */

static struct span copy(struct span text)
{
    if (text.len == 0)
        return text;
    uint8_t *data = malloc(text.len);
    ENSURE(data);
    memcpy(data, text.data, text.len);
    return span_of(data, text.len);
}

static const char *copy_text(const char *text)
{
    char *copied = text ? strdup(text) : NULL;
    ENSURE(copied || !text);
    return copied;
}

static void copy_options(struct rpc_selfdial *selfdial, const struct rpc_selfdial_options *options)
{
    struct rpc_selfdial_options *own = &selfdial->options;
    *own = *options;
    own->target = copy_text(options->target);
    own->period_ms = options->period_ms ? options->period_ms : PERIOD_MS;
    own->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
    own->misses = options->misses ? options->misses : MISSES;
    own->channel.own_connection = true;
    own->channel.tls_name = copy_text(options->channel.tls_name);
    if (options->channel.tls) {
        selfdial->tls = (struct rpc_tls_pem){.ca = copy(options->channel.tls->ca),
                                             .cert = copy(options->channel.tls->cert),
                                             .key = copy(options->channel.tls->key)};
        own->channel.tls = &selfdial->tls;
    }
    own->channel.metadata = selfdial->metadata;
    for (size_t i = 0; i < options->channel.metadata_count; i++)
        selfdial->metadata[i] =
            (struct rpc_metadata){.key = copy_text(options->channel.metadata[i].key),
                                  .value = copy_text(options->channel.metadata[i].value)};
}

/* Finds out at once what every attempt would trip over. */
static int check_options(struct rpc_selfdial *selfdial, struct err *err)
{
    struct rpc_channel *channel;
    TRY(rpc_channel_create(selfdial->loop, selfdial->options.target, &selfdial->options.channel,
                           &channel, err));
    rpc_channel_destroy(channel);
    return 0;
}

static int selfdial_start(struct rpc_selfdial *selfdial, struct err *err)
{
    TRY(rpc_loop_create(&selfdial->loop, err));
    TRY(check_options(selfdial, err));
    int rc = pthread_create(&selfdial->thread, NULL, run, selfdial);
    if (rc != 0)
        return err_set(err, ERR_INTERNAL, "cannot start a thread: %s", strerror(rc));
    selfdial->started = true;
    return 0;
}

int rpc_selfdial_create(const struct rpc_selfdial_options *options, struct rpc_selfdial **ret,
                        struct err *err)
{
    ENSURE(options->lost && options->channel.metadata_count <= RPC_CHANNEL_METADATA_MAX);
    struct rpc_selfdial *selfdial = calloc(1, sizeof(*selfdial));
    ENSURE(selfdial);
    ENSURE(pthread_mutex_init(&selfdial->lock, NULL) == 0);
    ENSURE(pthread_cond_init(&selfdial->changed, NULL) == 0);
    copy_options(selfdial, options);
    int rc = selfdial_start(selfdial, err);
    if (rc < 0) {
        rpc_selfdial_destroy(selfdial);
        return rc;
    }
    *ret = selfdial;
    return 0;
}

static void stop(struct rpc_selfdial *selfdial)
{
    pthread_mutex_lock(&selfdial->lock);
    selfdial->stopping = true;
    pthread_cond_signal(&selfdial->changed);
    pthread_mutex_unlock(&selfdial->lock);
    pthread_join(selfdial->thread, NULL);
}

void rpc_selfdial_destroy(struct rpc_selfdial *selfdial)
{
    if (!selfdial)
        return;
    if (selfdial->started)
        stop(selfdial);
    rpc_loop_destroy(selfdial->loop);
    for (size_t i = 0; i < selfdial->options.channel.metadata_count; i++) {
        free((char *)selfdial->metadata[i].key);
        free((char *)selfdial->metadata[i].value);
    }
    free((uint8_t *)selfdial->tls.ca.data);
    free((uint8_t *)selfdial->tls.cert.data);
    if (selfdial->tls.key.len > 0)
        explicit_bzero((uint8_t *)selfdial->tls.key.data, selfdial->tls.key.len);
    free((uint8_t *)selfdial->tls.key.data);
    free((char *)selfdial->options.channel.tls_name);
    free((char *)selfdial->options.target);
    pthread_cond_destroy(&selfdial->changed);
    pthread_mutex_destroy(&selfdial->lock);
    free(selfdial);
}
