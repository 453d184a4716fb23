#ifndef PUMASI_CONTROLPLANE_DOMAIN_PROGRAMME_H
#define PUMASI_CONTROLPLANE_DOMAIN_PROGRAMME_H

#include "billing/policy.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"

/* 사업: price list, part-month rule, co-funding policy, eligibility and stages: all dated data. */
enum eligibility_rule_kind {
    ELIGIBILITY_LEAD_SIZE_BARRED,         /* values: size classes that may not lead */
    ELIGIBILITY_LEAD_ORGANISATION_BARRED, /* values: organisations that may not lead */
    ELIGIBILITY_MEMBER_SIZE_REQUIRED,     /* values: at least one member of one of these classes */
    ELIGIBILITY_ONE_LEAD,                 /* an organisation leads at most one consortium */
    ELIGIBILITY_ONE_LAB,                  /* a lab joins at most one consortium */
    ELIGIBILITY_RULE_COUNT
};
extern const struct enum_names eligibility_rule_names;

struct eligibility_rule {
    enum eligibility_rule_kind rule;
    struct list values; /* struct id */
};

struct programme_stage {
    struct id id;
    struct instant from;
    struct instant to;
};

/* Told when a booking takes this part of an allocation's budget. */
struct budget_warning {
    uint32_t percent; /* 1..100 */
};

/* A supplier that competes in the programme may not lend to a project that it is a member of. */
struct barred_lending {
    struct id organisation; /* none: any */
    struct instant from;    /* NEVER: since ever */
    struct instant to;      /* NEVER: for good */
};

/* Neither of the two decides on a plan that the other is a party to. */
#define PROGRAMME_CONFLICTS_MAX 64
struct conflict_of_interest {
    struct id organisation;
    struct id other;
};

struct programme {
    struct id id;
    char name_ko[LIMIT_NAME_BYTES];
    char name_en[LIMIT_NAME_BYTES];
    struct instant from;
    struct instant to;
    struct cofunding_policy policy;
    struct list eligibility; /* struct eligibility_rule */
    struct list stages;      /* struct programme_stage */
    int64_t reclaim_s;
    int64_t cleaning_s;
    struct won two_approvers_above_krw; /* 0: one approver suffices */
    int64_t objection_s;         /* at least, from the approval of a stage decision to its effect */
    uint32_t low_use_percent;    /* a loan used less over the window is proposed for recall */
    int64_t low_use_window_s;    /* 0: never */
    struct list barred_lending;  /* struct barred_lending */
    struct list budget_warnings; /* struct budget_warning */
    struct list conflicts;       /* struct conflict_of_interest */
};

extern const struct record_type programme_type;

/* Whether the organisation may not lend to its own consortium at an instant of the window. */
bool programme_bars_lending(const struct programme *p, const struct id *organisation,
                            struct window window);

MUST_CHECK int programme_check(const struct programme *p, struct err *err);

#endif
