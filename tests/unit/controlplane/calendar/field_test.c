/* Questions to many tracks, against a reading of the rows of the bookings alone. */
#include "controlplane/calendar/field.h"

#include "tests/support/suite.h"

#include <stdlib.h>

#define TRACKS_MAX   80
#define BOOKINGS_MAX 600

static uint64_t seed;

static int64_t below(int64_t n)
{
    seed += 0x9E3779B97F4A7C15u;
    uint64_t z = seed;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (int64_t)((z ^ z >> 31) % (uint64_t)n);
}

static struct window window(int64_t from, int64_t to)
{
    return (struct window){{from}, {to}};
}

/* ---- The oracle: bookings as rows, every instant at which anything changes
 * ------------------------ */

struct row {
    uint32_t track;
    struct window window;
    int64_t units;
};

struct oracle {
    int64_t capacity[TRACKS_MAX];
    uint32_t n_tracks;
    struct row rows[BOOKINGS_MAX];
    size_t n;
};

static int64_t free_at(const struct oracle *o, uint32_t track, int64_t at_s)
{
    int64_t free = o->capacity[track];
    for (size_t i = 0; i < o->n; i++) {
        const struct row *r = &o->rows[i];
        if (r->track == track && window_contains(r->window, (struct instant){at_s}))
            free -= r->units;
    }
    return free;
}

/* Less only becomes free where a booking begins. */
static int64_t least(const struct oracle *o, uint32_t track, struct window w)
{
    int64_t least = free_at(o, track, w.from.s);
    for (size_t i = 0; i < o->n; i++) {
        int64_t at = o->rows[i].window.from.s;
        if (o->rows[i].track != track || at < w.from.s || at >= w.to.s)
            continue;
        int64_t free = free_at(o, track, at);
        least = free < least ? free : least;
    }
    return least;
}

static int64_t offered(const struct oracle *o, struct window w, bool all)
{
    int64_t sum = 0, best = 0;
    for (uint32_t i = 0; i < o->n_tracks; i++) {
        int64_t units = least(o, i, w);
        sum += units > 0 ? units : 0;
        best = units > best ? units : best;
    }
    return all ? sum : best;
}

static bool fits(const struct oracle *o, const struct field_query *q, int64_t start, bool all)
{
    return start >= q->starts.from.s && start < q->starts.to.s &&
           offered(o, window(start, start + q->length_s), all) >= q->need;
}

/* More only becomes free where a booking ends. */
static int64_t earliest(const struct oracle *o, const struct field_query *q, bool all)
{
    int64_t best = fits(o, q, q->starts.from.s, all) ? q->starts.from.s : INT64_MAX;
    for (size_t i = 0; i < o->n; i++) {
        int64_t at = o->rows[i].window.to.s;
        if (at < best && fits(o, q, at, all))
            best = at;
    }
    return best;
}

/* ---- A field and its oracle
 * -------------------------------------------------------------------------- */

static const struct shape {
    uint32_t tracks;
    int64_t gpus, unit; /* of each track: 1..gpus, in such units */
    size_t bookings;
    int64_t horizon, longest;
} shapes[] = {
    {1, 8, 7000, 60, 1000, 100},      {3, 8, 7000, 200, 5000, 700},
    {70, 8, 7000, 600, 100000, 9000}, {64, 2, 7000, 500, 3000, 300},
    {5, 72, 7000, 600, 8000, 900},    {6, 8, 875, 300, 2000, 400},
    {9, 3000, 7000, 400, 4000, 500},  {4, 8, 7000, 8, 1000000000, 40000000},
    {80, 1, 7000, 300, 900, 200},
};

struct pair {
    struct field *field;
    struct oracle oracle;
};

static void take(struct pair *p, const struct row *r)
{
    p->oracle.rows[p->oracle.n++] = *r;
    field_take(p->field, r->track, r->window, r->units);
}

static void give_back(struct pair *p, size_t i)
{
    struct row *r = &p->oracle.rows[i];
    field_take(p->field, r->track, r->window, -r->units);
    *r = p->oracle.rows[--p->oracle.n];
}

/* Takes what is free, so no track goes below 0, and leaves some alone. */
static void book_some(struct pair *p, const struct shape *shape, size_t n)
{
    for (size_t i = 0; i < n && p->oracle.n < BOOKINGS_MAX; i++) {
        int64_t from = below(shape->horizon), length = 1 + below(shape->longest);
        struct row r = {.track = (uint32_t)below(p->oracle.n_tracks),
                        .window = window(from, from + length)};
        if (below(40) == 0)
            r.window.to = INSTANT_NEVER;
        int64_t free = least(&p->oracle, r.track, r.window);
        r.units = (1 + below(shape->gpus)) * shape->unit;
        if (r.units <= free)
            take(p, &r);
    }
}

static struct pair *pair_new(const struct shape *shape)
{
    struct pair *p = calloc(1, sizeof *p);
    ck_assert_ptr_nonnull(p);
    p->field = field_create();
    p->oracle.n_tracks = shape->tracks;
    for (uint32_t i = 0; i < shape->tracks; i++) {
        p->oracle.capacity[i] = (1 + below(shape->gpus)) * shape->unit;
        ck_assert_uint_eq(field_add(p->field, p->oracle.capacity[i]), i);
    }
    book_some(p, shape, shape->bookings);
    return p;
}

static void pair_free(struct pair *p)
{
    field_destroy(p->field);
    free(p);
}

static struct field_query some_query(const struct pair *p, const struct shape *shape)
{
    int64_t from = below(shape->horizon + shape->longest);
    int64_t most = below(2) ? shape->gpus : shape->gpus * p->oracle.n_tracks;
    struct field_query q = {.need = (1 + below(most)) * shape->unit,
                            .starts = {{from}, INSTANT_NEVER},
                            .length_s = 1 + below(shape->longest)};
    if (below(3) == 0)
        q.starts.to.s = from + below(shape->horizon);
    return q;
}

static void ask(const struct pair *p, const struct field_query *q)
{
    for (int all = 0; all <= 1; all++) {
        struct field_fit fit = {.start = INSTANT_NEVER};
        bool found = all ? field_on_all(p->field, q, &fit) : field_on_one(p->field, q, &fit);
        ck_assert_int_eq(fit.start.s, earliest(&p->oracle, q, all));
        ck_assert(found == (fit.start.s != INT64_MAX));
        if (!found || all)
            continue;
        struct window w = window(fit.start.s, fit.start.s + q->length_s);
        ck_assert_int_ge(least(&p->oracle, fit.track, w), q->need);
        for (uint32_t i = 0; i < fit.track; i++)
            ck_assert_int_lt(least(&p->oracle, i, w), q->need);
    }
    struct window w = {q->starts.from, {q->starts.from.s + q->length_s}};
    ck_assert_int_eq(field_most_on_all(p->field, w), offered(&p->oracle, w, true));
    ck_assert_int_eq(field_most_on_one(p->field, w), offered(&p->oracle, w, false));
    ck_assert_int_eq(field_least(p->field, 0, w), least(&p->oracle, 0, w));
}

START_TEST(test_answers_are_those_of_the_oracle)
{
    const struct shape *shape = &shapes[_i];
    seed = (uint64_t)_i + 100;
    struct pair *p = pair_new(shape);
    for (int i = 0; i < 40; i++) {
        struct field_query q = some_query(p, shape);
        ask(p, &q);
    }
    pair_free(p);
}
END_TEST

START_TEST(test_answers_stay_right_while_bookings_come_and_go)
{
    const struct shape *shape = &shapes[_i];
    seed = (uint64_t)_i + 200;
    struct pair *p = pair_new(shape);
    for (int i = 0; i < 40; i++) {
        if (p->oracle.n > 0)
            give_back(p, (size_t)below((int64_t)p->oracle.n));
        book_some(p, shape, 2);
        struct field_query q = some_query(p, shape);
        ask(p, &q);
    }
    while (p->oracle.n > 0)
        give_back(p, p->oracle.n - 1);
    struct field_query q = {.need = 1, .starts = {{5}, INSTANT_NEVER}, .length_s = 1};
    ask(p, &q);
    pair_free(p);
}
END_TEST

START_TEST(test_bookings_beyond_what_there_is_offer_nothing)
{
    struct field *f = field_create();
    struct field_fit fit;
    struct field_query q = {.need = 7000, .starts = {{0}, INSTANT_NEVER}, .length_s = 10};
    field_add(f, 7000);
    field_add(f, 7000);
    field_take(f, 0, window(0, 100), 21000);
    ck_assert_int_eq(field_most_on_all(f, window(0, 10)), 7000);
    q.need = 14000;
    ck_assert(field_on_all(f, &q, &fit));
    ck_assert_int_eq(fit.start.s, 100);
    field_destroy(f);
}
END_TEST

START_TEST(test_a_track_that_comes_later_or_grows_counts)
{
    struct field *f = field_create();
    struct field_fit fit;
    struct field_query q = {.need = 7000, .starts = {{0}, {50}}, .length_s = 10};
    ck_assert(!field_on_one(f, &q, &fit) && !field_on_all(f, &q, &fit));
    field_add(f, 7000);
    ck_assert(field_on_one(f, &q, &fit));
    field_take(f, 0, window(0, 100), 7000);
    ck_assert(!field_on_one(f, &q, &fit) && !field_on_all(f, &q, &fit));
    for (uint32_t i = 1; i < 300; i++)
        ck_assert_uint_eq(field_add(f, i == 299 ? 56000 : 0), i);
    ck_assert(field_on_one(f, &q, &fit));
    ck_assert_uint_eq(fit.track, 299);
    q.need = 70000;
    ck_assert(!field_on_one(f, &q, &fit));
    field_take(f, 7, (struct window){{20}, INSTANT_NEVER}, -700000);
    ck_assert(field_on_one(f, &q, &fit));
    ck_assert_int_eq(fit.start.s, 20);
    ck_assert_uint_eq(fit.track, 7);
    ck_assert_uint_eq(field_tracks(f), 300);
    field_destroy(f);
}
END_TEST

START_TEST(test_a_load_answers_as_single_takes_do)
{
    struct field *one = field_create(), *bulk = field_create();
    seed = 77;
    for (int i = 0; i < 20; i++) {
        field_add(one, 56000);
        field_add(bulk, 56000);
    }
    field_load_begin(bulk);
    for (int i = 0; i < 500; i++) {
        int64_t from = below(9000);
        struct window w = window(from, from + 1 + below(900));
        uint32_t track = (uint32_t)below(20);
        field_take(one, track, w, 7000);
        field_take(bulk, track, w, 7000);
    }
    field_load_end(bulk);
    for (int i = 0; i < 200; i++) {
        struct field_fit a = {.start = INSTANT_NEVER}, b = a;
        struct field_query q = {.need = 7000 * (1 + below(40)),
                                .starts = {{below(9000)}, INSTANT_NEVER},
                                .length_s = 1 + below(2000)};
        ck_assert(field_on_all(one, &q, &a) == field_on_all(bulk, &q, &b));
        ck_assert_int_eq(a.start.s, b.start.s);
        ck_assert(field_on_one(one, &q, &a) == field_on_one(bulk, &q, &b));
        ck_assert_int_eq(a.start.s, b.start.s);
        ck_assert_uint_eq(a.track, b.track);
    }
    field_destroy(one);
    field_destroy(bulk);
}
END_TEST

/* ---- All windows
 * ---------------------------------------------------------------------------------------- */

struct ranges {
    struct window items[200];
    size_t n, most;
};

static bool add_range(struct window starts, void *arg)
{
    struct ranges *r = arg;
    ck_assert(r->n < 200);
    r->items[r->n++] = starts;
    return r->n < r->most;
}

static bool in_ranges(const struct ranges *r, int64_t at)
{
    for (size_t i = 0; i < r->n; i++) {
        if (window_contains(r->items[i], (struct instant){at}))
            return true;
    }
    return false;
}

START_TEST(test_ranges_hold_every_start_that_fits_and_no_other)
{
    static const struct shape small = {4, 4, 7000, 30, 200, 60};
    seed = (uint64_t)_i + 300;
    struct pair *p = pair_new(&small);
    for (int all = 0; all <= 1; all++) {
        struct ranges r = {.most = 200};
        struct field_query q = some_query(p, &small);
        q.starts = window(0, 300);
        if (all)
            field_each_on_all(p->field, &q, add_range, &r);
        else
            field_each_on_one(p->field, &q, add_range, &r);
        for (int64_t s = 0; s < 300; s++)
            ck_assert(in_ranges(&r, s) == fits(&p->oracle, &q, s, all));
        for (size_t i = 1; i < r.n; i++)
            ck_assert_int_lt(r.items[i - 1].to.s, r.items[i].from.s);
    }
    pair_free(p);
}
END_TEST

START_TEST(test_ranges_stop_when_the_visitor_has_enough)
{
    struct field *f = field_create();
    field_add(f, 7000);
    for (int64_t i = 0; i < 10; i++)
        field_take(f, 0, window(10 * i, 10 * i + 5), 7000);
    struct ranges r = {.most = 3};
    struct field_query q = {.need = 7000, .starts = {{0}, INSTANT_NEVER}, .length_s = 2};
    field_each_on_one(f, &q, add_range, &r);
    ck_assert_uint_eq(r.n, 3);
    ck_assert_int_eq(r.items[0].from.s, 5);
    ck_assert_int_eq(r.items[0].to.s, 9);
    field_destroy(f);
}
END_TEST

static Suite *field_suite(void)
{
    const int n = (int)(sizeof shapes / sizeof shapes[0]);
    Suite *s = suite_create("field");
    TCase *c = tcase_create("field");
    tcase_set_timeout(c, 30);
    tcase_add_loop_test(c, test_answers_are_those_of_the_oracle, 0, n);
    tcase_add_loop_test(c, test_answers_stay_right_while_bookings_come_and_go, 0, n);
    tcase_add_test(c, test_bookings_beyond_what_there_is_offer_nothing);
    tcase_add_test(c, test_a_track_that_comes_later_or_grows_counts);
    tcase_add_test(c, test_a_load_answers_as_single_takes_do);
    tcase_add_loop_test(c, test_ranges_hold_every_start_that_fits_and_no_other, 0, 12);
    tcase_add_test(c, test_ranges_stop_when_the_visitor_has_enough);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(field_suite)
