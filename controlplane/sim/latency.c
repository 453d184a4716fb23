/* A growing array of nanoseconds. */
#include "controlplane/sim/latency.h"

#include "lib/base/err.h"

#include <inttypes.h>
#include <stdlib.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_S  INT64_C(1000000000)

void latency_fini(struct latency *l)
{
    free(l->ns);
    *l = (struct latency){0};
}

void latency_begin(struct latency *l, const struct env *env)
{
    if (l->n == l->cap) { /* now, so that it is not counted */
        l->cap = l->cap ? l->cap * 2 : 1024;
        l->ns = reallocarray(l->ns, l->cap, sizeof *l->ns);
        ENSURE(l->ns != NULL);
    }
    l->begun_ns = env_boot(env).ns;
}

void latency_end(struct latency *l, const struct env *env)
{
    ENSURE(l->n < l->cap);
    l->ns[l->n++] = env_boot(env).ns - l->begun_ns;
}

int64_t latency_sum_ns(const struct latency *l)
{
    int64_t sum = 0;
    for (size_t i = 0; i < l->n; i++)
        sum += l->ns[i];
    return sum;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t latency_percentile_ns(struct latency *l, unsigned percent)
{
    ENSURE(percent <= 100);
    if (l->n == 0)
        return 0;
    qsort(l->ns, l->n, sizeof *l->ns, by_size);
    size_t rank = (l->n * percent + 99) / 100;
    return l->ns[rank > 0 ? rank - 1 : 0];
}

void latency_print_us(struct buf *dst, int64_t ns)
{
    buf_printf(dst, "%" PRId64 ".%03" PRId64, ns / NS_PER_US, ns % NS_PER_US);
}

void latency_print_s(struct buf *dst, int64_t ns)
{
    buf_printf(dst, "%" PRId64 ".%06" PRId64, ns / NS_PER_S, ns % NS_PER_S / NS_PER_US);
}
