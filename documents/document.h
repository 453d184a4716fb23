#ifndef PUMASI_DOCUMENTS_DOCUMENT_H
#define PUMASI_DOCUMENTS_DOCUMENT_H

#include "billing/statement.h"

/*
 * A statement in any form that it is handed out in. JSON and CSV are the same bytes everywhere; PDF
 * and XLSX are the same bytes under the same renderer (document_renderer()).
 */
enum document_format {
    DOCUMENT_JSON,
    DOCUMENT_CSV,
    DOCUMENT_XLSX,
    DOCUMENT_PDF,
    DOCUMENT_FOCUS, /* a CSV for cost tools: a row a line, FOCUS 1.0 columns */
    DOCUMENT_BASIS, /* what it was computed from */
    DOCUMENT_FORMAT_COUNT
};
extern const struct enum_names document_format_names; /* json csv xlsx pdf focus basis */

struct document_how {
    bool english;             /* PDF and XLSX; Korean otherwise */
    const char *basis_sha256; /* hexadecimal; NULL: not known */
    const char *checkpoint;   /* text of the ledger's checkpoint; NULL: none */
    const char *dir;          /* for temporary files; NULL: /tmp */
};

/* Appends the document. s: made by statement_of_basis(). ERR_LIMIT: out is full; ERR_UNSUPPORTED,
 * ERR_IO. */
MUST_CHECK int document_make(const struct statement *s, enum document_format format,
                             const struct document_how *how, struct buf *out, struct err *err);

/* The basis as canonical JSON, with a newline at the end. */
void document_basis(const struct basis *b, struct buf *out);

#define DOCUMENT_RENDERER_CAP 256
void document_renderer(char ret[DOCUMENT_RENDERER_CAP]);

#endif
