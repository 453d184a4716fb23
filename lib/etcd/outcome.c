#include "lib/etcd/outcome.h"

#include "lib/rpc/status.h"

#include <string.h>

/*
 * Owns the table that reads etcd's and gRPC core's failures. Pure. The order of rows matters: the
 * first that fits wins. The texts are those of etcd 3.4 and gRPC core 1.51; a text that another
 * version words differently falls through to unknown, the safe side.
 */
#define ANY_CODE (-1)

struct failure_rule {
    int code;
    const char *prefix; /* of the text; "" fits all */
    enum etcd_outcome outcome;
    bool passing;
    enum err_code err;
};

static const struct failure_rule rules[] = {
    {RPC_INVALID_ARGUMENT, "", ETCD_NOT_APPLIED, false, ERR_INVALID},
    {RPC_NOT_FOUND, "", ETCD_NOT_APPLIED, false, ERR_NOT_FOUND},
    {RPC_FAILED_PRECONDITION, "", ETCD_NOT_APPLIED, false, ERR_STATE},
    {RPC_OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted", ETCD_NOT_APPLIED,
     false, ERR_CONFLICT},
    {RPC_OUT_OF_RANGE, "", ETCD_NOT_APPLIED, false, ERR_INVALID},
    {RPC_PERMISSION_DENIED, "", ETCD_NOT_APPLIED, false, ERR_DENIED},
    {RPC_UNAUTHENTICATED, "", ETCD_NOT_APPLIED, false, ERR_UNAUTHENTICATED},
    /* etcd's own limits refuse before applying; core's "Received message larger than max" is about
     * the reply: applied. */
    {RPC_RESOURCE_EXHAUSTED, "etcdserver: too many requests", ETCD_NOT_APPLIED, true, ERR_LIMIT},
    {RPC_RESOURCE_EXHAUSTED, "etcdserver:", ETCD_NOT_APPLIED, false, ERR_LIMIT},
    {RPC_RESOURCE_EXHAUSTED, "grpc: received", ETCD_NOT_APPLIED, false, ERR_LIMIT},
    {RPC_RESOURCE_EXHAUSTED, "", ETCD_UNKNOWN, false, ERR_LIMIT},
    {RPC_UNAVAILABLE, "etcdserver: no leader", ETCD_NOT_APPLIED, true, ERR_UNAVAILABLE},
    {RPC_UNAVAILABLE, "failed to connect to all addresses", ETCD_NOT_APPLIED, true,
     ERR_UNAVAILABLE},
    {RPC_UNAVAILABLE, "empty address list", ETCD_NOT_APPLIED, true, ERR_UNAVAILABLE},
    {RPC_UNIMPLEMENTED, "", ETCD_UNKNOWN, false, ERR_UNSUPPORTED},
    {ANY_CODE, "", ETCD_UNKNOWN, true, ERR_UNAVAILABLE},
};

const char *etcd_outcome_name(enum etcd_outcome outcome)
{
    static const char *const names[ETCD_OUTCOME_COUNT] = {"ok", "compare-failed", "not-applied",
                                                          "unknown"};
    ENSURE((unsigned)outcome < ETCD_OUTCOME_COUNT);
    return names[outcome];
}

static const struct failure_rule *find_rule(const struct rpc_status *status)
{
    ENSURE(status->code != RPC_OK);
    for (const struct failure_rule *r = rules;; r++) {
        bool code_fits = r->code == status->code || r->code == ANY_CODE;
        if (code_fits && strncmp(status->text, r->prefix, strlen(r->prefix)) == 0)
            return r;
    }
}

enum etcd_outcome etcd_outcome_of(const struct rpc_status *status)
{
    if (status->code == RPC_OK)
        return ETCD_OK;
    return status->sent ? find_rule(status)->outcome : ETCD_NOT_APPLIED;
}

bool etcd_is_passing(const struct rpc_status *status)
{
    return status->code != RPC_OK && find_rule(status)->passing;
}

int etcd_set_err(struct err *err, const struct rpc_status *status)
{
    const char *text = status->text[0] != '\0' ? status->text : rpc_code_name(status->code);
    return err_set(err, find_rule(status)->err, "etcd: %s", text);
}
