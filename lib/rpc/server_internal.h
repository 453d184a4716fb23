#ifndef PUMASI_LIB_RPC_SERVER_INTERNAL_H
#define PUMASI_LIB_RPC_SERVER_INTERNAL_H

#include "lib/base/span.h"
#include "lib/rpc/outbox_internal.h"
#include "lib/rpc/server.h"

#include <grpc/grpc.h>

/* What server.c (the table, the listeners, the counts) offers server_call.c (one call). */

struct rpc_route {
    char *path; /* "/package.Service/Method" */
    const struct rpc_method_row *row;
    const ProtobufCMethodDescriptor *method;
    void *arg; /* the service's */
};

/* NULL: no such method. */
const struct rpc_route *rpc_server_route(const struct rpc_server *server, struct span path);

const struct rpc_server_options *rpc_server_settings(const struct rpc_server *server);
grpc_server *rpc_server_core(struct rpc_server *server);
grpc_completion_queue *rpc_server_queue(struct rpc_server *server);

bool rpc_server_on_loop(const struct rpc_server *server); /* this thread is its loop's */

/* Where calls wait that another thread has finished. */
struct rpc_outbox *rpc_server_outbox(struct rpc_server *server);

/* A call object has been made (armed) or has gone: rpc_server_stop() waits for the last. False
 * when the server takes no more calls, and then nothing is counted. */
bool rpc_server_enter(struct rpc_server *server);
void rpc_server_leave(struct rpc_server *server);

/* Counts a call that has arrived against the limit of its kind; false: too many. What was admitted
 * must be released. */
bool rpc_server_admit(struct rpc_server *server, enum rpc_kind kind);
void rpc_server_release(struct rpc_server *server, enum rpc_kind kind);

enum rpc_refusal { RPC_REFUSED_LIMIT, RPC_REFUSED_POLICY, RPC_REFUSED_MESSAGE, RPC_REFUSAL_COUNT };
void rpc_server_count_refusal(struct rpc_server *server, enum rpc_refusal why);

/* Waits for one more call; nothing when the server takes no more. */
void rpc_call_arm(struct rpc_server *server);

/* Sends what the outbox held. */
void rpc_call_send_posted(struct rpc_outbox_item *item);

#endif
