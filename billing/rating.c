/*
 * A sweep over the edges of a series, month by month.
 *
 * Owns: what is in use now (by terms), a heap of the ends of the pieces alive, and for the current
 * month how long levels were held and how much GPU time each cell took. Invariant: everything
 * before `now` is accounted for, `now` lies inside `month` or at its end, and with GRAIN_DAY the
 * current day is still open (its peak is kept beside it).
 */
#include "billing/rating.h"

#include <stdlib.h>
#include <string.h>

#define SECONDS_30_DAYS      (30 * DAY_SECONDS)
#define SECONDS_12TH_OF_YEAR (365 * DAY_SECONDS / 12)
#define LAST_DAY             ((struct date){9999, 12, 31})
_Static_assert(365 * DAY_SECONDS % 12 == 0, "a twelfth of 365 days is whole seconds");

/* The end of a piece that is alive. */
struct end {
    int64_t at;
    int64_t units;
    uint32_t terms;
};

struct rating {
    struct rating_config config;
    struct instant *line_from;

    int64_t *in_use; /* by terms */
    int64_t total;
    int64_t *peak; /* by terms: the composition when the day's peak was first reached */
    int64_t peak_total;

    struct end *ends; /* a binary heap, earliest first */
    size_t n_ends, cap_ends;

    int64_t now;
    int64_t last_begin;
    int64_t last_end; /* no piece may end later: the calendar does */
    struct month month;
    struct window span; /* of month */

    struct levels *levels;
    struct rating_cell *cells; /* rows of n_terms, one row for each line met in this month */
    size_t n_cells, cap_cells;
    uint32_t line;
    bool plain; /* the month lies in one line and there is one kind of terms: one cell takes all */
};

static void *grown(void *items, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return items;
    size_t next = *cap ? *cap * 2 : 64;
    while (next < need)
        next *= 2;
    items = reallocarray(items, next, size);
    ENSURE(items != NULL);
    *cap = next;
    return items;
}

static void *zeroed(size_t n, size_t size)
{
    void *items = calloc(n, size);
    ENSURE(items != NULL);
    return items;
}

struct rating *rating_create(const struct rating_config *config)
{
    ENSURE(config->n_lines >= 1 && config->n_terms >= 1 && config->on_month != NULL);
    struct rating *r = zeroed(1, sizeof(*r));
    r->config = *config;
    r->line_from = zeroed(config->n_lines, sizeof(r->line_from[0]));
    for (uint32_t i = 0; i + 1 < config->n_lines; i++) {
        ENSURE(i == 0 || instant_before(config->line_from[i - 1], config->line_from[i]));
        r->line_from[i] = config->line_from[i];
    }
    r->config.line_from = r->line_from;
    r->in_use = zeroed(config->n_terms, sizeof(r->in_use[0]));
    r->peak = zeroed(config->n_terms, sizeof(r->peak[0]));
    r->levels = levels_create();
    r->last_begin = INT64_MIN;
    r->last_end = date_range(LAST_DAY, LAST_DAY).to.s;
    return r;
}

void rating_destroy(struct rating *r)
{
    if (r == NULL)
        return;
    levels_destroy(r->levels);
    free(r->line_from);
    free(r->in_use);
    free(r->peak);
    free(r->ends);
    free(r->cells);
    free(r);
}

static void ends_push(struct rating *r, struct end end)
{
    if (r->n_ends == r->cap_ends)
        r->ends = grown(r->ends, &r->cap_ends, r->n_ends + 1, sizeof(r->ends[0]));
    size_t i = r->n_ends++;
    while (i > 0 && r->ends[(i - 1) / 2].at > end.at) {
        r->ends[i] = r->ends[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    r->ends[i] = end;
}

static struct end ends_pop(struct rating *r)
{
    ENSURE(r->n_ends > 0);
    struct end first = r->ends[0];
    struct end last = r->ends[--r->n_ends];
    if (r->n_ends == 0)
        return first;
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= r->n_ends)
            break;
        if (child + 1 < r->n_ends && r->ends[child + 1].at < r->ends[child].at)
            child++;
        if (r->ends[child].at >= last.at)
            break;
        r->ends[i] = r->ends[child];
        i = child;
    }
    r->ends[i] = last;
    return first;
}

/* When the current line ends; line i runs from line_from[i - 1] to line_from[i]. */
static int64_t line_end(const struct rating *r)
{
    return r->line + 1 < r->config.n_lines ? r->line_from[r->line].s : INT64_MAX;
}

/* The row of the current line in this month. */
static struct rating_cell *row_of_line(struct rating *r)
{
    uint32_t n_terms = r->config.n_terms;
    if (r->n_cells > 0 && r->cells[r->n_cells - 1].line == r->line)
        return &r->cells[r->n_cells - n_terms];
    r->cells = grown(r->cells, &r->cap_cells, r->n_cells + n_terms, sizeof(r->cells[0]));
    struct rating_cell *row = &r->cells[r->n_cells];
    for (uint32_t i = 0; i < n_terms; i++)
        row[i] = (struct rating_cell){.line = r->line, .terms = i, .unit_seconds = 0};
    r->n_cells += n_terms;
    return row;
}

/* Gives the GPU time of [from, to) to the lines that it crosses. */
static void add_gpu_time(struct rating *r, int64_t from, int64_t to, const int64_t *units)
{
    while (from < to) {
        while (line_end(r) <= from)
            r->line++;
        int64_t stop = to < line_end(r) ? to : line_end(r);
        struct rating_cell *row = row_of_line(r);
        for (uint32_t i = 0; i < r->config.n_terms; i++)
            row[i].unit_seconds += (__int128)units[i] * (stop - from);
        from = stop;
    }
}

/* f(T) = part / whole, over the denominator of the rule. */
static int64_t part_month_whole(const struct rating *r)
{
    switch (r->config.part_month) {
    case PART_MONTH_30DAY:
        return SECONDS_30_DAYS;
    case PART_MONTH_CALENDAR:
        return r->span.to.s - r->span.from.s;
    case PART_MONTH_ACTUAL365:
        return SECONDS_12TH_OF_YEAR;
    case PART_MONTH_COUNT:
        break;
    }
    ENSURE(!"a part-month rule");
    return 1;
}

static int64_t part_month_part(const struct rating *r, int64_t seconds)
{
    if (r->config.part_month != PART_MONTH_30DAY)
        return seconds;
    bool whole_month = seconds == r->span.to.s - r->span.from.s;
    return whole_month || seconds > SECONDS_30_DAYS ? SECONDS_30_DAYS : seconds;
}

/* Levels that are idle for at least so long count by their time alone: part = seconds. */
static int64_t idle_enough(const struct rating *r)
{
    int64_t span = r->span.to.s - r->span.from.s;
    if (r->config.part_month != PART_MONTH_30DAY || span == SECONDS_30_DAYS)
        return 0;
    return span > SECONDS_30_DAYS ? span - SECONDS_30_DAYS : 1;
}

static struct frac reduced(__int128 num, int64_t den)
{
    int64_t a = den, b = (int64_t)(num % den);
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return (struct frac){num / a, den / a};
}

/* Sum of f(T_k) over the levels: all of them by their time, and then what the lowest ones count
 * more or less. The levels above entries[i - 1] up to entries[i] share one T. */
static struct frac months_of_levels(struct rating *r)
{
    size_t n;
    const struct level_time *entries = levels_lowest(r->levels, &n);
    __int128 sum = levels_unit_seconds(r->levels);
    int64_t seconds = levels_seconds(r->levels), below = 0;
    ENSURE(seconds <= r->span.to.s - r->span.from.s);
    for (size_t i = 0; i < n; i++) {
        sum += (__int128)(entries[i].level - below) * (part_month_part(r, seconds) - seconds);
        below = entries[i].level;
        seconds -= entries[i].seconds;
    }
    return reduced(sum, part_month_whole(r) * SHARE_PER_GPU);
}

/* Packs the cells with use in them to the front; returns their GPU time. */
static __int128 pack_cells(struct rating *r)
{
    __int128 sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < r->n_cells; i++) {
        if (r->cells[i].unit_seconds == 0)
            continue;
        sum += r->cells[i].unit_seconds;
        r->cells[n++] = r->cells[i];
    }
    r->n_cells = n;
    return sum;
}

static int close_month(struct rating *r, struct err *err)
{
    if (r->plain && levels_seconds(r->levels) > 0)
        row_of_line(r)->unit_seconds = levels_unit_seconds(r->levels);
    r->plain = false; /* a month that is closed once more is empty */
    struct rating_month month = {.month = r->month, .unit_seconds = pack_cells(r)};
    month.cells = r->cells;
    month.n_cells = r->n_cells;
    month.months = months_of_levels(r);
    r->n_cells = 0;
    return month.unit_seconds > 0 ? r->config.on_month(r->config.arg, &month, err) : 0;
}

static void open_month(struct rating *r, int64_t now)
{
    r->now = now;
    r->month = month_of((struct instant){now});
    r->span = month_window(r->month);
    levels_begin(r->levels, idle_enough(r));
    while (line_end(r) <= now)
        r->line++;
    r->plain = r->config.n_terms == 1 && line_end(r) >= r->span.to.s;
}

static int64_t day_begin(const struct rating *r)
{
    return r->now - (r->now - r->span.from.s) % DAY_SECONDS;
}

/* Accounts [now, stop) at the level in use; stop lies in the same month. */
static void account_seconds(struct rating *r, int64_t stop)
{
    if (r->total > 0) {
        levels_add(r->levels, r->total, stop - r->now);
        if (!r->plain)
            add_gpu_time(r, r->now, stop, r->in_use);
    }
    r->now = stop;
}

/* The same with GRAIN_DAY: keeps the peak, and accounts the whole day at its end. */
static void account_day(struct rating *r, int64_t stop)
{
    int64_t begin = day_begin(r);
    if (r->total > r->peak_total) {
        r->peak_total = r->total;
        memcpy(r->peak, r->in_use, r->config.n_terms * sizeof(r->peak[0]));
    }
    r->now = stop;
    if (stop < begin + DAY_SECONDS || r->peak_total == 0)
        return;
    levels_add(r->levels, r->peak_total, DAY_SECONDS);
    if (!r->plain)
        add_gpu_time(r, begin, stop, r->peak);
    r->peak_total = 0;
}

/* Nothing is in use until t. */
static int skip(struct rating *r, int64_t t, struct err *err)
{
    if (t < r->span.to.s) {
        r->now = t;
        return 0;
    }
    TRY(close_month(r, err));
    open_month(r, t);
    return 0;
}

/* Accounts for all time before t; nothing begins or ends between now and t. The month after the
 * last one that was closed is opened when there is something to account in it. */
static int advance(struct rating *r, int64_t t, struct err *err)
{
    bool by_day = r->config.grain == GRAIN_DAY;
    while (r->now < t) {
        if (r->now == r->span.to.s)
            open_month(r, r->now);
        if (r->total == 0 && r->peak_total == 0)
            return skip(r, t, err);
        int64_t limit = by_day ? day_begin(r) + DAY_SECONDS : r->span.to.s;
        int64_t stop = t < limit ? t : limit;
        if (by_day)
            account_day(r, stop);
        else
            account_seconds(r, stop);
        if (r->now == r->span.to.s)
            TRY(close_month(r, err));
    }
    return 0;
}

/* Ends the pieces that end at or before t, in order. */
static int end_pieces(struct rating *r, int64_t t, struct err *err)
{
    while (r->n_ends > 0 && r->ends[0].at <= t) {
        if (r->now < r->ends[0].at)
            TRY(advance(r, r->ends[0].at, err));
        struct end end = ends_pop(r);
        r->in_use[end.terms] -= end.units;
        r->total -= end.units;
    }
    return 0;
}

static int use_more(struct rating *r, uint32_t terms, int64_t units, struct err *err)
{
    if (__builtin_add_overflow(r->total, units, &r->total))
        return err_set(err, ERR_OVERFLOW, "more GPUs in use at once than can be counted");
    r->in_use[terms] += units;
    return 0;
}

int rating_add(struct rating *r, const struct rating_piece *piece, struct err *err)
{
    int64_t from = piece->window.from.s, to = piece->window.to.s;
    ENSURE(from >= INSTANT_MIN_S && from < to);
    ENSURE(piece->units >= 0 && piece->terms < r->config.n_terms && from >= r->last_begin);
    if (to > r->last_end)
        return err_set(err, ERR_INVALID, "use that ends after the year 9999: set an end");
    if (r->last_begin == INT64_MIN)
        open_month(r, from);
    r->last_begin = from;
    TRY(end_pieces(r, from, err));
    if (r->now < from)
        TRY(advance(r, from, err));
    TRY(use_more(r, piece->terms, piece->units, err));
    ends_push(r, (struct end){.at = to, .units = piece->units, .terms = piece->terms});
    return 0;
}

int rating_change(struct rating *r, struct instant t, uint32_t terms, int64_t by, struct err *err)
{
    ENSURE(t.s >= INSTANT_MIN_S && t.s >= r->last_begin && terms < r->config.n_terms);
    if (t.s > r->last_end)
        return err_set(err, ERR_INVALID, "use that ends after the year 9999: set an end");
    if (r->last_begin == INT64_MIN)
        open_month(r, t.s);
    r->last_begin = t.s;
    if (r->now < t.s)
        TRY(advance(r, t.s, err));
    TRY(use_more(r, terms, by, err));
    ENSURE(r->in_use[terms] >= 0);
    return 0;
}

/* How many of the steps lie in the month that is open, and can be accounted for as one run. */
static size_t run_length(const struct rating *r, const struct level_step *steps, size_t n)
{
    if (!r->plain || r->config.grain != GRAIN_SECOND || r->now >= r->span.to.s)
        return 0;
    size_t end = 0;
    while (end < n && steps[end].from.s < r->span.to.s)
        end++;
    return end;
}

int rating_profile(struct rating *r, uint32_t terms, const struct level_step *steps, size_t n,
                   struct err *err)
{
    int64_t before = 0;
    for (size_t i = 0; i < n; i++) {
        TRY(rating_change(r, steps[i].from, terms, steps[i].units - before, err));
        size_t run = run_length(r, &steps[i], n - i);
        if (run > 1) {
            levels_add_run(r->levels, &steps[i], run);
            i += run - 1;
            r->now = r->last_begin = steps[i].from.s;
            r->total = r->in_use[terms] = steps[i].units;
        }
        before = steps[i].units;
    }
    return 0;
}

int rating_finish(struct rating *r, struct err *err)
{
    if (r->last_begin == INT64_MIN)
        return 0;
    TRY(end_pieces(r, INT64_MAX, err));
    ENSURE(r->total == 0 && r->n_ends == 0);
    /* With GRAIN_DAY the last day is open still. */
    if (r->peak_total > 0)
        TRY(advance(r, day_begin(r) + DAY_SECONDS, err));
    TRY(close_month(r, err));
    r->last_begin = INT64_MIN;
    r->line = 0;
    return 0;
}

int rating_piece_compare(const void *a, const void *b)
{
    const struct rating_piece *x = a, *y = b;
    return instant_compare(x->window.from, y->window.from);
}
