#ifndef PUMASI_TESTS_BENCH_FIGURES_H
#define PUMASI_TESTS_BENCH_FIGURES_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the benches share: clocks and the quantiles of what took how long. Times are nanoseconds.
 */
struct samples {
    int64_t *ns;
    size_t n, cap;
};

int64_t figures_now(void);
int64_t figures_thread(void); /* the calling thread's own time: unmoved by what else runs */

void samples_add(struct samples *s, int64_t ns);
void samples_reset(struct samples *s); /* forgets them, keeps the memory */
void samples_fini(struct samples *s);

/* The smallest sample that at least `permille` of 1000 do not exceed; 0 when there is none. Sorts.
 */
int64_t samples_quantile(struct samples *s, unsigned permille);

/* How many things in how long, a second. */
double figures_rate(size_t n, int64_t ns);

#endif
