/* UsageService: a table. */
#include "controlplane/api/service.h"

#include "pumasi/v1/usage.pb-c.h"

const struct api_service api_usage_service = {
    .descriptor = &pumasi__v1__usage_service__descriptor,
    .methods =
        {
            {.name = "ListUsage",
             .way = API_LIST,
             .entity = ENTITY_USAGE_INTERVAL,
             .object = &pumasi__v1__usage_interval__descriptor,
             .reply = &pumasi__v1__list_usage_reply__descriptor},
        },
};
