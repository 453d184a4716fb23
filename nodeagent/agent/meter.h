#ifndef PUMASI_NODEAGENT_AGENT_METER_H
#define PUMASI_NODEAGENT_AGENT_METER_H

#include "lib/base/buf.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/share.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * From what the guard did to usage intervals (docs/spec/usage.md). Pure: boot time and events come
 * in, intervals go out. One thread.
 *
 * A lease is metered from the instant that its devices can be opened until its last process is
 * gone; a running lease is cut at period ends, so that no report grows old. The mark is the meter's
 * whole state as text: whoever restarts reads it back and goes on without a gap or an overlap.
 *
 * Boot times are nanoseconds of CLOCK_BOOTTIME.
 */
struct meter;

#define METER_LEASES_MAX 128
#define METER_MARK_MAX   65536
#define METER_LAG_S                                                                                \
    2 /* how far readings can be behind the server: floored, and kept for a second */

struct meter *meter_create(void);
void meter_destroy(struct meter *m); /* NULL is fine */

/* Nothing is open, and nothing waits to be kept. */
bool meter_is_idle(const struct meter *m);

/* ---- time ---- */

/* The handshake: server's instant s was at boot time ns. Later readings replace earlier ones,
 * unless they say the same to a second, which is as far as they go: so time does not jump to and
 * fro. */
void meter_set_time(struct meter *m, struct instant server, uint64_t boot_ns);
bool meter_has_time(const struct meter *m);
/* Needs meter_has_time(). Floored to the second. */
struct instant meter_instant(const struct meter *m, uint64_t boot_ns);

/* ---- what goes out ---- */

/* What an interval says of its lease beside the times; from its grant. */
struct metered_lease {
    struct id lease;
    struct id organisation;
    struct id project;
    char model[32]; /* control characters in it become blanks in a mark */
    struct share units;
    char isolation[16];
    uint64_t fence;           /* under which the guard holds it */
    struct instant issued_at; /* only for meter_open() */
};

struct metered {
    struct metered_lease lease; /* borrowed for the call */
    struct instant from;
    struct instant to;
    const char *cause; /* running ended recalled fault */
    uint64_t opens;
    uint64_t denials;
};

/*
 * Keeps one interval for good. It is called with the meter as it will be afterwards, so that
 * meter_mark() gives the mark that belongs to the interval: both are to be kept as one. False: it
 * could not be kept; then the meter is as it was, and offers the time again with the next
 * meter_cut(). It must not change the meter.
 */
typedef bool (*meter_emit_fn)(const struct metered *interval, void *arg);

/* ---- what comes in ---- */

/* Is this event of the guard newer than all that were seen? If so, it is seen now: a guard tells
 * what it did to everybody who comes, again and again. Numbers order events of one instant. */
bool meter_see(struct meter *m, uint64_t boot_ns, uint64_t number);

/* The devices of the lease can be opened since boot_ns. Known leases go on. No grant comes before
 * it was issued: what is read as up to METER_LAG_S before that is that instant. ERR_LIMIT beyond
 * METER_LEASES_MAX. Needs meter_has_time(). */
MUST_CHECK int meter_open(struct meter *m, const struct metered_lease *lease, uint64_t boot_ns,
                          struct err *err);

/* Counts so far, for the next interval of the lease. */
void meter_count(struct meter *m, const struct id *lease, uint64_t opens, uint64_t denials);

/* Why it will end: "recalled", "ended" or "fault"; the first to say so is believed. */
void meter_cause(struct meter *m, const struct id *lease, const char *cause);

/* A running lease's end, when it comes, will be a recall, or will not after all. */
void meter_expect_recall(struct meter *m, const struct id *lease, bool recalled);

/* Its last process is gone: emits the last interval, if it has any length, and forgets it. */
void meter_close(struct meter *m, const struct id *lease, uint64_t boot_ns, meter_emit_fn emit,
                 void *arg);

/* All that is open was enforced at boot_ns. */
void meter_know(struct meter *m, uint64_t boot_ns);

/* A lease that the guard enforces. */
struct metered_hold {
    struct id lease;
    uint64_t fence;
};

/* The guard enforces exactly these. What is open and not among them, under that fence, has ended
 * unseen: it is closed at the last instant at which it was known to be enforced, as a fault unless
 * another cause is known. Needs meter_has_time(). */
void meter_compare(struct meter *m, const struct metered_hold *holds, size_t n, meter_emit_fn emit,
                   void *arg);

/* Emits an interval for every open lease whose last one is older than period_s, and what could not
 * be kept before. */
void meter_cut(struct meter *m, uint64_t boot_ns, int64_t period_s, meter_emit_fn emit, void *arg);

/* ---- the mark ---- */

/* The state as text, and back. ERR_CORRUPT: not a mark; the meter is as it was. Nothing at all is
 * the mark of a new meter. */
void meter_mark(const struct meter *m, struct buf *dst);
MUST_CHECK int meter_restore(struct meter *m, struct span mark, struct err *err);

#endif
