#ifndef PUMASI_TESTS_BENCH_BOOKER_H
#define PUMASI_TESTS_BENCH_BOOKER_H

#include "tests/bench/pump.h"

/*
 * Books leases as the command line does: one connection with a member's certificate, a request id
 * with each booking, an answer when it is durable.
 */
struct booker;

struct booker_options {
    const char *server;     /* HOST:PORT of a pumasid */
    const char *context;    /* directory with ca.pem, cert.pem and key.pem of a member */
    const char *allocation; /* that is booked on */
    int64_t days;           /* bookings begin within so many days from now */
};

MUST_CHECK int booker_open(const struct booker_options *options, struct booker **ret,
                           struct err *err);
void booker_close(struct booker *b); /* NULL is fine (blocks) */

/* 1 to 8 GPUs for 1 to 48 hours, at whole hours. (blocks) */
void booker_measure(struct booker *b, size_t in_flight, const struct pump_end *end,
                    struct pump_figures *ret);

/* The same, BOOKER_BATCH bookings in each call (BookLeases); done and rate count bookings, the
 * times are those of calls. An item that is refused fails its call. (blocks) */
#define BOOKER_BATCH 64
void booker_measure_batch(struct booker *b, size_t in_flight, const struct pump_end *end,
                          struct pump_figures *ret);

/* Calls that change nothing and touch no store (WhoAmI): what the connection alone can carry. */
void booker_measure_idle(struct booker *b, size_t in_flight, const struct pump_end *end,
                         struct pump_figures *ret);

/* Gives a lease back. (blocks) */
MUST_CHECK int booker_release(struct booker *b, const char *lease, struct err *err);

#endif
