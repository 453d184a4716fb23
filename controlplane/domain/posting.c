/* Entries with their parties. */
#include "controlplane/domain/posting.h"

#include "lib/base/text.h"

void posting_counterparty(struct ledger_entry *entry, const struct id *organisation)
{
    if (!id_equal(&entry->organisation, organisation))
        entry->counterparty = *organisation;
}

struct ledger_entry *posting_lease(struct turn *t, enum ledger_kind kind, const struct lease *l)
{
    struct ledger_entry *entry = turn_entry(t, kind, ENTITY_LEASE, &l->id);
    const struct loan *loan = id_is_none(&l->loan) ? NULL : turn_find(t, ENTITY_LOAN, &l->loan);
    entry->organisation = l->organisation;
    entry->project = l->project;
    entry->units = lease_units(l);
    if (loan)
        posting_counterparty(entry, &loan->lender);
    return entry;
}

struct ledger_entry *posting_loan(struct turn *t, enum ledger_kind kind, const struct loan *l)
{
    struct ledger_entry *entry = turn_entry(t, kind, ENTITY_LOAN, &l->id);
    const struct project *project = turn_find(t, ENTITY_PROJECT, &l->borrower);
    entry->organisation = l->lender;
    entry->project = l->borrower;
    entry->units = l->guaranteed_units;
    if (project)
        posting_counterparty(entry, &project_lead(project)->organisation);
    return entry;
}

void posting_money(struct ledger_entry *entry, enum ledger_phase phase, int64_t amount_krw)
{
    if (amount_krw == 0 && phase == PHASE_VOID)
        return; /* nothing was held any more */
    entry->phase = phase;
    entry->amount_krw.krw = amount_krw;
}
