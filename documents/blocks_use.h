#ifndef PUMASI_DOCUMENTS_BLOCKS_USE_H
#define PUMASI_DOCUMENTS_BLOCKS_USE_H

#include "billing/basis.h"
#include "documents/report.h"

/* The blocks that come from the basis alone: utilisation with its chart, what was awarded and what
 * changed, use by lease. For blocks.c. */
void blocks_add_utilisation(struct report *r, const struct basis *basis);
void blocks_add_allocations(struct report *r, const struct basis *basis);
void blocks_add_stretches(struct report *r, const struct basis *basis);

#endif
