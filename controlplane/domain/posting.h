#ifndef PUMASI_CONTROLPLANE_DOMAIN_POSTING_H
#define PUMASI_CONTROLPLANE_DOMAIN_POSTING_H

#include "controlplane/domain/turn.h"

/*
 * Ledger entries with their parties: in whose logs an entry stands (billing/ledger_entry.h). One
 * place, so that the clock's acts and a node's land in the same logs as those of people.
 *
 * The entries are borrowed until the next one.
 */

/* About a lease: its organisation, the lender of its loan, project, units. */
struct ledger_entry *posting_lease(struct turn *t, enum ledger_kind kind, const struct lease *l);

/* About a loan: the lender, the lead of the borrowing project, the guaranteed units. */
struct ledger_entry *posting_loan(struct turn *t, enum ledger_kind kind, const struct loan *l);

/* The money of an entry: amount and phase. */
void posting_money(struct ledger_entry *entry, enum ledger_phase phase, int64_t amount_krw);

/* Names the other party, unless it is none or the organisation itself. */
void posting_counterparty(struct ledger_entry *entry, const struct id *organisation);

#endif
