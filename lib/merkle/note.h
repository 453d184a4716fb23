#ifndef PUMASI_LIB_MERKLE_NOTE_H
#define PUMASI_LIB_MERKLE_NOTE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/pki/key.h"
#include "lib/pki/sign.h"

/*
 * Signed notes (c2sp.org/signed-note) under ECDSA P-256, signature type 0x02:
 *
 *     TEXT                    lines, each ended by a newline
 *     (an empty line)
 *     — NAME BASE64           base 64 of 4 bytes of key id and the signature in DER
 *
 * The signature is over SHA-256 of TEXT, as `openssl dgst -sha256 -verify` checks it; the key id is
 * the first 4 bytes of SHA-256 over the public key in DER.
 *
 * A text must begin with a line that says what it is (an origin), so that no note of one kind
 * passes for another. Pure but for the key; any thread.
 */
#define NOTE_SIGNATURES    32          /* lines that are read; more is refused */
#define NOTE_BYTES         (256 << 10) /* largest note */
#define NOTE_NAME_CAP      128
#define NOTE_KEY_ID_BYTES  4
#define NOTE_SIGNATURE_CAP (8 + SIGNATURE_MAX) /* a cosignature has 8 bytes of time before it */

struct note_signature {
    char name[NOTE_NAME_CAP];
    uint8_t key_id[NOTE_KEY_ID_BYTES];
    size_t len;
    uint8_t data[NOTE_SIGNATURE_CAP];
};

struct note {
    struct span text; /* with its last newline; borrowed from what was parsed */
    size_t n;
    struct note_signature signatures[NOTE_SIGNATURES];
};

/* ERR_INVALID says what is no note. Signatures of unknown kinds (too long for us) are refused. */
MUST_CHECK int note_parse(struct span bytes, struct note *ret, struct err *err);

/* Appends one signature line; out->full tells when there was no room. The name has no blanks and
 * no plus sign. */
void note_append_signature(const struct note_signature *signature, struct buf *out);

/* A signature over the text in that name. ERR_INVALID: a bad name. */
MUST_CHECK int note_sign(struct span text, const char *name, const struct key *key,
                         struct note_signature *ret, struct err *err);

/* Appends the whole note: text, empty line, one signature. The text ends with a newline. */
MUST_CHECK int note_format(struct span text, const char *name, const struct key *key,
                           struct buf *out, struct err *err);

/* 0: a line in that name, under that very key, verifies. ERR_VERIFICATION: none does, or one with
 * that name and key id is wrong. */
MUST_CHECK int note_verify(const struct note *note, const char *name, const struct public_key *key,
                           struct err *err);

void note_key_id(const struct public_key *key, uint8_t ret[NOTE_KEY_ID_BYTES]);

/* 1 to NOTE_NAME_CAP - 1 bytes of printable ASCII without blanks and plus signs. */
bool note_name_valid(struct span name);

#endif
