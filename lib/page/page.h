#ifndef PUMASI_LIB_PAGE_PAGE_H
#define PUMASI_LIB_PAGE_PAGE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/instant.h"

/*
 * A PDF, page by page. Lengths are millimetres from the top left corner, sizes of type are points.
 * Drawn on what page_next() began last. One thread.
 */
struct page;

enum page_align { PAGE_LEFT, PAGE_CENTRE, PAGE_RIGHT };

struct page_text {
    double x, y, width; /* the box: text wraps at its width */
    double size_pt;
    bool bold;
    enum page_align align;
    double grey; /* 0 black, 1 white */
};

struct page_box {
    double x, y, width, height;
};

#define PAGE_FONT "NanumGothic"

/* A landscape or portrait A4 document. title and at go into its properties; NEVER: the epoch.
 * ERR_UNSUPPORTED: the Korean font is not installed; the text names the package. */
MUST_CHECK int page_create(bool landscape, const char *title, struct instant at, struct page **ret,
                           struct err *err);
void page_destroy(struct page *p); /* NULL is fine */

double page_width(const struct page *p);
double page_height(const struct page *p);

void page_next(struct page *p); /* begins a page; before anything is drawn */

/* How high the text stands; page_draw_text() also draws it. */
double page_measure(struct page *p, const struct page_text *how, const char *text);
double page_draw_text(struct page *p, const struct page_text *how, const char *text);

void page_line(struct page *p, double x1, double y1, double x2, double y2, double width);
void page_fill(struct page *p, struct page_box box, double grey);
void page_frame(struct page *p, struct page_box box, double width);

/* Ends the document and appends its bytes; p takes no more. ERR_IO, ERR_LIMIT (out is full). */
MUST_CHECK int page_finish(struct page *p, struct buf *out, struct err *err);

/* Not while a page is open. "cairo 1.16.0, pango 1.50.12, NanumGothic 65536": what the bytes depend on. */
#define PAGE_RENDERER_CAP 160
void page_renderer(char ret[PAGE_RENDERER_CAP]);

#endif
