/* The report in memory. Out of memory aborts: what a statement holds was limited before. */
#include "documents/report.h"

#include "lib/base/err.h"
#include "lib/base/won.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX (64 << 10)

static char *copy(const char *text)
{
    char *own = strdup(text);
    ENSURE(own != NULL);
    return own;
}

struct report *report_create(bool korean)
{
    struct report *r = calloc(1, sizeof(*r));
    ENSURE(r != NULL);
    r->korean = korean;
    r->at = INSTANT_NEVER;
    return r;
}

static void block_fini(struct report_block *b)
{
    for (size_t i = 0; i < b->n_rows * b->n_columns; i++) {
        free(b->cells[i].text);
        free(b->cells[i].formula);
    }
    free(b->cells);
}

void report_destroy(struct report *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->n_blocks; i++)
        block_fini(&r->blocks[i]);
    for (size_t i = 0; i < r->n_owned; i++)
        free(r->owned[i]);
    free(r->owned);
    free(r->blocks);
    free(r->title);
    free(r->subtitle);
    free(r->chart.labels);
    free(r->chart.values);
    free(r->checkpoint);
    free(r);
}

struct report_column *report_columns(struct report *r, size_t n)
{
    struct report_column *columns = calloc(n, sizeof(*columns));
    r->owned = reallocarray(r->owned, r->n_owned + 1, sizeof(*r->owned));
    ENSURE(columns != NULL && r->owned != NULL);
    r->owned[r->n_owned++] = columns;
    return columns;
}

struct report_block *report_add(struct report *r, const char *key, const char *title,
                                const struct report_column *columns, size_t n_columns)
{
    r->blocks = reallocarray(r->blocks, r->n_blocks + 1, sizeof(*r->blocks));
    ENSURE(r->blocks != NULL && n_columns > 0);
    struct report_block *b = &r->blocks[r->n_blocks++];
    *b = (struct report_block){
        .key = key, .title = title, .columns = columns, .n_columns = n_columns};
    return b;
}

struct report_cell *report_row(struct report_block *b)
{
    size_t n = b->n_columns;
    b->cells = reallocarray(b->cells, (b->n_rows + 1) * n, sizeof(*b->cells));
    ENSURE(b->cells != NULL);
    struct report_cell *row = &b->cells[b->n_rows++ * n];
    for (size_t i = 0; i < n; i++)
        row[i] = (struct report_cell){.text = copy("")};
    return row;
}

void report_set(struct report_cell *cell, const char *text)
{
    char *own = copy(text);
    free(cell->text);
    cell->text = own;
}

static char *formatted(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
static char *formatted(const char *fmt, va_list ap)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    buf_vprintf(&text, fmt, ap);
    return buf_detach(&text);
}

void report_setf(struct report_cell *cell, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *own = formatted(fmt, ap);
    va_end(ap);
    free(cell->text);
    cell->text = own;
}

void report_set_int(struct report_cell *cell, int64_t value)
{
    char text[WON_TEXT_CAP];
    report_set(cell, won_format((struct won){value}, text));
    cell->kind = REPORT_INT;
    cell->value = value;
}

void report_set_won(struct report_cell *cell, int64_t krw)
{
    report_set_int(cell, krw);
    cell->kind = REPORT_WON;
}

void report_set_formula(struct report_cell *cell, double shown, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    free(cell->formula);
    cell->formula = formatted(fmt, ap);
    va_end(ap);
    cell->shown = shown;
}

const struct report_block *report_find(const struct report *r, const char *key)
{
    for (size_t i = 0; i < r->n_blocks; i++) {
        if (strcmp(r->blocks[i].key, key) == 0)
            return &r->blocks[i];
    }
    return NULL;
}
