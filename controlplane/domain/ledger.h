#ifndef PUMASI_CONTROLPLANE_DOMAIN_LEDGER_H
#define PUMASI_CONTROLPLANE_DOMAIN_LEDGER_H

#include "lib/base/limits.h"
#include "lib/base/record.h"

/* What was decided, entry by entry: written in the same transaction as the state it belongs to and
 * never changed. Corrections are new entries. */
enum ledger_kind {
    LEDGER_REGISTER,
    LEDGER_PROPOSE,
    LEDGER_CONSENT,
    LEDGER_APPROVE,
    LEDGER_RETURN_PLAN,
    LEDGER_BOOK,
    LEDGER_GRANT,
    LEDGER_RELEASE,
    LEDGER_RECALL,
    LEDGER_RETURN,
    LEDGER_INTERVAL,
    LEDGER_CONTRIBUTION,
    LEDGER_JOIN,
    LEDGER_REVOKE,
    LEDGER_KIND_COUNT
};
extern const struct enum_names ledger_kind_names;

struct ledger_entry {
    enum ledger_kind kind;
    struct id subject_kind;
    struct id subject;
    struct id organisation;
    struct id project;
    struct id actor;
    struct instant at;
    struct share units;
    struct won amount_krw;
    char paper[LIMIT_NAME_BYTES];
    char reason[LIMIT_TEXT_BYTES];
};
extern const struct record_type ledger_entry_type;

#endif
