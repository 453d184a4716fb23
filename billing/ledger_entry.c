/* Ledger entries: fields. */
#include "billing/ledger_entry.h"

#define X(id, name) name,
static const char *const kind_texts[] = {LEDGER_KINDS(X)};
#undef X
const struct enum_names ledger_kind_names = {kind_texts, LEDGER_KIND_COUNT};

static const char *const phase_texts[] = {"", "pending", "post", "void"};
const struct enum_names ledger_phase_names = {phase_texts, PHASE_COUNT};

static const struct field ledger_entry_fields[] = {
    F_ID(struct ledger_entry, actor),
    F_WON(struct ledger_entry, amount_krw),
    F_INSTANT(struct ledger_entry, at),
    F_TEXT(struct ledger_entry, boot_id),
    F_ID(struct ledger_entry, cause),
    F_U64(struct ledger_entry, commit),
    F_ID(struct ledger_entry, counterparty),
    F_U64(struct ledger_entry, denials),
    F_WON(struct ledger_entry, freed_krw),
    F_INSTANT(struct ledger_entry, from),
    F_U32(struct ledger_entry, index),
    F_ID(struct ledger_entry, isolation),
    F_ID(struct ledger_entry, key_id),
    F_ENUM(struct ledger_entry, kind, &ledger_kind_names),
    F_ID(struct ledger_entry, lease),
    F_ID(struct ledger_entry, loan),
    F_TEXT(struct ledger_entry, model),
    F_ID(struct ledger_entry, node),
    F_U64(struct ledger_entry, opens),
    F_ID(struct ledger_entry, organisation),
    F_TEXT(struct ledger_entry, paper),
    F_ENUM(struct ledger_entry, phase, &ledger_phase_names),
    F_ID(struct ledger_entry, project),
    F_TEXT(struct ledger_entry, reason),
    F_INSTANT(struct ledger_entry, received_at),
    F_U64(struct ledger_entry, seq),
    F_BYTES(struct ledger_entry, signature),
    F_ID(struct ledger_entry, subject),
    F_ID(struct ledger_entry, subject_kind),
    F_TEXT(struct ledger_entry, subject_sha256),
    F_INSTANT(struct ledger_entry, to),
    F_SHARE(struct ledger_entry, units),
    F_END,
};
const struct record_type ledger_entry_type = {"ledger_entry", sizeof(struct ledger_entry),
                                              ledger_entry_fields};
