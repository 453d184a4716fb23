#ifndef PUMASI_CONTROLPLANE_DOMAIN_CONTRIBUTION_H
#define PUMASI_CONTROLPLANE_DOMAIN_CONTRIBUTION_H

#include "lib/base/limits.h"
#include "lib/base/record.h"

/* 민간부담금 납부: what an organisation brings in. Kinds that the programme does not accept are
 * kept and shown as refused, with the reason. */
struct contribution {
    struct id id;
    struct id project;
    struct id organisation;
    struct id kind; /* cash labour tangible_asset ... */
    struct won krw;
    struct instant at;
    char reference[LIMIT_NAME_BYTES];
    struct id recorded_by;
    struct instant from, to;    /* labour: the period that was worked; NEVER: none */
    struct instant recorded_at; /* the statement of an earlier issue does not have it */
};
extern const struct record_type contribution_type;

MUST_CHECK int contribution_check(const struct contribution *c, struct err *err);

#endif
