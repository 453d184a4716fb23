/*
 * Durable bookings a second through a running pumasid, beside transactions of the same shape sent
 * straight to an etcd of the same settings, in turn.
 *
 *   bench_booking SERVER CONTEXT ALLOCATION SCRATCH ROUNDS RUN_MS IN_FLIGHT...
 *
 * Prints a line for each measurement, and for each IN_FLIGHT the medians of ROUNDS and their
 * ratio. Exit 1: a call failed.
 */
#include "tests/bench/booker.h"
#include "tests/bench/raw.h"

#include "lib/rpc/runtime.h"

#include <stdio.h>
#include <stdlib.h>

#define VALUE_BYTES 500 /* of a lease as it is stored; `run` measures it */
#define ROUNDS_MAX  99
#define DAYS        290

struct bench {
    struct booker *booker;
    struct raw *raw;
    int rounds;
    struct pump_end end;
    size_t failed;
};

static int by_rate(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *rates, int n)
{
    qsort(rates, (size_t)n, sizeof *rates, by_rate);
    return n % 2 ? rates[n / 2] : (rates[n / 2 - 1] + rates[n / 2]) / 2;
}

static void compare(struct bench *b, size_t in_flight)
{
    double raw[ROUNDS_MAX], booking[ROUNDS_MAX];
    for (int i = 0; i < b->rounds; i++) {
        struct pump_figures f;
        raw_measure(b->raw, in_flight, VALUE_BYTES, &b->end, &f);
        pump_print("raw-etcd", &f);
        raw[i] = f.rate;
        b->failed += f.failed;
        booker_measure(b->booker, in_flight, &b->end, &f);
        pump_print("booking", &f);
        booking[i] = f.rate;
        b->failed += f.failed;
    }
    double etcd = median(raw, b->rounds), ours = median(booking, b->rounds);
    printf("ratio: in_flight=%zu booking=%.0f raw_etcd=%.0f ratio=%.2f median_of=%d\n", in_flight,
           ours, etcd, etcd > 0 ? ours / etcd : 0, b->rounds);
    fflush(stdout);
}

static int open_both(struct bench *b, char **argv, struct err *err)
{
    struct booker_options options = {
        .server = argv[1], .context = argv[2], .allocation = argv[3], .days = DAYS};
    TRY(booker_open(&options, &b->booker, err));
    return raw_open(argv[4], &b->raw, err);
}

static void measure_all(struct bench *b, char **in_flight)
{
    struct pump_figures f;
    booker_measure_idle(b->booker, 64, &b->end, &f);
    pump_print("whoami", &f);
    for (; *in_flight; in_flight++)
        compare(b, strtoull(*in_flight, NULL, 10));
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    struct err err = ERR_INIT;
    if (argc < 8) {
        fprintf(stderr, "usage: bench_booking SERVER CONTEXT ALLOCATION SCRATCH ROUNDS RUN_MS "
                        "IN_FLIGHT...\n");
        return 2;
    }
    b.rounds = (int)strtol(argv[5], NULL, 10);
    b.end.run_ms = strtol(argv[6], NULL, 10);
    ENSURE(b.rounds >= 1 && b.rounds <= ROUNDS_MAX && b.end.run_ms > 0);
    struct rpc_runtime *runtime = rpc_runtime_create(NULL);
    int rc = open_both(&b, argv, &err);
    if (rc == 0)
        measure_all(&b, &argv[7]);
    else
        fprintf(stderr, "bench_booking: %s\n", err.text);
    raw_close(b.raw);
    booker_close(b.booker);
    rpc_runtime_destroy(runtime);
    return rc < 0 || b.failed > 0;
}
