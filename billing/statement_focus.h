#ifndef PUMASI_BILLING_STATEMENT_FOCUS_H
#define PUMASI_BILLING_STATEMENT_FOCUS_H

#include "billing/statement.h"
#include "lib/base/buf.h"

/*
 * Appends the lines of a statement as a CSV with the columns of FOCUS 1.0 that mean something here,
 * for cost tools. Cost columns are whole won, each rounded down for show; x_CostExact is the
 * fraction. Credits are rows of their own, with negative amounts.
 */
void statement_focus(const struct statement *s, struct buf *out);

#endif
