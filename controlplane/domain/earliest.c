/* The search over the places of one draft; a copy of it is shifted about. Pure. */
#include "controlplane/domain/earliest.h"

struct search {
    const struct earliest *earliest;
    struct lease draft; /* owns its placements */
    struct instant wanted_from;
    int64_t length_s;
    struct instant found;
    bool all;
};

static void shift(struct search *s, struct instant start)
{
    s->draft.from = start;
    s->draft.to = instant_add(start, s->length_s);
    s->draft.ends_at = s->draft.to;
}

static bool first_end(struct instant t, void *arg)
{
    *(struct instant *)arg = t;
    return false;
}

/* After the calendar promised devices and the place refused them all the same: where the next
 * booking ends. */
static struct instant next_end(const struct placing *p, struct instant start)
{
    struct instant end = INSTANT_NEVER;
    calendar_each_end(turn_calendar(p->turn), instant_add(start, -p->cleaning_s), INSTANT_NEVER,
                      first_end, &end);
    return instant_add(end, p->cleaning_s);
}

/* The next start worth a look, after the draft's if that will not do and equal to it if it will;
 * NEVER: none is left. */
static struct instant leap(struct search *s, const struct place *place, struct instant last)
{
    const struct placing *p = s->earliest->placing;
    struct instant start = s->draft.from, next;
    next = s->earliest->limit(&s->draft, s->earliest->arg);
    if (next.s > start.s)
        return next;
    s->draft.loan = place->loan ? place->loan->id : ID_NONE;
    if (capacity_in_the_way(p->capacity, &s->draft, place->pool, p->cleaning_s, &next))
        return instant_add(next, p->cleaning_s);
    struct calendar_query query = placing_query(p, &s->draft, place->pool);
    if (!calendar_earliest(turn_calendar(p->turn), &query, last, &next))
        return INSTANT_NEVER;
    if (next.s > start.s || placing_try(p, &s->draft, place, NULL) == 0)
        return next;
    return next_end(p, start);
}

static bool search_place(const struct place *place, void *arg)
{
    struct search *s = arg;
    struct instant start = s->wanted_from, last = s->earliest->last;
    if (place->loan) {
        start = instant_max(start, place->loan->from);
        last = instant_min(last, instant_add(place->loan->to, -s->length_s));
    }
    last = instant_min(last, instant_add(s->found, -1)); /* only earlier ones are of interest */
    shift(s, start);
    if (start.s > last.s || placing_open(place, &s->draft, NULL) < 0)
        return true;
    for (size_t leaps = 0; start.s <= last.s; leaps++) {
        if (leaps == EARLIEST_LEAPS_MAX) {
            s->all = false;
            break;
        }
        shift(s, start);
        struct instant next = leap(s, place, last);
        ENSURE(next.s >= start.s);
        if (next.s == start.s) {
            s->found = start;
            break;
        }
        start = next;
    }
    return true;
}

struct instant earliest_start(const struct earliest *e, const struct lease *draft, bool *ret_all)
{
    struct search s = {.earliest = e,
                       .wanted_from = draft->from,
                       .length_s = draft->to.s - draft->from.s,
                       .found = INSTANT_NEVER,
                       .all = true};
    record_copy(&lease_type, &s.draft, draft);
    placing_each(e->placing, draft, search_place, &s);
    record_fini(&lease_type, &s.draft);
    *ret_all = s.all;
    return s.found;
}
