#ifndef PUMASI_CONTROLPLANE_DOMAIN_CHECKLIST_H
#define PUMASI_CONTROLPLANE_DOMAIN_CHECKLIST_H

#include "controlplane/domain/closing.h"
#include "controlplane/domain/turn.h"

/*
 * What two people look at before a month is closed, as lines in a fixed order:
 *
 *     open: project alpha: no price of B200 ...            stands in the way
 *     gap: n1.0000000000000000.7 was never told
 *     unmatched: lease-12 on n1: granted 86400 s, metered 82800 s
 *     unpaid: project alpha, upstage: 1,000 KRW in cash are missing
 *     month: 2026-02, intervals 412, leases 37
 *
 * The lines beside "open" are facts to be known, not to be cured: a gap is paid by nobody and never
 * filled. At most CHECKLIST_LINES of each kind are shown, and how many more there are. Pure.
 */
#define CHECKLIST_LINES 40

/* Into *ret, to be freed with record_fini(&plan_type, ...); how many lines stand in the way. */
void checklist_make(const struct turn *t, struct month month, struct plan *ret, uint32_t *ret_open);

#endif
