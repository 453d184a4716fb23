#ifndef PUMASI_CONTROLPLANE_SIM_CALENDAR_RUN_H
#define PUMASI_CONTROLPLANE_SIM_CALENDAR_RUN_H

#include "lib/base/buf.h"
#include "lib/base/env.h"
#include "lib/base/err.h"

/*
 * The calendar from outside: a file of NVLink domains, one of bookings and one of questions go in,
 * a file of answers and a line of figures come out. The forms are docs/spec/sheets.md's.
 */
struct calendar_run_files {
    const char *domains, *bookings, *queries;
    const char *answers; /* written */
};

/* Appends the figures, one JSON object and a line end. ERR_INVALID names what is wrong with which
 * line of which file; a domain that is booked beyond its GPUs is one such thing. Blocks on the
 * disk. */
MUST_CHECK int calendar_run(const struct calendar_run_files *files, const struct env *env,
                            struct buf *figures, struct err *err);

#endif
