#ifndef PUMASI_CONTROLPLANE_SIM_LEND_RUN_H
#define PUMASI_CONTROLPLANE_SIM_LEND_RUN_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

/*
 * The lending rules from outside: a trace of jobs and the quotas of its tenants go in, what each
 * job waited and a line of figures come out. The forms are docs/spec/sheets.md's.
 */
struct lend_run_options {
    const char *jobs, *quotas;
    const char *rule;    /* "static", "lend", "reclaim" */
    const char *ckpt;    /* seconds of work from one checkpoint to the next; NULL: "1800" */
    const char *restart; /* seconds; NULL: "120" */
    const char *waits;   /* written */
    const char *runs;    /* written; NULL: not */
};

/* Appends the figures, one JSON object and a line end. ERR_INVALID names what is wrong with which
 * line of which file. Blocks on the disk. The same files give the same bytes. */
MUST_CHECK int lend_run(const struct lend_run_options *options, struct buf *figures,
                        struct err *err);

#endif
