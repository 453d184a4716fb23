#ifndef PUMASI_BUNDLE_VERIFY_H
#define PUMASI_BUNDLE_VERIFY_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/pki/key.h"

/*
 * Checks a bundle, offline: its seal, the hash of each file, that the documents are those that the
 * basis gives (PDF and XLSX to the byte where the renderer is the one that made them), and the
 * members' logs (ledger_check.h). trusted: the control plane's key as the reader knows it; NULL:
 * the one in the bundle, which is then named.
 *
 * Appends to `said` a line for each check, also for what could not be checked. ERR_VERIFICATION
 * says what does not hold.
 */
MUST_CHECK int bundle_verify(struct span bundle, const struct public_key *trusted, struct buf *said,
                             struct err *err);

#endif
