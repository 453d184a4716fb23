#ifndef PUMASI_LIB_RPC_STATUS_H
#define PUMASI_LIB_RPC_STATUS_H

#include "lib/base/err.h"

#include <stdbool.h>

/*
 * How a call ended, seen by the client.
 *
 * A server of ours sends the name of its err_code beside the status (trailing metadata
 * "pumasi-error"), so the very code and text it set come back in `err` and `text`. For other
 * servers and for failures of the connection `err` is derived:
 *
 *   - the call never reached a connection               ERR_UNAVAILABLE (safe to repeat)
 *   - it may have been carried out, nobody can tell     ERR_UNKNOWN_OUTCOME
 *     (deadline passed, connection lost, stream reset, reply too large)
 *   - the client gave it up itself                      ERR_CANCELLED when it never left, else
 *                                                       ERR_UNKNOWN_OUTCOME
 *   - anything else                                     the code of the same meaning
 *
 * A plain value. `code` and `text` are as gRPC gave them, for callers that know a foreign
 * server's texts.
 */
enum rpc_code {
    RPC_OK = 0,
    RPC_CANCELLED = 1,
    RPC_UNKNOWN = 2,
    RPC_INVALID_ARGUMENT = 3,
    RPC_DEADLINE_EXCEEDED = 4,
    RPC_NOT_FOUND = 5,
    RPC_ALREADY_EXISTS = 6,
    RPC_PERMISSION_DENIED = 7,
    RPC_RESOURCE_EXHAUSTED = 8,
    RPC_FAILED_PRECONDITION = 9,
    RPC_ABORTED = 10,
    RPC_OUT_OF_RANGE = 11,
    RPC_UNIMPLEMENTED = 12,
    RPC_INTERNAL = 13,
    RPC_UNAVAILABLE = 14,
    RPC_DATA_LOSS = 15,
    RPC_UNAUTHENTICATED = 16,
};

struct rpc_status {
    int code;          /* enum rpc_code, or a number from a server that this one doesn't know */
    bool sent;         /* false: no byte of the call can have reached a server */
    enum err_code err; /* ERR_OK iff code is RPC_OK */
    char text[ERR_TEXT_MAX]; /* UTF-8; "" when the server gave none */
};

/* The meaning of a raw outcome, for status.err: the rules above. error_name is the value of
 * "pumasi-error" or NULL; request_bytes is the packed size of the request. Pure. */
enum err_code rpc_status_classify(int code, bool sent, const char *text, const char *error_name,
                                  size_t request_bytes);

/* 0 for RPC_OK; otherwise fills err (may be NULL) with status->err and the text, returns -code. */
int rpc_status_err(const struct rpc_status *status, struct err *err);

/* "UNAVAILABLE" …; "CODE_OTHER" for an unknown number. Static. */
const char *rpc_code_name(int code);

#endif
