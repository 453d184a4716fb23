#ifndef PUMASI_CONTROLPLANE_DOMAIN_ELIGIBILITY_H
#define PUMASI_CONTROLPLANE_DOMAIN_ELIGIBILITY_H

#include "controlplane/domain/turn.h"

/*
 * Who may form a consortium: the rules of the programme, each a kind with parameters. Checked when
 * a project is registered and whenever it changes.
 *
 * Sizes are those in force now, or at the programme's begin if that lies ahead. ERR_INVALID names
 * the rule ("lead_size_barred"), the organisation, and what would do.
 */
MUST_CHECK int eligibility_check(const struct turn *t, const struct programme *programme,
                                 const struct project *project, struct err *err);

/*
 * Whenever what the rules go by has changed, an organisation or the programme itself, the consortia
 * are looked at again: each that would not be registered as it stands is told of in a note. A fact
 * is a fact: the change is made, and what follows for the project is for people to decide.
 * organisation NULL: all of the programme; programme NULL: all that the organisation is a member
 * of.
 */
#define ELIGIBILITY_NOTES_MAX 16
void eligibility_review(struct turn *t, const struct id *programme, const struct id *organisation);

#endif
