#ifndef PUMASI_BILLING_LEDGER_MONTH_NOTE_H
#define PUMASI_BILLING_LEDGER_MONTH_NOTE_H

#include "lib/merkle/checkpoint.h"

/*
 * The text by which the control plane signs a sealed month (docs/spec/ledger.md), as a signed note
 * in the name MONTH_NOTE_ORIGIN:
 *
 *     pumasi.internal/month
 *     2026-02
 *     commits 88001 91234                          from and to, both in it
 *     sealed 1772678400
 *     previous HEX                                 SHA-256 of the text of the month before; 64
 * zeros nipa 12 HEX HEX                              organisation, size, root, SHA-256 of its
 * segment upstage 1042 HEX HEX                         by rising name
 */
#define MONTH_NOTE_ORIGIN "pumasi.internal/month"
#define MONTH_NOTE_ROWS   1024

struct month_row {
    struct id organisation;
    uint64_t size;
    struct merkle_hash root;
    uint8_t segment_sha256[DIGEST_BYTES];
};

struct month_note {
    char month[8]; /* "2026-02" */
    uint64_t first_commit, last_commit;
    struct instant sealed_at;
    uint8_t previous_sha256[DIGEST_BYTES]; /* zeros for the first */
    size_t n;
    struct month_row *rows; /* by rising organisation */
};

void month_note_fini(struct month_note *m); /* a zeroed one is fine */

/* Appends the text. Rows must rise. */
void month_note_format(const struct month_note *m, struct buf *out);
MUST_CHECK int month_note_parse(struct span text, struct month_note *ret, struct err *err);

/* The row of that organisation, or NULL. Borrowed. */
const struct month_row *month_note_find(const struct month_note *m, const struct id *organisation);

#endif
