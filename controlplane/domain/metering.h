#ifndef PUMASI_CONTROLPLANE_DOMAIN_METERING_H
#define PUMASI_CONTROLPLANE_DOMAIN_METERING_H

#include "controlplane/domain/turn.h"

/*
 * What nodes tell of use. Intervals are taken once each, by (node, boot, number). One that fits no
 * lease of the node is refused alone, in the answer's notes and in the ledger, so that the rest of
 * the journal comes through; a hole in the numbers is noted and paid by nobody.
 */

/* decide: report_usage_command */
MUST_CHECK int decide_report_usage(struct turn *t, const void *args, struct err *err);

/* NODE.BOOT.SEQ, BOOT the first 16 hexadecimal digits of the boot id; none when it is too long. */
struct id metering_interval_id(const struct id *node, const char *boot_id, uint64_t seq);

#endif
