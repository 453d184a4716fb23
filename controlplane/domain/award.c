/* Requests for allocations. */
#include "controlplane/domain/award.h"

#include "controlplane/domain/approving.h"

static int need_member(const struct turn *t, const struct id *project_id,
                       const struct project **ret, struct err *err)
{
    const void *found;
    TRY(turn_need(t, ENTITY_PROJECT, project_id, &found, err));
    const struct project *project = found;
    if (!project_member(project, &t->ctx->actor.organisation))
        return err_set(err, ERR_DENIED, "%s is no member of project %s",
                       t->ctx->actor.organisation.text, project_id->text);
    *ret = project;
    return 0;
}

static int check_window(const struct turn *t, const struct programme *programme,
                        const struct allocation *x, struct err *err)
{
    struct window own = {programme->from, programme->to};
    if (x->to.s <= turn_now(t).s)
        return err_set(err, ERR_INVALID, "allocation: to lies in the past");
    if (!window_covers(own, (struct window){x->from, x->to}))
        return err_set(err, ERR_INVALID, "allocation: its window must lie inside programme %s",
                       programme->id.text);
    if (!policy_price_at(&programme->policy, x->model, instant_max(x->from, turn_now(t))))
        return err_set(err, ERR_NO_RATE, "allocation: programme %s has no price for %s",
                       programme->id.text, x->model);
    return 0;
}

int decide_request_allocation(struct turn *t, const void *args, struct err *err)
{
    const struct request_allocation_request *r = args;
    const struct project *project = NULL;
    TRY(need_member(t, &r->project, &project, err));
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &project->programme);
    ENSURE(programme != NULL);
    struct allocation draft = {.id = id_number("allocation", turn_number(t)),
                               .project = r->project,
                               .programme = project->programme,
                               .from = r->from,
                               .to = r->to,
                               .requested_units = r->units,
                               .budget_krw = r->budget_krw,
                               .state = REQUEST_SUBMITTED,
                               .requested_by = t->ctx->actor.user,
                               .created_at = turn_now(t)};
    memcpy(draft.model, r->model, sizeof draft.model);
    memcpy(draft.purpose, r->purpose, sizeof draft.purpose);
    TRY(allocation_check(&draft, err));
    TRY(check_window(t, programme, &draft, err));
    struct allocation *x = turn_put(t, ENTITY_ALLOCATION, &draft);
    struct ledger_entry *entry = turn_entry(t, LEDGER_PROPOSE, ENTITY_ALLOCATION, &x->id);
    entry->project = x->project;
    entry->units = x->requested_units;
    entry->amount_krw = x->budget_krw;
    TRY(approving_open(t, ENTITY_ALLOCATION, &x->id, x->to, &x->approval, err));
    turn_answer(t, ENTITY_ALLOCATION, &x->id, enum_name(&request_state_names, (int)x->state));
    return 0;
}
