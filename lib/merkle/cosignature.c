/* Cosignatures. Pure but for the key. */
#include "lib/merkle/cosignature.h"

#include "lib/base/text.h"
#include "lib/pki/digest.h"

#define KIND       "pumasi-cosignature-p256-v1"
#define TIME_BYTES 8

static void key_id(const char *name, const struct public_key *key, uint8_t ret[NOTE_KEY_ID_BYTES])
{
    CLEANUP_HASHER struct hasher *h = hasher_create();
    uint8_t digest[DIGEST_BYTES];
    hasher_update(h, span_text(name));
    hasher_update(h, span_text("\n\xff" KIND));
    hasher_update(h, public_key_span(key));
    hasher_finish(h, digest);
    memcpy(ret, digest, NOTE_KEY_ID_BYTES);
}

static void message(struct span text, int64_t at_s, struct buf *out)
{
    buf_init(out, NOTE_BYTES + 64);
    buf_printf(out, "cosignature/v1\ntime %lld\n", (long long)at_s);
    buf_append(out, text.data, text.len);
}

int cosignature_sign(struct span text, const char *name, struct instant at, const struct key *key,
                     struct note_signature *ret, struct err *err)
{
    CLEANUP_BUF struct buf bytes;
    struct public_key public = key_public(key);
    struct signature signature;
    ENSURE(text.len <= NOTE_BYTES && at.s >= 0);
    message(text, at.s, &bytes);
    if (!note_name_valid(span_text(name)))
        return err_set(err, ERR_INVALID, "witness: %s can't be the name of a key", name);
    TRY(sign_bytes(key, buf_span(&bytes), &signature, err));
    memset(ret, 0, sizeof *ret);
    (void)text_cut(ret->name, sizeof ret->name, name);
    key_id(name, &public, ret->key_id);
    for (int i = 0; i < TIME_BYTES; i++)
        ret->data[i] = (uint8_t)((uint64_t)at.s >> (56 - 8 * i));
    memcpy(ret->data + TIME_BYTES, signature.data, signature.len);
    ret->len = TIME_BYTES + signature.len;
    return 0;
}

static int verify_line(const struct note *note, const struct note_signature *s,
                       const struct public_key *key, struct instant *ret, struct err *err)
{
    CLEANUP_BUF struct buf bytes = {.data = NULL};
    uint64_t at = 0;
    for (size_t i = 0; i < TIME_BYTES && i < s->len; i++)
        at = at << 8 | s->data[i];
    if (s->len <= TIME_BYTES || at > INSTANT_MAX_S)
        return err_set(err, ERR_VERIFICATION, "cosignature of %s: not one", s->name);
    message(note->text, (int64_t)at, &bytes);
    TRY(sign_verify(key, buf_span(&bytes), span_of(s->data + TIME_BYTES, s->len - TIME_BYTES),
                    err));
    ret->s = (int64_t)at;
    return 0;
}

int cosignature_verify(const struct note *note, const char *name, const struct public_key *key,
                       struct instant *ret, struct err *err)
{
    uint8_t wanted[NOTE_KEY_ID_BYTES];
    key_id(name, key, wanted);
    for (size_t i = 0; i < note->n; i++) {
        const struct note_signature *s = &note->signatures[i];
        if (strcmp(s->name, name) == 0 && memcmp(s->key_id, wanted, sizeof wanted) == 0)
            return verify_line(note, s, key, ret, err);
    }
    return err_set(err, ERR_VERIFICATION, "no cosignature of %s with that key", name);
}
