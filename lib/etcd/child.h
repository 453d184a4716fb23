#ifndef PUMASI_LIB_ETCD_CHILD_H
#define PUMASI_LIB_ETCD_CHILD_H

#include "lib/base/env.h"
#include "lib/base/err.h"

#include <sys/types.h>

/*
 * The embedded etcd: a single node that this process starts, watches over, starts again when it
 * dies, and stops. It dies with this process, also when that is killed with SIGKILL.
 *
 * Files: <data_dir>/etcd holds etcd's data, <data_dir>/etcd-run its sockets; both are made with
 * mode 0700. By default etcd listens on unix sockets there and on nothing else, because whoever
 * reaches its port can read and write everything: the folder's mode is the protection. Read it by
 *
 *     ETCDCTL_API=3 etcdctl --endpoints=unix://<data_dir>/etcd-run/etcd.client:0 get --prefix /
 *
 * or give a loopback address to listen on, where that is wanted. A lock file in etcd-run keeps a
 * second process off the folder. etcd compacts by itself and keeps the last 10,000 revisions.
 * Transactions may have 512 operations here; stay within 128, the default of other etcds.
 */
struct etcd_child;
struct rpc_loop;

enum etcd_child_event {
    ETCD_CHILD_STARTED, /* the process runs (not: it is ready) */
    ETCD_CHILD_DIED,    /* it ended by itself; it is started again after a pause */
    ETCD_CHILD_FAILED,  /* it can't be started; tried again after a pause */
    ETCD_CHILD_EVENT_COUNT
};

const char *etcd_child_event_name(enum etcd_child_event event); /* "started", ... */

/* text says which process, how it ended, when it is tried again. On the supervisor's thread; must
 * not block and must not destroy the child. */
typedef void (*etcd_child_fn)(enum etcd_child_event event, const char *text, void *ud);

struct etcd_child_options {
    const char *data_dir; /* absolute, exists; with unix sockets at most 80 bytes long */
    const char *program;  /* NULL: /usr/bin/etcd */
    const char *listen;   /* NULL: unix sockets; "127.0.0.1:2379"; "127.0.0.1:0": any free port */
    int log_fd;           /* where etcd's warnings go, usually 2; -1: nowhere */
    struct env env;
    struct rpc_loop *loop;  /* for asking whether it is ready; used while starting only */
    etcd_child_fn on_event; /* may be NULL */
    void *ud;
};

/* Starts it and waits until it answers a linearizable read. ERR_UNAVAILABLE: not within
 * timeout_ms (1..600000), or it ended before; ERR_IO: folder or process can't be made;
 * ERR_INVALID: bad options. On failure nothing is left running. (blocks) */
MUST_CHECK int etcd_child_start(const struct etcd_child_options *options, unsigned timeout_ms,
                                struct etcd_child **ret, struct err *err);

/* SIGTERM, and SIGKILL if it has not ended within 10 s; waits for its end. NULL is fine. (blocks)
 */
void etcd_child_destroy(struct etcd_child *child);

/* The endpoint for etcd_client_options. It stays the same over restarts. Borrowed. */
const char *etcd_child_endpoint(const struct etcd_child *child);

/* The process now, 0 between two. Thread-safe; for tests and messages. */
pid_t etcd_child_pid(struct etcd_child *child);

#endif
