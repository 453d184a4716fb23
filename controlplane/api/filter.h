#ifndef PUMASI_CONTROLPLANE_API_FILTER_H
#define PUMASI_CONTROLPLANE_API_FILTER_H

#include "lib/base/record.h"

/* Equality filters of listings, on the top-level fields of any record. */
#define FILTERS_MAX 8

struct filter {
    const struct field *field;
    const char *value; /* borrowed */
};

struct filter_set {
    struct filter items[FILTERS_MAX];
    size_t n;
};

/* ERR_INVALID names a field that the record does not have or whose kind has no text form; ERR_LIMIT
 * beyond FILTERS_MAX. */
MUST_CHECK int filter_add(struct filter_set *set, const struct record_type *type, const char *field,
                          const char *value, struct err *err);

bool filter_matches(const struct filter_set *set, const void *record);

#endif
