/* Writes and reads the primitives of the signed layouts. Owns nothing, keeps nothing: the caller's
 * buffer, one pass, any thread. A failure sticks until the codec asks. */
#include "lib/grant/bytes.h"

#include "lib/base/err.h"

#include <string.h>

void put_bytes(struct byte_writer *w, const void *data, size_t n)
{
    ENSURE(w->len <= w->cap);
    if (w->failed || n > w->cap - w->len) {
        w->failed = true;
        return;
    }
    if (n > 0)
        memcpy(w->data + w->len, data, n);
    w->len += n;
}

static void put_number(struct byte_writer *w, uint64_t v, size_t n)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    put_bytes(w, bytes, n);
}

void put_u8(struct byte_writer *w, uint8_t v)
{
    put_number(w, v, 1);
}

void put_u16(struct byte_writer *w, uint16_t v)
{
    put_number(w, v, 2);
}

void put_u32(struct byte_writer *w, uint32_t v)
{
    put_number(w, v, 4);
}

void put_u64(struct byte_writer *w, uint64_t v)
{
    put_number(w, v, 8);
}

void put_text(struct byte_writer *w, const char *text)
{
    size_t n = strlen(text);
    ENSURE(n <= UINT8_MAX);
    put_u8(w, (uint8_t)n);
    put_bytes(w, text, n);
}

void take_bytes(struct byte_reader *r, const char *what, void *dst, size_t n)
{
    memset(dst, 0, n);
    if (r->failed)
        return;
    if (n > r->rest.len) {
        r->failed = what;
        return;
    }
    memcpy(dst, r->rest.data, n);
    r->rest = span_of(r->rest.data + n, r->rest.len - n);
}

static uint64_t take_number(struct byte_reader *r, const char *what, size_t n)
{
    uint8_t bytes[8];
    take_bytes(r, what, bytes, n);
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | bytes[i];
    return v;
}

uint8_t take_u8(struct byte_reader *r, const char *what)
{
    return (uint8_t)take_number(r, what, 1);
}

uint16_t take_u16(struct byte_reader *r, const char *what)
{
    return (uint16_t)take_number(r, what, 2);
}

uint32_t take_u32(struct byte_reader *r, const char *what)
{
    return (uint32_t)take_number(r, what, 4);
}

uint64_t take_u64(struct byte_reader *r, const char *what)
{
    return take_number(r, what, 8);
}

void take_text(struct byte_reader *r, const char *what, char *dst, size_t cap)
{
    memset(dst, 0, cap);
    size_t n = take_u8(r, what);
    if (!r->failed && n >= cap)
        r->failed = what;
    if (r->failed)
        return;
    take_bytes(r, what, dst, n);
    if (!r->failed && memchr(dst, '\0', n))
        r->failed = what;
}

void take_id(struct byte_reader *r, const char *what, bool optional, struct id *ret)
{
    char text[ID_CAP];
    take_text(r, what, text, sizeof text);
    *ret = ID_NONE;
    if (r->failed || (optional && text[0] == '\0'))
        return;
    if (id_parse(span_text(text), what, ret, NULL) < 0)
        r->failed = what;
}

void take_literal(struct byte_reader *r, const char *what, const char *expected)
{
    size_t n = strlen(expected);
    if (r->failed)
        return;
    if (!span_starts_with(r->rest, span_text(expected))) {
        r->failed = what;
        return;
    }
    r->rest = span_of(r->rest.data + n, r->rest.len - n);
}
