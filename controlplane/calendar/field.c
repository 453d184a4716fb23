/*
 * Tracks and the grid of bounds over them. The grid is made anew when there are twice as many steps
 * as it was made for, when there are more tracks than it has room for, when one has more than its
 * bytes can say, or when too much lies outside of its rows: each of these after an amount of work
 * that pays for it. Pure.
 */
#include "controlplane/calendar/field.h"

#include "controlplane/calendar/grid.h"

#include <stdlib.h>

#define ROWS_MIN       8
#define ROWS_PER_STEP  8 /* of a track: few of them change twice in one row */
#define ROWS_OF_WINDOW 3
#define GRIDS_MAX      3
#define FEW            16 /* tracks that are asked together */
#define ROWS_MAX       2048

struct field {
    struct track *tracks;
    uint32_t n, cap;
    size_t steps;                 /* of all tracks */
    int64_t most;                 /* units: no track ever had more */
    struct grid grids[GRIDS_MAX]; /* each coarser than the one before */
    uint32_t n_grids;             /* 0: none is needed yet */
    size_t grid_steps, outside;
    bool loading;
};

struct field *field_create(void)
{
    struct field *f = calloc(1, sizeof *f);
    ENSURE(f != NULL);
    return f;
}

static void drop_grids(struct field *f)
{
    for (uint32_t i = 0; i < f->n_grids; i++)
        grid_fini(&f->grids[i]);
    f->n_grids = 0;
}

void field_destroy(struct field *f)
{
    if (!f)
        return;
    for (uint32_t i = 0; i < f->n; i++)
        track_fini(&f->tracks[i]);
    free(f->tracks);
    drop_grids(f);
    free(f);
}

size_t field_tracks(const struct field *f)
{
    return f->n;
}

size_t field_steps(const struct field *f)
{
    return f->steps;
}

/* ---- The grid -------------------------------------------------------------------------------- */

/* From the first instant at which anything changes to the last. */
static struct window changes(const struct field *f)
{
    struct window all = {.from = INSTANT_NEVER, .to = {INSTANT_MIN_S}};
    for (uint32_t i = 0; i < f->n; i++) {
        const struct track *t = &f->tracks[i];
        struct track_place place = {0, 0};
        struct track_span span;
        bool first = track_next(t, &place, &span);
        if (!first || span.to_s == INT64_MAX)
            continue;
        all.from = instant_min(all.from, (struct instant){span.to_s});
        const struct track_leaf *last = &t->leaves[t->n - 1];
        all.to = instant_max(all.to, (struct instant){last->items[last->n - 1].from_s});
    }
    if (all.from.s == INSTANT_NEVER.s)
        all.from.s = INSTANT_MIN_S;
    if (all.to.s <= all.from.s)
        all.to = instant_add(all.from, 1);
    return all;
}

/* The more steps a track has, the more rows, so that a row tells as much as the step itself. */
static uint32_t rows_for(const struct field *f)
{
    size_t each = ROWS_PER_STEP * f->steps / f->n, rows = ROWS_MIN;
    while (rows < each && rows < ROWS_MAX)
        rows *= 2;
    return (uint32_t)rows;
}

static void fill_grids(struct field *f, uint32_t track, struct window window)
{
    grid_fill(&f->grids[0], track, &f->tracks[track], window);
    for (uint32_t i = 1; i < f->n_grids; i++)
        grid_gather(&f->grids[i], track, &f->grids[i - 1], window);
}

static void regrid(struct field *f)
{
    drop_grids(f);
    f->grid_steps = f->steps;
    f->outside = 0;
    if (f->steps == 0)
        return;
    grid_init(&f->grids[0], changes(f), rows_for(f), f->n + f->n / 8, f->most);
    for (f->n_grids = 1; f->n_grids < GRIDS_MAX; f->n_grids++) {
        const struct grid *finer = &f->grids[f->n_grids - 1];
        if (finer->rows < ROWS_MIN * GRID_COARSER)
            break;
        grid_init_coarser(&f->grids[f->n_grids], finer);
    }
    struct window ever = {.from = {INT64_MIN}, .to = {INT64_MAX}};
    for (uint32_t i = 0; i < f->n; i++)
        fill_grids(f, i, ever);
}

/* Whether the window changes something where the grid has only its first or its last row. */
static bool lies_outside(const struct grid *g, struct window w)
{
    int64_t end = g->base_s + ((int64_t)g->rows << g->shift);
    return w.from.s < g->base_s || (w.to.s != INSTANT_NEVER.s && w.to.s > end);
}

static void keep_grid(struct field *f, uint32_t track, struct window window, int64_t most)
{
    f->most = most > f->most ? most : f->most;
    if (f->loading)
        return;
    const struct grid *g = &f->grids[0];
    bool renew = f->n_grids == 0 || f->steps > 2 * f->grid_steps + ROWS_MIN ||
                 !grid_holds(g, most) || track >= g->tracks;
    if (!renew && lies_outside(g, window))
        renew = ++f->outside > f->grid_steps / 4;
    if (renew)
        regrid(f);
    else
        fill_grids(f, track, window);
}

/* ---- Taking ---------------------------------------------------------------------------------- */

uint32_t field_add(struct field *f, int64_t units)
{
    ENSURE(units >= 0 && f->n < UINT32_MAX);
    if (f->n == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 8;
        f->tracks = reallocarray(f->tracks, f->cap, sizeof *f->tracks);
        ENSURE(f->tracks != NULL);
    }
    uint32_t track = f->n++;
    track_init(&f->tracks[track], units);
    struct window ever = {.from = {INT64_MIN}, .to = {INT64_MAX}};
    if (f->steps > 0)
        keep_grid(f, track, ever, units);
    f->most = units > f->most ? units : f->most;
    return track;
}

void field_take(struct field *f, uint32_t track, struct window window, int64_t units)
{
    ENSURE(track < f->n);
    if (window_empty(window) || units == 0)
        return;
    struct track *t = &f->tracks[track];
    f->steps -= t->steps;
    track_take(t, window, units);
    f->steps += t->steps;
    keep_grid(f, track, window, units < 0 ? track_most(t, window) : 0);
}

void field_load_begin(struct field *f)
{
    f->loading = true;
}

void field_load_end(struct field *f)
{
    ENSURE(f->loading);
    f->loading = false;
    regrid(f);
}

/* ---- How much -------------------------------------------------------------------------------- */

int64_t field_least(const struct field *f, uint32_t track, struct window window)
{
    ENSURE(track < f->n);
    return track_least(&f->tracks[track], window);
}

int64_t field_most_on_one(const struct field *f, struct window window)
{
    int64_t most = 0;
    for (uint32_t i = 0; i < f->n; i++) {
        int64_t least = track_least(&f->tracks[i], window);
        most = least > most ? least : most;
    }
    return most;
}

int64_t field_most_on_all(const struct field *f, struct window window)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < f->n; i++) {
        int64_t least = track_least(&f->tracks[i], window);
        sum += least > 0 ? least : 0;
    }
    return sum;
}

/* ---- When: the walk down the rows -------------------------------------------------------------
 */

/* The starts of the query that lie in one row, with the bounds that hold for them. */
struct walk {
    const struct field *field;
    const struct field_query *query;
    struct grid_slide slide;
    uint32_t row;
    struct window starts;
};

static struct window window_at(const struct field_query *q, struct instant start)
{
    return (struct window){.from = start, .to = instant_add(start, q->length_s)};
}

/* A window that starts in the row covers wholly the rows from the next one up to that in which the
 * window of the first of these starts ends. */
static bool walk_row(struct walk *w)
{
    const struct grid *g = w->slide.grid;
    if (w->row >= g->rows)
        return false;
    w->starts = window_intersect(grid_window(g, w->row), w->query->starts);
    if (window_empty(w->starts))
        return false;
    uint32_t next = w->row + 1, end = grid_row(g, window_at(w->query, w->starts.from).to.s);
    grid_slide_to(&w->slide, next, end > next ? end : next);
    return true;
}

/* The grid in whose rows the first start is looked for. Call grid_slide_fini() when done. */
static struct walk walk_begin(const struct field *f, const struct field_query *q,
                              const struct grid *g)
{
    struct walk w = {.field = f, .query = q, .row = grid_row(g, q->starts.from.s)};
    grid_slide_init(&w.slide, g);
    return w;
}

static void check(const struct field *f, const struct field_query *q)
{
    ENSURE(!f->loading && q->need > 0 && q->length_s > 0);
}

/* ---- When: one track --------------------------------------------------------------------------
 */

/* Tracks that may have `need` in the walk's row, a few at a time: while the first is asked, the
 * processor fetches what it needs for the others. The first few are fewer, since often one does. */
struct few {
    uint32_t tracks[FEW];
    uint32_t n;
    uint32_t next; /* where to go on */
};

static bool few_next(struct few *few, const struct walk *w, int64_t need)
{
    const struct field *f = w->field;
    int64_t byte = grid_need(w->slide.grid, need);
    uint32_t most = few->next == 0 ? 1 : FEW;
    for (few->n = 0; few->n < most && few->next < f->n; few->next++) {
        few->next = grid_next(&w->slide, w->row, few->next, byte);
        if (few->next >= f->n)
            break;
        track_fetch(&f->tracks[few->next]);
        few->tracks[few->n++] = few->next;
    }
    for (uint32_t i = 0; i < few->n; i++)
        track_fetch_at(&f->tracks[few->tracks[i]], w->starts.from);
    return few->n > 0;
}

/* Where nothing was taken from any track, the first start will do or none. */
static bool untouched_on_one(const struct field *f, const struct field_query *q,
                             struct field_fit *ret)
{
    for (uint32_t i = 0; i < f->n; i++) {
        struct instant start;
        if (!track_fit(&f->tracks[i], q->need, q->starts, q->length_s, &start))
            continue;
        *ret = (struct field_fit){.start = start, .track = i};
        return true;
    }
    return false;
}

static bool row_on_one(const struct walk *w, struct field_fit *ret)
{
    const struct field_query *q = w->query;
    const struct field *f = w->field;
    struct window starts = w->starts;
    struct few few = {.next = 0};
    bool found = false;
    while (!window_empty(starts) && few_next(&few, w, q->need)) {
        for (uint32_t i = 0; i < few.n; i++) {
            const struct track *t = &f->tracks[few.tracks[i]];
            if (!track_fit(t, q->need, starts, q->length_s, &ret->start))
                continue;
            found = true;
            ret->track = few.tracks[i];
            starts.to = ret->start; /* only an earlier one is of interest now */
        }
    }
    return found;
}

/* For long windows coarse rows say as much, and are fewer. */
static const struct grid *grid_for(const struct field *f, int64_t length_s)
{
    uint32_t i = 0;
    while (i + 1 < f->n_grids && length_s >> f->grids[i + 1].shift >= ROWS_OF_WINDOW)
        i++;
    return &f->grids[i];
}

bool field_on_one(const struct field *f, const struct field_query *q, struct field_fit *ret)
{
    check(f, q);
    if (f->steps == 0)
        return untouched_on_one(f, q, ret);
    struct walk w = walk_begin(f, q, grid_for(f, q->length_s));
    struct field_fit fit;
    bool found = false;
    for (; !found && walk_row(&w); w.row++)
        found = row_on_one(&w, &fit);
    grid_slide_fini(&w.slide);
    if (found)
        *ret = fit;
    return found;
}

/* ---- When: all tracks together ----------------------------------------------------------------
 */

/* What the tracks offer for windows that start in one row. Of a track it is known from some start
 * on; it may have become less since, but not more: a rise is a step of the track, and each is
 * visited. */
struct offers {
    const struct walk *walk;
    struct track_offer {
        uint32_t track;
        int64_t units;
    } * items; /* of tracks that may offer anything */
    size_t n;
    int64_t sum;
    struct rise {
        struct instant at;
        size_t offer;
    } * rises;
    size_t n_rises, rises_cap;
};

static int64_t offer_at(const struct offers *o, uint32_t track, struct instant start)
{
    int64_t least = track_least(&o->walk->field->tracks[track], window_at(o->walk->query, start));
    return least > 0 ? least : 0;
}

static void renew(struct offers *o, size_t i, struct instant start)
{
    int64_t units = offer_at(o, o->items[i].track, start);
    o->sum += units - o->items[i].units;
    o->items[i].units = units;
}

static void renew_all(struct offers *o, struct instant start)
{
    for (size_t i = 0; i < o->n; i++)
        renew(o, i, start);
}

static void collect_offers(struct offers *o)
{
    const struct walk *w = o->walk;
    o->n = o->n_rises = 0;
    o->sum = 0;
    for (struct few few = {.next = 0}; few_next(&few, w, 1);) {
        for (uint32_t i = 0; i < few.n; i++) {
            o->items[o->n] = (struct track_offer){.track = few.tracks[i], .units = 0};
            renew(o, o->n++, w->starts.from);
        }
    }
}

static void add_rise(struct offers *o, int64_t at_s, size_t offer)
{
    if (o->n_rises == o->rises_cap) {
        o->rises_cap = o->rises_cap ? o->rises_cap * 2 : 256;
        o->rises = reallocarray(o->rises, o->rises_cap, sizeof *o->rises);
        ENSURE(o->rises != NULL);
    }
    o->rises[o->n_rises++] = (struct rise){.at = {at_s}, .offer = offer};
}

static int by_instant(const void *a, const void *b)
{
    const struct rise *x = a, *y = b;
    int order = instant_compare(x->at, y->at);
    return order ? order : (x->offer > y->offer) - (x->offer < y->offer);
}

/* Windows longer than the row all hold its end. A track that offers at the first of them as much as
 * the row allows can become less later, where something begins behind that end, but not more again
 * inside the row. */
static void collect_rises(struct offers *o)
{
    const struct walk *w = o->walk;
    bool long_windows = w->query->length_s >= w->starts.to.s - w->starts.from.s;
    for (size_t i = 0; i < o->n; i++) {
        uint32_t track = o->items[i].track;
        if (long_windows && o->items[i].units >= grid_bound_of(&w->slide, w->row, track))
            continue;
        const struct track *t = &w->field->tracks[track];
        struct track_place place = track_place_at(t, w->starts.from);
        struct track_span span;
        int64_t before = INT64_MAX;
        while (track_next(t, &place, &span) && span.from_s < w->starts.to.s) {
            if (span.free > before)
                add_rise(o, span.from_s, i);
            before = span.free;
        }
    }
    if (o->n_rises > 0)
        qsort(o->rises, o->n_rises, sizeof *o->rises, by_instant);
}

static bool row_on_all(struct offers *o, struct instant *ret)
{
    const struct walk *w = o->walk;
    collect_offers(o);
    *ret = w->starts.from;
    if (o->sum >= w->query->need)
        return true;
    collect_rises(o);
    for (size_t i = 0; i < o->n_rises;) {
        *ret = o->rises[i].at;
        for (; i < o->n_rises && o->rises[i].at.s == ret->s; i++)
            renew(o, o->rises[i].offer, *ret);
        if (o->sum < w->query->need)
            continue;
        renew_all(o, *ret);
        if (o->sum >= w->query->need)
            return true;
    }
    return false;
}

static bool untouched_on_all(const struct field *f, const struct field_query *q,
                             struct field_fit *ret)
{
    if (window_empty(q->starts) || field_most_on_all(f, window_at(q, q->starts.from)) < q->need)
        return false;
    ret->start = q->starts.from;
    return true;
}

bool field_on_all(const struct field *f, const struct field_query *q, struct field_fit *ret)
{
    check(f, q);
    if (f->steps == 0)
        return untouched_on_all(f, q, ret);
    struct walk w = walk_begin(f, q, &f->grids[0]);
    struct offers offers = {.walk = &w};
    offers.items = reallocarray(NULL, f->n, sizeof *offers.items);
    ENSURE(offers.items != NULL);
    struct instant start;
    bool found = false;
    for (; !found && walk_row(&w); w.row++)
        found = grid_bound(&w.slide, w.row) >= q->need && row_on_all(&offers, &start);
    grid_slide_fini(&w.slide);
    free(offers.items);
    free(offers.rises);
    if (found)
        ret->start = start;
    return found;
}

struct instant field_next_rise(const struct field *f, struct instant after)
{
    struct instant next = INSTANT_NEVER;
    for (uint32_t i = 0; i < f->n; i++) {
        struct track_place place = track_place_at(&f->tracks[i], after);
        struct track_span span;
        int64_t before = INT64_MAX;
        while (track_next(&f->tracks[i], &place, &span) && span.from_s < next.s) {
            if (span.free > before)
                next.s = span.from_s;
            before = span.free;
        }
    }
    return next;
}

/* ---- When: all ranges -------------------------------------------------------------------------
 */

typedef bool (*earliest_fn)(const struct field *f, const struct field_query *q,
                            struct field_fit *ret);

/* The first start after `start`, at which the track offers `units`, where it offers less. */
static struct instant offers_until(const struct field *f, uint32_t track,
                                   const struct field_query *q, struct instant start, int64_t units)
{
    const struct track *t = &f->tracks[track];
    struct track_place place = track_place_at(t, start);
    struct track_span span;
    while (track_next(t, &place, &span)) {
        if (span.free < units)
            return instant_add((struct instant){span.from_s}, 1 - q->length_s);
    }
    return INSTANT_NEVER;
}

/* The first start after the fit's at which it need not hold any more. */
static struct instant holds_until(const struct field *f, const struct field_query *q,
                                  const struct field_fit *fit, bool all)
{
    struct instant until = INSTANT_NEVER;
    if (!all)
        return offers_until(f, fit->track, q, fit->start, q->need);
    for (uint32_t i = 0; i < f->n; i++) {
        int64_t units = track_least(&f->tracks[i], window_at(q, fit->start));
        if (units > 0)
            until = instant_min(until, offers_until(f, i, q, fit->start, units));
    }
    return until;
}

static void each_range(const struct field *f, const struct field_query *q, bool all,
                       field_range_fn visit, void *arg)
{
    earliest_fn earliest = all ? field_on_all : field_on_one;
    struct field_query rest = *q;
    struct window range = {.from = INSTANT_NEVER, .to = {INSTANT_MIN_S - 1}}; /* none yet */
    struct field_fit fit;
    while (earliest(f, &rest, &fit)) {
        if (fit.start.s != range.to.s) {
            if (!window_empty(range) && !visit(range, arg))
                return;
            range.from = fit.start;
        }
        range.to = instant_min(holds_until(f, &rest, &fit, all), q->starts.to);
        rest.starts.from = range.to;
    }
    if (!window_empty(range))
        visit(range, arg);
}

void field_each_on_one(const struct field *f, const struct field_query *q, field_range_fn visit,
                       void *arg)
{
    each_range(f, q, false, visit, arg);
}

void field_each_on_all(const struct field *f, const struct field_query *q, field_range_fn visit,
                       void *arg)
{
    each_range(f, q, true, visit, arg);
}
