#ifndef PUMASI_CONTROLPLANE_SIM_LEND_INPUT_H
#define PUMASI_CONTROLPLANE_SIM_LEND_INPUT_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* A trace of jobs and the quotas of its tenants (docs/spec/sheets.md), read and set in order. */
struct lend_tenant {
    char *name; /* owned */
    int64_t quota;
};

struct lend_job {
    size_t row; /* of the file, from 0 */
    size_t tenant;
    int64_t submit_ms; /* after the first of all jobs */
    int64_t work_ms;
    int64_t gpus;
};

struct lend_trace {
    struct lend_tenant *tenants; /* by name */
    size_t n_tenants;
    struct lend_job *jobs; /* by submit, then row; those larger than their quota left out */
    size_t n_jobs, left_out;
    int64_t window_ms; /* from the first submit to the last */
    __int128 gpu_ms;   /* work of all jobs, also of those left out */
};

/* Jobs without GPUs or duration are skipped. ERR_INVALID: a tenant without a quota or with two,
 * no jobs, and what sheet.h refuses. On failure nothing is left to free. Blocks on the disk. */
MUST_CHECK int lend_trace_read(const char *jobs, const char *quotas, struct lend_trace *ret,
                               struct err *err);
void lend_trace_fini(struct lend_trace *t); /* safe on a zeroed one */

#endif
