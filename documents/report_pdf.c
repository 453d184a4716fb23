/*
 * Lays a report out from top to bottom. The number of pages is found by laying it out once for
 * nothing. `y` is where the next thing goes; nothing is drawn below the bottom margin.
 */
#include "documents/report_pdf.h"

#include "documents/word.h"
#include "lib/page/page.h"
#include "lib/qr/qr.h"

#include <stdio.h>

#define MARGIN      14.0
#define FOOT        12.0
#define PAD         1.2
#define LINE        0.15
#define ROW_PT      7.5
#define BLOCK_PT    11.0
#define TITLE_PT    20.0
#define BLOCK_GAP   6.0
#define CHART_H     34.0
#define QR_MM       36.0
#define COLUMNS_MAX 24

struct layout {
    const struct report *r;
    struct page *page;
    double y;
    unsigned pages, of; /* of: 0 while they are counted */
};

static double bottom(const struct layout *l)
{
    return page_height(l->page) - MARGIN - FOOT;
}

static double width(const struct layout *l)
{
    return page_width(l->page) - 2 * MARGIN;
}

static double draw(const struct layout *l, struct page_text how, const char *text)
{
    return page_draw_text(l->page, &how, text);
}

static void next_page(struct layout *l)
{
    char number[40];
    page_next(l->page);
    l->pages++;
    l->y = MARGIN;
    double y = page_height(l->page) - MARGIN - 2;
    page_line(l->page, MARGIN, y - 2, MARGIN + width(l), y - 2, LINE);
    snprintf(number, sizeof(number), "%u / %u", l->pages, l->of);
    draw(l, (struct page_text){MARGIN, y, width(l), ROW_PT, false, PAGE_LEFT, 0.35}, l->r->title);
    draw(l, (struct page_text){MARGIN, y, width(l), ROW_PT, false, PAGE_RIGHT, 0}, number);
}

/* Begins a page unless so much room is left. */
static void need(struct layout *l, double height)
{
    if (l->y + height > bottom(l))
        next_page(l);
}

static void draw_title(struct layout *l)
{
    double wide = width(l);
    l->y += draw(l, (struct page_text){MARGIN, l->y, wide, TITLE_PT, true, PAGE_CENTRE, 0},
                 l->r->title) +
            2;
    l->y += draw(l, (struct page_text){MARGIN, l->y, wide, BLOCK_PT, false, PAGE_CENTRE, 0.25},
                 l->r->subtitle) +
            3;
    if (l->r->warning) {
        struct page_text how = {MARGIN, l->y + 1.5, wide, BLOCK_PT, true, PAGE_CENTRE, 0};
        double height = page_measure(l->page, &how, l->r->warning) + 3;
        page_frame(l->page, (struct page_box){MARGIN, l->y, wide, height}, 0.4);
        draw(l, how, l->r->warning);
        l->y += height + 3;
    }
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static double total_weight(const struct report_block *b)
{
    double sum = 0;
    for (size_t i = 0; i < b->n_columns; i++)
        sum += b->columns[i].workbook_only ? 0 : b->columns[i].weight;
    return sum;
}

static struct page_text cell_text(const struct layout *l, const struct report_block *b, size_t i,
                                  double x, bool bold)
{
    static const enum page_align aligns[] = {PAGE_LEFT, PAGE_CENTRE, PAGE_RIGHT};
    double wide = width(l) * b->columns[i].weight / total_weight(b);
    return (struct page_text){.x = x + PAD,
                              .y = l->y + PAD,
                              .width = wide - 2 * PAD,
                              .size_pt = ROW_PT,
                              .bold = bold,
                              .align = bold ? PAGE_CENTRE : aligns[b->columns[i].align]};
}

/* What stands in a column of a row; row NULL: the head. */
static const char *cell(const struct report_block *b, const struct report_cell *row, size_t i)
{
    return row ? row[i].text : b->columns[i].title;
}

static double row_height(struct layout *l, const struct report_block *b,
                         const struct report_cell *row)
{
    double height = 0;
    for (size_t i = 0; i < b->n_columns; i++) {
        if (b->columns[i].workbook_only)
            continue;
        struct page_text how = cell_text(l, b, i, 0, row == NULL);
        double own = page_measure(l->page, &how, cell(b, row, i));
        height = own > height ? own : height;
    }
    return height + 2 * PAD;
}

static void draw_row(struct layout *l, const struct report_block *b, const struct report_cell *row,
                     bool dark)
{
    double height = row_height(l, b, row), x = MARGIN, sum = total_weight(b);
    if (strcmp(b->key, "signatures") == 0 && row)
        height = 11;
    if (dark)
        page_fill(l->page, (struct page_box){x, l->y, width(l), height}, 0.91);
    for (size_t i = 0; i < b->n_columns; i++) {
        if (b->columns[i].workbook_only)
            continue;
        struct page_text how = cell_text(l, b, i, x, row == NULL);
        double wide = width(l) * b->columns[i].weight / sum;
        page_frame(l->page, (struct page_box){x, l->y, wide, height}, LINE);
        draw(l, how, cell(b, row, i));
        x += wide;
    }
    l->y += height;
}

static void draw_block_title(struct layout *l, const struct report_block *b)
{
    l->y += draw(l, (struct page_text){MARGIN, l->y, width(l), BLOCK_PT, true, PAGE_LEFT, 0},
                 b->title) +
            1;
    if (b->note)
        l->y += draw(l, (struct page_text){MARGIN, l->y, width(l), ROW_PT, false, PAGE_LEFT, 0.3},
                     b->note) +
                1;
}

static void draw_table(struct layout *l, const struct report_block *b)
{
    size_t shown = b->n_rows < REPORT_PDF_ROWS ? b->n_rows : REPORT_PDF_ROWS;
    ENSURE(b->n_columns <= COLUMNS_MAX);
    draw_row(l, b, NULL, true);
    for (size_t i = 0; i < shown; i++) {
        const struct report_cell *row = &b->cells[i * b->n_columns];
        if (l->y + row_height(l, b, row) > bottom(l)) {
            next_page(l);
            draw_row(l, b, NULL, true);
        }
        draw_row(l, b, row, b->sum && i + 1 == b->n_rows);
    }
    if (shown < b->n_rows)
        l->y += draw(l, (struct page_text){MARGIN, l->y + 1, width(l), ROW_PT, false, PAGE_LEFT, 0},
                     word(l->r->korean, WORD_MORE_ROWS)) +
                1;
}

static bool is_table_of_signatures(const struct report_block *b)
{
    return strcmp(b->key, "signatures") == 0;
}

static void draw_block(struct layout *l, const struct report_block *b)
{
    if (b->new_page && l->y > MARGIN)
        next_page(l);
    else
        need(l, is_table_of_signatures(b) ? 90 : 30);
    draw_block_title(l, b);
    draw_table(l, b);
    l->y += BLOCK_GAP;
}

/* ---- Chart, checkpoint ----------------------------------------------------------------------- */

static void draw_chart(struct layout *l)
{
    const struct report_chart *c = &l->r->chart;
    int64_t most = 1;
    if (c->title == NULL || c->n == 0)
        return;
    need(l, CHART_H + 16);
    for (size_t i = 0; i < c->n; i++)
        most = c->values[i] > most ? c->values[i] : most;
    l->y +=
        draw(l, (struct page_text){MARGIN, l->y, width(l), ROW_PT, true, PAGE_LEFT, 0}, c->title) +
        2;
    double step = width(l) / (double)c->n;
    step = step > 24 ? 24 : step;
    for (size_t i = 0; i < c->n; i++) {
        double high = (CHART_H - 6) * (double)c->values[i] / (double)most;
        double x = MARGIN + step * (double)i;
        char value[24];
        page_fill(l->page,
                  (struct page_box){x + step * 0.15, l->y + CHART_H - high, step * 0.7, high},
                  0.45);
        draw(l, (struct page_text){x, l->y + CHART_H + 1, step, 6, false, PAGE_CENTRE, 0},
             c->labels[i]);
        snprintf(value, sizeof(value), "%lld", (long long)c->values[i]);
        if (c->values[i] > 0)
            draw(l,
                 (struct page_text){x - 1, l->y + CHART_H - high - 3, step + 2, 5, false,
                                    PAGE_CENTRE, 0},
                 value);
    }
    page_line(l->page, MARGIN, l->y + CHART_H, MARGIN + step * (double)c->n, l->y + CHART_H, LINE);
    l->y += CHART_H + 6 + BLOCK_GAP;
}

static void draw_qr(struct layout *l, const struct qr *qr, double x)
{
    double side = QR_MM / qr->side;
    for (int i = 0; i < qr->side * qr->side; i++) {
        if (qr->dark[i])
            page_fill(l->page,
                      (struct page_box){x + side * (i % qr->side), l->y + side * (i / qr->side),
                                        side + 0.01, side + 0.01},
                      0);
    }
}

static int draw_checkpoint(struct layout *l, struct err *err)
{
    struct qr qr;
    const char *text = l->r->checkpoint ? l->r->checkpoint : word(l->r->korean, WORD_NO_CHECKPOINT);
    need(l, QR_MM + 10);
    l->y += draw(l, (struct page_text){MARGIN, l->y, width(l), BLOCK_PT, true, PAGE_LEFT, 0},
                 word(l->r->korean, WORD_CHECKPOINT)) +
            2;
    double x = MARGIN;
    if (l->r->checkpoint) {
        TRY(qr_encode(span_text(l->r->checkpoint), &qr, err));
        draw_qr(l, &qr, x);
        x += QR_MM + 6;
    }
    draw(l, (struct page_text){x, l->y, width(l) - x + MARGIN, ROW_PT, false, PAGE_LEFT, 0}, text);
    return 0;
}

/* ---- The whole ------------------------------------------------------------------------------- */

static int lay_out(struct layout *l, struct err *err)
{
    next_page(l);
    draw_title(l);
    for (size_t i = 0; i < l->r->n_blocks; i++) {
        draw_block(l, &l->r->blocks[i]);
        if (strcmp(l->r->blocks[i].key, "utilisation") == 0)
            draw_chart(l);
    }
    return draw_checkpoint(l, err);
}

static int lay_out_on_new_pages(const struct report *r, unsigned of, unsigned *ret_pages,
                                struct buf *out, struct err *err)
{
    struct layout l = {.r = r, .of = of};
    TRY(page_create(true, r->title, r->at, &l.page, err));
    int rc = lay_out(&l, err);
    if (rc == 0 && out)
        rc = page_finish(l.page, out, err);
    *ret_pages = l.pages;
    page_destroy(l.page);
    return rc;
}

int report_pdf(const struct report *r, struct buf *out, struct err *err)
{
    unsigned pages;
    TRY(lay_out_on_new_pages(r, 0, &pages, NULL, err));
    unsigned of = pages;
    return lay_out_on_new_pages(r, of, &pages, out, err);
}
