#ifndef PUMASI_LIB_XLSX_XLSX_H
#define PUMASI_LIB_XLSX_XLSX_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/instant.h"

/*
 * A workbook, sheet by sheet. Rows and columns count from 0. Numbers are the spreadsheet's, which
 * hold whole numbers up to 2^53; beyond that a number is written as text. Texts are never formulas.
 * One thread.
 */
struct xlsx;
struct xlsx_sheet;

enum xlsx_style {
    XLSX_PLAIN,
    XLSX_HEADING, /* bold, on grey, framed */
    XLSX_TITLE,   /* bold, large */
    XLSX_CELL,    /* framed, wrapped */
    XLSX_NUMBER,  /* framed, grouped by thousands */
    XLSX_WON,     /* the same with 원 behind it */
    XLSX_EXACT,   /* grouped, two decimals */
    XLSX_SUM,     /* XLSX_WON in bold */
    XLSX_STYLE_COUNT
};

/* Works in a file of the directory until the end. ERR_IO. */
MUST_CHECK int xlsx_create(const char *dir, const char *title, struct instant at, struct xlsx **ret,
                           struct err *err);
void xlsx_destroy(struct xlsx *x); /* NULL is fine; removes the file */

/* At most 31 characters, none of []:*?/\ . Borrowed; lives as long as the workbook. Landscape, one
 * page wide in print. */
struct xlsx_sheet *xlsx_sheet(struct xlsx *x, const char *name);
void xlsx_width(struct xlsx_sheet *s, unsigned column, double characters);

void xlsx_text(struct xlsx_sheet *s, unsigned row, unsigned column, enum xlsx_style style,
               const char *text);
void xlsx_int(struct xlsx_sheet *s, unsigned row, unsigned column, enum xlsx_style style,
              int64_t value);
/* formula: with its "="; num / den (den > 0): the value that it gives. */
void xlsx_formula(struct xlsx_sheet *s, unsigned row, unsigned column, enum xlsx_style style,
                  const char *formula, double value);

/* "$C$4" (absolute) or "C4". */
#define XLSX_NAME_CAP 24
const char *xlsx_cell_name(unsigned row, unsigned column, bool absolute, char dst[XLSX_NAME_CAP]);

/* Ends the workbook and appends its bytes; x takes no more. ERR_IO. */
MUST_CHECK int xlsx_finish(struct xlsx *x, struct buf *out, struct err *err);

/* "libxlsxwriter 1.1.4": what the bytes depend on. Static. */
const char *xlsx_renderer(void);

#endif
