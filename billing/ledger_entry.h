#ifndef PUMASI_BILLING_LEDGER_ENTRY_H
#define PUMASI_BILLING_LEDGER_ENTRY_H

#include "lib/base/limits.h"
#include "lib/base/record.h"

/*
 * What was decided, entry by entry (docs/spec/ledger.md): written in the same transaction as the
 * state it belongs to and never changed. Corrections are new entries.
 *
 * An entry stands in the log of its organisation and, if there is one, of its counterparty, under
 * one id: the commit that it came in, and its index there. Both are given by the commit: they are 0
 * in an entry that was not committed yet, and are not stored twice.
 */
#define LEDGER_OWN_LOG "control-plane" /* the log of acts that are nobody else's */

#define LEDGER_KINDS(X)                                                                            \
    X(REGISTER, "register")                                                                        \
    X(PROPOSE, "propose")                                                                          \
    X(CONSENT, "consent")                                                                          \
    X(APPROVE, "approve")                                                                          \
    X(RETURN_PLAN, "return-plan")                                                                  \
    X(BOOK, "book")                                                                                \
    X(GRANT, "grant")                                                                              \
    X(RELEASE, "release")                                                                          \
    X(RECALL, "recall")                                                                            \
    X(RETURN, "return")                                                                            \
    X(INTERVAL, "interval")                                                                        \
    X(CONTRIBUTION, "contribution")                                                                \
    X(JOIN, "join")                                                                                \
    X(REVOKE, "revoke")                                                                            \
    X(RATE, "rate")               /* prices and rules of a programme were set */                   \
    X(CORRECTION, "correction")   /* use told after its month was closed */                        \
    X(ISSUE, "issue")             /* a statement was issued */                                     \
    X(CLOSE, "close")             /* a month was closed */                                         \
    X(SEAL, "seal")               /* its segments are written */                                   \
    X(ACKNOWLEDGE, "acknowledge") /* the borrower has seen its use of a month */                   \
    X(DISPUTE, "dispute")                                                                          \
    X(RENEW, "renew")       /* of a certificate */                                                 \
    X(DELEGATE, "delegate") /* an approver's place */
enum ledger_kind {
#define X(id, name) LEDGER_##id,
    LEDGER_KINDS(X)
#undef X
        LEDGER_KIND_COUNT
};
extern const struct enum_names ledger_kind_names;

/*
 * Double entry in two phases. `organisation` owes, `counterparty` is owed:
 *
 *     pending   amount_krw is held for what was booked
 *     post      amount_krw is used; freed_krw of what was held is free again
 *     void      amount_krw of what was held is free again, unused
 *
 * Of one lease: the sum of pending = the sum of void + the sum of freed, once it has ended.
 */
enum ledger_phase { PHASE_NONE, PHASE_PENDING, PHASE_POST, PHASE_VOID, PHASE_COUNT };
extern const struct enum_names ledger_phase_names; /* the first is "" */

struct ledger_entry {
    uint64_t commit;
    uint32_t index; /* in the commit */
    enum ledger_kind kind;
    struct id subject_kind; /* "lease" */
    struct id subject;
    char subject_sha256[65]; /* of the subject as it was stored with this entry; "" = not bound */
    struct id organisation;
    struct id counterparty;
    struct id project;
    struct id actor; /* NAME.ORGANISATION */
    struct instant at;
    struct share units;
    struct won amount_krw;
    enum ledger_phase phase;
    struct won freed_krw;
    char paper[LIMIT_NAME_BYTES];
    char reason[LIMIT_TEXT_BYTES];
    /* An interval, as the node signed it (docs/spec/usage.md); else empty. */
    struct id lease;
    struct id loan; /* none on the owner's own pool */
    struct id node;
    char boot_id[40];
    uint64_t seq;
    char model[32];
    struct id isolation;
    struct instant from;
    struct instant to;
    struct id cause;
    uint64_t opens;
    uint64_t denials;
    struct instant received_at;
    struct blob signature;
    struct id key_id;
};
extern const struct record_type ledger_entry_type; /* its fields rise by name */

#endif
