#ifndef PUMASI_DOCUMENTS_REPORT_H
#define PUMASI_DOCUMENTS_REPORT_H

#include "lib/base/buf.h"
#include "lib/base/instant.h"

#include <stdint.h>

/*
 * A report: blocks of columns and rows that a printer lays out. A cell has the text that people
 * read, and may have a whole number or a formula beside it, for printers that calculate.
 *
 * A formula is text of its own small language, so that it knows nothing of letters and rows:
 *     {3}          the cell of column 3 in the same row
 *     {3:}         column 3 of all rows of the block
 *     {usage.10:}  column 10 of all rows of the block `usage`
 * A block without rows has no range: a formula about it must not be written.
 *
 * The report owns all its texts. One thread.
 */
enum report_align { REPORT_LEFT, REPORT_CENTRE, REPORT_RIGHT };
enum report_kind {
    REPORT_TEXT,
    REPORT_INT,
    REPORT_WON,
    REPORT_EXACT, /* won with a fraction of one */
};

struct report_cell {
    char *text; /* never NULL */
    enum report_kind kind;
    int64_t value; /* unless REPORT_TEXT: whole, of REPORT_EXACT rounded down */
    char *formula; /* NULL: none */
    double shown;  /* what the formula gives, for viewers that do not calculate */
};

struct report_column {
    const char *title;
    double weight; /* part of the width */
    enum report_align align;
    bool workbook_only;
};

struct report_block {
    const char *key; /* "usage": static */
    const char *title;
    const char *note; /* under the title; NULL: none */
    const struct report_column *columns;
    size_t n_columns;
    struct report_cell *cells; /* rows one after the other */
    size_t n_rows;
    bool sum;      /* the last row is their sum */
    bool new_page; /* begins a page */
};

struct report_chart {
    const char *title; /* NULL: no chart */
    char (*labels)[8];
    int64_t *values; /* >= 0 */
    size_t n;
};

struct report {
    bool korean;
    char *title;
    char *subtitle;
    const char *warning; /* under the title; NULL: none */
    struct instant at;   /* for the properties of the document */
    struct report_block *blocks;
    size_t n_blocks;
    struct report_chart chart;    /* after the block `utilisation` */
    struct report_column **owned; /* of report_columns() */
    size_t n_owned;
    char *checkpoint; /* text of the checkpoint; NULL: none */
};

struct report *report_create(bool korean);
void report_destroy(struct report *r); /* NULL is fine */

/* Room for the columns of one block, zeroed; the report owns it. */
struct report_column *report_columns(struct report *r, size_t n);

/* The columns are constant, or report_columns(). The block is borrowed until the next is added. */
struct report_block *report_add(struct report *r, const char *key, const char *title,
                                const struct report_column *columns, size_t n_columns);

/* A row of empty texts; its cells, borrowed until the next row. */
struct report_cell *report_row(struct report_block *b);

void report_set(struct report_cell *cell, const char *text);
void report_setf(struct report_cell *cell, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void report_set_int(struct report_cell *cell, int64_t value);
void report_set_won(struct report_cell *cell, int64_t krw);
void report_set_formula(struct report_cell *cell, double shown, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

const struct report_block *report_find(const struct report *r, const char *key); /* or NULL */

#endif
