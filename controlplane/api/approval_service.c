/* ApprovalService: a table. */
#include "controlplane/api/service.h"

#include "pumasi/v1/approval.pb-c.h"

const struct api_service api_approval_service = {
    .descriptor = &pumasi__v1__approval_service__descriptor,
    .methods =
        {
            {.name = "SignApproval", .way = API_CHANGE, .command = COMMAND_SIGN_APPROVAL},
            {.name = "ReturnApproval", .way = API_CHANGE, .command = COMMAND_RETURN_APPROVAL},
            {.name = "WithdrawApproval", .way = API_CHANGE, .command = COMMAND_WITHDRAW_APPROVAL},
            {.name = "DelegateApproval", .way = API_CHANGE, .command = COMMAND_DELEGATE_APPROVAL},
            {.name = "GetApproval",
             .way = API_GET,
             .entity = ENTITY_APPROVAL,
             .object = &pumasi__v1__approval__descriptor},
            {.name = "ListApprovals",
             .way = API_LIST,
             .entity = ENTITY_APPROVAL,
             .object = &pumasi__v1__approval__descriptor,
             .reply = &pumasi__v1__list_approvals_reply__descriptor},
        },
};
