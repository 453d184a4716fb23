#ifndef PUMASI_BILLING_DATED_H
#define PUMASI_BILLING_DATED_H

#include "billing/policy.h"

/*
 * Dated facts laid beside each other: what priced and rated the use of one model by one
 * organisation, from each instant at which any of it changed.
 */
struct dated_size {
    struct instant from;
    enum size_class size;
    enum size_class legal_size; /* of a startup; SIZE_NONE: not said */
};

struct dated_openness {
    struct instant from;
    enum openness openness;
};

/* The fact in force at t, or NULL before the first. The facts stand by rising date. */
const struct dated_size *dated_size_at(const struct dated_size *facts, size_t n, struct instant t);
const struct dated_openness *dated_openness_at(const struct dated_openness *facts, size_t n,
                                               struct instant t);

/* Where the facts of a series come from; borrowed. */
struct dated_facts {
    const struct cofunding_policy *policy;
    const char *model;
    const struct dated_size *sizes;
    size_t n_sizes;
    const struct dated_openness *openness;
    size_t n_openness;
};

/* What is in force from an instant to the next line. What is not set is NULL, NONE. */
struct dated_line {
    struct instant from; /* of the first line: INSTANT_MIN */
    const struct price *price;
    enum size_class size;       /* as registered */
    enum size_class rate_class; /* whose rate and floor apply */
    enum openness openness;
    const struct rate *rate;
};

/* The lines in order, no two neighbours alike, at least one; free() them. */
struct dated_line *dated_lines(const struct dated_facts *facts, size_t *ret_n);

#endif
