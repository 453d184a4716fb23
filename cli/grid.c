/*
 * Owns: the cells of one table. Invariant: cells are NUL-terminated and clean. One thread.
 */
#include "cli/grid.h"

#include "cli/width.h"
#include "lib/base/err.h"

#include <stdlib.h>
#include <string.h>

#define GAP          2
#define COLUMN_LEAST 8

struct grid_column {
    size_t width;
    bool right;
};

struct grid {
    size_t columns;
    struct grid_column *column;
    char **cells;
    size_t n;
    size_t cap;
};

struct grid *grid_create(size_t columns)
{
    ENSURE(columns > 0);
    struct grid *g = calloc(1, sizeof(*g));
    ENSURE(g);
    g->columns = columns;
    g->column = calloc(columns, sizeof(*g->column));
    ENSURE(g->column);
    return g;
}

void grid_destroy(struct grid *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->n; i++)
        free(g->cells[i]);
    free(g->cells);
    free(g->column);
    free(g);
}

void grid_set_right(struct grid *g, size_t column)
{
    ENSURE(column < g->columns);
    g->column[column].right = true;
}

void grid_add(struct grid *g, const char *text)
{
    if (g->n == g->cap) {
        g->cap = g->cap ? 2 * g->cap : 64;
        g->cells = reallocarray(g->cells, g->cap, sizeof(*g->cells));
        ENSURE(g->cells);
    }
    struct grid_column *column = &g->column[g->n % g->columns];
    size_t width = width_of(text);
    if (width > column->width)
        column->width = width;
    g->cells[g->n] = strdup(text);
    ENSURE(g->cells[g->n]);
    g->n++;
}

/* Takes the columns that are too much from whichever column is widest at the time. */
static void fit(const struct grid *g, size_t max_columns, size_t *widths)
{
    size_t total = GAP * (g->columns - 1);
    for (size_t i = 0; i < g->columns; i++)
        total += widths[i] = g->column[i].width;
    while (max_columns > 0 && total > max_columns) {
        size_t widest = 0;
        for (size_t i = 1; i < g->columns; i++) {
            if (widths[i] > widths[widest])
                widest = i;
        }
        if (widths[widest] <= COLUMN_LEAST)
            return;
        widths[widest]--;
        total--;
    }
}

static void render_row(const struct grid *g, size_t first, const size_t *widths, struct buf *dst)
{
    for (size_t i = 0; i < g->columns; i++) {
        CLEANUP_BUF struct buf cut;
        buf_init(&cut, 1 << 20);
        width_cut(&cut, g->cells[first + i], widths[i]);
        bool last = i + 1 == g->columns;
        width_pad(dst, cut.data, last && !g->column[i].right ? 0 : widths[i], g->column[i].right);
        if (!last)
            buf_append_text(dst, "  ");
    }
}

void grid_render(const struct grid *g, size_t max_columns, bool bold_head, struct buf *dst)
{
    ENSURE(g->n % g->columns == 0);
    size_t *widths = calloc(g->columns, sizeof(*widths));
    ENSURE(widths);
    fit(g, max_columns, widths);
    for (size_t first = 0; first < g->n; first += g->columns) {
        bool bold = bold_head && first == 0;
        buf_append_text(dst, bold ? "\033[1m" : "");
        render_row(g, first, widths, dst);
        buf_append_text(dst, bold ? "\033[0m\n" : "\n");
    }
    free(widths);
}
