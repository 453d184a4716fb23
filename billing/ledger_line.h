#ifndef PUMASI_BILLING_LEDGER_LINE_H
#define PUMASI_BILLING_LEDGER_LINE_H

#include "billing/ledger_entry.h"
#include "lib/base/buf.h"

/*
 * A ledger entry as the bytes that are hashed (docs/spec/ledger.md): one line of canonical JSON,
 * flat, members by rising name, "v":1 the last. Instants are RFC 3339 with +09:00, amounts whole
 * won, bytes hexadecimal. What is empty, zero or never is left out. No newline.
 *
 * One entry has one line and one line is one entry: decoding refuses what encoding does not write.
 */
#define LEDGER_LINE_VERSION 1
#define LEDGER_LINE_MAX     (16 << 10)

/* Appends the line. */
void ledger_line_encode(const struct ledger_entry *e, struct buf *out);

/* ERR_CORRUPT says what is wrong; ERR_UNSUPPORTED: of a version that this program does not know. */
MUST_CHECK int ledger_line_decode(struct span line, struct ledger_entry *ret, struct err *err);

#endif
