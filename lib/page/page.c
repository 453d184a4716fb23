/*
 * A cairo PDF surface that writes into a buffer, and one pango layout that is used for every text.
 * Fonts: hinting and metrics are those of the printer, so that the screen's settings play no part.
 */
#include "lib/page/page.h"

#include <cairo-pdf.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>

#define POINTS_PER_MM (72.0 / 25.4)
#define A4_SHORT_MM   210.0
#define A4_LONG_MM    297.0
#define PDF_MAX       (64 << 20)

struct page {
    struct buf bytes;
    cairo_surface_t *surface;
    cairo_t *cairo;
    PangoFontMap *fonts; /* of its own: nothing is left behind */
    PangoLayout *layout;
    double width_mm, height_mm;
    bool begun;
};

static cairo_status_t take_bytes(void *arg, const unsigned char *data, unsigned int length)
{
    struct page *p = arg;
    buf_append(&p->bytes, data, length);
    return p->bytes.full ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

/* Whether fontconfig knows the family itself, and not something in its place. */
static bool font_installed(void)
{
    FcPattern *wanted = FcPatternBuild(NULL, FC_FAMILY, FcTypeString, PAGE_FONT, NULL);
    FcObjectSet *objects = FcObjectSetBuild(FC_FAMILY, NULL);
    FcFontSet *found = FcFontList(NULL, wanted, objects);
    bool any = found != NULL && found->nfont > 0;
    if (found != NULL)
        FcFontSetDestroy(found);
    FcObjectSetDestroy(objects);
    FcPatternDestroy(wanted);
    return any;
}

static void set_properties(struct page *p, const char *title, struct instant at)
{
    char date[INSTANT_TEXT_CAP];
    instant_format(at.s == INSTANT_NEVER.s ? (struct instant){0} : at, date);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_TITLE, title);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATOR, "Pumasi");
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_MOD_DATE, date);
}

static PangoLayout *make_layout(PangoFontMap *fonts)
{
    PangoContext *context = pango_font_map_create_context(fonts);
    PangoLayout *layout = pango_layout_new(context);
    g_object_unref(context);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_context_set_font_options(pango_layout_get_context(layout), options);
    pango_cairo_context_set_resolution(pango_layout_get_context(layout), 72.0);
    cairo_font_options_destroy(options);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    return layout;
}

int page_create(bool landscape, const char *title, struct instant at, struct page **ret,
                struct err *err)
{
    if (!font_installed())
        return err_set(err, ERR_UNSUPPORTED, "the font %s is missing: install fonts-nanum",
                       PAGE_FONT);
    struct page *p = calloc(1, sizeof(*p));
    ENSURE(p != NULL);
    p->width_mm = landscape ? A4_LONG_MM : A4_SHORT_MM;
    p->height_mm = landscape ? A4_SHORT_MM : A4_LONG_MM;
    buf_init(&p->bytes, PDF_MAX);
    p->surface = cairo_pdf_surface_create_for_stream(take_bytes, p, p->width_mm * POINTS_PER_MM,
                                                     p->height_mm * POINTS_PER_MM);
    p->cairo = cairo_create(p->surface);
    p->fonts = pango_cairo_font_map_new();
    p->layout = make_layout(p->fonts);
    set_properties(p, title, at);
    *ret = p;
    return 0;
}

void page_destroy(struct page *p)
{
    if (p == NULL)
        return;
    g_object_unref(p->layout);
    g_object_unref(p->fonts);
    cairo_destroy(p->cairo);
    cairo_surface_destroy(p->surface);
    cairo_debug_reset_static_data(); /* caches of the libraries: leaks are to be seen */
    FcFini();
    buf_fini(&p->bytes);
    free(p);
}

double page_width(const struct page *p)
{
    return p->width_mm;
}

double page_height(const struct page *p)
{
    return p->height_mm;
}

void page_next(struct page *p)
{
    if (p->begun)
        cairo_show_page(p->cairo);
    p->begun = true;
}

static double set_text(struct page *p, const struct page_text *how, const char *text)
{
    static const PangoAlignment aligns[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER,
                                            PANGO_ALIGN_RIGHT};
    PangoFontDescription *font = pango_font_description_new();
    int height;
    pango_font_description_set_family(font, PAGE_FONT);
    pango_font_description_set_weight(font, how->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_absolute_size(font, how->size_pt * PANGO_SCALE);
    pango_layout_set_font_description(p->layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(p->layout, (int)(how->width * POINTS_PER_MM * PANGO_SCALE));
    pango_layout_set_alignment(p->layout, aligns[how->align]);
    pango_layout_set_text(p->layout, text, -1);
    pango_layout_get_size(p->layout, NULL, &height);
    return (double)height / PANGO_SCALE / POINTS_PER_MM;
}

double page_measure(struct page *p, const struct page_text *how, const char *text)
{
    return set_text(p, how, text);
}

double page_draw_text(struct page *p, const struct page_text *how, const char *text)
{
    ENSURE(p->begun);
    double height = set_text(p, how, text);
    cairo_set_source_rgb(p->cairo, how->grey, how->grey, how->grey);
    cairo_move_to(p->cairo, how->x * POINTS_PER_MM, how->y * POINTS_PER_MM);
    pango_cairo_show_layout(p->cairo, p->layout);
    return height;
}

void page_line(struct page *p, double x1, double y1, double x2, double y2, double width)
{
    cairo_set_source_rgb(p->cairo, 0, 0, 0);
    cairo_set_line_width(p->cairo, width * POINTS_PER_MM);
    cairo_move_to(p->cairo, x1 * POINTS_PER_MM, y1 * POINTS_PER_MM);
    cairo_line_to(p->cairo, x2 * POINTS_PER_MM, y2 * POINTS_PER_MM);
    cairo_stroke(p->cairo);
}

static void set_box(struct page *p, struct page_box box)
{
    cairo_rectangle(p->cairo, box.x * POINTS_PER_MM, box.y * POINTS_PER_MM,
                    box.width * POINTS_PER_MM, box.height * POINTS_PER_MM);
}

void page_fill(struct page *p, struct page_box box, double grey)
{
    cairo_set_source_rgb(p->cairo, grey, grey, grey);
    set_box(p, box);
    cairo_fill(p->cairo);
}

void page_frame(struct page *p, struct page_box box, double width)
{
    cairo_set_source_rgb(p->cairo, 0, 0, 0);
    cairo_set_line_width(p->cairo, width * POINTS_PER_MM);
    set_box(p, box);
    cairo_stroke(p->cairo);
}

int page_finish(struct page *p, struct buf *out, struct err *err)
{
    if (p->begun)
        cairo_show_page(p->cairo);
    cairo_surface_finish(p->surface);
    if (cairo_surface_status(p->surface) != CAIRO_STATUS_SUCCESS)
        return err_set(err, ERR_IO, "the PDF could not be written: %s",
                       cairo_status_to_string(cairo_surface_status(p->surface)));
    buf_append(out, p->bytes.data, p->bytes.len);
    return out->full ? err_set(err, ERR_LIMIT, "the PDF is too large") : 0;
}

/* The version of the font file that stands for the family. */
static int font_version(void)
{
    FcPattern *wanted = FcPatternBuild(NULL, FC_FAMILY, FcTypeString, PAGE_FONT, NULL);
    FcConfigSubstitute(NULL, wanted, FcMatchPattern);
    FcDefaultSubstitute(wanted);
    FcResult result;
    int version = 0;
    FcPattern *found = FcFontMatch(NULL, wanted, &result);
    if (found != NULL) {
        FcPatternGetInteger(found, FC_FONTVERSION, 0, &version);
        FcPatternDestroy(found);
    }
    FcPatternDestroy(wanted);
    return version;
}

void page_renderer(char ret[PAGE_RENDERER_CAP])
{
    snprintf(ret, PAGE_RENDERER_CAP, "cairo %s, pango %s, %s %d", cairo_version_string(),
             pango_version_string(), PAGE_FONT, font_version());
    FcFini();
}
