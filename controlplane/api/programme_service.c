/* ProgrammeService: a table. */
#include "controlplane/api/service.h"

#include "pumasi/v1/programme.pb-c.h"

const struct api_service api_programme_service = {
    .descriptor = &pumasi__v1__programme_service__descriptor,
    .methods =
        {
            {.name = "ApplyProgramme", .way = API_CHANGE, .command = COMMAND_APPLY_PROGRAMME},
            {.name = "GetProgramme",
             .way = API_GET,
             .entity = ENTITY_PROGRAMME,
             .object = &pumasi__v1__programme__descriptor},
            {.name = "ListProgrammes",
             .way = API_LIST,
             .entity = ENTITY_PROGRAMME,
             .object = &pumasi__v1__programme__descriptor,
             .reply = &pumasi__v1__list_programmes_reply__descriptor},
            {.name = "ApplyProject", .way = API_CHANGE, .command = COMMAND_APPLY_PROJECT},
            {.name = "GetProject",
             .way = API_GET,
             .entity = ENTITY_PROJECT,
             .object = &pumasi__v1__project__descriptor},
            {.name = "ListProjects",
             .way = API_LIST,
             .entity = ENTITY_PROJECT,
             .object = &pumasi__v1__project__descriptor,
             .reply = &pumasi__v1__list_projects_reply__descriptor},
        },
};
