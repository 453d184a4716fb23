#ifndef PUMASI_LIB_BASE_INSTANT_H
#define PUMASI_LIB_BASE_INSTANT_H

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Instants: whole seconds since 1970-01-01T00:00:00Z, never floating point (docs/spec/money.md,
 * calendar rules). Range: INSTANT_MIN_S to INSTANT_MAX_S, the last second of the Korean year 9999,
 * so that every instant has a text form; INSTANT_NEVER stands for an open end and compares after
 * every real instant.
 *
 * Text form is RFC 3339. Output is in Korean time ("+09:00"); Korea has no daylight saving.
 */
struct instant {
    int64_t s;
};

#define INSTANT_MIN_S    INT64_C(0)
#define INSTANT_MAX_S    INT64_C(253402268399)
#define INSTANT_NEVER    ((struct instant){INT64_MAX})
#define INSTANT_TEXT_CAP 32

static inline int instant_compare(struct instant a, struct instant b)
{
    return (a.s > b.s) - (a.s < b.s);
}
static inline bool instant_before(struct instant a, struct instant b)
{
    return a.s < b.s;
}
static inline struct instant instant_min(struct instant a, struct instant b)
{
    return a.s < b.s ? a : b;
}
static inline struct instant instant_max(struct instant a, struct instant b)
{
    return a.s > b.s ? a : b;
}

/* a + seconds, saturating at INSTANT_MIN_S and INSTANT_NEVER (never wraps; NEVER stays NEVER). */
struct instant instant_add(struct instant a, int64_t seconds);

/* A half-open stretch [from, to). Empty when from >= to. */
struct window {
    struct instant from;
    struct instant to;
};

static inline bool window_empty(struct window w)
{
    return w.from.s >= w.to.s;
}
static inline bool window_contains(struct window w, struct instant t)
{
    return w.from.s <= t.s && t.s < w.to.s;
}
static inline bool window_overlaps(struct window a, struct window b)
{
    return a.from.s < b.to.s && b.from.s < a.to.s && !window_empty(a) && !window_empty(b);
}
static inline bool window_covers(struct window outer, struct window inner)
{
    return outer.from.s <= inner.from.s && inner.to.s <= outer.to.s;
}
struct window window_intersect(struct window a, struct window b);

/* "2026-02-03T09:00:00+09:00", any offset up to 23:59, seconds required, "Z" allowed, fractions of
 * a second refused. ERR_INVALID names what is wrong. */
MUST_CHECK int instant_parse(struct span text, struct instant *ret, struct err *err);

/* RFC 3339 with +09:00; INSTANT_NEVER is printed as "never". Returns dst. */
const char *instant_format(struct instant t, char dst[INSTANT_TEXT_CAP]);

#endif
