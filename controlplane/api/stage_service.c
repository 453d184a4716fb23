/* StageService: a table. */
#include "controlplane/api/service.h"

#include "pumasi/v1/stage.pb-c.h"

const struct api_service api_stage_service = {
    .descriptor = &pumasi__v1__stage_service__descriptor,
    .methods =
        {
            {.name = "DecideStage", .way = API_CHANGE, .command = COMMAND_DECIDE_STAGE},
            {.name = "ObjectStage", .way = API_CHANGE, .command = COMMAND_OBJECT_STAGE},
            {.name = "AnswerObjection", .way = API_CHANGE, .command = COMMAND_ANSWER_OBJECTION},
            {.name = "SettleStage", .way = API_CHANGE, .command = COMMAND_SETTLE_STAGE},
            {.name = "GetStageDecision",
             .way = API_GET,
             .entity = ENTITY_STAGE_DECISION,
             .object = &pumasi__v1__stage_decision__descriptor},
            {.name = "ListStageDecisions",
             .way = API_LIST,
             .entity = ENTITY_STAGE_DECISION,
             .object = &pumasi__v1__stage_decision__descriptor,
             .reply = &pumasi__v1__list_stage_decisions_reply__descriptor},
        },
};
