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
 */
struct meter;

#define METER_LEASES_MAX 128
#define METER_MARK_MAX   65536

struct meter *meter_create(void);
void meter_destroy(struct meter *m); /* NULL is fine */

/* The handshake: server's instant s was at boot time ns. Later readings replace earlier ones,
 * unless they say the same to a second, which is as far as they go: so time does not jump to and
 * fro. */
void meter_set_time(struct meter *m, struct instant server, uint64_t boot_ns);
bool meter_has_time(const struct meter *m);
/* Needs meter_has_time(). Floored to the second. */
struct instant meter_instant(const struct meter *m, uint64_t boot_ns);

/* What an interval says of its lease beside the times; from its grant. */
struct metered_lease {
    struct id lease;
    struct id organisation;
    struct id project;
    char model[32];
    struct share units;
    char isolation[16];
};

struct metered {
    struct metered_lease lease; /* borrowed for the call */
    struct instant from;
    struct instant to;
    const char *cause; /* running ended recalled fault */
    uint64_t opens;
    uint64_t denials;
};
typedef void (*meter_emit_fn)(const struct metered *interval, void *arg);

/* The devices of the lease can be opened since boot_ns. Known leases go on. ERR_LIMIT beyond
 * METER_LEASES_MAX. Needs meter_has_time(). */
MUST_CHECK int meter_open(struct meter *m, const struct metered_lease *lease, uint64_t boot_ns,
                          struct err *err);
bool meter_is_open(const struct meter *m, const struct id *lease);

/* Counts so far, for the next interval of the lease. */
void meter_count(struct meter *m, const struct id *lease, uint64_t opens, uint64_t denials);

/* Why it will end: "recalled" or "ended"; the first to say so is believed. */
void meter_cause(struct meter *m, const struct id *lease, const char *cause);

/* Its last process is gone: emits the last interval, if it has any length, and forgets it. */
void meter_close(struct meter *m, const struct id *lease, uint64_t boot_ns, meter_emit_fn emit,
                 void *arg);

/* Emits an interval for every open lease whose last one is older than period_s. */
void meter_cut(struct meter *m, uint64_t boot_ns, int64_t period_s, meter_emit_fn emit, void *arg);

/* The state as text, and back. ERR_CORRUPT: not a mark. */
void meter_mark(const struct meter *m, struct buf *dst);
MUST_CHECK int meter_restore(struct meter *m, struct span mark, struct err *err);

/* After a restore: an interval of the lease up to `to` was emitted already, perhaps since that
 * mark. What comes next begins there; nothing happens if the mark knew of it. */
void meter_resume(struct meter *m, const struct id *lease, struct instant to, uint64_t opens,
                  uint64_t denials);

/* Visits the open leases. */
typedef void (*meter_visit_fn)(const struct id *lease, void *arg);
void meter_each(const struct meter *m, meter_visit_fn visit, void *arg);

#endif
