/* A ring of events. */
#include "nodeagent/guard/events.h"

void events_add(struct events *e, struct guard_event event)
{
    ENSURE(e->next >= 1);
    event.number = e->next++;
    e->items[event.number % EVENTS_KEPT] = event;
}

const struct guard_event *events_find(const struct events *e, uint64_t number)
{
    uint64_t oldest = e->next > EVENTS_KEPT ? e->next - EVENTS_KEPT : 1;
    if (number < oldest)
        number = oldest;
    return number < e->next ? &e->items[number % EVENTS_KEPT] : NULL;
}
