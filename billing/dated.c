/* Lays dated facts beside each other. Pure; the lines borrow from the facts. */
#include "billing/dated.h"

#include <stdlib.h>

const struct dated_size *dated_size_at(const struct dated_size *facts, size_t n, struct instant t)
{
    const struct dated_size *found = NULL;
    for (size_t i = 0; i < n && facts[i].from.s <= t.s; i++)
        found = &facts[i];
    return found;
}

const struct dated_openness *dated_openness_at(const struct dated_openness *facts, size_t n,
                                               struct instant t)
{
    const struct dated_openness *found = NULL;
    for (size_t i = 0; i < n && facts[i].from.s <= t.s; i++)
        found = &facts[i];
    return found;
}

static int compare_instants(const void *a, const void *b)
{
    const struct instant *x = a, *y = b;
    return instant_compare(*x, *y);
}

/* Every instant at which anything may change, the first being INSTANT_MIN; sorted, with repeats. */
static struct instant *changes(const struct dated_facts *f, size_t *ret_n)
{
    const struct cofunding_policy *p = f->policy;
    size_t cap = 1 + p->prices.n + p->rates.n + f->n_sizes + f->n_openness, n = 0;
    struct instant *at = reallocarray(NULL, cap, sizeof(*at));
    ENSURE(at != NULL);
    at[n++] = (struct instant){INSTANT_MIN_S};
    LIST_EACH(const struct price, price, &p->prices)
    {
        if (strcmp(price->model, f->model) == 0)
            at[n++] = price->from;
    }
    LIST_EACH(const struct rate, rate, &p->rates)
    {
        if (rate->from.s != INSTANT_NEVER.s)
            at[n++] = rate->from;
    }
    for (size_t i = 0; i < f->n_sizes; i++)
        at[n++] = f->sizes[i].from;
    for (size_t i = 0; i < f->n_openness; i++)
        at[n++] = f->openness[i].from;
    ENSURE(n <= cap);
    qsort(at, n, sizeof(*at), compare_instants);
    *ret_n = n;
    return at;
}

static struct dated_line line_at(const struct dated_facts *f, struct instant t)
{
    const struct dated_size *size = dated_size_at(f->sizes, f->n_sizes, t);
    const struct dated_openness *openness = dated_openness_at(f->openness, f->n_openness, t);
    struct dated_line line = {.from = t, .price = policy_price_at(f->policy, f->model, t)};
    if (size != NULL) {
        line.size = size->size;
    }
    if (openness != NULL)
        line.openness = openness->openness;
    if (size != NULL)
        line.rate_class =
            policy_class_at(f->policy, line.openness, size->size, size->legal_size, t);
    line.rate = policy_rate_at(f->policy, line.openness, line.rate_class, t);
    return line;
}

static bool alike(const struct dated_line *a, const struct dated_line *b)
{
    return a->price == b->price && a->size == b->size && a->rate_class == b->rate_class &&
           a->openness == b->openness && a->rate == b->rate;
}

struct dated_line *dated_lines(const struct dated_facts *facts, size_t *ret_n)
{
    size_t n_at, n = 0;
    struct instant *at = changes(facts, &n_at);
    struct dated_line *lines = reallocarray(NULL, n_at, sizeof(*lines));
    ENSURE(lines != NULL);
    for (size_t i = 0; i < n_at; i++) {
        struct dated_line line = line_at(facts, at[i]);
        if (n == 0 || !alike(&lines[n - 1], &line))
            lines[n++] = line;
    }
    free(at);
    *ret_n = n;
    return lines;
}
