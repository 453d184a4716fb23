#ifndef PUMASI_CONTROLPLANE_DOMAIN_POOL_H
#define PUMASI_CONTROLPLANE_DOMAIN_POOL_H

#include "lib/base/limits.h"
#include "lib/base/record.h"

/* 사이트 and 풀: where nodes stand, and the devices of one model there owned by one organisation.
 */
struct site {
    struct id id;
    struct id operator; /* the supplier that runs it */
    char name_ko[LIMIT_NAME_BYTES];
    char name_en[LIMIT_NAME_BYTES];
};
extern const struct record_type site_type;

struct pool {
    struct id id;
    struct id owner;
    struct id site;
    char model[32]; /* "B200" */
    struct share contracted_units;
    struct share lend_limit_units; /* 0: nothing is lent until someone says so */
};
extern const struct record_type pool_type;

MUST_CHECK int site_check(const struct site *s, struct err *err);
MUST_CHECK int pool_check(const struct pool *p, struct err *err);

#endif
