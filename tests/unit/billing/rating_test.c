/* billing/rating.h: months follow from the concurrency profile and from nothing else. */
#include "billing/rating.h"

#include "tests/support/suite.h"

#include <stdio.h>

#define GPU SHARE_PER_GPU

static struct instant at(const char *text)
{
    struct instant t;
    ck_assert_int_eq(moment_parse(span_text(text), &t, NULL), 0);
    return t;
}

/* Inclusive Korean dates. */
static struct rating_piece days(int64_t units, const char *first, const char *last)
{
    struct date from, to;
    ck_assert_int_eq(date_parse(span_text(first), &from, NULL), 0);
    ck_assert_int_eq(date_parse(span_text(last), &to, NULL), 0);
    return (struct rating_piece){date_range(from, to), units, 0};
}

enum { MONTHS_MAX = 40, CELLS_MAX = 16 };

struct seen_month {
    char month[MONTH_TEXT_CAP];
    struct frac months;
    __int128 unit_seconds;
    struct rating_cell cells[CELLS_MAX];
    size_t n_cells;
};

struct seen {
    struct seen_month months[MONTHS_MAX];
    size_t n;
    struct frac sum;
};

static int keep_month(void *arg, const struct rating_month *m, struct err *err)
{
    (void)err;
    struct seen *seen = arg;
    ck_assert_uint_lt(seen->n, MONTHS_MAX);
    ck_assert_uint_le(m->n_cells, CELLS_MAX);
    struct seen_month *s = &seen->months[seen->n++];
    month_format(m->month, s->month);
    s->months = m->months;
    s->unit_seconds = m->unit_seconds;
    s->n_cells = m->n_cells;
    __int128 sum = 0;
    for (size_t i = 0; i < m->n_cells; i++) {
        s->cells[i] = m->cells[i];
        sum += m->cells[i].unit_seconds;
    }
    ck_assert(sum == m->unit_seconds);
    return frac_add(seen->sum, m->months, &seen->sum);
}

static int rate(const struct rating_config *rules, struct rating_piece *pieces, size_t n,
                struct seen *seen, struct err *err)
{
    struct rating_config config = *rules;
    *seen = (struct seen){.sum = FRAC_ZERO};
    config.on_month = config.on_month ? config.on_month : keep_month;
    config.arg = seen;
    config.n_lines = config.n_lines ? config.n_lines : 1;
    config.n_terms = config.n_terms ? config.n_terms : 1;
    qsort(pieces, n, sizeof(*pieces), rating_piece_compare);
    struct rating *r = rating_create(&config);
    int rc = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = rating_add(r, &pieces[i], err);
    if (rc == 0)
        rc = rating_finish(r, err);
    rating_destroy(r);
    return rc;
}

static void expect_months(const struct rating_config *rules, struct rating_piece *pieces, size_t n,
                          const char *months)
{
    struct seen seen;
    char text[FRAC_TEXT_CAP];
    ck_assert_int_eq(rate(rules, pieces, n, &seen, NULL), 0);
    ck_assert_str_eq(frac_format(seen.sum, text), months);
}

START_TEST(examples_of_the_written_rule)
{
    static const struct {
        enum part_month rule;
        enum grain grain;
        struct {
            int64_t units;
            const char *first, *last;
        } use[3];
        const char *months;
    } cases[] = {
        /* 256 B200 over both stages: 10.3 months each. */
        {PART_MONTH_30DAY, 0, {{256 * GPU, "2025-11-01", "2026-09-09"}}, "13184/5"},
        {PART_MONTH_CALENDAR, 0, {{256 * GPU, "2025-11-01", "2026-09-09"}}, "13184/5"},
        /* 128 levels for the month, 128 for half of it. */
        {PART_MONTH_30DAY,
         0,
         {{256 * GPU, "2025-11-01", "2025-11-15"}, {128 * GPU, "2025-11-16", "2025-11-30"}},
         "192"},
        /* Two leases of one GPU fill December: one month, not 31/30. */
        {PART_MONTH_30DAY,
         0,
         {{GPU, "2025-12-01", "2025-12-15"}, {GPU, "2025-12-16", "2025-12-31"}},
         "1"},
        /* At most one month a month; February is whole with 28 days. */
        {PART_MONTH_30DAY, 0, {{GPU, "2026-01-01", "2026-01-30"}}, "1"},
        {PART_MONTH_30DAY, 0, {{GPU, "2026-01-02", "2026-01-31"}}, "1"},
        {PART_MONTH_30DAY, 0, {{GPU, "2026-02-01", "2026-02-28"}}, "1"},
        {PART_MONTH_30DAY, 0, {{GPU, "2026-02-01", "2026-02-27"}}, "9/10"},
        {PART_MONTH_30DAY, 0, {{GPU, "2028-02-01", "2028-02-28"}}, "14/15"},
        {PART_MONTH_30DAY, 0, {{7 * GPU, "2026-01-05", "2026-01-17"}}, "91/30"},
        {PART_MONTH_CALENDAR, 0, {{2 * GPU, "2026-01-11", "2026-01-20"}}, "20/31"},
        {PART_MONTH_CALENDAR, 0, {{GPU, "2026-01-01", "2026-12-31"}}, "12"},
        {PART_MONTH_ACTUAL365, 0, {{GPU, "2026-01-01", "2026-12-31"}}, "12"},
        {PART_MONTH_ACTUAL365, 0, {{GPU, "2028-01-01", "2028-12-31"}}, "4392/365"},
        {PART_MONTH_ACTUAL365, 0, {{GPU, "2026-01-01", "2026-01-31"}}, "372/365"},
        /* Overlapping use adds up; parts of a GPU are exact. */
        {PART_MONTH_30DAY,
         0,
         {{1000, "2026-02-01", "2026-02-28"},
          {875, "2026-02-01", "2026-02-28"},
          {7, "2026-02-01", "2026-02-28"}},
         "941/3500"},
        /* A zero amount is no use. */
        {PART_MONTH_30DAY, 0, {{0, "2026-02-01", "2026-02-28"}}, "0"},
        {PART_MONTH_30DAY, GRAIN_DAY, {{GPU, "2025-12-01", "2025-12-15"}}, "1/2"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct rating_config rules = {.part_month = cases[i].rule, .grain = cases[i].grain};
        struct rating_piece pieces[3];
        size_t n = 0;
        for (; n < 3 && cases[i].use[n].first; n++)
            pieces[n] = days(cases[i].use[n].units, cases[i].use[n].first, cases[i].use[n].last);
        expect_months(&rules, pieces, n, cases[i].months);
    }
}
END_TEST

START_TEST(an_hour_of_an_eighth)
{
    struct rating_piece piece = {
        {at("2026-02-03T09:00:00+09:00"), at("2026-02-03T10:00:00+09:00")}, 875, 0};
    struct rating_config rules = {.part_month = PART_MONTH_30DAY};
    expect_months(&rules, &piece, 1, "1/5760");
}
END_TEST

START_TEST(months_are_korean_and_come_in_order)
{
    struct rating_piece piece = {{at("2025-12-31T14:59:59Z"), at("2026-02-28T15:00:01Z")}, GPU, 0};
    struct rating_config rules = {.part_month = PART_MONTH_30DAY};
    struct seen seen;
    ck_assert_int_eq(rate(&rules, &piece, 1, &seen, NULL), 0);
    ck_assert_uint_eq(seen.n, 4);
    const char *months[] = {"2025-12", "2026-01", "2026-02", "2026-03"};
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(seen.months[i].month, months[i]);
    ck_assert(seen.months[0].unit_seconds == GPU);
    ck_assert(seen.months[1].unit_seconds == GPU * 31 * DAY_SECONDS);
    ck_assert(seen.months[3].unit_seconds == GPU);
}
END_TEST

START_TEST(months_without_use_are_not_handed_over)
{
    struct rating_piece pieces[] = {days(GPU, "2025-12-31", "2025-12-31"),
                                    days(GPU, "2026-11-01", "2026-11-02")};
    struct rating_config rules = {.part_month = PART_MONTH_30DAY};
    for (int grain = 0; grain < GRAIN_COUNT; grain++) {
        struct seen seen;
        rules.grain = (enum grain)grain;
        ck_assert_int_eq(rate(&rules, pieces, 2, &seen, NULL), 0);
        ck_assert_uint_eq(seen.n, 2);
        ck_assert_str_eq(seen.months[1].month, "2026-11");
    }
    struct seen seen;
    ck_assert_int_eq(rate(&rules, pieces, 0, &seen, NULL), 0);
    ck_assert_uint_eq(seen.n, 0);
}
END_TEST

START_TEST(with_grain_day_a_day_counts_whole_at_its_peak)
{
    struct rating_piece pieces[] = {
        {{at("2026-02-03T09:00:00+09:00"), at("2026-02-03T10:00:00+09:00")}, 3 * GPU, 0},
        {{at("2026-02-03T09:59:59+09:00"), at("2026-02-04T00:00:01+09:00")}, GPU, 0}};
    struct rating_config rules = {.part_month = PART_MONTH_30DAY, .grain = GRAIN_DAY};
    /* 3 February at 4 GPUs, 4 February at 1. */
    expect_months(&rules, pieces, 2, "1/6");
}
END_TEST

START_TEST(a_day_belongs_to_who_held_its_first_peak)
{
    struct rating_piece pieces[] = {
        {{at("2026-02-03T01:00:00+09:00"), at("2026-02-03T02:00:00+09:00")}, 2 * GPU, 0},
        {{at("2026-02-03T03:00:00+09:00"), at("2026-02-03T09:00:00+09:00")}, 2 * GPU, 1},
        {{at("2026-02-05T03:00:00+09:00"), at("2026-02-05T04:00:00+09:00")}, GPU, 1}};
    struct rating_config rules = {.part_month = PART_MONTH_30DAY, .grain = GRAIN_DAY, .n_terms = 2};
    struct seen seen;
    ck_assert_int_eq(rate(&rules, pieces, 3, &seen, NULL), 0);
    ck_assert_uint_eq(seen.months[0].n_cells, 2);
    ck_assert(seen.months[0].cells[0].terms == 0);
    ck_assert(seen.months[0].cells[0].unit_seconds == 2 * GPU * DAY_SECONDS);
    ck_assert(seen.months[0].cells[1].terms == 1);
    ck_assert(seen.months[0].cells[1].unit_seconds == GPU * DAY_SECONDS);
}
END_TEST

START_TEST(a_month_is_split_over_dated_lines_by_gpu_time)
{
    struct instant line_from[] = {at("2026-01-11"), at("2026-01-21"), at("2026-02-01")};
    struct rating_config rules = {
        .part_month = PART_MONTH_30DAY, .line_from = line_from, .n_lines = 4, .n_terms = 2};
    struct rating_piece pieces[] = {days(2 * GPU, "2026-01-01", "2026-01-31"),
                                    days(GPU, "2026-01-21", "2026-02-10")};
    pieces[1].terms = 1;
    for (int grain = 0; grain < GRAIN_COUNT; grain++) {
        struct seen seen;
        rules.grain = (enum grain)grain;
        ck_assert_int_eq(rate(&rules, pieces, 2, &seen, NULL), 0);
        ck_assert_uint_eq(seen.n, 2);
        ck_assert_uint_eq(seen.months[0].n_cells, 4);
        static const struct {
            uint32_t line, terms;
            int64_t gpu_days;
        } want[] = {{0, 0, 20}, {1, 0, 20}, {2, 0, 22}, {2, 1, 11}};
        for (size_t i = 0; i < 4; i++) {
            const struct rating_cell *cell = &seen.months[0].cells[i];
            ck_assert_uint_eq(cell->line, want[i].line);
            ck_assert_uint_eq(cell->terms, want[i].terms);
            ck_assert(cell->unit_seconds == want[i].gpu_days * GPU * DAY_SECONDS);
        }
        ck_assert_uint_eq(seen.months[1].n_cells, 1);
        ck_assert_uint_eq(seen.months[1].cells[0].line, 3);
    }
}
END_TEST

START_TEST(a_line_may_change_inside_a_day_that_counts_whole)
{
    struct instant line_from[] = {at("2026-01-11T06:00:00+09:00")};
    struct rating_config rules = {
        .part_month = PART_MONTH_30DAY, .grain = GRAIN_DAY, .line_from = line_from, .n_lines = 2};
    struct rating_piece piece = {
        {at("2026-01-11T00:00:00+09:00"), at("2026-01-11T01:00:00+09:00")}, 4 * GPU, 0};
    struct seen seen;
    ck_assert_int_eq(rate(&rules, &piece, 1, &seen, NULL), 0);
    ck_assert_uint_eq(seen.months[0].n_cells, 2);
    ck_assert(seen.months[0].cells[0].unit_seconds == GPU * DAY_SECONDS);
    ck_assert(seen.months[0].cells[1].unit_seconds == 3 * GPU * DAY_SECONDS);
}
END_TEST

START_TEST(too_much_at_once_is_overflow)
{
    struct rating_piece pieces[] = {days(INT64_MAX, "2026-01-01", "2026-01-31"),
                                    days(1, "2026-01-31", "2026-01-31")};
    struct rating_config rules = {.part_month = PART_MONTH_30DAY};
    struct seen seen;
    struct err err = ERR_INIT;
    ck_assert_int_eq(rate(&rules, pieces, 2, &seen, &err), -ERR_OVERFLOW);
    ck_assert_int_eq(err.code, ERR_OVERFLOW);
    /* One after the other is no overflow, however much. */
    pieces[1] = days(INT64_MAX, "2026-02-01", "2026-02-28");
    ck_assert_int_eq(rate(&rules, pieces, 2, &seen, &err), 0);
}
END_TEST

static int refuse_month(void *arg, const struct rating_month *m, struct err *err)
{
    (void)arg;
    (void)m;
    return err_set(err, ERR_NO_RATE, "no");
}

START_TEST(a_refused_month_ends_the_rating)
{
    struct rating_piece piece = days(GPU, "2026-01-01", "2026-03-31");
    struct rating_config rules = {.on_month = refuse_month};
    struct seen seen;
    ck_assert_int_eq(rate(&rules, &piece, 1, &seen, NULL), -ERR_NO_RATE);
}
END_TEST

START_TEST(a_rating_serves_one_series_after_another)
{
    struct seen seen = {.sum = FRAC_ZERO};
    struct rating_config config = {
        .n_lines = 1, .n_terms = 1, .on_month = keep_month, .arg = &seen};
    struct rating *r = rating_create(&config);
    const char *const first[] = {"2026-03-01", "2025-12-01"};
    const char *const last[] = {"2026-03-31", "2025-12-31"};
    for (int i = 0; i < 2; i++) {
        struct rating_piece piece = days(GPU, first[i], last[i]);
        ck_assert_int_eq(rating_add(r, &piece, NULL), 0);
        ck_assert_int_eq(rating_finish(r, NULL), 0);
    }
    ck_assert_uint_eq(seen.n, 2);
    ck_assert_int_eq(frac_compare(seen.sum, frac_of(2)), 0);
    rating_destroy(r);
    rating_destroy(NULL);
}
END_TEST

/* A second opinion: hour by hour and level by level. */
enum { HOURS = 24 * (31 + 28 + 31), UNITS_MAX = 64 };

static uint64_t dice(uint64_t *seed, uint64_t n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*seed >> 33) % n;
}

static struct frac slow_f(enum part_month rule, int64_t hours, int64_t month_hours)
{
    if (rule == PART_MONTH_CALENDAR)
        return frac_ratio(hours, month_hours);
    if (rule == PART_MONTH_ACTUAL365)
        return frac_ratio(hours * 12, 365 * 24);
    return hours == month_hours || hours >= 720 ? frac_of(1) : frac_ratio(hours, 720);
}

static struct frac slow_months(const struct rating_config *rules, const struct rating_piece *pieces,
                               size_t n)
{
    static const int month_days[] = {31, 28, 31};
    int64_t use[HOURS] = {0};
    int64_t start = at("2026-01-01").s;
    for (size_t i = 0; i < n; i++) {
        for (int64_t h = (pieces[i].window.from.s - start) / 3600;
             h < (pieces[i].window.to.s - start) / 3600; h++)
            use[h] += pieces[i].units;
    }
    for (int day = 0; day < HOURS / 24 && rules->grain == GRAIN_DAY; day++) {
        int64_t peak = 0;
        for (int h = 0; h < 24; h++)
            peak = use[day * 24 + h] > peak ? use[day * 24 + h] : peak;
        for (int h = 0; h < 24; h++)
            use[day * 24 + h] = peak;
    }
    struct frac sum = FRAC_ZERO;
    for (int month = 0, hour = 0; month < 3; hour += 24 * month_days[month++]) {
        for (int64_t level = 1; level <= UNITS_MAX; level++) {
            int64_t held = 0;
            for (int h = hour; h < hour + 24 * month_days[month]; h++)
                held += use[h] >= level;
            struct frac f = slow_f(rules->part_month, held, 24 * month_days[month]);
            ck_assert_int_eq(frac_add(sum, f, &sum), 0);
        }
    }
    ck_assert_int_eq(frac_div(sum, frac_of(SHARE_PER_GPU), &sum), 0);
    return sum;
}

static struct rating_piece random_piece(uint64_t *seed)
{
    int64_t start = at("2026-01-01").s, from = (int64_t)dice(seed, HOURS - 1);
    int64_t to = from + 1 + (int64_t)dice(seed, (uint64_t)(HOURS - from));
    return (struct rating_piece){
        {{start + from * 3600}, {start + to * 3600}}, 1 + (int64_t)dice(seed, 8), 0};
}

START_TEST(random_pieces_agree_with_counting_hour_by_hour)
{
    uint64_t seed = 6600000;
    for (int round = 0; round < 150; round++) {
        struct rating_config rules = {.part_month = (enum part_month)(round % PART_MONTH_COUNT),
                                      .grain = (enum grain)(round / 3 % GRAIN_COUNT)};
        struct rating_piece pieces[8];
        size_t n = 1 + dice(&seed, 8);
        for (size_t i = 0; i < n; i++)
            pieces[i] = random_piece(&seed);
        struct frac want = slow_months(&rules, pieces, n);
        struct seen seen;
        ck_assert_int_eq(rate(&rules, pieces, n, &seen, NULL), 0);
        ck_assert_msg(frac_compare(seen.sum, want) == 0, "round %d", round);
    }
}
END_TEST

/* Splits pieces in time and in amount, and swaps what runs after an instant between two pieces. */
static size_t reshape(struct rating_piece *out, const struct rating_piece *in, size_t n,
                      uint64_t *seed)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        struct rating_piece a = in[i], b = in[i];
        int64_t length = a.window.to.s - a.window.from.s;
        if (length > 1 && dice(seed, 2)) {
            b.window.from.s = a.window.to.s =
                a.window.from.s + 1 + (int64_t)dice(seed, (uint64_t)length - 1);
            out[m++] = a;
            out[m++] = b;
        } else if (a.units > 1) {
            a.units = 1 + (int64_t)dice(seed, (uint64_t)a.units - 1);
            b.units -= a.units;
            out[m++] = b;
            out[m++] = a;
        } else {
            out[m++] = a;
        }
    }
    return m;
}

START_TEST(splitting_merging_and_reordering_change_nothing)
{
    uint64_t seed = 20260909;
    for (int round = 0; round < 300; round++) {
        struct instant line_from[] = {{at("2026-01-17").s + round}};
        struct rating_config rules = {.part_month = (enum part_month)(round % PART_MONTH_COUNT),
                                      .grain = (enum grain)(round / 3 % GRAIN_COUNT),
                                      .line_from = line_from,
                                      .n_lines = 2};
        struct rating_piece pieces[6], twice[12], four[24];
        for (size_t i = 0; i < 6; i++) {
            pieces[i] = random_piece(&seed);
            pieces[i].window.from.s += (int64_t)dice(&seed, 3600);
        }
        size_t n = reshape(twice, pieces, 6, &seed);
        size_t m = reshape(four, twice, n, &seed);
        struct seen a, b;
        ck_assert_int_eq(rate(&rules, pieces, 6, &a, NULL), 0);
        ck_assert_int_eq(rate(&rules, four, m, &b, NULL), 0);
        ck_assert_uint_eq(a.n, b.n);
        for (size_t i = 0; i < a.n; i++) {
            ck_assert_int_eq(frac_compare(a.months[i].months, b.months[i].months), 0);
            ck_assert_uint_eq(a.months[i].n_cells, b.months[i].n_cells);
            for (size_t j = 0; j < a.months[i].n_cells; j++)
                ck_assert(a.months[i].cells[j].unit_seconds == b.months[i].cells[j].unit_seconds);
        }
    }
}
END_TEST

static Suite *rating_suite(void)
{
    Suite *s = suite_create("rating");
    TCase *t = tcase_create("rating");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, examples_of_the_written_rule);
    tcase_add_test(t, an_hour_of_an_eighth);
    tcase_add_test(t, months_are_korean_and_come_in_order);
    tcase_add_test(t, months_without_use_are_not_handed_over);
    tcase_add_test(t, with_grain_day_a_day_counts_whole_at_its_peak);
    tcase_add_test(t, a_day_belongs_to_who_held_its_first_peak);
    tcase_add_test(t, a_month_is_split_over_dated_lines_by_gpu_time);
    tcase_add_test(t, a_line_may_change_inside_a_day_that_counts_whole);
    tcase_add_test(t, too_much_at_once_is_overflow);
    tcase_add_test(t, a_refused_month_ends_the_rating);
    tcase_add_test(t, a_rating_serves_one_series_after_another);
    tcase_add_test(t, random_pieces_agree_with_counting_hour_by_hour);
    tcase_add_test(t, splitting_merging_and_reordering_change_nothing);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(rating_suite)
