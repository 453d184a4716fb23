#ifndef PUMASI_LIB_PKI_TOKEN_H
#define PUMASI_LIB_PKI_TOKEN_H

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/base/id.h"
#include "lib/base/span.h"
#include "lib/pki/digest.h"

#include <stdint.h>

/*
 * One-time join tokens: the text that a person carries to a new node or user.
 *
 *     pj1.ID.SECRET      pj1.k3v7q2mdax.ztc5…
 *
 * ID is public and names the token in lists and logs; SECRET is 160 random bits in lower-case
 * base32 (RFC 4648, a-z 2-7, no padding). The control plane keeps the digest of the secret only.
 * Expiry and single use are rules of the control plane. Never log the text: log the id.
 */
#define TOKEN_SECRET_CHARS 32
#define TOKEN_ID_CHARS     10
#define TOKEN_TEXT_CAP     104 /* the longest text with NUL */

struct token {
    struct id id; /* holds no dot */
    char secret[TOKEN_SECRET_CHARS + 1];
};

/* A fresh one; 50 random bits of id, 160 of secret, from env. */
struct token token_make(const struct env *env);

/* The text, which is a secret. Returns dst. */
const char *token_format(const struct token *t, char dst[TOKEN_TEXT_CAP]);

/* ERR_INVALID says which part is wrong and never repeats the secret. */
MUST_CHECK int token_parse(struct span text, struct token *ret, struct err *err);

/* SHA-256 of the secret's 32 characters: what is kept. */
void token_digest(const struct token *t, uint8_t ret[DIGEST_BYTES]);

/* Is it the token whose digest was kept (64 hexadecimal digits)? In constant time.
 * ERR_UNAUTHENTICATED when not, ERR_CORRUPT when what was kept is no digest. */
MUST_CHECK int token_check(const struct token *t, struct span kept_hex, struct err *err);

#endif
