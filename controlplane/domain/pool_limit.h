#ifndef PUMASI_CONTROLPLANE_DOMAIN_POOL_LIMIT_H
#define PUMASI_CONTROLPLANE_DOMAIN_POOL_LIMIT_H

#include "controlplane/domain/turn.h"

/*
 * Whether a pool may have the lend limit that is asked for. ERR_STATE when its loans take more at
 * some instant to come, each the greater of what it guarantees and what is booked on it: names the
 * instant and the leases that stand beyond their loan's guarantee there. They have to be released
 * or recalled first; a limit alone stops nobody.
 */
#define POOL_LIMIT_LEASES_MAX 8 /* named in one refusal */

MUST_CHECK int pool_limit_check(const struct turn *t, const struct pool *pool, struct err *err);

#endif
