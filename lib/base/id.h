#ifndef PUMASI_LIB_BASE_ID_H
#define PUMASI_LIB_BASE_ID_H

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Names of objects: 1 to 63 characters of a-z 0-9 - . _, beginning and ending with a letter or a
 * digit. One type for names that people choose ("skt", "node-01") and for those that the control
 * plane numbers ("lease-1042"). Comparison is bytewise. The empty id stands for "none".
 */
#define ID_CAP 64

struct id {
    char text[ID_CAP]; /* NUL-terminated, zero-filled */
};

#define ID_NONE ((struct id){""})

/* ERR_INVALID names `what` ("organisation"), the value and the rule. */
MUST_CHECK int id_parse(struct span text, const char *what, struct id *ret, struct err *err);

/* From a literal that is known to be good; anything else aborts. */
struct id id_literal(const char *text);

/* "lease-1042"; prefix is a good id of at most 32 characters. */
struct id id_number(const char *prefix, uint64_t number);

static inline bool id_equal(const struct id *a, const struct id *b)
{
    return strcmp(a->text, b->text) == 0;
}
static inline bool id_is_none(const struct id *a)
{
    return a->text[0] == '\0';
}
static inline int id_compare(const struct id *a, const struct id *b)
{
    return strcmp(a->text, b->text);
}

#endif
