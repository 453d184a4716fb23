#ifndef PUMASI_LIB_RPC_HEALTH_H
#define PUMASI_LIB_RPC_HEALTH_H

#include "lib/base/err.h"
#include "lib/rpc/server.h"

#include <stdbool.h>

/*
 * The standard health service, grpc.health.v1.Health: Check answers, Watch answers and tells of
 * every change. The name "" stands for the server as a whole. Thread-safe.
 */
struct rpc_health;

#define RPC_HEALTH_SERVICES_MAX 64

/* Never NULL. Nothing is known at first, not even "". It must outlive the server. */
struct rpc_health *rpc_health_create(void);
void rpc_health_destroy(struct rpc_health *health); /* NULL is fine */

/* The service for rpc_server_add(). Its methods have role 0. */
struct rpc_service rpc_health_service(struct rpc_health *health);

/* Says whether a service serves; makes it known. Watchers hear of a change at once. ERR_LIMIT
 * after RPC_HEALTH_SERVICES_MAX names. Never blocks on the network. */
MUST_CHECK int rpc_health_set(struct rpc_health *health, const char *service, bool serving,
                              struct err *err);

/* All known services stop serving, for ever: watchers hear it and their streams end. Before
 * rpc_server_stop(), so that watchers don't use up its grace. */
void rpc_health_shutdown(struct rpc_health *health);

#endif
