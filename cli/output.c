/*
 * Owns: nothing; chooses the printer. One thread.
 */
#include "cli/output.h"

#include "cli/cell.h"
#include "cli/grid.h"
#include "cli/i18n.h"
#include "cli/width.h"
#include "lib/base/csv.h"
#include "lib/base/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* All of a listing in memory: ten thousand rows of a few hundred bytes fit many times. */
#define OUTPUT_MAX ((size_t)LIMIT_REPLY_BYTES)

/* One step of a path: "name" or "name[3]". */
static const json_t *step(const json_t *at, const char *name, size_t len)
{
    char key[64];
    ENSURE(len < sizeof(key));
    memcpy(key, name, len);
    key[len] = '\0';
    char *bracket = strchr(key, '[');
    size_t index = bracket ? strtoul(bracket + 1, NULL, 10) : 0;
    if (bracket)
        *bracket = '\0';
    const json_t *value = json_object_get(at, key);
    return bracket ? json_array_get(value, index) : value;
}

const json_t *output_find(const json_t *document, const char *path)
{
    const json_t *at = document;
    while (at && *path) {
        size_t len = strcspn(path, ".");
        at = step(at, path, len);
        path += len + (path[len] == '.');
    }
    return at;
}

/* Calls for each row, then for the summary. */
typedef void (*row_fn)(void *arg, const json_t *row);
static void each_row(const struct view *view, const json_t *document, row_fn visit, void *arg)
{
    const json_t *rows = view->rows ? output_find(document, view->rows) : NULL;
    if (!view->rows)
        visit(arg, document);
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row) visit(arg, row);
}

struct people {
    const struct view *view;
    bool wide;
    struct grid *grid;
};

static bool is_shown(const struct people *p, const struct column *c)
{
    return p->wide || !c->wide;
}

static void add_cell(struct grid *grid, const struct column *c, const json_t *row)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, OUTPUT_MAX);
    cell_show(&text, c, output_find(row, c->path));
    grid_add(grid, text.data);
}

static void add_row(void *arg, const json_t *row)
{
    struct people *p = arg;
    for (const struct column *c = p->view->columns; c->header; c++) {
        if (is_shown(p, c))
            add_cell(p->grid, c, row);
    }
}

static void add_card(void *arg, const json_t *row)
{
    struct people *p = arg;
    for (const struct column *c = p->view->columns; c->header; c++) {
        if (!is_shown(p, c))
            continue;
        grid_add(p->grid, gettext(c->header));
        add_cell(p->grid, c, row);
    }
}

static void add_head(struct people *p)
{
    size_t at = 0;
    for (const struct column *c = p->view->columns; c->header; c++) {
        if (!is_shown(p, c))
            continue;
        if (cell_is_number(c))
            grid_set_right(p->grid, at);
        at++;
        grid_add(p->grid, gettext(c->header));
    }
}

static size_t shown_columns(const struct people *p)
{
    size_t n = 0;
    for (const struct column *c = p->view->columns; c->header; c++)
        n += is_shown(p, c);
    return n;
}

static void print_table(const struct invocation *inv, const struct view *view,
                        const json_t *document, struct buf *dst)
{
    const struct host *host = invocation_host(inv);
    struct people p = {.view = view, .wide = invocation_format(inv) == OUTPUT_WIDE};
    p.grid = grid_create(view->card ? 2 : shown_columns(&p));
    if (!view->card)
        add_head(&p);
    each_row(view, document, view->card ? add_card : add_row, &p);
    if (view->summary && output_find(document, view->summary))
        add_row(&p, output_find(document, view->summary));
    size_t columns = p.wide || view->card ? 0 : (size_t)host->terminal_columns;
    grid_render(p.grid, columns, !view->card && invocation_colour(inv), dst);
    grid_destroy(p.grid);
}

static int append_dump(const char *text, size_t len, void *arg)
{
    buf_append(arg, text, len);
    return 0;
}

static void print_json(const json_t *document, struct buf *dst)
{
    ENSURE(json_dump_callback(document, append_dump, dst, JSON_INDENT(2) | JSON_ENCODE_ANY) == 0);
    buf_append_char(dst, '\n');
}

static void print_jsonl_row(void *arg, const json_t *row)
{
    ENSURE(json_dump_callback(row, append_dump, arg, JSON_COMPACT | JSON_ENCODE_ANY) == 0);
    buf_append_char(arg, '\n');
}

struct plain {
    const struct view *view;
    struct buf *dst;
};

static void print_name(void *arg, const json_t *row)
{
    struct plain *p = arg;
    const struct column *c = p->view->columns;
    cell_plain(p->dst, c, output_find(row, c->path));
    buf_append_char(p->dst, '\n');
}

static void print_csv_row(void *arg, const json_t *row)
{
    struct plain *p = arg;
    for (const struct column *c = p->view->columns; c->header; c++) {
        CLEANUP_BUF struct buf text;
        buf_init(&text, OUTPUT_MAX);
        const json_t *value = output_find(row, c->path);
        cell_plain(&text, c, value);
        csv_field(p->dst, text.data, json_is_number(value), c == p->view->columns);
    }
    csv_end_row(p->dst);
}

static void print_csv(const struct view *view, const json_t *document, struct buf *dst)
{
    csv_begin(dst);
    for (const struct column *c = view->columns; c->header; c++)
        csv_field(dst, c->path, false, c == view->columns);
    csv_end_row(dst);
    each_row(view, document, print_csv_row, &(struct plain){view, dst});
}

static void print_as(const struct invocation *inv, const struct view *view, const json_t *document,
                     struct buf *dst)
{
    switch (invocation_format(inv)) {
    case OUTPUT_JSON:
        print_json(document, dst);
        return;
    case OUTPUT_JSONL:
        each_row(view, document, print_jsonl_row, dst);
        return;
    case OUTPUT_CSV:
        print_csv(view, document, dst);
        return;
    case OUTPUT_NAME:
        each_row(view, document, print_name, &(struct plain){view, dst});
        return;
    case OUTPUT_TABLE:
    case OUTPUT_WIDE:
    case OUTPUT_FORMAT_COUNT:
        break;
    }
    print_table(inv, view, document, dst);
}

int output_print_view(const struct invocation *inv, const struct view *view, const json_t *document,
                      struct err *err)
{
    ENSURE(view && document);
    CLEANUP_BUF struct buf text;
    buf_init(&text, OUTPUT_MAX);
    print_as(inv, view, document, &text);
    if (text.full)
        return err_set(err, ERR_LIMIT, _("the result is larger than %zu bytes"), text.max);
    FILE *out = invocation_host(inv)->out;
    if (fwrite(text.data, 1, text.len, out) != text.len || fflush(out) != 0)
        return err_set(err, ERR_IO, _("standard output: %s"), strerror(errno));
    return 0;
}

int output_print(const struct invocation *inv, const json_t *document, struct err *err)
{
    return output_print_view(inv, invocation_command(inv)->view, document, err);
}
