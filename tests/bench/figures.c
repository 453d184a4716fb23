/* Clocks and quantiles. */
#include "tests/bench/figures.h"

#include "lib/base/err.h"

#include <stdlib.h>
#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec t;
    ENSURE(clock_gettime(clock, &t) == 0);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int64_t figures_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t figures_thread(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void samples_add(struct samples *s, int64_t ns)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 1024;
        s->ns = reallocarray(s->ns, s->cap, sizeof *s->ns);
        ENSURE(s->ns != NULL);
    }
    s->ns[s->n++] = ns;
}

void samples_reset(struct samples *s)
{
    s->n = 0;
}

void samples_fini(struct samples *s)
{
    free(s->ns);
    *s = (struct samples){0};
}

static int by_length(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t samples_quantile(struct samples *s, unsigned permille)
{
    ENSURE(permille <= 1000);
    if (s->n == 0)
        return 0;
    qsort(s->ns, s->n, sizeof *s->ns, by_length);
    size_t at = (s->n * permille + 999) / 1000;
    return s->ns[at > 0 ? at - 1 : 0];
}

double figures_rate(size_t n, int64_t ns)
{
    return ns > 0 ? (double)n * 1e9 / (double)ns : 0;
}
