/* A case a format. */
#include "documents/document.h"

#include "billing/record_json.h"
#include "billing/statement_csv.h"
#include "billing/statement_focus.h"
#include "billing/statement_json.h"
#include "documents/blocks.h"
#include "documents/report_pdf.h"
#include "documents/report_xlsx.h"
#include "lib/page/page.h"
#include "lib/xlsx/xlsx.h"

#include <stdio.h>

static const char *const formats[] = {"json", "csv", "xlsx", "pdf", "focus", "basis"};
const struct enum_names document_format_names = {formats, DOCUMENT_FORMAT_COUNT};

void document_basis(const struct basis *b, struct buf *out)
{
    struct canonical c;
    canonical_init(&c, out);
    record_json(&c, NULL, &basis_type, b);
    buf_append_char(out, '\n');
}

static int make_report(const struct statement *s, enum document_format format,
                       const struct document_how *how, struct buf *out, struct err *err)
{
    struct blocks_extra extra = {how->basis_sha256, how->checkpoint};
    struct report *report = blocks_of_statement(s, &extra, !how->english);
    int rc = format == DOCUMENT_PDF ? report_pdf(report, out, err)
                                    : report_xlsx(report, how->dir ? how->dir : "/tmp", out, err);
    report_destroy(report);
    return rc;
}

int document_make(const struct statement *s, enum document_format format,
                  const struct document_how *how, struct buf *out, struct err *err)
{
    ENSURE(s->basis != NULL);
    switch (format) {
    case DOCUMENT_JSON:
        statement_json(s, out);
        break;
    case DOCUMENT_CSV:
        statement_csv(s, out);
        break;
    case DOCUMENT_FOCUS:
        statement_focus(s, out);
        break;
    case DOCUMENT_BASIS:
        document_basis(s->basis, out);
        break;
    case DOCUMENT_XLSX:
    case DOCUMENT_PDF:
        return make_report(s, format, how, out, err);
    case DOCUMENT_FORMAT_COUNT:
        ENSURE(!"a format");
    }
    return out->full ? err_set(err, ERR_LIMIT, "the document is too large") : 0;
}

void document_renderer(char ret[DOCUMENT_RENDERER_CAP])
{
    char pages[PAGE_RENDERER_CAP];
    page_renderer(pages);
    snprintf(ret, DOCUMENT_RENDERER_CAP, "%s, %s", pages, xlsx_renderer());
}
