#ifndef PUMASI_LIB_MERKLE_CHECKPOINT_H
#define PUMASI_LIB_MERKLE_CHECKPOINT_H

#include "lib/base/instant.h"
#include "lib/merkle/frontier.h"
#include "lib/merkle/note.h"

/*
 * The text of a checkpoint (c2sp.org/tlog-checkpoint): five lines, the last two as extensions.
 *
 *     pumasi.internal/ledger/upstage     origin: which log
 *     1042                               leaves
 *     BASE64                             root, 32 bytes
 *     time 1767193200                    when it was made, seconds since 1970
 *     commit 88123                       the last commit of the control plane that is in it
 *
 * One text for one meaning: decimal numbers without leading zeros, exactly these lines.
 */
#define CHECKPOINT_TEXT_CAP      512
#define CHECKPOINT_LEDGER_ORIGIN "pumasi.internal/ledger/" /* and the organisation's id */

struct checkpoint {
    char origin[NOTE_NAME_CAP];
    uint64_t size;
    struct merkle_hash root;
    struct instant at;
    uint64_t commit;
};

/* The origin of an organisation's log. */
void checkpoint_ledger_origin(const struct id *organisation, char ret[NOTE_NAME_CAP]);

void checkpoint_format(const struct checkpoint *c, struct buf *out);
MUST_CHECK int checkpoint_parse(struct span text, struct checkpoint *ret, struct err *err);

/* Appends the checkpoint as a note signed under its origin's name. */
MUST_CHECK int checkpoint_sign(const struct checkpoint *c, const struct key *key, struct buf *out,
                               struct err *err);

/* Reads a note and the checkpoint in it, signed under its origin's name with that key. Anything
 * that does not verify is ERR_VERIFICATION. The note's text is borrowed from the bytes. */
MUST_CHECK int checkpoint_open(struct span bytes, const struct public_key *key,
                               struct note *ret_note, struct checkpoint *ret, struct err *err);

#endif
