#ifndef PUMASI_CONTROLPLANE_DOMAIN_CONTRIBUTING_H
#define PUMASI_CONTROLPLANE_DOMAIN_CONTRIBUTING_H

#include "controlplane/domain/turn.h"

/*
 * Contributions (민간부담금 납부): recorded as they come in. A kind that the programme does not
 * accept is kept all the same, and the answer says that it will be refused on the statement.
 */

/* decide: record_contribution_request */
MUST_CHECK int decide_record_contribution(struct turn *t, const void *args, struct err *err);

#endif
