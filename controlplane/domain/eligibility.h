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

#endif
