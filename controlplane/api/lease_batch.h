#ifndef PUMASI_CONTROLPLANE_API_LEASE_BATCH_H
#define PUMASI_CONTROLPLANE_API_LEASE_BATCH_H

#include "controlplane/api/service.h"

/* LeaseService.BookLeases: each item goes its own way through the engine, as if it were a call of
 * its own; the reply goes out when the last is durable. A request that can't be read at all is
 * refused as a whole, before anything is submitted. */
void lease_batch_handle(struct api *api, struct rpc_call *call, const ProtobufCMessage *request);

#endif
