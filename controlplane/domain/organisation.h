#ifndef PUMASI_CONTROLPLANE_DOMAIN_ORGANISATION_H
#define PUMASI_CONTROLPLANE_DOMAIN_ORGANISATION_H

#include "billing/policy.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"

/* 기관: whoever lends, borrows, approves or pays. Its size class is a dated fact with evidence. */
struct size_fact {
    struct instant from;
    enum size_class size;
    enum size_class legal_size; /* of a startup: the class whose rate it bears */
    char evidence[LIMIT_NAME_BYTES];
};

struct lab {
    struct id name;
};

struct organisation {
    struct id id;
    char name_ko[LIMIT_NAME_BYTES];
    char name_en[LIMIT_NAME_BYTES];
    bool supplier;
    bool agency;
    struct list sizes; /* struct size_fact, by rising date, no date twice */
    struct list labs;  /* struct lab */
};

extern const struct record_type organisation_type;

/* The fact in force at t, or NULL before the first. */
const struct size_fact *organisation_size_at(const struct organisation *o, struct instant t);

/* Checks what can be checked without other objects: dates rising, names present. */
MUST_CHECK int organisation_check(const struct organisation *o, struct err *err);

#endif
