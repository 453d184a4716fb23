#ifndef PUMASI_LIB_MERKLE_COSIGNATURE_H
#define PUMASI_LIB_MERKLE_COSIGNATURE_H

#include "lib/base/instant.h"
#include "lib/merkle/note.h"

/*
 * A cosignature is a witness's word that a checkpoint is consistent with every one of that log that
 * it ever cosigned. It stands as one more signature line of the note, and is made like
 * c2sp.org/tlog-cosignature, but under ECDSA P-256. What is signed:
 *
 *     cosignature/v1
 *     time 1767193205
 *     TEXT                 of the note
 *
 * The line's bytes are: key id, the time as 8 bytes big-endian, the signature in DER. The key id is
 * the first 4 bytes of SHA-256(NAME || 0x0A || 0xff || "pumasi-cosignature-p256-v1" || key in DER).
 */
MUST_CHECK int cosignature_sign(struct span text, const char *name, struct instant at,
                                const struct key *key, struct note_signature *ret, struct err *err);

/* The instant of a cosignature in that name under that key. ERR_VERIFICATION: there is none, or it
 * is wrong. */
MUST_CHECK int cosignature_verify(const struct note *note, const char *name,
                                  const struct public_key *key, struct instant *ret,
                                  struct err *err);

#endif
