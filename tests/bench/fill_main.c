/*
 * Books so many leases, many in a call, for benches of what they cost to keep. The last call may
 * book some more than asked for.
 *
 *   bench_fill SERVER CONTEXT ALLOCATION LEASES
 *
 * Exit 1: a booking failed.
 */
#include "tests/bench/booker.h"

#include "lib/rpc/runtime.h"

#include <stdio.h>
#include <stdlib.h>

#define IN_FLIGHT 4 /* calls */
#define RUN_MS    (INT64_C(600) * 1000)
#define DAYS      290

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: bench_fill SERVER CONTEXT ALLOCATION LEASES\n");
        return 2;
    }
    struct booker_options options = {
        .server = argv[1], .context = argv[2], .allocation = argv[3], .days = DAYS};
    struct pump_end end = {
        .run_ms = RUN_MS, .calls = (strtoull(argv[4], NULL, 10) + BOOKER_BATCH - 1) / BOOKER_BATCH};
    struct pump_figures figures = {.failed = 1};
    struct booker *booker = NULL;
    struct err err = ERR_INIT;
    struct rpc_runtime *runtime = rpc_runtime_create(NULL);
    if (booker_open(&options, &booker, &err) < 0) {
        fprintf(stderr, "bench_fill: %s\n", err.text);
    } else {
        booker_measure_batch(booker, IN_FLIGHT, &end, &figures);
        pump_print("fill", &figures);
    }
    booker_close(booker);
    rpc_runtime_destroy(runtime);
    return figures.failed > 0;
}
