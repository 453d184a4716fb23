/* What one device can give to one query: overlap, peak and the rules of sharing. Pure. */
#include "controlplane/calendar/board.h"

static bool pool_wanted(const struct calendar_query *q, const struct id *pool)
{
    for (size_t i = 0; i < q->n_pools; i++) {
        if (id_equal(&q->pools[i], pool))
            return true;
    }
    return false;
}

bool board_counts(const struct board_device *d, const struct calendar_query *q)
{
    return d->known && d->info.in_service && strcmp(d->info.model, q->model) == 0 &&
           pool_wanted(q, &d->info.pool);
}

struct window board_padded(const struct calendar_query *q)
{
    return (struct window){.from = instant_add(q->window.from, -q->cleaning_s),
                           .to = instant_add(q->window.to, q->cleaning_s)};
}

static bool in_the_way(const struct board_hold *h, const struct calendar_query *q,
                       struct window padded)
{
    return window_overlaps(h->booking->window, padded) && !id_equal(&h->booking->lease, &q->ignore);
}

static bool may_share(const struct board_hold *h, const struct calendar_query *q)
{
    const struct calendar_sharing *theirs = &h->booking->sharing;
    if (h->units >= SHARE_PER_GPU || theirs->isolation != q->sharing.isolation)
        return false;
    return id_equal(&theirs->tenant, &q->sharing.tenant) || (theirs->apart && q->sharing.apart);
}

/* Units taken at t by what is in the way. */
static int64_t taken_at(const struct board_device *d, const struct calendar_query *q,
                        struct window padded, struct instant t)
{
    int64_t units = 0;
    for (size_t i = 0; i < d->n; i++) {
        const struct board_hold *h = &d->holds[i];
        if (in_the_way(h, q, padded) && window_contains(h->booking->window, t))
            units += h->units;
    }
    return units;
}

int64_t board_free_units(const struct board_device *d, const struct calendar_query *q)
{
    struct window padded = board_padded(q);
    bool whole = q->units >= SHARE_PER_GPU;
    int64_t peak = 0;
    for (size_t i = 0; i < d->n && d->holds[i].booking->window.from.s < padded.to.s; i++) {
        const struct board_hold *h = &d->holds[i];
        if (!in_the_way(h, q, padded))
            continue;
        if (whole || !may_share(h, q))
            return 0;
        /* A peak is reached where some hold begins, or at the begin of the window. */
        struct instant begin = instant_max(h->booking->window.from, padded.from);
        int64_t taken = taken_at(d, q, padded, begin);
        peak = taken > peak ? taken : peak;
    }
    return peak >= SHARE_PER_GPU ? 0 : SHARE_PER_GPU - peak;
}

const struct board_hold *board_last_holder(const struct board_device *d,
                                           const struct calendar_query *q)
{
    struct window padded = board_padded(q);
    const struct board_hold *last = NULL;
    for (size_t i = 0; i < d->n; i++) {
        const struct board_hold *h = &d->holds[i];
        if (!in_the_way(h, q, padded))
            continue;
        int order = last ? instant_compare(h->booking->window.to, last->booking->window.to) : 1;
        if (order > 0 || (order == 0 && id_compare(&h->booking->lease, &last->booking->lease) < 0))
            last = h;
    }
    return last;
}
