#ifndef PUMASI_CONTROLPLANE_API_SERVICE_H
#define PUMASI_CONTROLPLANE_API_SERVICE_H

#include "controlplane/api/api.h"
#include "controlplane/api/peer.h"
#include "controlplane/api/watchers.h"
#include "lib/rpc/server_call.h"

#include <stdatomic.h>

/*
 * What a service consists of, for the files of this folder. A method is a command (its request is
 * the command's record), a look at one object or at many, or a handler of its own.
 */
struct api {
    struct api_options options;
    struct peers *peers;
    struct watchers *watchers;
    struct api_bound *bound; /* one for each service */
    atomic_bool closing;     /* streams end at their next poke */
};

typedef void (*api_handler_fn)(struct api *api, struct rpc_call *call,
                               const ProtobufCMessage *request);

enum api_way { API_CHANGE, API_GET, API_LIST, API_OWN };

struct api_method {
    const char *name;
    enum api_way way;
    enum command_kind command;                /* API_CHANGE */
    enum entity_kind entity;                  /* API_GET, API_LIST */
    const ProtobufCMessageDescriptor *object; /* API_GET: the reply; API_LIST: its items */
    const ProtobufCMessageDescriptor *reply;  /* API_LIST */
    api_handler_fn own;                       /* API_OWN */
    enum rpc_kind kind;                       /* API_OWN; the others are unary */
};

#define API_METHODS_MAX 12
struct api_service {
    const ProtobufCServiceDescriptor *descriptor;
    struct api_method methods[API_METHODS_MAX]; /* name = NULL ends the table */
};

/* One file each. */
extern const struct api_service api_organisation_service;
extern const struct api_service api_programme_service;
extern const struct api_service api_pool_service;
extern const struct api_service api_loan_service;
extern const struct api_service api_allocation_service;
extern const struct api_service api_lease_service;
extern const struct api_service api_approval_service;
extern const struct api_service api_identity_service;
extern const struct api_service api_usage_service;
extern const struct api_service api_statement_service;
extern const struct api_service api_event_service;
extern const struct api_service api_node_service;
extern const struct api_service api_ledger_service;
extern const struct api_service api_stage_service;

/* The principal of a call, or the call is failed and the code returned. */
MUST_CHECK int api_principal(struct api *api, struct rpc_call *call, struct principal *ret);

#endif
