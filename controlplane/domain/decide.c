/* One row a command, and nothing else: every rule stands in the decider's own file. */
#include "controlplane/domain/decide.h"

#include "controlplane/domain/approving.h"
#include "controlplane/domain/award.h"
#include "controlplane/domain/booking.h"
#include "controlplane/domain/close.h"
#include "controlplane/domain/contributing.h"
#include "controlplane/domain/delegating.h"
#include "controlplane/domain/due.h"
#include "controlplane/domain/extending.h"
#include "controlplane/domain/issuing.h"
#include "controlplane/domain/joining.h"
#include "controlplane/domain/lending.h"
#include "controlplane/domain/metering.h"
#include "controlplane/domain/recalling.h"
#include "controlplane/domain/register.h"
#include "controlplane/domain/reporting.h"
#include "controlplane/domain/staging.h"
#include "controlplane/domain/turn.h"
#include "controlplane/domain/waiting.h"

typedef int (*decide_fn)(struct turn *t, const void *args, struct err *err);

static const decide_fn deciders[COMMAND_KIND_COUNT] = {
    [COMMAND_APPLY_ORGANISATION] = decide_apply_organisation,
    [COMMAND_APPLY_PROGRAMME] = decide_apply_programme,
    [COMMAND_APPLY_PROJECT] = decide_apply_project,
    [COMMAND_APPLY_SITE] = decide_apply_site,
    [COMMAND_APPLY_POOL] = decide_apply_pool,
    [COMMAND_PROPOSE_LOAN] = decide_propose_loan,
    [COMMAND_CONSENT_LOAN] = decide_consent_loan,
    [COMMAND_RECALL_LOAN] = decide_recall_loan,
    [COMMAND_REQUEST_ALLOCATION] = decide_request_allocation,
    [COMMAND_BOOK_LEASE] = decide_book_lease,
    [COMMAND_RELEASE_LEASE] = decide_release_lease,
    [COMMAND_EXTEND_LEASE] = decide_extend_lease,
    [COMMAND_CANCEL_LEASE] = decide_cancel_lease,
    [COMMAND_DECIDE_STAGE] = decide_decide_stage,
    [COMMAND_OBJECT_STAGE] = decide_object_stage,
    [COMMAND_ANSWER_OBJECTION] = decide_answer_objection,
    [COMMAND_SETTLE_STAGE] = decide_settle_stage,
    [COMMAND_SIGN_APPROVAL] = decide_sign_approval,
    [COMMAND_RETURN_APPROVAL] = decide_return_approval,
    [COMMAND_WITHDRAW_APPROVAL] = decide_withdraw_approval,
    [COMMAND_DELEGATE_APPROVAL] = decide_delegate_approval,
    [COMMAND_RECORD_CONTRIBUTION] = decide_record_contribution,
    [COMMAND_CLOSE_MONTH] = decide_close_month,
    [COMMAND_SEAL_MONTH] = decide_seal_month,
    [COMMAND_ARCHIVE_MONTH] = decide_archive_month,
    [COMMAND_ISSUE_STATEMENT] = decide_issue_statement,
    [COMMAND_DISPUTE_STATEMENT] = decide_dispute_statement,
    [COMMAND_CLOSE_STATEMENT] = decide_close_statement,
    [COMMAND_CREATE_JOIN_TOKEN] = decide_create_join_token,
    [COMMAND_JOIN] = decide_join,
    [COMMAND_RENEW_CERTIFICATE] = decide_renew_certificate,
    [COMMAND_REVOKE_USER] = decide_revoke_user,
    [COMMAND_ATTACH_NODE] = decide_attach_node,
    [COMMAND_REPORT_HELD] = decide_report_held,
    [COMMAND_REPORT_USAGE] = decide_report_usage,
    [COMMAND_BOOTSTRAP] = decide_bootstrap,
};

int decide(const struct state *s, enum command_kind kind, const void *args,
           const struct decide_context *ctx, struct changes *ret, struct err *err)
{
    ENSURE(kind >= 0 && kind < COMMAND_KIND_COUNT && deciders[kind] != NULL);
    ENSURE(ret->n == 0 && ret->numbers_taken == 0);
    struct turn t = turn_begin(s, ctx, ret);
    int rc = deciders[kind](&t, args, err);
    if (rc == 0)
        waiting_wake(&t);
    turn_end(&t);
    if (rc < 0)
        changes_reset(ret);
    return rc;
}

bool decide_due(const struct state *s, const struct decide_context *ctx, size_t limit,
                struct changes *ret)
{
    struct turn t = turn_begin(s, ctx, ret);
    bool more = due_steps(&t, limit);
    turn_end(&t);
    return more;
}
