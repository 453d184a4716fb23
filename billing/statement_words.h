#ifndef PUMASI_BILLING_STATEMENT_WORDS_H
#define PUMASI_BILLING_STATEMENT_WORDS_H

#include "billing/statement.h"

/* The rules that a statement was made by, in words that let a reader do the arithmetic again. */
struct words {
    const char *key; /* stable: "part_month" */
    const char *ko;
    const char *en;
};

/* The rules in force on this statement, in order; returns how many. Static texts. */
#define STATEMENT_RULES_MAX 8
size_t statement_rules(const struct statement *s, struct words ret[STATEMENT_RULES_MAX]);

/* "not confirmed" marks: beside every figure that rests on an unconfirmed rate. */
const struct words *statement_confirmed_words(bool confirmed);

#endif
