#ifndef PUMASI_BILLING_STATEMENT_WORDS_H
#define PUMASI_BILLING_STATEMENT_WORDS_H

#include "billing/statement.h"

/*
 * The rules that a statement was made by, in words that let a reader do the arithmetic again. Rules
 * that no authority has confirmed say so, as unconfirmed rates do beside each figure.
 */
struct statement_rule {
    const char *key; /* stable: "part_month" */
    bool confirmed;
    const char *ko;
    const char *en;
};

/* The rules in force on this statement, in order; returns how many. Static texts. */
#define STATEMENT_RULES_MAX 12
size_t statement_rules(const struct statement *s, struct statement_rule ret[STATEMENT_RULES_MAX]);

/* Who bears the line: "borrower" "lender" "nobody". Time used is the borrower's, whatever the loan
 * says. */
const char *statement_payer(const struct cofunding_line *line);

/* "confirmed" or "not confirmed": the mark beside figures and rules. */
const char *statement_mark(bool confirmed);

#endif
