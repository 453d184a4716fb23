#ifndef PUMASI_TESTS_UNIT_CLI_RIG_H
#define PUMASI_TESTS_UNIT_CLI_RIG_H

#include "lib/base/id.h"
#include "lib/pki/layout.h"
#include "lib/rpc/loop.h"
#include "lib/rpc/runtime.h"
#include "lib/rpc/server.h"
#include "lib/rpc/server_call.h"
#include "tests/support/suite.h"
#include "tests/unit/cli/run.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

/*
 * Two servers in a child process, with the keys that `pumasi init` made, and handlers that the test
 * brings along. gRPC must not start before a fork, so the servers come first. What handlers see
 * goes into memory that both processes have.
 */
#define RIG_SERVERS   2
#define RIG_CALLS_MAX 16
#define RIG_BYTES_MAX 1024

struct seen {
    volatile unsigned calls;
    char texts[RIG_CALLS_MAX][ID_CAP]; /* what rig_note() was given, call by call */
    unsigned servers[RIG_CALLS_MAX];   /* which server was called */
    size_t len;                        /* of bytes that rig_keep() was given last */
    uint8_t bytes[RIG_BYTES_MAX];
};

struct rig {
    char home[64];
    char data[96];
    char targets[RIG_SERVERS][64];
    struct seen *seen;
    pid_t child;
};

/* The arg of every handler. */
struct rig_server {
    unsigned index;
    struct seen *seen;
};

static inline void rig_note(struct rig_server *s, const char *text)
{
    unsigned n = s->seen->calls++;
    if (n < RIG_CALLS_MAX) {
        snprintf(s->seen->texts[n], ID_CAP, "%s", text);
        s->seen->servers[n] = s->index;
    }
}

static inline void rig_keep(struct rig_server *s, const ProtobufCBinaryData *bytes)
{
    s->seen->len = bytes->len < RIG_BYTES_MAX ? bytes->len : RIG_BYTES_MAX;
    memcpy(s->seen->bytes, bytes->data, s->seen->len);
}

static inline void rig_fail(struct rpc_call *call, enum err_code code)
{
    struct err err = ERR_INIT;
    err_set(&err, code, "as the test wants it");
    rpc_call_fail(call, &err);
}

/* services: their `arg` is filled here; ended by one without a descriptor. */
static inline int rig_serve_one(struct rig_server *server, const struct rpc_service *services,
                                struct rpc_loop *loop, struct rpc_tls_source *tls, struct err *err)
{
    int port = 0;
    struct rpc_server *s = rpc_server_create(loop, NULL);
    for (; services->descriptor; services++) {
        struct rpc_service table = *services;
        table.arg = server;
        TRY(rpc_server_add(s, &table, err));
    }
    TRY(rpc_server_listen(s, "127.0.0.1:0", tls, &port, err));
    rpc_server_start(s);
    return port;
}

/* The child: serves until it is killed; writes its ports. */
static inline _Noreturn void rig_serve(struct rig *rig, const struct rpc_service *services,
                                       int ports_out)
{
    char ca[160], cert[160], key[160];
    struct err err = ERR_INIT;
    struct rpc_loop *loop = NULL;
    struct rpc_tls_source *tls = NULL;
    struct rig_server servers[RIG_SERVERS];
    int ports[RIG_SERVERS];
    snprintf(ca, sizeof(ca), "%s/%s", rig->data, LAYOUT_CA_CERT);
    snprintf(cert, sizeof(cert), "%s/%s", rig->data, LAYOUT_SERVER_CERT);
    snprintf(key, sizeof(key), "%s/%s", rig->data, LAYOUT_SERVER_KEY);
    rpc_runtime_create(NULL);
    ENSURE(rpc_loop_create(&loop, &err) == 0);
    ENSURE(rpc_tls_source_create(&(struct rpc_tls_files){ca, cert, key}, RPC_TLS_CLIENTS_OPTIONAL,
                                 &tls, &err) == 0);
    for (unsigned i = 0; i < RIG_SERVERS; i++) {
        servers[i] = (struct rig_server){i, rig->seen};
        ports[i] = rig_serve_one(&servers[i], services, loop, tls, &err);
        ENSURE(ports[i] > 0);
    }
    ENSURE(write(ports_out, ports, sizeof(ports)) == sizeof(ports));
    for (;;)
        pause();
}

/* Makes home, keys and servers; the context admin.nipa is in use. rig_fini() it. */
static inline void rig_init(struct rig *rig, const struct rpc_service *services)
{
    int pipe_ends[2], ports[RIG_SERVERS];
    *rig = (struct rig){.child = 0};
    snprintf(rig->data, sizeof(rig->data), "%s/data", run_home(rig->home));
    struct run init CLEANUP_RUN =
        run_in(env_real(), rig->home, "en", NULL, (const char *const[]){"init", rig->data, NULL});
    ck_assert_msg(init.exit == 0, "%s", init.talk);
    rig->seen =
        mmap(NULL, sizeof(*rig->seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(rig->seen, MAP_FAILED);
    ck_assert_int_eq(pipe(pipe_ends), 0);
    rig->child = fork();
    ck_assert_int_ge(rig->child, 0);
    if (rig->child == 0)
        rig_serve(rig, services, pipe_ends[1]);
    close(pipe_ends[1]);
    ck_assert_int_eq(read(pipe_ends[0], ports, sizeof(ports)), sizeof(ports));
    close(pipe_ends[0]);
    for (int i = 0; i < RIG_SERVERS; i++)
        snprintf(rig->targets[i], sizeof(rig->targets[i]), "127.0.0.1:%d", ports[i]);
}

static inline void rig_fini(struct rig *rig)
{
    kill(rig->child, SIGKILL);
    waitpid(rig->child, NULL, 0);
    munmap(rig->seen, sizeof(*rig->seen));
    run_remove(rig->home);
}
#define CLEANUP_RIG __attribute__((cleanup(rig_fini)))

/* Runs the program against both servers. */
#define RUN_RIG(rig, ...)                                                                          \
    run_in(env_real(), (rig)->home, "en", NULL,                                                    \
           (const char *const[]){__VA_ARGS__, "--server", (rig)->targets[0], "--server",           \
                                 (rig)->targets[1], NULL})

#endif
