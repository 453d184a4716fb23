#ifndef PUMASI_BILLING_BASIS_H
#define PUMASI_BILLING_BASIS_H

#include "billing/policy.h"
#include "billing/terms.h"
#include "lib/base/limits.h"

/*
 * 산출 근거: everything that a statement is computed from, and nothing else: who, under which dated
 * rules, what was metered, what was paid. Plain records, so that the control plane stores them, the
 * bundle carries them, and anybody computes the statement again (statement_of_basis()).
 *
 * Use is written as stretches: the intervals of one lease on one node that follow each other under
 * the same terms are one stretch. Months follow from the profile, so that joining changes no sum.
 */
#define BASIS_FORMAT 1

/* 이용내역서 of a month, of a stage; 정산서 of a stage. */
enum statement_kind {
    STATEMENT_MONTH,
    STATEMENT_STAGE,
    STATEMENT_SETTLEMENT,
    STATEMENT_KIND_COUNT
};
extern const struct enum_names statement_kind_names; /* month stage settlement */

struct basis_size {
    struct instant from;
    enum size_class size;
    enum size_class legal_size; /* of a startup */
    char evidence[LIMIT_NAME_BYTES];
};

struct basis_member {
    struct id organisation;
    struct id role;    /* lead participant ... */
    struct list sizes; /* struct basis_size, by rising date, none twice */
};

struct basis_openness {
    struct instant from;
    enum openness openness;
    char evidence[LIMIT_NAME_BYTES];
};

struct basis_use {
    struct id organisation;
    struct id lease;
    struct id node;
    struct id supplier; /* whose GPUs they are */
    struct id loan;     /* none on an own pool */
    char model[MODEL_CAP];
    struct instant from, to;
    struct share units;
    enum time_kind time;
    enum payer payer;
    bool opportunistic;
    struct id isolation;
    struct won price_krw; /* of the loan; 0: the programme's */
    uint32_t intervals;   /* signed ones that it is made of; 0: not metered (handover, fault) */
};

struct basis_contribution {
    struct id id;
    struct id organisation;
    struct id kind;
    struct won krw;
    struct instant at;       /* cash: of the transfer */
    struct instant from, to; /* labour: the period that was worked; NEVER: none */
    char reference[LIMIT_NAME_BYTES];
};

/* 배분: what was awarded, and by which paper. */
struct basis_allocation {
    struct id id;
    char model[MODEL_CAP];
    struct instant from, to;
    struct share units;
    char paper[LIMIT_NAME_BYTES];
};

/* 변경: an increase, recall, return, fault ... with its date and paper. */
struct basis_event {
    struct instant at;
    struct id kind; /* of the ledger entry */
    struct id subject;
    struct id organisation;
    struct share units;
    char paper[LIMIT_NAME_BYTES];
    char reason[LIMIT_NAME_BYTES];
};

struct basis_wait {
    struct id organisation;
    char model[MODEL_CAP];
    struct instant from, to;
    struct share units;
};

struct basis_name {
    struct id id;
    char ko[LIMIT_NAME_BYTES];
    char en[LIMIT_NAME_BYTES];
};

struct basis {
    uint32_t format;
    struct id id; /* of the statement: the document number */
    enum statement_kind kind;
    struct id programme;
    struct id project;
    struct id stage; /* none for a month */
    struct id only;  /* the one member whose lines these are; none: all members' */
    struct id lead;
    struct id agency; /* none: not registered */
    char agreement_number[LIMIT_NAME_BYTES];
    struct instant from, to; /* of the period; to is exclusive */
    uint32_t version;        /* 0: a draft */
    struct id supersedes;
    char reason[LIMIT_NAME_BYTES]; /* of a correction */
    struct instant issued_at;      /* NEVER: not issued; what came later is not in it */
    struct id issued_by;
    struct cofunding_policy policy;
    struct list names;         /* struct basis_name: of programme, project, organisations */
    struct list openness;      /* struct basis_openness */
    struct list members;       /* struct basis_member */
    struct list uses;          /* struct basis_use, by basis_sort() */
    struct list waits;         /* struct basis_wait */
    struct list contributions; /* struct basis_contribution */
    struct list allocations;   /* struct basis_allocation */
    struct list events;        /* struct basis_event */
};
extern const struct record_type basis_type;
extern const struct record_type basis_use_type;

/* Puts the uses in order (organisation, model, lease, node, from) and joins those that touch and
 * are alike. */
void basis_sort(struct basis *b);

/* The Korean or English name of anything named in it; its id where there is none. Borrowed. */
const char *basis_name(const struct basis *b, const struct id *id, bool korean);

/* That a basis read from a file holds together: ERR_INVALID names what does not (an unknown format,
 * an empty period, use outside of it or by no member, a policy that fails policy_check()). */
MUST_CHECK int basis_check(const struct basis *b, struct err *err);

#endif
