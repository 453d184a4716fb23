/* Commands: the records of their arguments, and one row each. */
#include "controlplane/domain/command.h"

static const struct field request_head_fields[] = {
    F_ID(struct request_head, request_id),
    F_BOOL(struct request_head, dry_run),
    F_END,
};
const struct record_type request_head_type = {"request_head", sizeof(struct request_head),
                                              request_head_fields};

#define F_HEAD(s) F_RECORD(s, head, &request_head_type)
#define ARGS(s, ...)                                                                               \
    static const struct field s##_fields[] = {F_HEAD(struct s), __VA_ARGS__, F_END};               \
    const struct record_type s##_type = {#s, sizeof(struct s), s##_fields};

/* clang-format off */
ARGS(apply_organisation_request,
     F_RECORD(struct apply_organisation_request, organisation, &organisation_type))
ARGS(apply_programme_request,
     F_RECORD(struct apply_programme_request, programme, &programme_type))
ARGS(apply_project_request,
     F_RECORD(struct apply_project_request, project, &project_type))
ARGS(apply_site_request,
     F_RECORD(struct apply_site_request, site, &site_type))
ARGS(apply_pool_request,
     F_RECORD(struct apply_pool_request, pool, &pool_type))
ARGS(propose_loan_request,
     F_RECORD(struct propose_loan_request, loan, &loan_type))
ARGS(consent_loan_request,
     F_ID(struct consent_loan_request, id))
ARGS(recall_loan_request,
     F_ID(struct recall_loan_request, id),
     F_SHARE(struct recall_loan_request, units),
     F_INSTANT(struct recall_loan_request, by),
     F_TEXT(struct recall_loan_request, reason),
     F_BOOL(struct recall_loan_request, emergency))
ARGS(request_allocation_request,
     F_ID(struct request_allocation_request, project),
     F_TEXT(struct request_allocation_request, model),
     F_INSTANT(struct request_allocation_request, from),
     F_INSTANT(struct request_allocation_request, to),
     F_SHARE(struct request_allocation_request, units),
     F_WON(struct request_allocation_request, budget_krw),
     F_TEXT(struct request_allocation_request, purpose))
ARGS(book_lease_request,
     F_ID(struct book_lease_request, allocation),
     F_ID(struct book_lease_request, organisation),
     F_U32(struct book_lease_request, gpus),
     F_SHARE(struct book_lease_request, units_per_gpu),
     F_ID(struct book_lease_request, isolation),
     F_ID(struct book_lease_request, service_class),
     F_U32(struct book_lease_request, priority),
     F_INSTANT(struct book_lease_request, from),
     F_INSTANT(struct book_lease_request, to),
     F_LIST(struct book_lease_request, uids, &user_id_type),
     F_BOOL(struct book_lease_request, one_node),
     F_I64(struct book_lease_request, length_s),
     F_BOOL(struct book_lease_request, wait))
ARGS(release_lease_request,
     F_ID(struct release_lease_request, id))
ARGS(extend_lease_request,
     F_ID(struct extend_lease_request, id),
     F_INSTANT(struct extend_lease_request, to))
ARGS(cancel_lease_request,
     F_ID(struct cancel_lease_request, id))
ARGS(decide_stage_request,
     F_ID(struct decide_stage_request, project),
     F_ID(struct decide_stage_request, stage),
     F_ID(struct decide_stage_request, verdict),
     F_INSTANT(struct decide_stage_request, effective_at),
     F_TEXT(struct decide_stage_request, reason),
     F_TEXT(struct decide_stage_request, paper))
ARGS(object_stage_request,
     F_ID(struct object_stage_request, id),
     F_TEXT(struct object_stage_request, reason))
ARGS(answer_objection_request,
     F_ID(struct answer_objection_request, id),
     F_BOOL(struct answer_objection_request, upheld),
     F_TEXT(struct answer_objection_request, reason))
ARGS(settle_stage_request,
     F_ID(struct settle_stage_request, project),
     F_ID(struct settle_stage_request, stage),
     F_TEXT(struct settle_stage_request, paper))
ARGS(sign_approval_request,
     F_ID(struct sign_approval_request, id),
     F_TEXT(struct sign_approval_request, plan_hash),
     F_BYTES(struct sign_approval_request, signature),
     F_TEXT(struct sign_approval_request, reason),
     F_TEXT(struct sign_approval_request, paper))
ARGS(return_approval_request,
     F_ID(struct return_approval_request, id),
     F_TEXT(struct return_approval_request, reason),
     F_TEXT(struct return_approval_request, paper))
ARGS(withdraw_approval_request,
     F_ID(struct withdraw_approval_request, id),
     F_TEXT(struct withdraw_approval_request, reason),
     F_TEXT(struct withdraw_approval_request, paper))
ARGS(delegate_approval_request,
     F_ID(struct delegate_approval_request, to),
     F_INSTANT(struct delegate_approval_request, until),
     F_TEXT(struct delegate_approval_request, reason),
     F_TEXT(struct delegate_approval_request, paper))
ARGS(record_contribution_request,
     F_RECORD(struct record_contribution_request, contribution, &contribution_type))
ARGS(close_month_request,
     F_ID(struct close_month_request, month),
     F_TEXT(struct close_month_request, checklist_hash),
     F_TEXT(struct close_month_request, reason))
ARGS(seal_month_command,
     F_ID(struct seal_month_command, month),
     F_U64(struct seal_month_command, first_commit),
     F_U64(struct seal_month_command, last_commit),
     F_TEXT(struct seal_month_command, note_sha256))
ARGS(archive_month_command,
     F_ID(struct archive_month_command, month))
ARGS(issue_statement_request,
     F_ID(struct issue_statement_request, project),
     F_TEXT(struct issue_statement_request, month),
     F_ID(struct issue_statement_request, stage),
     F_BOOL(struct issue_statement_request, settlement),
     F_TEXT(struct issue_statement_request, reason))
ARGS(dispute_statement_request,
     F_ID(struct dispute_statement_request, id),
     F_TEXT(struct dispute_statement_request, reason))
ARGS(close_statement_request,
     F_ID(struct close_statement_request, id),
     F_TEXT(struct close_statement_request, reason))
ARGS(create_join_token_command,
     F_RECORD(struct create_join_token_command, token, &join_token_type))
ARGS(join_command,
     F_ID(struct join_command, token),
     F_TEXT(struct join_command, secret_hash),
     F_TEXT(struct join_command, serial),
     F_ID(struct join_command, key_id),
     F_BYTES(struct join_command, public_key),
     F_INSTANT(struct join_command, certificate_expires_at))
ARGS(renew_certificate_command,
     F_TEXT(struct renew_certificate_command, serial),
     F_ID(struct renew_certificate_command, key_id),
     F_BYTES(struct renew_certificate_command, public_key),
     F_INSTANT(struct renew_certificate_command, certificate_expires_at))
ARGS(revoke_user_request,
     F_ID(struct revoke_user_request, id),
     F_TEXT(struct revoke_user_request, reason))
ARGS(attach_node_command,
     F_RECORD(struct attach_node_command, node, &node_type))

static const struct field refused_interval_fields[] = {
    F_TEXT(struct refused_interval, boot_id),
    F_U64(struct refused_interval, seq),
    F_TEXT(struct refused_interval, reason),
    F_END,
};
const struct record_type refused_interval_type = {
    "refused_interval", sizeof(struct refused_interval), refused_interval_fields};

static const struct field held_lease_fields[] = {
    F_ID(struct held_lease, lease),
    F_U64(struct held_lease, fence),
    F_U64(struct held_lease, seq),
    F_ID(struct held_lease, state),
    F_U64(struct held_lease, opens),
    F_U64(struct held_lease, denials),
    F_END,
};
const struct record_type held_lease_type = {"held_lease", sizeof(struct held_lease),
                                            held_lease_fields};

ARGS(report_held_command,
     F_ID(struct report_held_command, node),
     F_LIST(struct report_held_command, held, &held_lease_type))
ARGS(report_usage_command,
     F_ID(struct report_usage_command, node),
     F_LIST(struct report_usage_command, intervals, &usage_interval_type),
     F_LIST(struct report_usage_command, refused, &refused_interval_type))
ARGS(bootstrap_command,
     F_RECORD(struct bootstrap_command, organisation, &organisation_type),
     F_RECORD(struct bootstrap_command, user, &user_type))
/* clang-format on */

static const struct command_row {
    const char *name;
    const struct record_type *type;
} rows[COMMAND_KIND_COUNT] = {
#define X(kind, args) [COMMAND_##kind] = {#kind, &args##_type},
    COMMANDS(X)
#undef X
};

const struct record_type *command_type(enum command_kind kind)
{
    ENSURE(kind >= 0 && kind < COMMAND_KIND_COUNT);
    return rows[kind].type;
}

const char *command_name(enum command_kind kind)
{
    ENSURE(kind >= 0 && kind < COMMAND_KIND_COUNT);
    return rows[kind].name;
}

const struct request_head *command_head(enum command_kind kind, const void *args)
{
    ENSURE(kind >= 0 && kind < COMMAND_KIND_COUNT);
    return args; /* every arguments record begins with its head */
}
