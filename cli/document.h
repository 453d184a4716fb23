#ifndef PUMASI_CLI_DOCUMENT_H
#define PUMASI_CLI_DOCUMENT_H

#include "cli/invocation.h"

/* What the commands about documents do (their rows are in cli/statement.c): each reads its options
 * from the invocation, writes into the directory `out` or prints, and says what it did. */
MUST_CHECK int document_export(struct invocation *inv,
                               struct err *err); /* statement, out, bundle ... */
MUST_CHECK int document_render(struct invocation *inv, struct err *err); /* file, out, english */
MUST_CHECK int document_verify(struct invocation *inv, struct err *err); /* file, key */
MUST_CHECK int document_diff(struct invocation *inv, struct err *err);   /* before, after */

#endif
