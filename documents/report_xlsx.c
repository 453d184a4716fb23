/* A sheet a block: title in row 0, note in row 1, head in row 2, rows from FIRST_ROW on. */
#include "documents/report_xlsx.h"

#include "lib/xlsx/xlsx.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD_ROW    2
#define FIRST_ROW   3
#define FORMULA_MAX 2048

/* Rows that are summed: all but the sum itself. */
static size_t data_rows(const struct report_block *b)
{
    return b->n_rows - (b->sum ? 1 : 0);
}

static void put_range(const struct report_block *b, unsigned column, bool elsewhere,
                      struct buf *out)
{
    char first[XLSX_NAME_CAP], last[XLSX_NAME_CAP];
    ENSURE(data_rows(b) > 0 && column < b->n_columns);
    xlsx_cell_name(FIRST_ROW, column, true, first);
    xlsx_cell_name(FIRST_ROW + (unsigned)data_rows(b) - 1, column, true, last);
    if (elsewhere)
        buf_printf(out, "'%s'!", b->title);
    buf_printf(out, "%s:%s", first, last);
}

/* One "{...}" of a formula; *at stands behind the brace and is moved behind the end. */
static void put_reference(const struct report *r, const struct report_block *b, unsigned row,
                          const char **at, struct buf *out)
{
    char key[32], name[XLSX_NAME_CAP];
    const char *end = strchr(*at, '}');
    const char *dot = strchr(*at, '.');
    ENSURE(end != NULL);
    bool range = end[-1] == ':', elsewhere = dot != NULL && dot < end;
    unsigned column = (unsigned)strtoul(elsewhere ? dot + 1 : *at, NULL, 10);
    if (elsewhere) {
        snprintf(key, sizeof(key), "%.*s", (int)(dot - *at), *at);
        b = report_find(r, key);
        ENSURE(b != NULL && range);
    }
    if (range)
        put_range(b, column, elsewhere, out);
    else
        buf_append_text(out, xlsx_cell_name(row, column, false, name));
    *at = end + 1;
}

static void put_formula(const struct report *r, const struct report_block *b, unsigned row,
                        const char *formula, struct buf *out)
{
    while (*formula) {
        if (*formula != '{') {
            buf_append_char(out, *formula++);
            continue;
        }
        formula++;
        put_reference(r, b, row, &formula, out);
    }
    ENSURE(!out->full);
}

static enum xlsx_style style_of(const struct report_cell *cell, bool sum)
{
    static const enum xlsx_style styles[] = {
        [REPORT_TEXT] = XLSX_CELL,
        [REPORT_INT] = XLSX_NUMBER,
        [REPORT_WON] = XLSX_WON,
        [REPORT_EXACT] = XLSX_EXACT,
    };
    return sum && cell->kind == REPORT_WON ? XLSX_SUM : styles[cell->kind];
}

static void put_cell(const struct report *r, const struct report_block *b, struct xlsx_sheet *sheet,
                     size_t i)
{
    const struct report_cell *cell = &b->cells[i];
    unsigned row = FIRST_ROW + (unsigned)(i / b->n_columns), column = (unsigned)(i % b->n_columns);
    enum xlsx_style style = style_of(cell, b->sum && i / b->n_columns + 1 == b->n_rows);
    if (cell->formula) {
        CLEANUP_BUF struct buf formula;
        buf_init(&formula, FORMULA_MAX);
        put_formula(r, b, row, cell->formula, &formula);
        xlsx_formula(sheet, row, column, style, formula.data, cell->shown);
    } else if (cell->kind == REPORT_TEXT || cell->kind == REPORT_EXACT) {
        /* an exact amount without a formula is one that a spreadsheet can't hold */
        if (cell->kind == REPORT_EXACT && cell->value == 0 && strcmp(cell->text, "0") == 0)
            xlsx_int(sheet, row, column, style, 0);
        else
            xlsx_text(sheet, row, column, XLSX_CELL, cell->text);
    } else {
        xlsx_int(sheet, row, column, style, cell->value);
    }
}

static void put_block(const struct report *r, const struct report_block *b, struct xlsx *x)
{
    struct xlsx_sheet *sheet = xlsx_sheet(x, b->title);
    xlsx_text(sheet, 0, 0, XLSX_TITLE, b->title);
    if (b->note)
        xlsx_text(sheet, 1, 0, XLSX_PLAIN, b->note);
    for (size_t i = 0; i < b->n_columns; i++) {
        double weight = b->columns[i].weight;
        xlsx_width(sheet, (unsigned)i, b->n_columns <= 5 ? 28 : weight > 10 ? weight * 1.8 : 18);
        xlsx_text(sheet, HEAD_ROW, (unsigned)i, XLSX_HEADING, b->columns[i].title);
    }
    for (size_t i = 0; i < b->n_rows * b->n_columns; i++)
        put_cell(r, b, sheet, i);
}

int report_xlsx(const struct report *r, const char *dir, struct buf *out, struct err *err)
{
    struct xlsx *x;
    TRY(xlsx_create(dir, r->title, r->at, &x, err));
    for (size_t i = 0; i < r->n_blocks; i++)
        put_block(r, &r->blocks[i], x);
    int rc = xlsx_finish(x, out, err);
    xlsx_destroy(x);
    return rc;
}
