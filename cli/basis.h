#ifndef PUMASI_CLI_BASIS_H
#define PUMASI_CLI_BASIS_H

#include "cli/invocation.h"

/* Appends the basis of an issued statement as the server hands it out; its hash is checked. */
MUST_CHECK int basis_fetch(struct invocation *inv, const char *statement, struct buf *out,
                           struct err *err);

#endif
