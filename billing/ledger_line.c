/*
 * Ledger entries as lines. Pure. Decoding is lenient about order and then compares with what
 * encoding writes, so there is one description of the form: the table of the record.
 */
#include "billing/ledger_line.h"

#include "billing/canonical.h"
#include "lib/base/instant.h"
#include "lib/base/text.h"

/* ---- Writing -------------------------------------------------------------------------------- */

static void write_int(struct canonical *c, const char *name, int64_t value)
{
    if (value != 0)
        canonical_int(c, name, value);
}

static void write_text(struct canonical *c, const char *name, const char *text)
{
    if (text[0])
        canonical_text(c, name, text);
}

static void write_instant(struct canonical *c, const char *name, const struct instant *t)
{
    char text[INSTANT_TEXT_CAP];
    if (t->s != 0 && t->s != INSTANT_NEVER.s)
        canonical_text(c, name, instant_format(*t, text));
}

static void write_bytes(struct canonical *c, const char *name, const struct blob *b)
{
    char text[2 * BLOB_CAP + 1];
    text_hex(text, b->data, b->len);
    write_text(c, name, text);
}

static void write_field(struct canonical *c, const struct field *f, const void *value)
{
    switch (f->kind) {
    case FIELD_ID:
    case FIELD_TEXT:
        write_text(c, f->name, value);
        break;
    case FIELD_U32:
        write_int(c, f->name, *(const uint32_t *)value);
        break;
    case FIELD_U64:
    case FIELD_WON:
    case FIELD_SHARE:
        write_int(c, f->name, *(const int64_t *)value);
        break;
    case FIELD_INSTANT:
        write_instant(c, f->name, value);
        break;
    case FIELD_ENUM:
        write_text(c, f->name, enum_name(f->names, *(const int *)value));
        break;
    default:
        ENSURE(f->kind == FIELD_BYTES);
        write_bytes(c, f->name, value);
        break;
    }
}

void ledger_line_encode(const struct ledger_entry *e, struct buf *out)
{
    struct canonical c;
    canonical_init(&c, out);
    canonical_begin(&c, NULL, '{');
    for (const struct field *f = ledger_entry_type.fields; f->name; f++)
        write_field(&c, f, (const char *)e + f->offset);
    canonical_int(&c, "v", LEDGER_LINE_VERSION);
    canonical_end(&c, '}');
}

/* ---- Reading -------------------------------------------------------------------------------- */

struct reading {
    struct span left;
    int64_t version;
};

static bool take(struct reading *r, char c)
{
    if (r->left.len == 0 || r->left.data[0] != (uint8_t)c)
        return false;
    r->left = span_of(r->left.data + 1, r->left.len - 1);
    return true;
}

/* The character after a backslash; \u00XX alone of the long forms. 0: none that is written. */
static char take_escape(struct reading *r)
{
    static const char plain[] = "\"\\bfnrt";
    static const char meant[] = "\"\\\b\f\n\r\t";
    uint8_t bytes[2];
    if (r->left.len == 0)
        return 0;
    const char *at = strchr(plain, r->left.data[0]);
    if (r->left.data[0] && at) {
        r->left = span_of(r->left.data + 1, r->left.len - 1);
        return meant[at - plain];
    }
    if (r->left.len < 5 || r->left.data[0] != 'u' ||
        text_unhex(span_of(r->left.data + 1, 4), bytes, 2, NULL) < 0 || bytes[0] != 0)
        return 0;
    r->left = span_of(r->left.data + 5, r->left.len - 5);
    return (char)bytes[1];
}

static int take_text(struct reading *r, struct buf *out)
{
    if (!take(r, '"'))
        return -ERR_CORRUPT;
    while (!take(r, '"')) {
        if (r->left.len == 0)
            return -ERR_CORRUPT;
        char c = (char)r->left.data[0];
        r->left = span_of(r->left.data + 1, r->left.len - 1);
        if (c == '\\')
            c = take_escape(r);
        if (c == 0)
            return -ERR_CORRUPT;
        buf_append_char(out, c);
    }
    return out->full ? -ERR_CORRUPT : 0;
}

static int take_int(struct reading *r, int64_t *ret)
{
    size_t n = 0;
    while (n < r->left.len &&
           (r->left.data[n] == '-' || (r->left.data[n] >= '0' && r->left.data[n] <= '9')))
        n++;
    struct span digits = span_of(r->left.data, n);
    r->left = span_of(r->left.data + n, r->left.len - n);
    return text_to_i64(digits, "number", INT64_MIN, INT64_MAX, ret, NULL);
}

static int set_int(const struct field *f, int64_t number, void *value)
{
    if (f->kind == FIELD_U32) {
        if (number < 0 || number > UINT32_MAX)
            return -ERR_CORRUPT;
        *(uint32_t *)value = (uint32_t)number;
        return 0;
    }
    if (f->kind == FIELD_U64 && number < 0)
        return -ERR_CORRUPT;
    *(int64_t *)value = number;
    return 0;
}

static int set_bytes(struct span text, struct blob *b)
{
    if (text.len % 2 != 0 || text.len / 2 > BLOB_CAP)
        return -ERR_CORRUPT;
    TRY(text_unhex(text, b->data, text.len / 2, NULL));
    b->len = (uint32_t)(text.len / 2);
    return 0;
}

static int set_text(const struct field *f, struct span text, void *value)
{
    int number;
    switch (f->kind) {
    case FIELD_ID:
        return id_parse(text, f->name, value, NULL);
    case FIELD_TEXT:
        return text_set(value, f->size, text, f->name, NULL);
    case FIELD_INSTANT:
        return instant_parse(text, value, NULL);
    case FIELD_BYTES:
        return set_bytes(text, value);
    default:
        ENSURE(f->kind == FIELD_ENUM);
        TRY(enum_parse(f->names, text, f->name, &number, NULL));
        *(int *)value = number;
        return 0;
    }
}

static bool is_number(const struct field *f)
{
    return f->kind == FIELD_U32 || f->kind == FIELD_U64 || f->kind == FIELD_WON ||
           f->kind == FIELD_SHARE;
}

static int take_value(struct reading *r, const struct field *f, struct buf *text,
                      struct ledger_entry *e)
{
    void *value = (char *)e + f->offset;
    int64_t number;
    if (is_number(f)) {
        TRY(take_int(r, &number));
        return set_int(f, number, value);
    }
    buf_reset(text);
    TRY(take_text(r, text));
    return set_text(f, buf_span(text), value);
}

static int take_member(struct reading *r, struct buf *text, struct ledger_entry *e)
{
    buf_reset(text);
    TRY(take_text(r, text));
    if (!take(r, ':'))
        return -ERR_CORRUPT;
    if (strcmp(text->data, "v") == 0)
        return take_int(r, &r->version);
    const struct field *f = record_field(&ledger_entry_type, text->data);
    return f ? take_value(r, f, text, e) : -ERR_CORRUPT;
}

static int take_members(struct reading *r, struct ledger_entry *e)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, LEDGER_LINE_MAX);
    do {
        TRY(take_member(r, &text, e));
    } while (take(r, ','));
    return 0;
}

static void set_unset_instants(struct ledger_entry *e)
{
    for (const struct field *f = ledger_entry_type.fields; f->name; f++) {
        struct instant *t = (struct instant *)(void *)((char *)e + f->offset);
        if (f->kind == FIELD_INSTANT && t->s == 0)
            *t = INSTANT_NEVER;
    }
}

static bool is_canonical(struct span line, const struct ledger_entry *e)
{
    CLEANUP_BUF struct buf again;
    buf_init(&again, LEDGER_LINE_MAX);
    ledger_line_encode(e, &again);
    return span_equal(line, buf_span(&again));
}

int ledger_line_decode(struct span line, struct ledger_entry *ret, struct err *err)
{
    struct reading r = {.left = line};
    struct ledger_entry e;
    memset(&e, 0, sizeof e);
    if (line.len > LEDGER_LINE_MAX || !span_is_text(line) || !take(&r, '{') ||
        take_members(&r, &e) < 0 || !take(&r, '}') || r.left.len != 0)
        return r.version > LEDGER_LINE_VERSION
                   ? err_set(err, ERR_UNSUPPORTED,
                             "ledger entry of version %lld: use a newer pumasi",
                             (long long)r.version)
                   : err_set(err, ERR_CORRUPT, "ledger entry: not a line of the ledger");
    set_unset_instants(&e);
    if (r.version != LEDGER_LINE_VERSION || !is_canonical(line, &e))
        return err_set(err, ERR_CORRUPT, "ledger entry: not in canonical form");
    *ret = e;
    return 0;
}
