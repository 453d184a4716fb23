#ifndef PUMASI_BILLING_STATEMENT_JSON_H
#define PUMASI_BILLING_STATEMENT_JSON_H

#include "billing/statement.h"
#include "lib/base/buf.h"

/* Appends the statement as canonical JSON (billing/canonical.h) with a newline at the end: the form
 * that is hashed and signed. Rules in words stand in Korean and in English. */
void statement_json(const struct statement *s, struct buf *out);

#endif
