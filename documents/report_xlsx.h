#ifndef PUMASI_DOCUMENTS_REPORT_XLSX_H
#define PUMASI_DOCUMENTS_REPORT_XLSX_H

#include "documents/report.h"
#include "lib/base/err.h"

/* Appends the report as a workbook: one sheet a block, real formulas, won formats. dir: for a
 * temporary file. ERR_IO, ERR_LIMIT. */
MUST_CHECK int report_xlsx(const struct report *r, const char *dir, struct buf *out,
                           struct err *err);

#endif
