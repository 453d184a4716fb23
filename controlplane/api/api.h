#ifndef PUMASI_CONTROLPLANE_API_API_H
#define PUMASI_CONTROLPLANE_API_API_H

#include "controlplane/effect/attached.h"
#include "controlplane/effect/certifier.h"
#include "controlplane/effect/issuer.h"
#include "controlplane/engine/engine.h"
#include "controlplane/ledger/keeper.h"
#include "lib/rpc/server.h"

/*
 * The services of the control plane on one gRPC server. Handlers run on the server's loop and only
 * pass on; answers come from the writer's thread.
 */
struct api;

struct api_options {
    struct engine *engine; /* all of these outlive the api */
    struct attached *attached;
    const struct issuer *issuer;
    struct certifier *certifier; /* for those who join or renew */
    struct keeper *keeper;       /* of the ledger */
    const struct env *env;       /* thread-safe */
    struct log *log;             /* may be NULL */
};

struct api *api_create(const struct api_options *options);

/* After the server is destroyed and the engine is stopped. NULL is fine. */
void api_destroy(struct api *api);

/* Adds all services to the server. Before the engine starts: it listens to commits. */
MUST_CHECK int api_add_services(struct api *api, struct rpc_server *server, struct err *err);

/* Looks anew at who holds a stream open: users who are revoked, or whose certificate is over, lose
 * theirs, also while nothing else happens. To be called every now and then; thread-safe. */
void api_recheck(struct api *api);

/* Ends the streams that would otherwise use up the grace of a stopping server. */
void api_close(struct api *api);

/* The policy for struct rpc_server_options; arg is the api. */
int api_policy(void *api, const char *path, const struct rpc_method_row *row,
               const struct rpc_peer *peer, struct err *err);

#endif
