/* A lease that goes on as another one, elsewhere. */
#include "controlplane/domain/swapping.h"

#include "controlplane/domain/ending.h"
#include "controlplane/domain/placing.h"
#include "controlplane/domain/posting.h"
#include "controlplane/domain/quoting.h"
#include "controlplane/domain/timetable.h"

#include <stdlib.h>

/* The same booking from `at` on, without devices. */
static void draft_heir(const struct lease *l, struct instant at, struct lease *ret)
{
    record_copy(&lease_type, ret, l);
    placing_clear(ret);
    ret->id = ID_NONE;
    ret->continues = l->id;
    ret->from = at;
    ret->state = LEASE_REQUESTED;
    ret->held_krw = WON_ZERO;
    ret->active_at = INSTANT_NEVER;
}

/* What is held for it is what the old lease has set free: there is no budget to be asked. */
static int hold(struct turn *t, struct lease *heir, struct err *err)
{
    struct quote quote;
    TRY(quote_lease(t, heir, &quote, err));
    struct allocation *a = turn_edit(t, ENTITY_ALLOCATION, &heir->allocation);
    heir->held_krw.krw = quote.value_krw.krw > 0 ? quote.value_krw.krw : 0;
    return won_add(a->held_krw, heir->held_krw, &a->held_krw);
}

static int place_heir(struct turn *t, const struct swap *s, struct lease *heir, struct err *err)
{
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &heir->programme);
    const struct lease *old = turn_find(t, ENTITY_LEASE, s->lease);
    CLEANUP_CAPACITY struct capacity *capacity = NULL;
    TRY(capacity_create(t, heir->model, s->going, &capacity, err));
    struct placing placing = {.turn = t,
                              .capacity = capacity,
                              .cleaning_s = programme ? programme->cleaning_s : 0,
                              .one_node = old->placements.n == 1,
                              .avoid = s->avoid ? *s->avoid : ID_NONE};
    return placing_find(&placing, heir, err);
}

static int bring_forth(struct turn *t, const struct swap *s, struct lease *heir, struct err *err)
{
    TRY(place_heir(t, s, heir, err));
    heir->id = id_number("lease", turn_number(t));
    heir->fence = turn_number(t);
    heir->void_at = instant_add(heir->ends_at, TIMETABLE_RETURN_MARGIN_S);
    TRY(lease_next(heir->state, LEASE_EVENT_BOOK, &heir->state, err));
    TRY(ending_stop(t, s->lease, s->at, s->reason, err));
    TRY(hold(t, heir, err));
    placing_note(t, turn_put(t, ENTITY_LEASE, heir));
    posting_money(posting_lease(t, LEDGER_BOOK, heir), PHASE_PENDING, heir->held_krw.krw);
    changes_note(t->out, "%s goes on as %s on other devices", s->lease->text, heir->id.text);
    return 0;
}

int swap_lease(struct turn *t, const struct swap *s, struct err *err)
{
    struct lease heir;
    const struct lease *l = turn_find(t, ENTITY_LEASE, s->lease);
    ENSURE(l != NULL && l->state != LEASE_BOOKED);
    if (s->at.s >= l->ends_at.s)
        return err_set(err, ERR_NO_CAPACITY, "%s ends by then", l->id.text);
    draft_heir(l, s->at, &heir);
    int rc = bring_forth(t, s, &heir, err);
    record_fini(&lease_type, &heir);
    return rc;
}
