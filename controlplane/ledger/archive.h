#ifndef PUMASI_CONTROLPLANE_LEDGER_ARCHIVE_H
#define PUMASI_CONTROLPLANE_LEDGER_ARCHIVE_H

#include "billing/ledger/month_note.h"
#include "billing/ledger/segment.h"
#include "controlplane/ledger/books.h"
#include "lib/pki/key.h"

/*
 * The sealed months in a directory:
 *
 *     segments/SHA256.jsonl       one log between two seals
 *     months/2026-02.note         the month's signed note; it is in place = the month is sealed
 *
 * Files are written beside their place, synced, renamed, their directory synced; the note comes
 * last. Nothing is replaced: what is there already under the same name has the same bytes, or the
 * seal is refused. Everything here blocks on the disk. One thread.
 */
struct archive;

/* Opens the directory, which is made if it is not there. key is borrowed: it signs, and what it
 * signed is believed. ERR_IO. */
MUST_CHECK int archive_open(const char *dir, const struct key *key, struct archive **ret,
                            struct err *err);
void archive_close(struct archive *a); /* NULL is fine */

/* Reads every sealed month in order, verifies notes, chain, segments and roots, and fills the empty
 * books. ERR_VERIFICATION or ERR_CORRUPT names the file that is not as it was sealed;
 * ERR_NOT_FOUND a segment that is missing. */
MUST_CHECK int archive_load(struct archive *a, struct books *books, struct err *err);

/* Of the last sealed month; "" and zeros when there is none. Borrowed until the next seal. */
const struct month_note *archive_last(const struct archive *a);

/* ---- Sealing: begin, every line since the last seal, end. ------------------------------------ */

/* month: "2026-02". books, borrowed until the end, hold at least all that will be sealed. */
MUST_CHECK int archive_begin(struct archive *a, const char *month, const struct books *books,
                             struct err *err);
/* A line of an organisation's log, in order. */
MUST_CHECK int archive_line(struct archive *a, const struct id *organisation, struct span line,
                            struct err *err);
/* commit: the last one whose lines were given; closed_at: when it closed the month. After 0 the
 * month is sealed, whatever happens then; after a failure archive_abandon(), then begin again. */
MUST_CHECK int archive_end(struct archive *a, uint64_t commit, struct instant closed_at,
                           struct err *err);
/* Gives a seal up. */
void archive_abandon(struct archive *a);

/* SHA-256 of the text of the last note, as hexadecimal digits. */
void archive_note_digest(const struct archive *a, char ret[DIGEST_TEXT_CAP]);

#endif
