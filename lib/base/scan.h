#ifndef PUMASI_LIB_BASE_SCAN_H
#define PUMASI_LIB_BASE_SCAN_H

#include "lib/base/span.h"

/*
 * Taking a text of a fixed form apart, from left to right. Each step takes what it names off the
 * front, or takes nothing and says false; the caller words the error. Pure.
 */
struct scan {
    struct span left;
};

/* Exactly these characters. */
bool scan_literal(struct scan *s, const char *literal);

/* A decimal number without sign and leading zeros, at most INT64_MAX. */
bool scan_number(struct scan *s, uint64_t *ret);

/* 2 * n lower-case hexadecimal digits. */
bool scan_hex(struct scan *s, uint8_t *dst, size_t n);

/* What stands before the next `end`, which stays; false if there is none. */
bool scan_until(struct scan *s, char end, struct span *ret);

static inline bool scan_done(const struct scan *s)
{
    return s->left.len == 0;
}

#endif
