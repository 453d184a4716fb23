#ifndef PUMASI_LIB_ETCD_OUTCOME_H
#define PUMASI_LIB_ETCD_OUTCOME_H

#include "lib/base/err.h"

#include <stdbool.h>

/*
 * What the end of a call to etcd says about its effect: pure functions of its status, that is of
 * code, text and whether the request can have left this process. All rules are rows of one table
 * in outcome.c; what no row names counts as unknown.
 */
struct rpc_status;

enum etcd_outcome {
    ETCD_OK,             /* done */
    ETCD_COMPARE_FAILED, /* a transaction whose compares did not hold: nothing applied */
    ETCD_NOT_APPLIED,    /* surely nothing was applied */
    ETCD_UNKNOWN,        /* it may have been applied, or may be yet */
    ETCD_OUTCOME_COUNT
};

const char *etcd_outcome_name(enum etcd_outcome outcome); /* "ok", "compare-failed", ... */

/* Never ETCD_COMPARE_FAILED: that stands in the reply of a call that went well. */
enum etcd_outcome etcd_outcome_of(const struct rpc_status *status);

/* True if the same request may do better in a moment: no leader, no connection, overload. Says
 * nothing about whether trying again is safe: for writes, ask etcd_outcome_of() first. */
bool etcd_is_passing(const struct rpc_status *status);

/* The error that callers see: compacted is ERR_CONFLICT, a future revision ERR_INVALID, a lost
 * connection ERR_UNAVAILABLE, too much ERR_LIMIT, ... Sets err, returns the negative code. The
 * status must be a failure. */
int etcd_set_err(struct err *err, const struct rpc_status *status);

#endif
