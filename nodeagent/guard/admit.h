#ifndef PUMASI_NODEAGENT_GUARD_ADMIT_H
#define PUMASI_NODEAGENT_GUARD_ADMIT_H

#include "lib/base/err.h"
#include "lib/base/instant.h"
#include "lib/grant/grant.h"
#include "nodeagent/call/message.h"
#include "nodeagent/guard/keyring.h"
#include "nodeagent/guard/nonces.h"
#include "nodeagent/kernel/rules.h"

#include <stdint.h>

/*
 * May this grant be obeyed on this node at this moment? Everything that follows from the grant, the
 * permit and the node alone; what depends on other leases is asked of the table (guard.c). Pure
 * but for the signature check; any thread.
 */
#define ADMIT_CLOCK_SLACK_S 300 /* how far this node's wall clock may be wrong */

struct admit {
    struct id node;
    struct id owner;   /* organisation whose node this is */
    const char *pools; /* the pools of its devices, separated by commas */
    uint8_t boot_id[GRANT_BOOT_BYTES];
    struct rules gated;
    struct keyring control_plane;
    struct keyring lenders;
};

/* The moment of asking. */
struct admit_now {
    uint64_t boot_ns;
    struct instant wall; /* bounds when a borrower's grant may be installed, moves no deadline */
};

struct admitted {
    struct grant grant;
    uint64_t deadline_ns;
    struct share loan_share; /* the permit's; 0 for the owner's own lease */
};

/*
 * In order: the control plane's signature, node, boot id, nonce, time left, devices gated here;
 * then for the owner (no loan, no permit) the organisation, and for a borrower the lender's
 * signature, lender, pool, what permit_covers() asks, and the window by this node's own clock.
 * ERR_INVALID, ERR_VERIFICATION, ERR_DENIED, ERR_STALE; the text names what failed.
 */
MUST_CHECK int admit_check(const struct admit *a, const struct nonces *nonces, struct admit_now now,
                           const struct guard_install *install, struct admitted *ret,
                           struct err *err);

#endif
