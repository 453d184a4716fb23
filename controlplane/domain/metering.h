#ifndef PUMASI_CONTROLPLANE_DOMAIN_METERING_H
#define PUMASI_CONTROLPLANE_DOMAIN_METERING_H

#include "controlplane/domain/turn.h"

/*
 * What nodes tell of use. Intervals are taken once each, by (node, boot, number), and no second of
 * a lease on a node twice: one that overlaps another is refused. So is one that fits no lease of
 * the node, and one that came in refused; alone, in the answer's notes and in the ledger, so that
 * the rest of the journal comes through. A hole in the numbers is noted and paid by nobody.
 */

/* decide: report_usage_command */
MUST_CHECK int decide_report_usage(struct turn *t, const void *args, struct err *err);

#endif
