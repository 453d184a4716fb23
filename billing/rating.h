#ifndef PUMASI_BILLING_RATING_H
#define PUMASI_BILLING_RATING_H

#include "billing/levels.h"
#include "billing/policy.h"
#include "lib/base/korea.h"

/*
 * Rating: from intervals of use to GPU-months, by the concurrency profile. The one function that
 * quotes, simulates and bills.
 *
 * A series is one organisation, one project and one device model. Its profile n(t) is the amount of
 * GPU in use at t, in units of 1/7000 GPU; overlapping pieces add up. For each Korean calendar
 * month, T_k is how long n(t) >= k, and
 *
 *     months = (sum over the levels k of f(T_k)) / 7000
 *     30day      f = 1 if T_k is the whole month, else min(1, T_k / 30 days)
 *     calendar   f = T_k / length of the month
 *     actual365  f = T_k * 12 / 365 days
 *
 * so splitting, merging, swapping or re-ordering pieces never changes a month. With GRAIN_DAY a
 * Korean day counts whole, at its peak: what was in use when its peak was first reached.
 *
 * A month's GPU-months are split over cells by GPU time of the (grained) profile. A cell is a dated
 * line (from one instant at which a price, a size class or an openness changes to the next) crossed
 * with terms (0: the programme's price; others: price overrides by loans).
 *
 * Streaming: pieces come in order of their begin; memory is one month's lowest levels (a day's
 * worth of seconds at most) plus the pieces alive at once. Exact: a figure that does not fit is
 * ERR_OVERFLOW. Not thread-safe.
 */
struct rating_piece {
    struct window window; /* not empty */
    int64_t units;        /* of 1/7000 GPU, >= 0 */
    uint32_t terms;       /* below the n_terms of the series */
};

struct rating_cell {
    uint32_t line;
    uint32_t terms;
    __int128 unit_seconds; /* GPU time of the grained profile, > 0 */
};

/* One month of a series. The month's GPU-months belong to cell i by cells[i].unit_seconds /
 * unit_seconds. */
struct rating_month {
    struct month month;
    struct frac months; /* GPU-months, of the whole series */
    __int128 unit_seconds;
    const struct rating_cell *cells; /* borrowed for the call; by line, then terms */
    size_t n_cells;
};

/* Receives each month with use in it, in order. A negative return ends the rating with it. */
typedef int (*rating_month_fn)(void *arg, const struct rating_month *month, struct err *err);

struct rating_config {
    enum part_month part_month;
    enum grain grain;
    const struct instant *line_from; /* rising; line 0 begins before all time: n_lines - 1 values */
    uint32_t n_lines;                /* >= 1 */
    uint32_t n_terms;                /* >= 1 */
    rating_month_fn on_month;
    void *arg;
};

struct rating;

struct rating *rating_create(const struct rating_config *config); /* copies line_from */
void rating_destroy(struct rating *r);                            /* NULL is fine */

/* Adds a piece that begins no earlier than the one before. Hands over the months that are complete.
 * ERR_OVERFLOW when more is in use at once than int64 units, ERR_INVALID when the piece ends after
 * the Korean year 9999 or never. After an error: destroy it. */
MUST_CHECK int rating_add(struct rating *r, const struct rating_piece *piece, struct err *err);

/* The other way to say it: from t on, `by` units of the terms more (less, when negative) are in
 * use, t no earlier than before. What is in use never falls below 0, and is 0 after the last
 * change. Not to be mixed with rating_add() in one series. Errors as rating_add(). */
MUST_CHECK int rating_change(struct rating *r, struct instant t, uint32_t terms, int64_t by,
                             struct err *err);

/* The same for all of a series that has one profile: steps by rising instant, the last one to 0. */
MUST_CHECK int rating_profile(struct rating *r, uint32_t terms, const struct level_step *steps,
                              size_t n, struct err *err);

/* Hands over what is left. Afterwards the rating is empty and may be used for another series. */
MUST_CHECK int rating_finish(struct rating *r, struct err *err);

/* The order that rating_add() wants, for qsort(): by begin. */
int rating_piece_compare(const void *a, const void *b);

#endif
