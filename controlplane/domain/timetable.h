#ifndef PUMASI_CONTROLPLANE_DOMAIN_TIMETABLE_H
#define PUMASI_CONTROLPLANE_DOMAIN_TIMETABLE_H

#include "controlplane/domain/entity.h"
#include "lib/base/instant.h"

/*
 * When time alone makes something of an object due: the instant of its next step as it stands now,
 * INSTANT_NEVER when it waits for nothing but people and nodes. What the step is, due.c decides.
 */
struct instant timetable_due(enum entity_kind kind, const void *record);

/* How long after the end that its nodes know a lease counts as over on a silent node: drift between
 * clocks, the kill, and the check that nothing is left. */
#define TIMETABLE_RETURN_MARGIN_S 300

#endif
