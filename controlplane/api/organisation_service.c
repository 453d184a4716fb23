/* OrganisationService: a table. */
#include "controlplane/api/service.h"

#include "pumasi/v1/organisation.pb-c.h"

const struct api_service api_organisation_service = {
    .descriptor = &pumasi__v1__organisation_service__descriptor,
    .methods =
        {
            {.name = "ApplyOrganisation", .way = API_CHANGE, .command = COMMAND_APPLY_ORGANISATION},
            {.name = "GetOrganisation",
             .way = API_GET,
             .entity = ENTITY_ORGANISATION,
             .object = &pumasi__v1__organisation__descriptor},
            {.name = "ListOrganisations",
             .way = API_LIST,
             .entity = ENTITY_ORGANISATION,
             .object = &pumasi__v1__organisation__descriptor,
             .reply = &pumasi__v1__list_organisations_reply__descriptor},
        },
};
