#ifndef PUMASI_CONTROLPLANE_SIM_LATENCY_H
#define PUMASI_CONTROLPLANE_SIM_LATENCY_H

#include "lib/base/buf.h"
#include "lib/base/env.h"

/*
 * How long things took, for the figures that a black-box run prints. All of them are kept, so
 * percentiles are exact. A zeroed struct is empty.
 */
struct latency {
    int64_t *ns;
    size_t n, cap;
    int64_t begun_ns;
};

void latency_fini(struct latency *l);

/* Something begins, and ends. */
void latency_begin(struct latency *l, const struct env *env);
void latency_end(struct latency *l, const struct env *env);

int64_t latency_sum_ns(const struct latency *l);
/* The smallest that `percent` (0..100) of them do not exceed; 0 when there are none. Sorts. */
int64_t latency_percentile_ns(struct latency *l, unsigned percent);

/* Nanoseconds as microseconds or seconds with a fraction: 12.345, 0.000012. */
void latency_print_us(struct buf *dst, int64_t ns);
void latency_print_s(struct buf *dst, int64_t ns);

#endif
