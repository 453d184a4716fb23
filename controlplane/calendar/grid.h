#ifndef PUMASI_CONTROLPLANE_CALENDAR_GRID_H
#define PUMASI_CONTROLPLANE_CALENDAR_GRID_H

#include "controlplane/calendar/track.h"
#include "lib/base/share.h"

/*
 * Bounds on many tracks, by rows of time: for each row and track one byte that says "no more than
 * this is free throughout the row", and one "no more than this at its best instant", in steps of
 * `scale` units rounded up. A question goes down the rows and looks closer where they let it.
 *
 * All rows are of one width; the first also stands for all time before it and the last for all
 * after it, so every instant has its row and the grid is right wherever it lies. The bytes of a row
 * lie side by side, padded to GRID_LANES, so that a row is compared in a few vector instructions.
 */
#define GRID_LANES   64
#define GRID_COARSER 4

struct grid {
    int64_t base_s;  /* begin of row 0, as far as that has one */
    unsigned shift;  /* a row is 2^shift seconds wide */
    uint32_t rows;   /* at least 2 */
    uint32_t tracks; /* bytes of a row that mean something */
    size_t stride;   /* bytes of a row: a multiple of GRID_LANES; those beyond are 0 */
    int64_t scale;   /* units to one */
    uint8_t *least;  /* rows * stride */
    uint8_t *most;
};

/* Rows over the instants from first_s to last_s, for tracks of at most so many units; all bytes 0.
 */
void grid_init(struct grid *g, struct window instants, uint32_t rows, uint32_t tracks,
               int64_t units);

/* A coarser one: GRID_COARSER rows of the finer one to a row. */
void grid_init_coarser(struct grid *g, const struct grid *finer);
void grid_fini(struct grid *g); /* leaves a zeroed one */

/* Whether a byte can stand for so many units. */
bool grid_holds(const struct grid *g, int64_t units);

/* The rows of the window (not empty) are made anew from the track, which holds what bytes can. */
void grid_fill(struct grid *g, uint32_t track, const struct track *from, struct window window);

/* The same from the rows of the finer one, which are up to date. */
void grid_gather(struct grid *g, uint32_t track, const struct grid *finer, struct window window);

/* The row that the instant lies in; the row's window, from and to open at the ends (INT64_MIN,
 * INT64_MAX). */
uint32_t grid_row(const struct grid *g, int64_t at_s);
struct window grid_window(const struct grid *g, uint32_t row);

/* What a byte must reach for `units` (above 0) to be free. Above 255: nothing has so much. */
int64_t grid_need(const struct grid *g, int64_t units);

/* ---- Down the rows ------------------------------------------------------------------------- */

/* The least of the bytes of a run of rows, track by track, while the run moves down: both ends only
 * grow. Each row is looked at a few times in all, however long the run is. */
struct grid_slide {
    const struct grid *grid;
    uint32_t from, middle, to; /* the run is [from, to) */
    uint8_t *front;            /* per row of [from, middle): the least from there to the middle */
    uint32_t front_from, front_rows;
    uint8_t *back;  /* the least of [middle, to) */
    uint8_t *least; /* of the run; 255 where it is empty */
};

void grid_slide_init(struct grid_slide *s, const struct grid *g);
void grid_slide_fini(struct grid_slide *s);
/* Moves the run; s->least follows. */
void grid_slide_to(struct grid_slide *s, uint32_t from, uint32_t to);

/* The sum over the tracks of the smaller of the run's least and the row's most. */
int64_t grid_bound(const struct grid_slide *s, uint32_t row);

/* The track's part of it. */
int64_t grid_bound_of(const struct grid_slide *s, uint32_t row, uint32_t track);

/* The first track at or after `track` for which both reach `need`; g->tracks when there is none. */
uint32_t grid_next(const struct grid_slide *s, uint32_t row, uint32_t track, int64_t need);

#endif
