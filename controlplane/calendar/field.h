#ifndef PUMASI_CONTROLPLANE_CALENDAR_FIELD_H
#define PUMASI_CONTROLPLANE_CALENDAR_FIELD_H

#include "lib/base/err.h"
#include "lib/base/instant.h"

#include <stddef.h>

/*
 * Many tracks (track.h) that serve the same requests: the NVLink domains, or the nodes, of one pool
 * and model. It answers when `need` units are free for a time, on one track or on all together, and
 * how many are. A lease does not move: what a track offers for a window is the least that it has
 * free in it, and all tracks together offer the sum of these (a track below 0 offers 0).
 *
 * Two bounds make it fast (grid.h): time is cut into rows, and for each row and track stands a byte
 * that is never below what is free throughout the row, and one never below what is free at its best
 * instant. A question walks down the rows, a few vector instructions each, and looks at a track
 * only where the bytes say that it may fit. Where the rows lie changes no answer, only the speed.
 *
 * Pure; owned by one thread; the same contents give the same answers, whatever came before.
 */
struct field;

struct field *field_create(void);
void field_destroy(struct field *f); /* NULL is fine */

/* A track with so much free, for ever. Its number: 0, 1, 2 … */
uint32_t field_add(struct field *f, int64_t units);
size_t field_tracks(const struct field *f);
size_t field_steps(const struct field *f); /* of all tracks */

/* Takes units throughout the window, or below 0 gives them back; its end may be INSTANT_NEVER.
 * Nothing is asked: what is taken twice is taken twice. */
void field_take(struct field *f, uint32_t track, struct window window, int64_t units);

/* Around many takes: what answers quickly is made once, at the end. No question is asked in
 * between. */
void field_load_begin(struct field *f);
void field_load_end(struct field *f);

/* ---- Questions ----------------------------------------------------------------------------- */

struct field_query {
    int64_t need;         /* units, above 0 */
    struct window starts; /* the first and, excluded, the last start that would do */
    int64_t length_s;     /* above 0 */
};

struct field_fit {
    struct instant start;
    uint32_t track; /* the one; field_on_one() only */
};

/* The earliest start at which one track has it; of several the one of the lowest number. */
bool field_on_one(const struct field *f, const struct field_query *q, struct field_fit *ret);

/* The earliest start at which all tracks together have it. */
bool field_on_all(const struct field *f, const struct field_query *q, struct field_fit *ret);

/* What is free throughout the window: on the track; on the best track; on all together. */
int64_t field_least(const struct field *f, uint32_t track, struct window window);
int64_t field_most_on_one(const struct field *f, struct window window);
int64_t field_most_on_all(const struct field *f, struct window window);

/* The first instant after `after` from which some track has more than before; INSTANT_NEVER: none.
 * Looks at every track. */
struct instant field_next_rise(const struct field *f, struct instant after);

/* Visits, by rising start, the longest ranges of starts at all of which the request fits: "all
 * windows". Stops when visit returns false. */
typedef bool (*field_range_fn)(struct window starts, void *arg);
void field_each_on_one(const struct field *f, const struct field_query *q, field_range_fn visit,
                       void *arg);
void field_each_on_all(const struct field *f, const struct field_query *q, field_range_fn visit,
                       void *arg);

#endif
