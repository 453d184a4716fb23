#ifndef PUMASI_CONTROLPLANE_SIM_PACK_RUN_H
#define PUMASI_CONTROLPLANE_SIM_PACK_RUN_H

#include "lib/base/buf.h"
#include "lib/base/env.h"
#include "lib/base/err.h"

/*
 * The placement engine from outside: pods arrive one by one and are placed at once or turned away
 * for good; nothing departs. The engine sees no arrival before it is placed. The forms are
 * docs/spec/sheets.md's.
 */
struct pack_run_options {
    const char *nodes, *arrivals;
    const char *mix;        /* pods that are known as history; NULL: none */
    const char *placements; /* written */
    const char *policy;     /* "auto", the only one; NULL: that */
    const char *seed;       /* of the order that decides between equal nodes; NULL: "0" */
};

/* Appends the figures, one JSON object and a line end. The time that decisions took counts what was
 * learnt from the mix, too. ERR_INVALID names what is wrong with which line of which file. Blocks
 * on the disk. */
MUST_CHECK int pack_run(const struct pack_run_options *options, const struct env *env,
                        struct buf *figures, struct err *err);

#endif
