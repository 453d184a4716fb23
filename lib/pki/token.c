/*
 * Join tokens. No state; chance comes from env.
 */
#include "lib/pki/token.h"

#include "lib/base/text.h"

#include <stdio.h>

#define PREFIX "pj1."

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
_Static_assert(sizeof(alphabet) - 1 == 32, "five bits a character");
_Static_assert(sizeof(PREFIX) + ID_CAP + TOKEN_SECRET_CHARS <= TOKEN_TEXT_CAP, "the text fits");

/* n characters of five random bits each. */
static void random_text(const struct env *env, char *dst, size_t n)
{
    env->random(env->world, (uint8_t *)dst, n);
    for (size_t i = 0; i < n; i++)
        dst[i] = alphabet[(uint8_t)dst[i] & 31];
}

struct token token_make(const struct env *env)
{
    struct token t;
    memset(&t, 0, sizeof(t));
    random_text(env, t.id.text, TOKEN_ID_CHARS);
    random_text(env, t.secret, TOKEN_SECRET_CHARS);
    return t;
}

const char *token_format(const struct token *t, char dst[TOKEN_TEXT_CAP])
{
    snprintf(dst, TOKEN_TEXT_CAP, PREFIX "%s.%s", t->id.text, t->secret);
    return dst;
}

static int secret_parse(struct span text, char dst[TOKEN_SECRET_CHARS + 1], struct err *err)
{
    if (text.len != TOKEN_SECRET_CHARS)
        return err_set(err, ERR_INVALID,
                       "join token: the part after the last dot has %zu "
                       "characters, not %d: was it cut?",
                       text.len, TOKEN_SECRET_CHARS);
    for (size_t i = 0; i < text.len; i++) {
        if (!memchr(alphabet, text.data[i], sizeof(alphabet) - 1))
            return err_set(err, ERR_INVALID,
                           "join token: the part after the last dot holds a character other than "
                           "a-z and 2-7");
    }
    memcpy(dst, text.data, TOKEN_SECRET_CHARS);
    return 0;
}

int token_parse(struct span text, struct token *ret, struct err *err)
{
    struct span prefix = span_text(PREFIX);
    if (!span_starts_with(text, prefix))
        return err_set(err, ERR_INVALID, "join token: does not begin with " PREFIX);
    struct span rest = span_of(text.data + prefix.len, text.len - prefix.len);
    const uint8_t *dot = rest.len > 0 ? memchr(rest.data, '.', rest.len) : NULL;
    if (!dot)
        return err_set(err, ERR_INVALID, "join token: not " PREFIX "ID.SECRET");
    size_t id_len = (size_t)(dot - rest.data);
    struct token t;
    memset(&t, 0, sizeof(t));
    TRY(id_parse(span_of(rest.data, id_len), "join token", &t.id, err));
    TRY(secret_parse(span_of(dot + 1, rest.len - id_len - 1), t.secret, err));
    *ret = t;
    return 0;
}

void token_digest(const struct token *t, uint8_t ret[DIGEST_BYTES])
{
    digest_sha256(span_of(t->secret, TOKEN_SECRET_CHARS), ret);
}

int token_check(const struct token *t, struct span kept_hex, struct err *err)
{
    uint8_t kept[DIGEST_BYTES];
    uint8_t shown[DIGEST_BYTES];
    if (text_unhex(kept_hex, kept, sizeof(kept), NULL) < 0)
        return err_set(err, ERR_CORRUPT, "join token %s: the digest kept is malformed", t->id.text);
    token_digest(t, shown);
    if (!digest_equal(kept, shown))
        return err_set(err, ERR_UNAUTHENTICATED, "join token %s: the secret is wrong", t->id.text);
    return 0;
}
