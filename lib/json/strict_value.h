#ifndef PUMASI_LIB_JSON_STRICT_VALUE_H
#define PUMASI_LIB_JSON_STRICT_VALUE_H

#include "lib/base/frac.h"
#include "lib/base/record.h"
#include "lib/json/strict.h"

/*
 * Texts of hand-written files that stand for something: names, dates, percentages. Each reads a
 * member of an object like strict_get_text(); what the text is not is ERR_INVALID with the path.
 */

/* A name of at most cap - 1 bytes, not empty, into dst. */
MUST_CHECK int strict_get_name(const struct strict *at, const char *name, char *dst, size_t cap,
                               struct err *err);

/* One of the names of an enum, from value `first` on (those before it are for the program). */
MUST_CHECK int strict_get_enum(const struct strict *at, const char *name,
                               const struct enum_names *names, int first, int *ret,
                               struct err *err);

/* A Korean date (its 00:00) or an RFC 3339 instant. */
MUST_CHECK int strict_get_moment(const struct strict *at, const char *name, struct instant *ret,
                                 struct err *err);

/* The same as an end, exclusive: a date is inclusive and stands for the next day's 00:00. */
MUST_CHECK int strict_get_until(const struct strict *at, const char *name, struct instant *ret,
                                struct err *err);

/* The value itself as a percentage: "6%", 0..100 %. ret_text borrows from the document. */
MUST_CHECK int strict_percent(const struct strict *at, struct span *ret_text, struct frac *ret,
                              struct err *err);

#endif
