/* A client of pumasid over lib/rpc. Bookings follow from a counter, so that runs are alike. */
#include "tests/bench/booker.h"

#include "lib/base/env.h"
#include "lib/rpc/client.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/message.h"

#include "pumasi/v1/identity.pb-c.h"
#include "pumasi/v1/lease.pb-c.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define CALL_MS   30000
#define HOUR_S    INT64_C(3600)
#define HOURS_MAX 48
#define GPUS_MAX  8
#define ID_TEXT   64

struct booker {
    struct booker_options options;
    struct rpc_loop *loop;
    struct rpc_channel *channel;
    int64_t first_hour; /* the first that bookings may begin at, in hours since 1970 */
    uint64_t salt;      /* request ids of another run differ */
    _Atomic uint64_t next;
};

struct booker_run;

struct booker_call {
    struct booker_run *run;
    size_t slot;
};

struct booker_run {
    struct booker *booker;
    struct pump *pump;
    struct booker_call *calls;
};

static int open_channel(struct booker *b, struct err *err)
{
    char ca[PATH_MAX], cert[PATH_MAX], key[PATH_MAX];
    struct rpc_tls_bundle *bundle;
    snprintf(ca, sizeof ca, "%s/ca.pem", b->options.context);
    snprintf(cert, sizeof cert, "%s/cert.pem", b->options.context);
    snprintf(key, sizeof key, "%s/key.pem", b->options.context);
    struct rpc_tls_files files = {.ca = ca, .cert = cert, .key = key};
    TRY(rpc_tls_bundle_load(&files, &bundle, err));
    struct rpc_tls_pem pem = rpc_tls_bundle_pem(bundle);
    struct rpc_channel_options options = {.tls = &pem};
    int rc = rpc_channel_create(b->loop, b->options.server, &options, &b->channel, err);
    rpc_tls_bundle_destroy(bundle);
    return rc;
}

int booker_open(const struct booker_options *options, struct booker **ret, struct err *err)
{
    struct env env = env_real();
    struct booker *b = calloc(1, sizeof *b);
    ENSURE(b);
    b->options = *options;
    b->first_hour = env_now(&env).s / HOUR_S + 2;
    b->salt = (uint64_t)env_boot(&env).ns;
    int rc = rpc_loop_create(&b->loop, err);
    if (rc == 0)
        rc = open_channel(b, err);
    if (rc < 0) {
        booker_close(b);
        return rc;
    }
    *ret = b;
    return 0;
}

void booker_close(struct booker *b)
{
    if (!b)
        return;
    rpc_channel_destroy(b->channel);
    rpc_loop_destroy(b->loop);
    free(b);
}

/* splitmix64: from one number to one that looks like chance. */
static uint64_t mixed(uint64_t n)
{
    n += UINT64_C(0x9e3779b97f4a7c15);
    n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
    return n ^ n >> 31;
}

static void look_at_items(const ProtobufCMessage *reply, struct err *err)
{
    if (reply->descriptor != &pumasi__v1__book_leases_reply__descriptor)
        return;
    const Pumasi__V1__BookLeasesReply *r = (const Pumasi__V1__BookLeasesReply *)reply;
    for (size_t i = 0; i < r->n_items; i++)
        if (!r->items[i]->reply)
            (void)err_set(err, err_from_name(r->items[i]->error), "%s", r->items[i]->message);
}

static void on_reply(void *arg, const struct rpc_status *status, ProtobufCMessage *reply)
{
    struct booker_call *call = arg;
    struct err err = ERR_INIT;
    if (rpc_status_err(status, &err) == 0)
        look_at_items(reply, &err);
    rpc_message_destroy(reply);
    pump_ended(call->run->pump, call->slot, &err);
}

static void call(struct booker_call *call, const struct rpc_request *request)
{
    struct err err = ERR_INIT;
    if (rpc_client_start(call->run->booker->channel, request, on_reply, call, &err) < 0)
        pump_ended(call->run->pump, call->slot, &err);
}

/* One booking with what its message points to. */
struct order {
    char id[ID_TEXT];
    Pumasi__V1__RequestHead head;
    Pumasi__V1__BookLeaseRequest message;
};

static void fill_order(struct booker *b, struct order *o)
{
    uint64_t n = atomic_fetch_add(&b->next, 1);
    int64_t hours = 1 + (int64_t)(mixed(3 * n) % HOURS_MAX);
    int64_t span = b->options.days * 24 - hours - 4;
    int64_t from = b->first_hour + (int64_t)(mixed(3 * n + 1) % (uint64_t)span);
    snprintf(o->id, sizeof o->id, "bench-%llx-%llu", (unsigned long long)b->salt,
             (unsigned long long)n);
    pumasi__v1__request_head__init(&o->head);
    pumasi__v1__book_lease_request__init(&o->message);
    o->head.request_id = o->id;
    o->message.head = &o->head;
    o->message.allocation = (char *)b->options.allocation;
    o->message.gpus = 1 + (uint32_t)(mixed(3 * n + 2) % GPUS_MAX);
    o->message.from = from * HOUR_S;
    o->message.to = (from + hours) * HOUR_S;
}

static void start_booking(void *ud, size_t slot)
{
    struct booker_run *run = ud;
    struct order order;
    fill_order(run->booker, &order);
    struct rpc_request request = {
        .method = {&pumasi__v1__lease_service__descriptor, "BookLease"},
        .message = &order.message.base,
        .timeout_ms = CALL_MS,
    };
    call(&run->calls[slot], &request);
}

static void start_batch(void *ud, size_t slot)
{
    struct booker_run *run = ud;
    struct order orders[BOOKER_BATCH];
    Pumasi__V1__BookLeaseRequest *items[BOOKER_BATCH];
    Pumasi__V1__BookLeasesRequest message = PUMASI__V1__BOOK_LEASES_REQUEST__INIT;
    for (size_t i = 0; i < BOOKER_BATCH; i++) {
        fill_order(run->booker, &orders[i]);
        items[i] = &orders[i].message;
    }
    message.n_items = BOOKER_BATCH;
    message.items = items;
    struct rpc_request request = {
        .method = {&pumasi__v1__lease_service__descriptor, "BookLeases"},
        .message = &message.base,
        .timeout_ms = CALL_MS,
    };
    call(&run->calls[slot], &request);
}

static void start_idle(void *ud, size_t slot)
{
    struct booker_run *run = ud;
    Pumasi__V1__WhoAmIRequest message = PUMASI__V1__WHO_AM_IREQUEST__INIT;
    struct rpc_request request = {
        .method = {&pumasi__v1__identity_service__descriptor, "WhoAmI"},
        .message = &message.base,
        .timeout_ms = CALL_MS,
    };
    call(&run->calls[slot], &request);
}

static void measure(struct booker *b, pump_start_fn start, size_t in_flight,
                    const struct pump_end *end, struct pump_figures *ret)
{
    struct booker_run run = {.booker = b};
    run.calls = calloc(in_flight, sizeof *run.calls);
    ENSURE(run.calls);
    for (size_t i = 0; i < in_flight; i++)
        run.calls[i] = (struct booker_call){.run = &run, .slot = i};
    run.pump = pump_create(in_flight, start, &run);
    pump_run(run.pump, end, ret);
    pump_destroy(run.pump);
    free(run.calls);
}

void booker_measure(struct booker *b, size_t in_flight, const struct pump_end *end,
                    struct pump_figures *ret)
{
    measure(b, start_booking, in_flight, end, ret);
}

void booker_measure_batch(struct booker *b, size_t in_flight, const struct pump_end *end,
                          struct pump_figures *ret)
{
    measure(b, start_batch, in_flight, end, ret);
    ret->done *= BOOKER_BATCH;
    ret->rate *= BOOKER_BATCH;
}

void booker_measure_idle(struct booker *b, size_t in_flight, const struct pump_end *end,
                         struct pump_figures *ret)
{
    measure(b, start_idle, in_flight, end, ret);
}

int booker_release(struct booker *b, const char *lease, struct err *err)
{
    Pumasi__V1__ReleaseLeaseRequest message = PUMASI__V1__RELEASE_LEASE_REQUEST__INIT;
    ProtobufCMessage *reply = NULL;
    message.id = (char *)lease;
    struct rpc_request request = {
        .method = {&pumasi__v1__lease_service__descriptor, "ReleaseLease"},
        .message = &message.base,
        .timeout_ms = CALL_MS,
    };
    TRY(rpc_client_call(b->channel, &request, &reply, NULL, err));
    rpc_message_destroy(reply);
    return 0;
}
