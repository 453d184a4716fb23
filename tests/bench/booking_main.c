/*
 * Durable bookings a second through a running pumasid, beside transactions of the same shape sent
 * straight to an etcd of the same settings, in turn.
 *
 *   bench_booking SERVER CONTEXT ALLOCATION SCRATCH PUMASID ETCD ROUNDS RUN_MS IN_FLIGHT...
 *
 * PUMASID and ETCD are the process ids of the server and its store. Prints for each measurement a
 * line of its speed and one of the processor time that one call took in each process, and for each
 * IN_FLIGHT the medians of ROUNDS and their ratio. Exit 1: a call failed.
 */
#include "tests/bench/booker.h"
#include "tests/bench/cpu.h"
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
    struct cpu_watch server; /* pumasid and its etcd */
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

static double measure_raw(struct bench *b, size_t in_flight)
{
    struct pump_figures f;
    struct cpu_watch watch = {.etcd = raw_pid(b->raw)};
    struct cpu_use begin = cpu_read(&watch);
    raw_measure(b->raw, in_flight, VALUE_BYTES, &b->end, &f);
    struct cpu_use end = cpu_read(&watch);
    pump_print("raw-etcd", &f);
    cpu_print("raw-etcd", &begin, &end, f.done);
    b->failed += f.failed;
    return f.rate;
}

typedef void (*measure_fn)(struct booker *booker, size_t in_flight, const struct pump_end *end,
                           struct pump_figures *ret);

static double measure_ours(struct bench *b, const char *name, measure_fn measure, size_t in_flight)
{
    struct pump_figures f;
    struct cpu_use begin = cpu_read(&b->server);
    measure(b->booker, in_flight, &b->end, &f);
    struct cpu_use end = cpu_read(&b->server);
    pump_print(name, &f);
    cpu_print(name, &begin, &end, f.done);
    b->failed += f.failed;
    return f.rate;
}

static void print_ratio(const char *name, size_t in_flight, double *ours, double *raw, int n)
{
    double etcd = median(raw, n), booked = median(ours, n);
    printf("ratio: of=%s in_flight=%zu bookings=%.0f raw_etcd=%.0f ratio=%.2f median_of=%d\n", name,
           in_flight, booked, etcd, etcd > 0 ? booked / etcd : 0, n);
    fflush(stdout);
}

/* Bookings in flight, in calls of many. */
static size_t calls_of(size_t in_flight)
{
    return in_flight > BOOKER_BATCH ? in_flight / BOOKER_BATCH : 1;
}

static void compare(struct bench *b, size_t in_flight)
{
    double raw[ROUNDS_MAX], booking[ROUNDS_MAX], batch[ROUNDS_MAX];
    for (int i = 0; i < b->rounds; i++) {
        raw[i] = measure_raw(b, in_flight);
        booking[i] = measure_ours(b, "booking", booker_measure, in_flight);
        if (in_flight >= BOOKER_BATCH)
            batch[i] = measure_ours(b, "batch", booker_measure_batch, calls_of(in_flight));
    }
    print_ratio("booking", in_flight, booking, raw, b->rounds);
    if (in_flight >= BOOKER_BATCH)
        print_ratio("batch", in_flight, batch, raw, b->rounds);
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
    measure_ours(b, "whoami", booker_measure_idle, 64);
    for (; *in_flight; in_flight++)
        compare(b, strtoull(*in_flight, NULL, 10));
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    struct err err = ERR_INIT;
    if (argc < 10) {
        fprintf(stderr, "usage: bench_booking SERVER CONTEXT ALLOCATION SCRATCH PUMASID ETCD "
                        "ROUNDS RUN_MS IN_FLIGHT...\n");
        return 2;
    }
    b.server.server = (pid_t)strtol(argv[5], NULL, 10);
    b.server.etcd = (pid_t)strtol(argv[6], NULL, 10);
    b.rounds = (int)strtol(argv[7], NULL, 10);
    b.end.run_ms = strtol(argv[8], NULL, 10);
    ENSURE(b.rounds >= 1 && b.rounds <= ROUNDS_MAX && b.end.run_ms > 0);
    struct rpc_runtime *runtime = rpc_runtime_create(NULL);
    int rc = open_both(&b, argv, &err);
    if (rc == 0)
        measure_all(&b, &argv[9]);
    else
        fprintf(stderr, "bench_booking: %s\n", err.text);
    raw_close(b.raw);
    booker_close(b.booker);
    rpc_runtime_destroy(runtime);
    return rc < 0 || b.failed > 0;
}
