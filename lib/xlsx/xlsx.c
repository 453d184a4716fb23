/* A workbook in a temporary file, and one format a style. */
#include "lib/xlsx/xlsx.h"

#include "lib/base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xlsxwriter.h>

#define WHOLE_MAX  (INT64_C(1) << 53)
#define PATH_CAP   512
#define XLSX_BYTES (64 << 20)
#define FONT       "NanumGothic"

struct xlsx {
    char path[PATH_CAP];
    lxw_workbook *book;
    lxw_format *styles[XLSX_STYLE_COUNT];
    struct xlsx_sheet *sheets; /* a list */
};

struct xlsx_sheet {
    struct xlsx *owner;
    lxw_worksheet *sheet;
    struct xlsx_sheet *next;
};

static const struct style_row {
    const char *number;
    bool bold, framed, grey;
    double size;
} style_rows[XLSX_STYLE_COUNT] = {
    [XLSX_PLAIN] = {.size = 10},
    [XLSX_HEADING] = {.bold = true, .framed = true, .grey = true, .size = 10},
    [XLSX_TITLE] = {.bold = true, .size = 16},
    [XLSX_CELL] = {.framed = true, .size = 10},
    [XLSX_NUMBER] = {.number = "#,##0", .framed = true, .size = 10},
    [XLSX_WON] = {.number = "#,##0\"원\"", .framed = true, .size = 10},
    [XLSX_EXACT] = {.number = "#,##0.00", .framed = true, .size = 10},
    [XLSX_SUM] = {.number = "#,##0\"원\"", .bold = true, .framed = true, .grey = true, .size = 10},
};

static lxw_format *make_style(lxw_workbook *book, const struct style_row *row)
{
    lxw_format *format = workbook_add_format(book);
    format_set_font_name(format, FONT);
    format_set_font_size(format, row->size);
    if (row->number)
        format_set_num_format(format, row->number);
    else
        format_set_text_wrap(format);
    if (row->bold)
        format_set_bold(format);
    if (row->framed)
        format_set_border(format, LXW_BORDER_THIN);
    if (row->grey)
        format_set_bg_color(format, 0xE8E8E8);
    format_set_align(format, LXW_ALIGN_VERTICAL_CENTER);
    return format;
}

int xlsx_create(const char *dir, const char *title, struct instant at, struct xlsx **ret,
                struct err *err)
{
    struct xlsx *x = calloc(1, sizeof(*x));
    ENSURE(x != NULL);
    int n = snprintf(x->path, sizeof(x->path), "%s/pumasi-XXXXXX", dir);
    int fd = n > 0 && (size_t)n < sizeof(x->path) ? mkstemp(x->path) : -1;
    if (fd < 0) {
        x->path[0] = '\0';
        xlsx_destroy(x);
        return err_set(err, ERR_IO, "no temporary file in %s: %s", dir, strerror(errno));
    }
    close(fd);
    x->book = workbook_new(x->path);
    ENSURE(x->book != NULL);
    lxw_doc_properties properties = {.title = (char *)title,
                                     .author = (char *)"Pumasi",
                                     .created = at.s == INSTANT_NEVER.s ? 1 : (time_t)at.s};
    workbook_set_properties(x->book, &properties);
    for (int i = 0; i < XLSX_STYLE_COUNT; i++)
        x->styles[i] = make_style(x->book, &style_rows[i]);
    *ret = x;
    return 0;
}

void xlsx_destroy(struct xlsx *x)
{
    if (x == NULL)
        return;
    if (x->book)
        (void)workbook_close(x->book);
    while (x->sheets) {
        struct xlsx_sheet *next = x->sheets->next;
        free(x->sheets);
        x->sheets = next;
    }
    if (x->path[0])
        unlink(x->path);
    free(x);
}

struct xlsx_sheet *xlsx_sheet(struct xlsx *x, const char *name)
{
    struct xlsx_sheet *s = calloc(1, sizeof(*s));
    ENSURE(s != NULL && x->book != NULL);
    *s = (struct xlsx_sheet){
        .owner = x, .sheet = workbook_add_worksheet(x->book, name), .next = x->sheets};
    ENSURE(s->sheet != NULL);
    x->sheets = s;
    worksheet_set_landscape(s->sheet);
    worksheet_set_paper(s->sheet, 9); /* A4 */
    worksheet_fit_to_pages(s->sheet, 1, 0);
    return s;
}

void xlsx_width(struct xlsx_sheet *s, unsigned column, double characters)
{
    worksheet_set_column(s->sheet, (lxw_col_t)column, (lxw_col_t)column, characters, NULL);
}

void xlsx_text(struct xlsx_sheet *s, unsigned row, unsigned column, enum xlsx_style style,
               const char *text)
{
    lxw_error rc =
        worksheet_write_string(s->sheet, row, (lxw_col_t)column, text, s->owner->styles[style]);
    ENSURE(rc == LXW_NO_ERROR);
}

void xlsx_int(struct xlsx_sheet *s, unsigned row, unsigned column, enum xlsx_style style,
              int64_t value)
{
    char text[24];
    if (value > -WHOLE_MAX && value < WHOLE_MAX) {
        lxw_error rc = worksheet_write_number(s->sheet, row, (lxw_col_t)column, (double)value,
                                              s->owner->styles[style]);
        ENSURE(rc == LXW_NO_ERROR);
        return;
    }
    snprintf(text, sizeof(text), "%lld", (long long)value);
    xlsx_text(s, row, column, style, text);
}

void xlsx_formula(struct xlsx_sheet *s, unsigned row, unsigned column, enum xlsx_style style,
                  const char *formula, double value)
{
    ENSURE(formula[0] == '=');
    lxw_error rc = worksheet_write_formula_num(s->sheet, row, (lxw_col_t)column, formula,
                                               s->owner->styles[style], value);
    ENSURE(rc == LXW_NO_ERROR);
}

const char *xlsx_cell_name(unsigned row, unsigned column, bool absolute, char dst[XLSX_NAME_CAP])
{
    char name[LXW_MAX_CELL_NAME_LENGTH];
    if (absolute)
        lxw_rowcol_to_cell_abs(name, row, (lxw_col_t)column, 1, 1);
    else
        lxw_rowcol_to_cell(name, row, (lxw_col_t)column);
    snprintf(dst, XLSX_NAME_CAP, "%s", name);
    return dst;
}

int xlsx_finish(struct xlsx *x, struct buf *out, struct err *err)
{
    CLEANUP_BUF struct buf bytes;
    buf_init(&bytes, XLSX_BYTES);
    lxw_error rc = workbook_close(x->book);
    x->book = NULL;
    if (rc != LXW_NO_ERROR)
        return err_set(err, ERR_IO, "the workbook could not be written: %s", lxw_strerror(rc));
    TRY(file_read(x->path, &bytes, err));
    buf_append(out, bytes.data, bytes.len);
    return out->full ? err_set(err, ERR_LIMIT, "the workbook is too large") : 0;
}

const char *xlsx_renderer(void)
{
    return "libxlsxwriter " LXW_VERSION;
}
