#ifndef PUMASI_TESTS_BENCH_PUMP_H
#define PUMASI_TESTS_BENCH_PUMP_H

#include "tests/bench/figures.h"

#include "lib/base/err.h"

#include <stdbool.h>

/*
 * Keeps a fixed number of calls in flight until a time is over, and measures each. The caller says
 * how a call is started and tells when it ended, on any thread; the next one in its slot is started
 * on that thread. A call that fails ends its slot, so that a broken server does not make a fast
 * bench.
 */
struct pump;

/* Starts a call in the slot, 0..in_flight-1, in which none is in flight now. */
typedef void (*pump_start_fn)(void *ud, size_t slot);

struct pump_figures {
    size_t in_flight;
    size_t done, failed;
    double rate; /* done a second, from the first start to the last end */
    int64_t p50_us, p99_us;
    struct err failure; /* the first one */
};

struct pump *pump_create(size_t in_flight, pump_start_fn start, void *ud);
void pump_destroy(struct pump *p); /* after pump_run(); NULL is fine */

/* When no more calls are started. */
struct pump_end {
    int64_t run_ms; /* after so long, */
    size_t calls;   /* or after so many; 0: any number */
};

/* Runs until the end, and then until nothing is in flight. Once per pump. (blocks) */
void pump_run(struct pump *p, const struct pump_end *end, struct pump_figures *ret);

/* The call in this slot ended; err is NULL or of code ERR_OK when it worked. */
void pump_ended(struct pump *p, size_t slot, const struct err *err);

/* "NAME: in_flight=64 rate=5123 p50_us=... p99_us=... done=... failed=0" */
void pump_print(const char *name, const struct pump_figures *figures);

#endif
