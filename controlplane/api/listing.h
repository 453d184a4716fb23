#ifndef PUMASI_CONTROLPLANE_API_LISTING_H
#define PUMASI_CONTROLPLANE_API_LISTING_H

#include "controlplane/api/service.h"

/* One object by its id (GetRequest), and many by pages and filters (ListRequest), of any kind. The
 * page token is the id of the last object of the page before. */
void listing_get(struct api *api, struct rpc_call *call, const struct api_method *method,
                 const ProtobufCMessage *request);
void listing_list(struct api *api, struct rpc_call *call, const struct api_method *method,
                  const ProtobufCMessage *request);

/*
 * A look at the state by a handler of its own: `run` prepares the reply in the call's arena and
 * returns it through ret_reply; it is sent when what was seen is durable.
 */
typedef int (*listing_run_fn)(const struct engine_view *view, struct rpc_call *call,
                              const ProtobufCMessage *request, ProtobufCMessage **ret_reply,
                              struct err *err);
void listing_look(struct api *api, struct rpc_call *call, const ProtobufCMessage *request,
                  listing_run_fn run);

#endif
