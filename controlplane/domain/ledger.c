/* Ledger entries: fields. */
#include "controlplane/domain/ledger.h"

static const char *const kind_texts[] = {
    "register", "propose", "consent", "approve",  "return-plan",  "book", "grant",
    "release",  "recall",  "return",  "interval", "contribution", "join", "revoke",
};
const struct enum_names ledger_kind_names = {kind_texts, LEDGER_KIND_COUNT};

static const struct field ledger_entry_fields[] = {
    F_ENUM(struct ledger_entry, kind, &ledger_kind_names),
    F_ID(struct ledger_entry, subject_kind),
    F_ID(struct ledger_entry, subject),
    F_ID(struct ledger_entry, organisation),
    F_ID(struct ledger_entry, project),
    F_ID(struct ledger_entry, actor),
    F_INSTANT(struct ledger_entry, at),
    F_SHARE(struct ledger_entry, units),
    F_WON(struct ledger_entry, amount_krw),
    F_TEXT(struct ledger_entry, paper),
    F_TEXT(struct ledger_entry, reason),
    F_END,
};
const struct record_type ledger_entry_type = {"ledger_entry", sizeof(struct ledger_entry),
                                              ledger_entry_fields};
