#ifndef PUMASI_CLI_BASIS_H
#define PUMASI_CLI_BASIS_H

#include "billing/statement.h"
#include "cli/invocation.h"

/* The basis of a statement (billing/basis.h) as a file, and from the server. */

/* Computes the statement of a basis in JSON. Free with statement_destroy(). Errors name the path in
 * the file. */
MUST_CHECK int basis_statement(struct span text, struct statement **ret, struct err *err);

/* Appends the basis of an issued statement as the server hands it out; its hash is checked. */
MUST_CHECK int basis_fetch(struct invocation *inv, const char *statement, struct buf *out,
                           struct err *err);

#endif
