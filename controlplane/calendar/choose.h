#ifndef PUMASI_CONTROLPLANE_CALENDAR_CHOOSE_H
#define PUMASI_CONTROLPLANE_CALENDAR_CHOOSE_H

#include "controlplane/calendar/board.h"

/*
 * Which of the devices that could serve a query do serve it. The rules stand at calendar_find().
 *
 * Writes q->devices devices to chosen, by node, then index, then UUID. False when there are not
 * enough.
 */
bool choose(const struct calendar *c, const struct calendar_query *q,
            const struct board_device **chosen);

/* The most devices for which it would be true. */
size_t choose_most(const struct calendar *c, const struct calendar_query *q);

#endif
