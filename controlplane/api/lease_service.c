/* LeaseService: a table. */
#include "controlplane/api/lease_batch.h"
#include "controlplane/api/service.h"

#include "pumasi/v1/lease.pb-c.h"

const struct api_service api_lease_service = {
    .descriptor = &pumasi__v1__lease_service__descriptor,
    .methods =
        {
            {.name = "BookLease", .way = API_CHANGE, .command = COMMAND_BOOK_LEASE},
            {.name = "BookLeases", .way = API_OWN, .own = lease_batch_handle, .kind = RPC_UNARY},
            {.name = "ReleaseLease", .way = API_CHANGE, .command = COMMAND_RELEASE_LEASE},
            {.name = "ExtendLease", .way = API_CHANGE, .command = COMMAND_EXTEND_LEASE},
            {.name = "CancelLease", .way = API_CHANGE, .command = COMMAND_CANCEL_LEASE},
            {.name = "GetLease",
             .way = API_GET,
             .entity = ENTITY_LEASE,
             .object = &pumasi__v1__lease__descriptor},
            {.name = "ListLeases",
             .way = API_LIST,
             .entity = ENTITY_LEASE,
             .object = &pumasi__v1__lease__descriptor,
             .reply = &pumasi__v1__list_leases_reply__descriptor},
        },
};
