#ifndef PUMASI_CONTROLPLANE_DAEMON_DAEMON_H
#define PUMASI_CONTROLPLANE_DAEMON_DAEMON_H

#include "lib/base/config.h"
#include "lib/base/env.h"
#include "lib/base/log.h"

#include <signal.h>

/* The control plane put together: etcd or a way to it, store, engine, services, listener. */
struct daemon;

struct daemon_options {
    const struct config *config; /* of settings_table; outlives the daemon, as do the others */
    const struct env *env;
    struct log *log;
};

/* Builds and starts everything; on failure nothing is left running. Signals must be blocked
 * (rpc_runtime_block_signals()). Blocks until the listener is up. */
MUST_CHECK int daemon_start(const struct daemon_options *options, struct daemon **ret,
                            struct err *err);

/* Waits for one of the signals, and looks after keys and open streams in the meantime, at once on
 * SIGHUP. 0: told to end; ERR_UNAVAILABLE: the listener stopped answering
 * and the process must be started anew. */
MUST_CHECK int daemon_wait(struct daemon *d, const sigset_t *signals, struct err *err);

/* Stops in reverse order: streams end, calls get two seconds, the batch under way is committed,
 * leadership is given back, etcd is stopped. NULL is fine. */
void daemon_stop(struct daemon *d);

#endif
