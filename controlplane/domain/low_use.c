/* How much of a loan was used, and what is proposed when it was little. */
#include "controlplane/domain/low_use.h"

#include "controlplane/domain/recalling.h"
#include "controlplane/domain/steps.h"

#include <stdio.h>

static int64_t window_s(const struct turn *t, const struct loan *l)
{
    const struct programme *p = turn_find(t, ENTITY_PROGRAMME, &l->programme);
    return p && p->low_use_percent > 0 ? p->low_use_window_s : 0;
}

static void schedule(const struct turn *t, struct loan *l)
{
    int64_t window = window_s(t, l);
    l->use_judged_at = window > 0 ? instant_add(turn_now(t), window) : INSTANT_NEVER;
}

void low_use_begin(const struct turn *t, struct loan *l)
{
    schedule(t, l);
}

/* ---- What was used
 * -------------------------------------------------------------------------------- */

struct used {
    struct window window;
    struct steps units;
    __int128 unit_seconds;
};

static bool add_lease(const void *record, void *arg)
{
    struct used *u = arg;
    const struct lease *l = record;
    if (l->active_at.s == INSTANT_NEVER.s)
        return true;
    struct instant end = instant_min(l->ends_at, l->ended_at);
    struct window had = window_intersect((struct window){l->active_at, end}, u->window);
    if (window_empty(had))
        return true;
    steps_add(&u->units, had, lease_units(l).units);
    u->unit_seconds += (__int128)lease_units(l).units * (had.to.s - had.from.s);
    return true;
}

static bool find_open(const void *record, void *arg)
{
    const struct id **loan = arg;
    const struct recall *r = record;
    bool open = r->state == REQUEST_SUBMITTED || r->state == REQUEST_REVIEW;
    if (open && id_equal(&r->loan, *loan))
        *loan = NULL;
    return *loan != NULL;
}

static bool is_proposed(const struct turn *t, const struct id *loan)
{
    const struct id *search = loan;
    turn_each(t, ENTITY_RECALL, find_open, &search);
    return search == NULL;
}

/* Whole GPUs that were never used at once. */
static struct share unused(const struct loan *l, const struct used *u)
{
    __int128 left = l->guaranteed_units.units - steps_peak(&u->units, u->window);
    return left > 0 ? share_gpus((int64_t)(left / SHARE_PER_GPU)) : (struct share){0};
}

static int propose(struct turn *t, const struct loan *l, const struct used *u, uint32_t limit,
                   struct err *err)
{
    __int128 most = (__int128)l->guaranteed_units.units * (u->window.to.s - u->window.from.s);
    struct recall draft = {.loan = l->id,
                           .borrower = l->borrower,
                           .units = unused(l, u),
                           .by = INSTANT_NEVER,
                           .cause = RECALL_LOW_USE};
    if (most <= 0 || u->unit_seconds * 100 >= most * limit || draft.units.units == 0)
        return 0;
    snprintf(draft.reason, sizeof draft.reason,
             "%d %% of it were used in %lld s, less than the %u %% of programme %s",
             (int)(u->unit_seconds * 100 / most), (long long)(u->window.to.s - u->window.from.s),
             limit, l->programme.text);
    return recalling_propose(t, &draft, err);
}

int low_use_judge(struct turn *t, const struct id *id, struct err *err)
{
    struct loan *l = turn_edit(t, ENTITY_LOAN, id);
    const struct programme *p = turn_find(t, ENTITY_PROGRAMME, &l->programme);
    int64_t window = window_s(t, l);
    struct used u = {.window = {instant_add(turn_now(t), -window), turn_now(t)}};
    schedule(t, l);
    if (window == 0 || is_proposed(t, id))
        return 0;
    turn_each_linked(t, LINK_LEASE_LOAN, ENTITY_LEASE, id, add_lease, &u);
    int rc = propose(t, l, &u, p->low_use_percent, err);
    steps_fini(&u.units);
    return rc;
}
