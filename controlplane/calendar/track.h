#ifndef PUMASI_CONTROLPLANE_CALENDAR_TRACK_H
#define PUMASI_CONTROLPLANE_CALENDAR_TRACK_H

#include "lib/base/err.h"
#include "lib/base/instant.h"

#include <stddef.h>

/*
 * What one thing (an NVLink domain, a node, a device) has free through time: a step function of the
 * instant, in units that the caller chooses. A track that nothing was taken from is one number.
 *
 * Steps lie in leaves of up to TRACK_LEAF. A leaf keeps its least and its most, so a question steps
 * over leaves that can't matter, and an amount that is added to all of them, so a booking over a
 * long window touches the two leaves at its ends: O(leaves + TRACK_LEAF) for everything.
 *
 * Windows are half-open: what ends where the next begins is never taken twice. Free may be below 0:
 * bookings are facts. Pure; owned by one thread. A zeroed struct is a track that has 0 free.
 */
#define TRACK_LEAF 64

struct track_step {
    int64_t from_s; /* INT64_MIN: since ever */
    int64_t free;   /* less what the leaf adds */
};

struct track_leaf {
    struct track_step *items;
    uint32_t n, cap; /* n >= 1 */
    int64_t add;
    int64_t least, most; /* with what it adds */
};

struct track {
    int64_t base; /* free where there is no leaf */
    struct track_leaf *leaves;
    int64_t *begins; /* of the leaves: from_s of their first steps, apart, so that few lines of
                        memory are looked at to find one */
    uint32_t n, cap;
    size_t steps; /* in all leaves */
};

void track_init(struct track *t, int64_t free);
void track_fini(struct track *t); /* leaves a zeroed one */

/* Takes `units` (below 0: gives them back) throughout the window, whose end may be INSTANT_NEVER.
 * Steps that no longer change anything go, so taking and giving back leaves what there was. */
void track_take(struct track *t, struct window window, int64_t units);

int64_t track_at(const struct track *t, struct instant at);

/* The least that is free in the window, which is not empty; and the most. */
int64_t track_least(const struct track *t, struct window window);
int64_t track_most(const struct track *t, struct window window);

/* The first start in `starts` from which `need` is free for length_s; false: there is none. */
bool track_fit(const struct track *t, int64_t need, struct window starts, int64_t length_s,
               struct instant *ret);

/* Has the processor fetch what a question about this instant begins with, while the caller does the
 * same for other tracks: first all of them wide, then all of them narrowed down, then the
 * questions. */
void track_fetch(const struct track *t);
void track_fetch_at(const struct track *t, struct instant at);

/* ---- Step by step -------------------------------------------------------------------------- */

/* A step: free from from_s to to_s (INT64_MAX: for ever). Of no use once the track has changed. */
struct track_place {
    uint32_t leaf, at;
};
struct track_span {
    int64_t from_s, to_s;
    int64_t free;
};

/* The step that holds at t. */
struct track_place track_place_at(const struct track *t, struct instant at);
/* The step at the place, which moves on; false after the last. */
bool track_next(const struct track *t, struct track_place *place, struct track_span *ret);

#endif
