#ifndef PUMASI_LIB_RPC_RUNTIME_H
#define PUMASI_LIB_RPC_RUNTIME_H

#include "lib/base/err.h"
#include "lib/base/log.h"

#include <signal.h>

/*
 * The gRPC runtime of the process: made once by main() before any loop, channel or server, and
 * destroyed after all of them. Making it starts threads of gRPC's own, which inherit the signal
 * mask of the caller: block the signals first.
 *
 *     rpc_runtime_block_signals(&waited);          // SIGTERM, SIGINT, SIGHUP; sigwait() for them
 *     rpc_runtime_raise_descriptors(&limit, &err); // a failure is worth a warning, not an exit
 *     runtime = rpc_runtime_create(&options);
 *
 * A process that has made a runtime may fork and exec, but a forked child must not use gRPC.
 */
struct rpc_runtime;

/* One line of gRPC's own log: why a handshake was refused stands only there. file is the name
 * alone. Called on any thread, must not block nor call into lib/rpc; strings live for the call. */
typedef void (*rpc_log_fn)(void *arg, enum log_level level, const char *file, int line,
                           const char *text);

struct rpc_runtime_options {
    rpc_log_fn log; /* NULL: gRPC's lines are dropped */
    void *arg;
    enum log_level threshold; /* LOG_LEVEL_ERROR is quiet, LOG_LEVEL_DEBUG very loud */
};

/* Never NULL. There may be one at a time: a second is a broken promise. options may be NULL. Sets
 * GRPC_DNS_RESOLVER in the environment unless it is set: no other thread may run yet. */
struct rpc_runtime *rpc_runtime_create(const struct rpc_runtime_options *options);

/* Stops gRPC's threads; waits up to two seconds for connections that are still closing. After it
 * the log callback is not called again. NULL is fine. */
void rpc_runtime_destroy(struct rpc_runtime *runtime);

/* Blocks SIGTERM, SIGINT and SIGHUP for the calling thread and all it starts from now on, ignores
 * SIGPIPE, and stores the three for sigwait(). */
void rpc_runtime_block_signals(sigset_t *ret_waited);

/* Raises the soft limit of open descriptors to the hard one and stores it: a gRPC server that
 * once runs out of descriptors never accepts again. Idempotent. ERR_IO when refused. */
MUST_CHECK int rpc_runtime_raise_descriptors(unsigned long *ret_limit, struct err *err);

/* The version of gRPC's core for logs: 1.51 calls itself "29.0.0". Static. */
const char *rpc_runtime_version(void);

#endif
