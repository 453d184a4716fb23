/* Recalls that wait for approval: fields. */
#include "controlplane/domain/recall.h"

static const char *const cause_texts[] = {"emergency", "low_use"};
const struct enum_names recall_cause_names = {cause_texts, RECALL_CAUSE_COUNT};

static const struct field recall_fields[] = {
    F_ID(struct recall, id),
    F_ID(struct recall, loan),
    F_ID(struct recall, borrower),
    F_SHARE(struct recall, units),
    F_INSTANT(struct recall, by),
    F_ENUM(struct recall, cause, &recall_cause_names),
    F_TEXT(struct recall, reason),
    F_ENUM(struct recall, state, &request_state_names),
    F_ID(struct recall, proposed_by),
    F_ID(struct recall, organisation),
    F_ID(struct recall, approval),
    F_INSTANT(struct recall, created_at),
    F_END,
};
const struct record_type recall_type = {"recall", sizeof(struct recall), recall_fields};
