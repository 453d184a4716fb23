/* Approvals, plans and decisions: fields. */
#include "controlplane/domain/approval.h"

static const char *const verdict_texts[] = {"approved", "returned", "withdrawn"};
const struct enum_names verdict_names = {verdict_texts, VERDICT_COUNT};

static const struct field plan_line_fields[] = {F_TEXT(struct plan_line, text), F_END};
const struct record_type plan_line_type = {"plan_line", sizeof(struct plan_line), plan_line_fields};

static const struct field plan_fields[] = {
    F_LIST(struct plan, lines, &plan_line_type),
    F_TEXT(struct plan, hash),
    F_END,
};
const struct record_type plan_type = {"plan", sizeof(struct plan), plan_fields};

static const struct field decision_fields[] = {
    F_ID(struct decision, user),         F_ID(struct decision, organisation),
    F_ID(struct decision, role),         F_ENUM(struct decision, verdict, &verdict_names),
    F_INSTANT(struct decision, at),      F_TEXT(struct decision, reason),
    F_TEXT(struct decision, paper),      F_TEXT(struct decision, plan_hash),
    F_BYTES(struct decision, signature), F_ID(struct decision, key_id),
    F_ID(struct decision, on_behalf_of), F_END,
};
static const struct record_type decision_type = {"decision", sizeof(struct decision),
                                                 decision_fields};

static const struct field approval_fields[] = {
    F_ID(struct approval, id),
    F_ID(struct approval, subject_kind),
    F_ID(struct approval, subject),
    F_ENUM(struct approval, state, &request_state_names),
    F_ID(struct approval, proposer),
    F_ID(struct approval, organisation),
    F_RECORD(struct approval, plan, &plan_type),
    F_WON(struct approval, amount_krw),
    F_U32(struct approval, approvers_needed),
    F_LIST(struct approval, decisions, &decision_type),
    F_INSTANT(struct approval, created_at),
    F_INSTANT(struct approval, due_at),
    F_INSTANT(struct approval, expires_at),
    F_END,
};
const struct record_type approval_type = {"approval", sizeof(struct approval), approval_fields};
