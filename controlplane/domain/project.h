#ifndef PUMASI_CONTROLPLANE_DOMAIN_PROJECT_H
#define PUMASI_CONTROLPLANE_DOMAIN_PROJECT_H

#include "billing/policy.h"
#include "controlplane/domain/stage.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"

/* 과제: one consortium in one programme. */
enum member_role {
    MEMBER_LEAD,
    MEMBER_PARTICIPANT,
    MEMBER_CO_RESEARCH,
    MEMBER_SUBCONTRACTED,
    MEMBER_ROLE_COUNT
};
extern const struct enum_names member_role_names;

struct member {
    struct id organisation;
    enum member_role role;
    struct id lab;
};

struct openness_fact {
    struct instant from;
    enum openness openness;
    char evidence[LIMIT_NAME_BYTES];
};

struct project {
    struct id id;
    struct id programme;
    char name_ko[LIMIT_NAME_BYTES];
    char name_en[LIMIT_NAME_BYTES];
    char agreement_number[LIMIT_NAME_BYTES];
    struct list members;     /* struct member: one lead, no organisation twice */
    struct list openness;    /* struct openness_fact, by rising date */
    struct list stages;      /* struct project_stage: per-team dates */
    struct id eliminated_by; /* the stage decision; none while it takes part */
};

extern const struct record_type project_type;

/* The member, or NULL when the organisation takes no part. */
const struct member *project_member(const struct project *p, const struct id *organisation);
const struct member *project_lead(const struct project *p); /* never NULL in a checked project */

/* The stage, or NULL. */
const struct project_stage *project_stage(const struct project *p, const struct id *stage);
/* Whether it is out: it books and borrows nothing any more. */
bool project_eliminated(const struct project *p);

MUST_CHECK int project_check(const struct project *p, struct err *err);

#endif
