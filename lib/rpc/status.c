/* Owns what an outcome means. Pure. */
#include "lib/rpc/status.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum err_code sent;   /* meaning when the call may have reached a server */
    enum err_code unsent; /* meaning when it can't have */
} CODES[] = {
    [RPC_OK] = {"OK", ERR_OK, ERR_OK},
    [RPC_CANCELLED] = {"CANCELLED", ERR_UNKNOWN_OUTCOME, ERR_CANCELLED},
    [RPC_UNKNOWN] = {"UNKNOWN", ERR_UNKNOWN_OUTCOME, ERR_INTERNAL},
    [RPC_INVALID_ARGUMENT] = {"INVALID_ARGUMENT", ERR_INVALID, ERR_INVALID},
    [RPC_DEADLINE_EXCEEDED] = {"DEADLINE_EXCEEDED", ERR_UNKNOWN_OUTCOME, ERR_UNAVAILABLE},
    [RPC_NOT_FOUND] = {"NOT_FOUND", ERR_NOT_FOUND, ERR_NOT_FOUND},
    [RPC_ALREADY_EXISTS] = {"ALREADY_EXISTS", ERR_EXISTS, ERR_EXISTS},
    [RPC_PERMISSION_DENIED] = {"PERMISSION_DENIED", ERR_DENIED, ERR_DENIED},
    [RPC_RESOURCE_EXHAUSTED] = {"RESOURCE_EXHAUSTED", ERR_LIMIT, ERR_LIMIT},
    [RPC_FAILED_PRECONDITION] = {"FAILED_PRECONDITION", ERR_STATE, ERR_STATE},
    [RPC_ABORTED] = {"ABORTED", ERR_CONFLICT, ERR_CONFLICT},
    [RPC_OUT_OF_RANGE] = {"OUT_OF_RANGE", ERR_INVALID, ERR_INVALID},
    [RPC_UNIMPLEMENTED] = {"UNIMPLEMENTED", ERR_UNSUPPORTED, ERR_UNSUPPORTED},
    [RPC_INTERNAL] = {"INTERNAL", ERR_UNKNOWN_OUTCOME, ERR_INTERNAL},
    [RPC_UNAVAILABLE] = {"UNAVAILABLE", ERR_UNKNOWN_OUTCOME, ERR_UNAVAILABLE},
    [RPC_DATA_LOSS] = {"DATA_LOSS", ERR_CORRUPT, ERR_CORRUPT},
    [RPC_UNAUTHENTICATED] = {"UNAUTHENTICATED", ERR_UNAUTHENTICATED, ERR_UNAUTHENTICATED},
};
#define CODE_COUNT ((int)(sizeof(CODES) / sizeof(CODES[0])))

/* gRPC itself refuses a message above a size limit, on either side and with the same words. If
 * the size it names is the request's, the server never saw the request; else it is the reply that
 * was too large, and the server has done the work. */
static bool reply_was_too_large(const char *text, size_t request_bytes)
{
    size_t refused;
    if (sscanf(text, "Received message larger than max (%zu", &refused) != 1)
        return false;
    return refused != request_bytes;
}

enum err_code rpc_status_classify(int code, bool sent, const char *text, const char *error_name,
                                  size_t request_bytes)
{
    if (code == RPC_OK)
        return ERR_OK;
    if (error_name)
        return err_from_name(error_name);
    if (code < 0 || code >= CODE_COUNT)
        return sent ? ERR_UNKNOWN_OUTCOME : ERR_INTERNAL;
    if (code == RPC_RESOURCE_EXHAUSTED && reply_was_too_large(text, request_bytes))
        return ERR_UNKNOWN_OUTCOME;
    return sent ? CODES[code].sent : CODES[code].unsent;
}

int rpc_status_err(const struct rpc_status *status, struct err *err)
{
    if (status->code == RPC_OK)
        return 0;
    ENSURE(status->err != ERR_OK);
    return err_set(err, status->err, "%s",
                   status->text[0] ? status->text : rpc_code_name(status->code));
}

const char *rpc_code_name(int code)
{
    return code >= 0 && code < CODE_COUNT ? CODES[code].name : "CODE_OTHER";
}
