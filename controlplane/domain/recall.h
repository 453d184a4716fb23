#ifndef PUMASI_CONTROLPLANE_DOMAIN_RECALL_H
#define PUMASI_CONTROLPLANE_DOMAIN_RECALL_H

#include "controlplane/domain/allocation.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"

/*
 * 회수 that has to be approved before it begins: an emergency recall, with less notice than the
 * loan gives, and a recall that is proposed because a loan is hardly used. Its life is that of a
 * request. A recall with the loan's notice needs nobody's leave and leaves no such object.
 */
enum recall_cause { RECALL_EMERGENCY, RECALL_LOW_USE, RECALL_CAUSE_COUNT };
extern const struct enum_names recall_cause_names;

struct recall {
    struct id id;
    struct id loan;
    struct id borrower; /* project */
    struct share units;
    struct instant by; /* NEVER: the loan's notice after the approval */
    enum recall_cause cause;
    char reason[LIMIT_TEXT_BYTES];
    enum request_state state;
    struct id proposed_by;
    struct id organisation; /* of the proposer */
    struct id approval;
    struct instant created_at;
};
extern const struct record_type recall_type;

#endif
