#ifndef PUMASI_CONTROLPLANE_DOMAIN_DUE_H
#define PUMASI_CONTROLPLANE_DOMAIN_DUE_H

#include "controlplane/domain/turn.h"

/*
 * What time alone brings: one step of one object at a time, in the order of instants, then kinds,
 * then names. Every step moves the object's next instant on (timetable.h), so the walk ends. An
 * object that an earlier step of the same walk has changed waits for the next walk.
 *
 * Changes at most `limit` objects (>= DECIDE_DUE_MIN); true if more may be due.
 */
bool due_steps(struct turn *t, size_t limit);

#endif
