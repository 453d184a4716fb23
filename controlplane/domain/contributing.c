/* Contributions to projects. */
#include "controlplane/domain/contributing.h"

#include "controlplane/domain/posting.h"

static void note_refusal(struct turn *t, const struct contribution *c,
                         const struct project *project)
{
    const struct programme *programme = turn_find(t, ENTITY_PROGRAMME, &project->programme);
    bool cash = strcmp(c->kind.text, CONTRIBUTION_CASH) == 0;
    if (programme && !cash && !policy_accepts_in_kind(&programme->policy, c->kind.text))
        changes_note(t->out, "%s: programme %s does not accept the kind %s: it will not count",
                     c->id.text, programme->id.text, c->kind.text);
}

int decide_record_contribution(struct turn *t, const void *args, struct err *err)
{
    const struct record_contribution_request *r = args;
    const void *found;
    TRY(turn_need(t, ENTITY_PROJECT, &r->contribution.project, &found, err));
    struct contribution draft = r->contribution;
    if (id_is_none(&draft.id))
        draft.id = id_number("contribution", turn_number(t));
    draft.recorded_by = t->ctx->actor.user;
    draft.recorded_at = turn_now(t);
    if (draft.at.s == INSTANT_NEVER.s)
        draft.at = turn_now(t);
    TRY(contribution_check(&draft, err));
    TRY(turn_own(t, &draft.organisation, ROLE_BIT(ROLE_AGENCY_ADMIN), "a contribution by", err));
    if (turn_find(t, ENTITY_CONTRIBUTION, &draft.id))
        return err_set(err, ERR_EXISTS, "%s exists already: a correction is a new one",
                       draft.id.text);
    if (!project_member(found, &draft.organisation))
        return err_set(err, ERR_INVALID, "contribution: %s is no member of project %s",
                       draft.organisation.text, draft.project.text);
    turn_put(t, ENTITY_CONTRIBUTION, &draft);
    struct ledger_entry *entry = turn_entry(t, LEDGER_CONTRIBUTION, ENTITY_CONTRIBUTION, &draft.id);
    entry->organisation = draft.organisation;
    entry->project = draft.project;
    entry->amount_krw = draft.krw;
    posting_counterparty(entry, &project_lead(found)->organisation);
    note_refusal(t, &draft, found);
    turn_answer(t, ENTITY_CONTRIBUTION, &draft.id, NULL);
    return 0;
}
