#ifndef PUMASI_BUNDLE_LEDGER_CHECK_H
#define PUMASI_BUNDLE_LEDGER_CHECK_H

#include "billing/statement.h"
#include "lib/pki/key.h"
#include "lib/zip/zip_archive.h"

/*
 * Holds a basis against the logs of its members: every metered stretch stands in the log of its
 * organisation, and every interval of the log that belongs to the statement stands in the basis;
 * the log's root is that of its checkpoint, signed by the key; the issue entry names the document's
 * hash.
 */
struct ledger_check {
    const struct basis *basis;
    const char *document_sha256;     /* of statement.json */
    const struct public_key *key;    /* of the checkpoints */
    const struct zip_archive *files; /* ledger/ORG.jsonl, ledger/ORG.note */
};

/* *ret_checked: members whose log is there; the others are not looked at. ERR_VERIFICATION says
 * what does not hold, ERR_CORRUPT what is no segment. */
MUST_CHECK int ledger_check_members(const struct ledger_check *c, size_t *ret_checked,
                                    struct err *err);

#endif
