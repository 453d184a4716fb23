/* Checkpoints as text. Pure but for the key. */
#include "lib/merkle/checkpoint.h"

#include "lib/base/base64.h"
#include "lib/base/text.h"

#include <stdio.h>

void checkpoint_ledger_origin(const struct id *organisation, char ret[NOTE_NAME_CAP])
{
    int n = snprintf(ret, NOTE_NAME_CAP, CHECKPOINT_LEDGER_ORIGIN "%s", organisation->text);
    ENSURE(n > 0 && n < NOTE_NAME_CAP);
}

void checkpoint_format(const struct checkpoint *c, struct buf *out)
{
    ENSURE(note_name_valid(span_text(c->origin)));
    buf_printf(out, "%s\n%llu\n", c->origin, (unsigned long long)c->size);
    base64_encode(span_of(c->root.bytes, sizeof c->root.bytes), out);
    buf_printf(out, "\ntime %lld\ncommit %llu\n", (long long)c->at.s,
               (unsigned long long)c->commit);
}

/* Takes the next line off the text; it must begin with the prefix, which is left out. */
static int take_line(struct span *text, const char *prefix, struct span *ret, struct err *err)
{
    const uint8_t *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
    size_t skip = strlen(prefix);
    if (!end || !span_starts_with(*text, span_text(prefix)) || skip > (size_t)(end - text->data))
        return err_set(err, ERR_INVALID, "checkpoint: a line is missing%s%s", *prefix ? ": " : "",
                       prefix);
    size_t len = (size_t)(end - text->data);
    *ret = span_of(text->data + skip, len - skip);
    *text = span_of(end + 1, text->len - len - 1);
    return 0;
}

static int take_number(struct span *text, const char *prefix, int64_t *ret, struct err *err)
{
    struct span line;
    TRY(take_line(text, prefix, &line, err));
    if (line.len > 1 && line.data[0] == '0')
        return err_set(err, ERR_INVALID, "checkpoint: a number with leading zeros");
    return text_to_i64(line, "checkpoint", 0, INT64_MAX, ret, err);
}

int checkpoint_parse(struct span text, struct checkpoint *ret, struct err *err)
{
    struct checkpoint c = {.size = 0};
    struct span origin, root;
    int64_t size, at, commit;
    uint8_t bytes[DIGEST_BYTES + 1]; /* as decoding asks for it */
    size_t len;
    TRY(take_line(&text, "", &origin, err));
    TRY(take_number(&text, "", &size, err));
    TRY(take_line(&text, "", &root, err));
    TRY(take_number(&text, "time ", &at, err));
    TRY(take_number(&text, "commit ", &commit, err));
    if (text.len != 0 || !note_name_valid(origin) || at > INSTANT_MAX_S)
        return err_set(err, ERR_INVALID, "checkpoint: not the five lines of one");
    if (base64_decoded_max(root.len) > sizeof bytes || !base64_decode(root, bytes, &len) ||
        len != sizeof c.root.bytes)
        return err_set(err, ERR_INVALID, "checkpoint: the root is not 32 bytes in base 64");
    memcpy(c.root.bytes, bytes, sizeof c.root.bytes);
    memcpy(c.origin, origin.data, origin.len);
    c.size = (uint64_t)size;
    c.at.s = at;
    c.commit = (uint64_t)commit;
    *ret = c;
    return 0;
}

int checkpoint_sign(const struct checkpoint *c, const struct key *key, struct buf *out,
                    struct err *err)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, CHECKPOINT_TEXT_CAP);
    checkpoint_format(c, &text);
    ENSURE(!text.full);
    return note_format(buf_span(&text), c->origin, key, out, err);
}

int checkpoint_open(struct span bytes, const struct public_key *key, struct note *ret_note,
                    struct checkpoint *ret, struct err *err)
{
    struct note note;
    struct checkpoint c;
    if (note_parse(bytes, &note, err) < 0 || checkpoint_parse(note.text, &c, err) < 0) {
        if (err)
            err->code = ERR_VERIFICATION;
        return -ERR_VERIFICATION;
    }
    TRY(note_verify(&note, c.origin, key, err));
    *ret_note = note;
    *ret = c;
    return 0;
}
