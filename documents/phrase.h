#ifndef PUMASI_DOCUMENTS_PHRASE_H
#define PUMASI_DOCUMENTS_PHRASE_H

#include "billing/exact.h"
#include "lib/base/instant.h"
#include "lib/base/share.h"

/* Values as people write them. All return dst. */
#define PHRASE_CAP 160

/* An instant as a Korean day; with the clock where it is not midnight. last: of an end that is
 * exclusive, the day that it closes. NEVER: "". */
const char *phrase_day(struct instant t, bool last, char dst[PHRASE_CAP]);

/* "9일", "9일 05:20:00". */
const char *phrase_length(struct window w, bool korean, char dst[PHRASE_CAP]);

/* Won, exactly: "4,258,064 16/31". Very long fractions end in "…" after the whole part. */
const char *phrase_exact(const struct exact *amount, char dst[PHRASE_CAP]);

/* Units of GPU times seconds as GPU-hours with two decimals, rounded down. */
const char *phrase_gpu_hours(__int128 unit_seconds, char dst[PHRASE_CAP]);

/* For viewers that do not calculate; no amount is ever taken from it. */
double phrase_approximate(const struct exact *amount);

#endif
