#ifndef PUMASI_BILLING_STATEMENT_CSV_H
#define PUMASI_BILLING_STATEMENT_CSV_H

#include "billing/statement.h"
#include "lib/base/buf.h"

/*
 * Appends the statement as one CSV table (lib/base/csv.h): a row is a `head` fact, a line of
 * `usage`, the `share` of an organisation, the `total`, a contribution `refused`, or a `rule` in
 * words. Columns that a kind of row does not have are empty.
 */
void statement_csv(const struct statement *s, struct buf *out);

#endif
