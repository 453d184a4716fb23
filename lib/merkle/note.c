/* Signed notes. Nothing is kept between calls. */
#include "lib/merkle/note.h"

#include "lib/base/base64.h"
#include "lib/base/text.h"
#include "lib/pki/digest.h"

#include <stdio.h>

#define DASH     "\xe2\x80\x94 " /* em dash, blank */
#define DASH_LEN (sizeof DASH - 1)

bool note_name_valid(struct span name)
{
    if (name.len == 0 || name.len >= NOTE_NAME_CAP)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] <= ' ' || name.data[i] > '~' || name.data[i] == '+')
            return false;
    }
    return true;
}

void note_key_id(const struct public_key *key, uint8_t ret[NOTE_KEY_ID_BYTES])
{
    uint8_t digest[DIGEST_BYTES];
    digest_sha256(public_key_span(key), digest);
    memcpy(ret, digest, NOTE_KEY_ID_BYTES);
}

/* ---- Reading -------------------------------------------------------------------------------- */

/* Where the last empty line begins, or text.len. */
static size_t last_empty_line(struct span text)
{
    for (size_t i = text.len; i >= 2; i--) {
        if (text.data[i - 1] == '\n' && text.data[i - 2] == '\n')
            return i - 1;
    }
    return text.len;
}

static int parse_signature(struct span line, struct note_signature *ret, struct err *err)
{
    uint8_t bytes[NOTE_KEY_ID_BYTES + NOTE_SIGNATURE_CAP + 3]; /* as decoding asks for it */
    size_t len;
    if (!span_starts_with(line, span_text(DASH)))
        return err_set(err, ERR_INVALID, "note: a signature line does not begin with a dash");
    struct span rest = span_of(line.data + DASH_LEN, line.len - DASH_LEN);
    const uint8_t *blank = memchr(rest.data, ' ', rest.len);
    if (!blank)
        return err_set(err, ERR_INVALID, "note: a signature line without a signature");
    struct span name = span_of(rest.data, (size_t)(blank - rest.data));
    if (!note_name_valid(name))
        return err_set(err, ERR_INVALID, "note: a signature line with a bad name");
    struct span text = span_of(blank + 1, rest.len - name.len - 1);
    if (base64_decoded_max(text.len) > sizeof bytes || !base64_decode(text, bytes, &len))
        return err_set(err, ERR_INVALID, "note: a signature is not base 64, or too long");
    if (len <= NOTE_KEY_ID_BYTES || len - NOTE_KEY_ID_BYTES > NOTE_SIGNATURE_CAP)
        return err_set(err, ERR_INVALID, "note: a signature line without a signature");
    memset(ret, 0, sizeof *ret);
    memcpy(ret->name, name.data, name.len);
    memcpy(ret->key_id, bytes, NOTE_KEY_ID_BYTES);
    ret->len = len - NOTE_KEY_ID_BYTES;
    memcpy(ret->data, bytes + NOTE_KEY_ID_BYTES, ret->len);
    return 0;
}

static int parse_signatures(struct span lines, struct note *note, struct err *err)
{
    while (lines.len > 0) {
        const uint8_t *end = memchr(lines.data, '\n', lines.len);
        if (!end)
            return err_set(err, ERR_INVALID, "note: the last line has no end");
        if (note->n == NOTE_SIGNATURES)
            return err_set(err, ERR_INVALID, "note: more than %d signatures", NOTE_SIGNATURES);
        struct span line = span_of(lines.data, (size_t)(end - lines.data));
        TRY(parse_signature(line, &note->signatures[note->n], err));
        note->n++;
        lines = span_of(end + 1, lines.len - line.len - 1);
    }
    return 0;
}

static bool has_control(struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.data[i] < ' ' && bytes.data[i] != '\n')
            return true;
    }
    return false;
}

int note_parse(struct span bytes, struct note *ret, struct err *err)
{
    if (bytes.len > NOTE_BYTES || !span_is_text(bytes) || has_control(bytes))
        return err_set(err, ERR_INVALID, "note: too long, not UTF-8, or with control characters");
    size_t text = last_empty_line(bytes);
    if (text == bytes.len || text < 2)
        return err_set(err, ERR_INVALID, "note: no empty line between text and signatures");
    struct note note = {.text = span_of(bytes.data, text)};
    struct span lines = span_of(bytes.data + text + 1, bytes.len - text - 1);
    TRY(parse_signatures(lines, &note, err));
    if (note.n == 0)
        return err_set(err, ERR_INVALID, "note: without a signature");
    *ret = note;
    return 0;
}

/* ---- Signing -------------------------------------------------------------------------------- */

void note_append_signature(const struct note_signature *signature, struct buf *out)
{
    uint8_t bytes[NOTE_KEY_ID_BYTES + NOTE_SIGNATURE_CAP];
    ENSURE(signature->len <= NOTE_SIGNATURE_CAP);
    memcpy(bytes, signature->key_id, NOTE_KEY_ID_BYTES);
    memcpy(bytes + NOTE_KEY_ID_BYTES, signature->data, signature->len);
    buf_printf(out, DASH "%s ", signature->name);
    base64_encode(span_of(bytes, NOTE_KEY_ID_BYTES + signature->len), out);
    buf_append_char(out, '\n');
}

int note_sign(struct span text, const char *name, const struct key *key, struct note_signature *ret,
              struct err *err)
{
    struct public_key public = key_public(key);
    struct signature signature;
    ENSURE(text.len > 0 && text.data[text.len - 1] == '\n');
    if (!note_name_valid(span_text(name)))
        return err_set(err, ERR_INVALID, "note: %s can't be the name of a key", name);
    TRY(sign_bytes(key, text, &signature, err));
    memset(ret, 0, sizeof *ret);
    (void)text_cut(ret->name, sizeof ret->name, name);
    note_key_id(&public, ret->key_id);
    ret->len = signature.len;
    memcpy(ret->data, signature.data, signature.len);
    return 0;
}

int note_format(struct span text, const char *name, const struct key *key, struct buf *out,
                struct err *err)
{
    struct note_signature signature;
    TRY(note_sign(text, name, key, &signature, err));
    buf_append(out, text.data, text.len);
    buf_append_char(out, '\n');
    note_append_signature(&signature, out);
    return out->full ? err_set(err, ERR_LIMIT, "note: no room for it") : 0;
}

/* ---- Verifying ------------------------------------------------------------------------------ */

int note_verify(const struct note *note, const char *name, const struct public_key *key,
                struct err *err)
{
    uint8_t key_id[NOTE_KEY_ID_BYTES];
    note_key_id(key, key_id);
    for (size_t i = 0; i < note->n; i++) {
        const struct note_signature *s = &note->signatures[i];
        if (strcmp(s->name, name) != 0 || memcmp(s->key_id, key_id, sizeof key_id) != 0)
            continue;
        return sign_verify(key, note->text, span_of(s->data, s->len), err);
    }
    return err_set(err, ERR_VERIFICATION, "note: not signed by %s with that key", name);
}
