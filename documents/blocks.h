#ifndef PUMASI_DOCUMENTS_BLOCKS_H
#define PUMASI_DOCUMENTS_BLOCKS_H

#include "billing/statement.h"
#include "documents/report.h"

/*
 * The report of a statement that was made from a basis: head, usage, co-funding, contributions,
 * cash due, credits, utilisation, allocations, changes, stretches, rules, checks, evidence,
 * signatures. Every amount is billing's.
 */
struct blocks_extra {
    const char *basis_sha256; /* hexadecimal; NULL: not known */
    const char *checkpoint;   /* text of the ledger's checkpoint; NULL: none */
};

/* Korean first; English when asked. Free with report_destroy(). */
struct report *blocks_of_statement(const struct statement *s, const struct blocks_extra *extra,
                                   bool korean);

#endif
