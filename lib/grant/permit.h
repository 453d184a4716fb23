#ifndef PUMASI_LIB_GRANT_PERMIT_H
#define PUMASI_LIB_GRANT_PERMIT_H

#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/share.h"
#include "lib/base/span.h"
#include "lib/grant/grant.h"

#include <stdint.h>

/*
 * The permit: what a lender signs with its own key when it consents to a loan. The guard of the
 * lender's node honours a borrower's grant only inside a permit, so that even a wrong or stolen
 * control plane cannot lend what was not lent. docs/spec/grant.md fixes the layout.
 *
 * One permit has exactly one encoding. Pure functions, no allocation, no clock, any thread.
 */
#define PERMIT_VERSION       1
#define PERMIT_BYTES_MAX     512
#define PERMIT_SILENCE_MAX_S (INT64_C(400) * 24 * 3600)

struct permit {
    struct id loan;
    struct id lender;   /* organisation that owns the devices */
    struct id borrower; /* project */
    struct id pool;
    struct id key;               /* the lender's key id */
    struct window window;        /* not empty, both ends real instants */
    struct share max_share;      /* of the whole loan, >= 1 unit */
    uint32_t isolations;         /* bit 1 << enum grant_isolation; at least one, none unknown */
    int64_t silence_tolerance_s; /* 1..PERMIT_SILENCE_MAX_S: the longest time to live of a grant */
};

struct permit_bytes {
    size_t len;
    uint8_t data[PERMIT_BYTES_MAX];
};

/* The rules beside each field above. ERR_INVALID names the field. */
MUST_CHECK int permit_check(const struct permit *p, struct err *err);

/* The canonical bytes: what the lender signs. ERR_INVALID as permit_check(). */
MUST_CHECK int permit_encode(const struct permit *p, struct permit_bytes *ret, struct err *err);

/* Strict, as grant_decode(). */
MUST_CHECK int permit_decode(struct span bytes, struct permit *ret, struct err *err);

/* Is the grant inside what the lender permitted: same loan and project, isolation class permitted,
 * issued and ended inside the window, time to live at most the silence tolerance, share at most
 * max_share. ERR_DENIED names the rule. Pool, node, the sum of several grants and the clock are the
 * guard's to check: it alone knows them. */
MUST_CHECK int permit_covers(const struct permit *p, const struct grant *g, struct err *err);

#endif
