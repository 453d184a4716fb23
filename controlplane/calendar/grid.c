/*
 * Rows of bytes. Loops over the bytes of a row go in blocks of GRID_LANES, a number that the
 * compiler knows, so that it makes vector instructions of them. Pure.
 */
#include "controlplane/calendar/grid.h"

#include <stdlib.h>
#include <string.h>

#define BYTE_MOST 255

static void *bytes_of(size_t n)
{
    void *p = calloc(n, 1);
    ENSURE(p != NULL);
    return p;
}

/* ---- Life ------------------------------------------------------------------------------------ */

/* The finest scale in which so many units fit a byte and a whole GPU is a whole number of steps (or
 * the step a whole number of GPUs). */
static int64_t scale_for(int64_t units)
{
    int64_t finest = units / BYTE_MOST + 1;
    if (finest > SHARE_PER_GPU)
        return (finest + SHARE_PER_GPU - 1) / SHARE_PER_GPU * SHARE_PER_GPU;
    while (SHARE_PER_GPU % finest != 0)
        finest++;
    return finest;
}

void grid_init(struct grid *g, struct window instants, uint32_t rows, uint32_t tracks,
               int64_t units)
{
    ENSURE(rows >= 2 && !window_empty(instants));
    *g = (struct grid){.base_s = instants.from.s, .rows = rows, .scale = scale_for(units)};
    while ((instants.to.s - instants.from.s) >> g->shift >= rows)
        g->shift++;
    g->tracks = tracks;
    g->stride = ((size_t)tracks / GRID_LANES + 1) * GRID_LANES;
    g->least = bytes_of(g->stride * rows);
    g->most = bytes_of(g->stride * rows);
}

void grid_init_coarser(struct grid *g, const struct grid *finer)
{
    ENSURE(finer->rows >= 2 * GRID_COARSER && finer->rows % GRID_COARSER == 0);
    *g = *finer;
    g->rows /= GRID_COARSER;
    g->shift += 2;
    g->least = bytes_of(g->stride * g->rows);
    g->most = bytes_of(g->stride * g->rows);
}

void grid_fini(struct grid *g)
{
    free(g->least);
    free(g->most);
    *g = (struct grid){0};
}

/* ---- Rows ------------------------------------------------------------------------------------ */

uint32_t grid_row(const struct grid *g, int64_t at_s)
{
    if (at_s < g->base_s)
        return 0;
    int64_t row = (at_s - g->base_s) >> g->shift;
    return row < g->rows ? (uint32_t)row : g->rows - 1;
}

struct window grid_window(const struct grid *g, uint32_t row)
{
    int64_t from = g->base_s + ((int64_t)row << g->shift), width = INT64_C(1) << g->shift;
    return (struct window){.from = {row == 0 ? INT64_MIN : from},
                           .to = {row + 1 == g->rows ? INT64_MAX : from + width}};
}

int64_t grid_need(const struct grid *g, int64_t units)
{
    return (units + g->scale - 1) / g->scale;
}

static uint8_t byte_of(const struct grid *g, int64_t units)
{
    int64_t steps = units <= 0 ? 0 : grid_need(g, units);
    ENSURE(steps <= BYTE_MOST);
    return (uint8_t)steps;
}

bool grid_holds(const struct grid *g, int64_t units)
{
    return units <= BYTE_MOST * g->scale;
}

void grid_fill(struct grid *g, uint32_t track, const struct track *from, struct window window)
{
    uint32_t row = grid_row(g, window.from.s), last = grid_row(g, window.to.s - 1);
    struct track_place place = track_place_at(from, grid_window(g, row).from);
    struct track_span span;
    bool more = track_next(from, &place, &span);
    for (; row <= last; row++) {
        int64_t end = grid_window(g, row).to.s, least = span.free, most = span.free;
        while (span.to_s < end && (more = track_next(from, &place, &span))) {
            least = span.free < least ? span.free : least;
            most = span.free > most ? span.free : most;
        }
        ENSURE(more);
        g->least[row * g->stride + track] = byte_of(g, least);
        g->most[row * g->stride + track] = byte_of(g, most);
        if (span.to_s == end)
            more = track_next(from, &place, &span);
    }
}

void grid_gather(struct grid *g, uint32_t track, const struct grid *finer, struct window window)
{
    uint32_t row = grid_row(g, window.from.s), last = grid_row(g, window.to.s - 1);
    for (; row <= last; row++) {
        size_t from = (size_t)row * GRID_COARSER * finer->stride + track;
        uint8_t least = BYTE_MOST, most = 0;
        for (size_t i = from; i < from + GRID_COARSER * finer->stride; i += finer->stride) {
            least = finer->least[i] < least ? finer->least[i] : least;
            most = finer->most[i] > most ? finer->most[i] : most;
        }
        g->least[row * g->stride + track] = least;
        g->most[row * g->stride + track] = most;
    }
}

/* ---- Down the rows --------------------------------------------------------------------------- */

static void set_all(uint8_t *row, size_t n)
{
    memset(row, BYTE_MOST, n);
}

static void keep_less(uint8_t *restrict into, const uint8_t *restrict row, size_t n)
{
    for (size_t i = 0; i < n; i += GRID_LANES) {
        for (size_t k = 0; k < GRID_LANES; k++)
            into[i + k] = into[i + k] < row[i + k] ? into[i + k] : row[i + k];
    }
}

static void put_less(uint8_t *restrict into, const uint8_t *restrict a, const uint8_t *restrict b,
                     size_t n)
{
    for (size_t i = 0; i < n; i += GRID_LANES) {
        for (size_t k = 0; k < GRID_LANES; k++)
            into[i + k] = a[i + k] < b[i + k] ? a[i + k] : b[i + k];
    }
}

void grid_slide_init(struct grid_slide *s, const struct grid *g)
{
    *s = (struct grid_slide){.grid = g, .back = bytes_of(g->stride), .least = bytes_of(g->stride)};
    set_all(s->back, g->stride);
    set_all(s->least, g->stride);
}

void grid_slide_fini(struct grid_slide *s)
{
    free(s->front);
    free(s->back);
    free(s->least);
    *s = (struct grid_slide){0};
}

static const uint8_t *least_of(const struct grid *g, uint32_t row)
{
    return g->least + row * g->stride;
}

/* The front is used up: the run becomes the front, so that its rows can leave one by one. */
static void turn_over(struct grid_slide *s, uint32_t from)
{
    size_t stride = s->grid->stride;
    uint32_t rows = s->to - from;
    if (rows > s->front_rows) {
        free(s->front);
        s->front = bytes_of(rows * stride);
        s->front_rows = rows;
    }
    s->front_from = from;
    s->middle = s->to;
    for (uint32_t row = s->to; row-- > from;) {
        uint8_t *into = s->front + (row - from) * stride;
        if (row + 1 < s->to)
            put_less(into, least_of(s->grid, row), into + stride, stride);
        else
            memcpy(into, least_of(s->grid, row), stride);
    }
    set_all(s->back, stride);
}

void grid_slide_to(struct grid_slide *s, uint32_t from, uint32_t to)
{
    ENSURE(from >= s->from && to >= s->to && from <= to && to <= s->grid->rows);
    size_t stride = s->grid->stride;
    if (from >= s->to) {
        s->middle = s->to = from;
        set_all(s->back, stride);
    }
    for (; s->to < to; s->to++)
        keep_less(s->back, least_of(s->grid, s->to), stride);
    if (from >= s->middle && from < to)
        turn_over(s, from);
    s->from = from;
    if (from < s->middle)
        put_less(s->least, s->front + (from - s->front_from) * stride, s->back, stride);
    else
        memcpy(s->least, s->back, stride);
}

int64_t grid_bound(const struct grid_slide *s, uint32_t row)
{
    const struct grid *g = s->grid;
    const uint8_t *most = g->most + row * g->stride;
    int64_t sum = 0;
    for (size_t i = 0; i < g->stride; i += GRID_LANES) {
        uint32_t part = 0;
        for (size_t k = 0; k < GRID_LANES; k++)
            part += s->least[i + k] < most[i + k] ? s->least[i + k] : most[i + k];
        sum += part;
    }
    return sum * g->scale;
}

static uint8_t lesser(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

int64_t grid_bound_of(const struct grid_slide *s, uint32_t row, uint32_t track)
{
    return lesser(s->least[track], s->grid->most[row * s->grid->stride + track]) * s->grid->scale;
}

/* Whether one of the lanes reaches the need in both. */
static bool any(const uint8_t *a, const uint8_t *b, uint8_t need)
{
    uint8_t best = 0;
    for (size_t k = 0; k < GRID_LANES; k++) {
        uint8_t both = a[k] < b[k] ? a[k] : b[k];
        best = both > best ? both : best;
    }
    return best >= need;
}

uint32_t grid_next(const struct grid_slide *s, uint32_t row, uint32_t track, int64_t need)
{
    const struct grid *g = s->grid;
    const uint8_t *most = g->most + row * g->stride;
    if (need > BYTE_MOST)
        return g->tracks;
    ENSURE(need > 0);
    while (track < g->tracks) {
        uint32_t block = track / GRID_LANES * GRID_LANES;
        uint32_t end = block + GRID_LANES < g->tracks ? block + GRID_LANES : g->tracks;
        if (track != block || any(s->least + block, most + block, (uint8_t)need)) {
            for (; track < end; track++) {
                if (lesser(s->least[track], most[track]) >= need)
                    return track;
            }
        }
        track = end;
    }
    return g->tracks;
}
