#ifndef PUMASI_CONTROLPLANE_SIM_REPORT_H
#define PUMASI_CONTROLPLANE_SIM_REPORT_H

#include "billing/statement.h"
#include "controlplane/sim/simulation.h"
#include "lib/base/buf.h"

/*
 * What came of a run: the chronicle, the check, and the statement of every project over its
 * programme (as far as the run went), worked out by billing from the intervals that the nodes
 * reported. The same run gives the same bytes.
 */
struct report;

/* Makes the statements. ERR_NO_RATE and the like as stating_project(), naming the project. */
MUST_CHECK int report_create(const struct scenario *s, const struct simulation *sim,
                             struct report **ret, struct err *err);
void report_destroy(struct report *r); /* NULL is fine */

/* For people; and as one canonical JSON document with a newline. */
void report_text(const struct report *r, struct buf *out);
void report_json(const struct report *r, struct buf *out);

/* Writes PROJECT.json and PROJECT.csv, the statements as documents, into the directory. */
MUST_CHECK int report_write_statements(const struct report *r, const char *directory,
                                       struct err *err);

#endif
