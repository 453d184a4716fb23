/*
 * bench_rating INTERVALS CSV: makes so many intervals of a month, of 50 organisations; prints how
 * fast they are rated by their concurrency profile (streamed: nothing is kept), how fast the
 * clipped sum of their columns is, and memory; writes them as CSV for other programs to sum.
 */
#include "billing/clipped.h"
#include "billing/rating.h"
#include "lib/base/share.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ORGANISATIONS 50
#define MONTH         672 /* January 2026 */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long peak_kib(void)
{
    char line[128];
    long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof(line), f)) {
        if (sscanf(line, "VmHWM: %ld", &kib) == 1)
            break;
    }
    if (f)
        fclose(f);
    return kib;
}

/* Interval i of n of one organisation: begins rise evenly, lengths differ. */
static struct rating_piece piece_at(size_t i, size_t n, struct window month)
{
    int64_t span = month.to.s - month.from.s;
    int64_t from = month.from.s - 1800 + (int64_t)((double)span * (double)i / (double)n);
    uint64_t dice = (i + 1) * UINT64_C(0x9E3779B97F4A7C15) >> 40;
    return (struct rating_piece){.window = {{from}, {from + 600 + (int64_t)(dice % 6600)}},
                                 .units = SHARE_PER_GPU * (1 + (int64_t)(dice % 8))};
}

static int take_month(void *arg, const struct rating_month *m, struct err *err)
{
    __int128 *sum = arg;
    (void)err;
    if (m->month.index == MONTH)
        *sum += m->unit_seconds;
    return 0;
}

static void rate(size_t n)
{
    struct window month = month_window((struct month){MONTH});
    __int128 sum = 0;
    struct rating_config config = {.n_lines = 1, .n_terms = 1, .on_month = take_month, .arg = &sum};
    struct rating *rating = rating_create(&config);
    size_t each = n / ORGANISATIONS;
    double begin = now();
    for (int org = 0; org < ORGANISATIONS; org++) {
        for (size_t i = 0; i < each; i++) {
            struct rating_piece piece = piece_at(i, each, month);
            if (rating_add(rating, &piece, NULL) < 0)
                exit(1);
        }
        if (rating_finish(rating, NULL) < 0)
            exit(1);
    }
    double seconds = now() - begin;
    rating_destroy(rating);
    printf("rating: intervals=%zu profile_per_s=%.0f peak_mb=%.1f unit_seconds=%" PRId64 "\n", n,
           (double)n / seconds, (double)peak_kib() / 1024, (int64_t)sum);
}

static void sum_columns(size_t n, const char *csv)
{
    struct window month = month_window((struct month){MONTH});
    size_t each = n / ORGANISATIONS;
    int64_t *from = malloc(n * sizeof(*from)), *to = malloc(n * sizeof(*to));
    int32_t *units = malloc(n * sizeof(*units));
    FILE *out = fopen(csv, "w");
    if (!from || !to || !units || !out)
        exit(1);
    for (size_t i = 0; i < n; i++) {
        struct rating_piece piece = piece_at(i % each, each, month);
        from[i] = piece.window.from.s;
        to[i] = piece.window.to.s;
        units[i] = (int32_t)piece.units;
        fprintf(out, "%zu,%" PRId64 ",%" PRId64 ",%d\n", i / each, from[i], to[i], units[i]);
    }
    fclose(out);
    struct interval_columns columns = {from, to, units, n};
    double begin = now();
    __int128 sum = clipped_sum(&columns, month);
    double seconds = now() - begin;
    printf("clipped: rows=%zu per_s=%.0f unit_seconds=%" PRId64 "\n", n, (double)n / seconds,
           (int64_t)sum);
    free(from);
    free(to);
    free(units);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    size_t n = strtoull(argv[1], NULL, 10) / ORGANISATIONS * ORGANISATIONS;
    rate(n);
    sum_columns(n, argv[2]);
    return 0;
}
