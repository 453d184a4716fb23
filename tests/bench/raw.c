/* Transactions straight to an etcd: keys in rising order, as those of leases are. */
#include "tests/bench/raw.h"

#include "lib/base/env.h"
#include "lib/etcd/child.h"
#include "lib/etcd/client.h"
#include "lib/etcd/kv.h"
#include "lib/rpc/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define START_MS  30000
#define CALL_MS   10000
#define KEY_CAP   48
#define VALUE_MAX 4096

struct raw {
    struct rpc_loop *loop;
    struct etcd_child *child;
    struct etcd_client *client;
    _Atomic uint64_t next;
};

/* A call in flight: etcd borrows key and value until it is done. */
struct raw_call {
    struct raw_run *run;
    size_t slot;
    char key[KEY_CAP];
};

struct raw_run {
    struct raw *raw;
    struct pump *pump;
    struct raw_call *calls;
    uint8_t value[VALUE_MAX];
    size_t value_bytes;
};

int raw_open(const char *dir, struct raw **ret, struct err *err)
{
    char path[PATH_MAX];
    struct raw *r = calloc(1, sizeof *r);
    ENSURE(r);
    snprintf(path, sizeof path, "%s/raw", dir);
    int rc = mkdir(path, 0700) == 0 || errno == EEXIST
                 ? 0
                 : err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    if (rc == 0)
        rc = rpc_loop_create(&r->loop, err);
    struct etcd_child_options child = {
        .data_dir = path, .log_fd = -1, .env = env_real(), .loop = r->loop};
    if (rc == 0)
        rc = etcd_child_start(&child, START_MS, &r->child, err);
    struct etcd_client_options client = {.loop = r->loop, .env = env_real()};
    if (rc == 0) {
        client.endpoints = etcd_child_endpoint(r->child);
        rc = etcd_client_create(&client, &r->client, err);
    }
    if (rc < 0) {
        raw_close(r);
        return rc;
    }
    *ret = r;
    return 0;
}

void raw_close(struct raw *r)
{
    if (!r)
        return;
    etcd_client_destroy(r->client);
    etcd_child_destroy(r->child);
    rpc_loop_destroy(r->loop);
    free(r);
}

pid_t raw_pid(const struct raw *r)
{
    return etcd_child_pid(r->child);
}

static void on_done(const struct etcd_result *result, void *ud)
{
    struct raw_call *call = ud;
    struct err err = result->err;
    if (result->outcome != ETCD_OK && err.code == ERR_OK)
        (void)err_set(&err, ERR_CONFLICT, "the key was there");
    pump_ended(call->run->pump, call->slot, result->outcome == ETCD_OK ? NULL : &err);
}

static void start(void *ud, size_t slot)
{
    struct raw_run *run = ud;
    struct raw_call *call = &run->calls[slot];
    snprintf(call->key, sizeof call->key, "bench/lease/lease-%llu",
             (unsigned long long)atomic_fetch_add(&run->raw->next, 1));
    struct span key = span_text(call->key);
    struct etcd_compare absent = {.kind = ETCD_COMPARE_CREATE, .key = key, .revision = 0};
    struct etcd_op put = {
        .kind = ETCD_PUT, .key = key, .value = span_of(run->value, run->value_bytes)};
    struct etcd_txn txn = {.compares = &absent, .compare_count = 1, .ops = &put, .op_count = 1};
    etcd_txn_start(run->raw->client, &txn, CALL_MS, on_done, call);
}

void raw_measure(struct raw *r, size_t in_flight, size_t value_bytes, const struct pump_end *end,
                 struct pump_figures *ret)
{
    struct raw_run run = {.raw = r, .value_bytes = value_bytes};
    ENSURE(value_bytes <= sizeof run.value);
    for (size_t i = 0; i < value_bytes; i++)
        run.value[i] = (uint8_t)(i * 37 + 11);
    run.calls = calloc(in_flight, sizeof *run.calls);
    ENSURE(run.calls);
    for (size_t i = 0; i < in_flight; i++)
        run.calls[i] = (struct raw_call){.run = &run, .slot = i};
    run.pump = pump_create(in_flight, start, &run);
    pump_run(run.pump, end, ret);
    pump_destroy(run.pump);
    free(run.calls);
}
