/* AllocationService: a table. */
#include "controlplane/api/service.h"

#include "pumasi/v1/allocation.pb-c.h"

const struct api_service api_allocation_service = {
    .descriptor = &pumasi__v1__allocation_service__descriptor,
    .methods =
        {
            {.name = "RequestAllocation", .way = API_CHANGE, .command = COMMAND_REQUEST_ALLOCATION},
            {.name = "GetAllocation",
             .way = API_GET,
             .entity = ENTITY_ALLOCATION,
             .object = &pumasi__v1__allocation__descriptor},
            {.name = "ListAllocations",
             .way = API_LIST,
             .entity = ENTITY_ALLOCATION,
             .object = &pumasi__v1__allocation__descriptor,
             .reply = &pumasi__v1__list_allocations_reply__descriptor},
        },
};
