#ifndef PUMASI_CONTROLPLANE_DOMAIN_COMMAND_H
#define PUMASI_CONTROLPLANE_DOMAIN_COMMAND_H

#include "controlplane/domain/contribution.h"
#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/node.h"
#include "controlplane/domain/organisation.h"
#include "controlplane/domain/pool.h"
#include "controlplane/domain/programme.h"
#include "controlplane/domain/project.h"
#include "controlplane/domain/usage.h"
#include "controlplane/domain/user.h"

/*
 * Everything that can be asked of the decider. A command's arguments are a record with the same
 * fields as the request message of that name, so that the wire needs no code per command.
 */
struct request_head {
    struct id request_id;
    bool dry_run;
};
extern const struct record_type request_head_type;

/* clang-format off */
/*      command            name                       roles that may send it (see authorise.h) */
#define COMMANDS(X)                                                                                \
    X(APPLY_ORGANISATION,  apply_organisation_request)                                             \
    X(APPLY_PROGRAMME,     apply_programme_request)                                                \
    X(APPLY_PROJECT,       apply_project_request)                                                  \
    X(APPLY_SITE,          apply_site_request)                                                     \
    X(APPLY_POOL,          apply_pool_request)                                                     \
    X(PROPOSE_LOAN,        propose_loan_request)                                                   \
    X(CONSENT_LOAN,        consent_loan_request)                                                   \
    X(RECALL_LOAN,         recall_loan_request)                                                    \
    X(REQUEST_ALLOCATION,  request_allocation_request)                                             \
    X(BOOK_LEASE,          book_lease_request)                                                     \
    X(RELEASE_LEASE,       release_lease_request)                                                  \
    X(EXTEND_LEASE,        extend_lease_request)                                                   \
    X(CANCEL_LEASE,        cancel_lease_request)                                                   \
    X(DECIDE_STAGE,        decide_stage_request)                                                   \
    X(OBJECT_STAGE,        object_stage_request)                                                   \
    X(ANSWER_OBJECTION,    answer_objection_request)                                               \
    X(SETTLE_STAGE,        settle_stage_request)                                                   \
    X(SIGN_APPROVAL,       sign_approval_request)                                                  \
    X(RETURN_APPROVAL,     return_approval_request)                                                \
    X(WITHDRAW_APPROVAL,   withdraw_approval_request)                                              \
    X(DELEGATE_APPROVAL,   delegate_approval_request)                                              \
    X(RECORD_CONTRIBUTION, record_contribution_request)                                            \
    X(CLOSE_MONTH,         close_month_request)                                                    \
    X(SEAL_MONTH,          seal_month_command)                                                     \
    X(ARCHIVE_MONTH,       archive_month_command)                                                  \
    X(ISSUE_STATEMENT,     issue_statement_request)                                                \
    X(DISPUTE_STATEMENT,   dispute_statement_request)                                              \
    X(CLOSE_STATEMENT,     close_statement_request)                                                \
    X(CREATE_JOIN_TOKEN,   create_join_token_command)                                              \
    X(JOIN,                join_command)                                                           \
    X(RENEW_CERTIFICATE,   renew_certificate_command)                                              \
    X(REVOKE_USER,         revoke_user_request)                                                    \
    X(ATTACH_NODE,         attach_node_command)                                                    \
    X(REPORT_HELD,         report_held_command)                                                    \
    X(REPORT_USAGE,        report_usage_command)                                                   \
    X(BOOTSTRAP,           bootstrap_command)
/* clang-format on */

enum command_kind {
#define X(kind, args) COMMAND_##kind,
    COMMANDS(X)
#undef X
        COMMAND_KIND_COUNT
};

struct apply_organisation_request {
    struct request_head head;
    struct organisation organisation;
};
struct apply_programme_request {
    struct request_head head;
    struct programme programme;
};
struct apply_project_request {
    struct request_head head;
    struct project project;
};
struct apply_site_request {
    struct request_head head;
    struct site site;
};
struct apply_pool_request {
    struct request_head head;
    struct pool pool;
};
struct propose_loan_request {
    struct request_head head;
    struct loan loan;
};
struct consent_loan_request {
    struct request_head head;
    struct id id;
};
struct recall_loan_request {
    struct request_head head;
    struct id id;
    struct share units;
    struct instant by; /* NEVER = now + notice */
    char reason[LIMIT_TEXT_BYTES];
    bool emergency; /* less notice than the loan's: needs two approvers */
};
struct request_allocation_request {
    struct request_head head;
    struct id project;
    char model[32];
    struct instant from;
    struct instant to;
    struct share units;
    struct won budget_krw;
    char purpose[LIMIT_TEXT_BYTES];
};
struct book_lease_request {
    struct request_head head;
    struct id allocation;
    struct id organisation; /* none: the caller's */
    uint32_t gpus;
    struct share units_per_gpu; /* 0 = a whole GPU */
    struct id isolation;        /* none: whole, or timeslice for a part */
    struct id service_class;    /* none: committed */
    uint32_t priority;
    struct instant from; /* NEVER = now */
    struct instant to;
    struct list uids; /* struct user_id */
    bool one_node;
    int64_t length_s; /* instead of `to`; 0 = none */
    bool wait;        /* where it can't begin: on the waiting list */
};
struct release_lease_request {
    struct request_head head;
    struct id id;
};
struct extend_lease_request {
    struct request_head head;
    struct id id;
    struct instant to;
};
struct cancel_lease_request {
    struct request_head head;
    struct id id;
};
struct decide_stage_request {
    struct request_head head;
    struct id project;
    struct id stage;
    struct id verdict; /* pass eliminate */
    struct instant effective_at;
    char reason[LIMIT_TEXT_BYTES];
    char paper[LIMIT_NAME_BYTES];
};
struct object_stage_request {
    struct request_head head;
    struct id id;
    char reason[LIMIT_TEXT_BYTES];
};
struct answer_objection_request {
    struct request_head head;
    struct id id;
    bool upheld;
    char reason[LIMIT_TEXT_BYTES];
};
struct settle_stage_request {
    struct request_head head;
    struct id project;
    struct id stage;
    char paper[LIMIT_NAME_BYTES];
};
struct sign_approval_request {
    struct request_head head;
    struct id id;
    char plan_hash[65];
    struct blob signature;
    char reason[LIMIT_TEXT_BYTES];
    char paper[LIMIT_NAME_BYTES];
};
struct return_approval_request {
    struct request_head head;
    struct id id;
    char reason[LIMIT_TEXT_BYTES];
    char paper[LIMIT_NAME_BYTES];
};
struct withdraw_approval_request {
    struct request_head head;
    struct id id;
    char reason[LIMIT_TEXT_BYTES];
    char paper[LIMIT_NAME_BYTES];
};
struct delegate_approval_request {
    struct request_head head;
    struct id to;
    struct instant until;
    char reason[LIMIT_TEXT_BYTES];
    char paper[LIMIT_NAME_BYTES];
};
struct record_contribution_request {
    struct request_head head;
    struct contribution contribution;
};
struct close_month_request {
    struct request_head head;
    struct id month;         /* "2026-02" */
    char checklist_hash[65]; /* that the caller was shown; "" = none yet */
    char reason[LIMIT_TEXT_BYTES];
};

struct issue_statement_request {
    struct request_head head;
    struct id project;
    char month[16];                /* "2026-02", or: */
    struct id stage;               /* of the project */
    bool settlement;               /* 정산서 of the stage */
    char reason[LIMIT_TEXT_BYTES]; /* of a further version */
};
struct dispute_statement_request {
    struct request_head head;
    struct id id;
    char reason[LIMIT_TEXT_BYTES];
};
struct close_statement_request {
    struct request_head head;
    struct id id;
    char reason[LIMIT_TEXT_BYTES];
};

/* Not messages of the API: what api/ and effect/ make of them after checking secrets and keys. */
struct create_join_token_command {
    struct request_head head;
    struct join_token token;
};
struct join_command {
    struct request_head head;
    struct id token;
    char secret_hash[65]; /* SHA-256 of the secret that was shown */
    char serial[48];      /* of the certificate about to be issued */
    struct id key_id;
    struct blob public_key;
    struct instant certificate_expires_at;
};
struct renew_certificate_command {
    struct request_head head;
    char serial[48]; /* of the certificate about to be handed out, to whoever asks */
    struct id key_id;
    struct blob public_key;
    struct instant certificate_expires_at;
};
struct revoke_user_request {
    struct request_head head;
    struct id id;
    char reason[LIMIT_TEXT_BYTES];
};
struct attach_node_command {
    struct request_head head;
    struct node node;
};
struct held_lease {
    struct id lease;
    uint64_t fence;
    uint64_t seq;
    struct id state; /* installed active draining returned tainted */
    uint64_t opens;
    uint64_t denials;
};
struct report_held_command {
    struct request_head head;
    struct id node;
    struct list held; /* struct held_lease */
};
/* What came as an interval and can't be read, or was not signed by the node. */
struct refused_interval {
    char boot_id[40];
    uint64_t seq;
    char reason[LIMIT_TEXT_BYTES];
};
struct report_usage_command {
    struct request_head head;
    struct id node;
    struct list intervals; /* struct usage_interval, signatures already verified */
    struct list refused;   /* struct refused_interval: of the same node */
};
struct seal_month_command {
    struct request_head head;
    struct id month;
    uint64_t first_commit;
    uint64_t last_commit;
    char note_sha256[65];
};
struct archive_month_command {
    struct request_head head;
    struct id month; /* sealed, and every one before it archived */
};
struct bootstrap_command {
    struct request_head head;
    struct organisation organisation;
    struct user user;
};

#define X(kind, args) extern const struct record_type args##_type;
COMMANDS(X)
#undef X
extern const struct record_type held_lease_type;
extern const struct record_type refused_interval_type;

const struct record_type *command_type(enum command_kind kind);
const char *command_name(enum command_kind kind); /* "BOOK_LEASE" */
const struct request_head *command_head(enum command_kind kind, const void *args);

#endif
