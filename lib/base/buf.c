/*
 * The growable buffer. Invariants: len <= max; cap is 0 (data is the literal "") or at least
 * len + 1; data[len] is NUL. Not thread-safe.
 */
#include "lib/base/buf.h"

#include "lib/base/err.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAP 64

static char nothing[1] = "";

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.data = nothing, .max = max};
}

void buf_fini(struct buf *b)
{
    if (b->cap > 0)
        free(b->data);
    *b = (struct buf){.data = NULL};
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->full = false;
    if (b->cap > 0)
        b->data[0] = '\0';
}

/* Makes room for len more bytes and the NUL; false (and full) when they may not be. */
static bool reserve(struct buf *b, size_t len)
{
    ENSURE(b->data && b->len <= b->max);
    if (b->full || len > b->max - b->len) {
        b->full = true;
        return false;
    }
    size_t needed = b->len + len + 1;
    if (needed <= b->cap)
        return true;
    size_t cap = b->cap > 0 ? b->cap : FIRST_CAP;
    while (cap < needed)
        cap = cap > SIZE_MAX / 2 ? needed : cap * 2;
    char *grown = realloc(b->cap > 0 ? b->data : NULL, cap);
    ENSURE(grown);
    b->data = grown;
    b->cap = cap;
    return true;
}

void buf_append(struct buf *b, const void *data, size_t len)
{
    if (!reserve(b, len))
        return;
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_append_text(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

void buf_append_char(struct buf *b, char c)
{
    buf_append(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;

    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, fmt, ap);
    ENSURE(len >= 0);
    if (reserve(b, (size_t)len)) {
        vsnprintf(b->data + b->len, (size_t)len + 1, fmt, again);
        b->len += (size_t)len;
    }
    va_end(again);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    buf_vprintf(b, fmt, ap);
    va_end(ap);
}

struct span buf_span(const struct buf *b)
{
    return span_of(b->data, b->len);
}

char *buf_detach(struct buf *b)
{
    char *bytes = b->cap > 0 ? b->data : calloc(1, 1);

    ENSURE(bytes);
    buf_init(b, b->max);
    return bytes;
}
