#ifndef PUMASI_NODEAGENT_GUARD_EVENTS_H
#define PUMASI_NODEAGENT_GUARD_EVENTS_H

#include "nodeagent/call/message.h"

/*
 * The last EVENTS_KEPT events, numbered from 1, for agents that were away. Plain data; one thread.
 */
#define EVENTS_KEPT 512

struct events {
    struct guard_event items[EVENTS_KEPT];
    uint64_t next; /* number of the next event; init to 1 */
};

/* Gives the event its number and keeps it. */
void events_add(struct events *e, struct guard_event event);

/* The event of that number, or of the oldest kept after it; NULL when there is none yet. */
const struct guard_event *events_find(const struct events *e, uint64_t number);

#endif
