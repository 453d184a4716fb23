#ifndef PUMASI_BUNDLE_BUNDLE_H
#define PUMASI_BUNDLE_BUNDLE_H

#include "billing/statement.h"
#include "lib/zip/zip_archive.h"

/*
 * A bundle: VERIFY.txt, verify.py, manifest.json, basis.json, statement.json, statement.csv,
 * focus.csv, statement.pdf, statement.xlsx, rates.json, and for each log that the caller has
 * ledger/ORG.jsonl (a segment, docs/spec/ledger.md), ledger/ORG.note (its checkpoint, signed and
 * cosigned) and keys/NAME.pem. The archive's comment is "pumasi bundle sha256 HEX": the hash of all
 * bytes before the comment.
 */
#define BUNDLE_COMMENT     "pumasi bundle sha256 "
#define BUNDLE_COMMENT_LEN (sizeof(BUNDLE_COMMENT) - 1 + 64)

/* Appends the bundle. basis: the text that the statement was computed from; ledger: members ledger/
 * and keys/ (an empty archive: none). ERR_LIMIT, ERR_IO, ERR_UNSUPPORTED (no Korean font). */
MUST_CHECK int bundle_pack(struct span basis, const struct statement *s,
                           const struct zip_archive *ledger, struct buf *out, struct err *err);

/* The statement of a basis in JSON. Free with statement_destroy(). */
MUST_CHECK int bundle_statement(struct span basis, struct statement **ret, struct err *err);

/* Appends one document of the bundle as packing makes it. ledger: for the checkpoint that the PDF
 * shows. */
MUST_CHECK int bundle_document(struct span basis, const struct statement *s,
                               const struct zip_archive *ledger, int format, struct buf *out,
                               struct err *err);

#endif
