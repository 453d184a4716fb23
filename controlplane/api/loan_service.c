/* LoanService: a table. */
#include "controlplane/api/service.h"

#include "pumasi/v1/loan.pb-c.h"

const struct api_service api_loan_service = {
    .descriptor = &pumasi__v1__loan_service__descriptor,
    .methods =
        {
            {.name = "ProposeLoan", .way = API_CHANGE, .command = COMMAND_PROPOSE_LOAN},
            {.name = "ConsentLoan", .way = API_CHANGE, .command = COMMAND_CONSENT_LOAN},
            {.name = "RecallLoan", .way = API_CHANGE, .command = COMMAND_RECALL_LOAN},
            {.name = "GetLoan",
             .way = API_GET,
             .entity = ENTITY_LOAN,
             .object = &pumasi__v1__loan__descriptor},
            {.name = "ListLoans",
             .way = API_LIST,
             .entity = ENTITY_LOAN,
             .object = &pumasi__v1__loan__descriptor,
             .reply = &pumasi__v1__list_loans_reply__descriptor},
            {.name = "GetRecall",
             .way = API_GET,
             .entity = ENTITY_RECALL,
             .object = &pumasi__v1__recall__descriptor},
            {.name = "ListRecalls",
             .way = API_LIST,
             .entity = ENTITY_RECALL,
             .object = &pumasi__v1__recall__descriptor,
             .reply = &pumasi__v1__list_recalls_reply__descriptor},
        },
};
