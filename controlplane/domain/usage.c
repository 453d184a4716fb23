/* Usage intervals: fields. */
#include "controlplane/domain/usage.h"

static const char *const cause_texts[] = {"running", "ended", "recalled", "fault"};
const struct enum_names usage_cause_names = {cause_texts, USAGE_CAUSE_COUNT};

static const struct field usage_interval_fields[] = {
    F_ID(struct usage_interval, id),
    F_ID(struct usage_interval, node),
    F_TEXT(struct usage_interval, boot_id),
    F_U64(struct usage_interval, seq),
    F_ID(struct usage_interval, lease),
    F_ID(struct usage_interval, organisation),
    F_ID(struct usage_interval, project),
    F_TEXT(struct usage_interval, model),
    F_SHARE(struct usage_interval, units),
    F_ENUM(struct usage_interval, isolation, &isolation_names),
    F_INSTANT(struct usage_interval, from),
    F_INSTANT(struct usage_interval, to),
    F_ENUM(struct usage_interval, cause, &usage_cause_names),
    F_U64(struct usage_interval, opens),
    F_U64(struct usage_interval, denials),
    F_INSTANT(struct usage_interval, received_at),
    F_BYTES(struct usage_interval, signature),
    F_ID(struct usage_interval, key_id),
    F_END,
};
const struct record_type usage_interval_type = {"usage_interval", sizeof(struct usage_interval),
                                                usage_interval_fields};
