#ifndef PUMASI_CONTROLPLANE_NOTICE_WEBHOOK_H
#define PUMASI_CONTROLPLANE_NOTICE_WEBHOOK_H

#include "lib/base/err.h"
#include "lib/base/instant.h"
#include "lib/base/span.h"

/*
 * Signed POSTs to one URL. Each carries
 *
 *     Content-Type: application/json
 *     X-Pumasi-Timestamp: 1770076800
 *     X-Pumasi-Signature: sha256=HEX
 *
 * HEX is HMAC-SHA-256 under the secret over the timestamp, a dot, and the body. A receiver checks
 * it in constant time and refuses what is older than it likes. One thread.
 */
struct webhook;

#define WEBHOOK_TIMEOUT_MS 5000
#define WEBHOOK_SECRET_MIN 16

/* url: https://, or http:// to this machine. ERR_INVALID: another url, a secret of less than
 * WEBHOOK_SECRET_MIN bytes. Both are copied. */
MUST_CHECK int webhook_create(const char *url, struct span secret, struct webhook **ret,
                              struct err *err);
void webhook_destroy(struct webhook *w); /* wipes the secret; NULL is fine */

/* Blocks for WEBHOOK_TIMEOUT_MS at most. ERR_UNAVAILABLE: no answer, or one that is not 2xx;
 * ERR_DENIED: 4xx, which asking again does not mend. Redirects are not followed. */
MUST_CHECK int webhook_post(struct webhook *w, struct instant now, struct span body,
                            struct err *err);

#endif
