#ifndef PUMASI_BILLING_STATEMENT_H
#define PUMASI_BILLING_STATEMENT_H

#include "billing/basis.h"
#include "billing/cofunding.h"

/*
 * 이용내역서 / 정산서: what a project used in a period, what it is worth, what each member must
 * bear and what is missing. A pure function of ledger entries and dated programme data: the same
 * input gives the same bytes, for ever. A statement is never edited; a correction is the next
 * version.
 */
struct statement_head {
    char programme[LIMIT_NAME_BYTES]; /* id */
    char project[LIMIT_NAME_BYTES];   /* id */
    char project_name_ko[LIMIT_NAME_BYTES];
    char project_name_en[LIMIT_NAME_BYTES];
    char agreement_number[LIMIT_NAME_BYTES];
    struct window period;     /* to is exclusive */
    uint32_t version;         /* 1 is the first; 0: a draft, not issued */
    struct instant issued_at; /* NEVER: not issued */
    enum statement_kind kind;
    struct id id;         /* the document's number; none: a draft */
    struct id stage;      /* none: of a month */
    struct id supersedes; /* the version before; none: the first */
    char reason[LIMIT_NAME_BYTES];
    struct id only; /* a statement of this one member; none: of all, complete */
};

struct statement {
    struct statement_head head;
    enum part_month part_month;
    enum grain grain;
    enum burden_base burden_base;
    int64_t payable_truncate_krw;
    enum charge charge;
    enum mig_weight mig_weight;
    enum price_vat price_vat;
    bool fault_lowers_value;
    struct cofunding_result *result; /* owned */
    struct basis *basis;             /* owned; NULL: made by statement_create() */
};

/*
 * Builds the statement of head->period: usage is cut to the period, and the period's end decides
 * the size class of the cash floor (in->period_end is not read). Errors as cofunding_eval(). Free
 * with statement_destroy().
 */
MUST_CHECK int statement_create(const struct statement_head *head, const struct cofunding_input *in,
                                struct statement **ret, struct err *err);
/* The same from a basis that passes basis_check(). Takes it over: it is empty afterwards, also on
 * failure. */
MUST_CHECK int statement_of_basis(struct basis *basis, struct statement **ret, struct err *err);

void statement_destroy(struct statement *s); /* NULL is fine */

#endif
