#ifndef PUMASI_DOCUMENTS_REPORT_PDF_H
#define PUMASI_DOCUMENTS_REPORT_PDF_H

#include "documents/report.h"
#include "lib/base/err.h"

/*
 * Appends the report as a PDF: landscape A4, tables whose head is repeated on every page, page
 * numbers "3 / 7", the chart, and at the end the ledger's checkpoint as text and as a QR code. A
 * block of more than REPORT_PDF_ROWS rows is cut there, and says so. ERR_UNSUPPORTED: the font is
 * missing; ERR_LIMIT, ERR_IO.
 */
#define REPORT_PDF_ROWS 400
MUST_CHECK int report_pdf(const struct report *r, struct buf *out, struct err *err);

#endif
