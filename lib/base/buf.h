#ifndef PUMASI_LIB_BASE_BUF_H
#define PUMASI_LIB_BASE_BUF_H

#include "lib/base/span.h"

#include <stdarg.h>
#include <stdbool.h>

/*
 * One growable buffer with a mandatory maximum: the way text and bytes go outward.
 *
 * An append that would pass the maximum appends nothing and sets `full`; later appends do nothing
 * either, so a writer may append freely and ask once at the end. The bytes are always followed by
 * a NUL that does not count. Out of memory aborts.
 */
struct buf {
    char *data; /* never NULL after buf_init(): points at "" while empty */
    size_t len;
    size_t cap;
    size_t max;
    bool full;
};

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);  /* frees; safe twice and on a zeroed struct */
void buf_reset(struct buf *b); /* empties, keeps the memory, clears full */

void buf_append(struct buf *b, const void *data, size_t len);
void buf_append_text(struct buf *b, const char *text);
void buf_append_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

struct span buf_span(const struct buf *b); /* borrowed until the next mutation */

/* Moves the bytes out (NUL-terminated, to be freed with free()) and leaves b empty. */
char *buf_detach(struct buf *b);

#define CLEANUP_BUF __attribute__((cleanup(buf_fini)))

#endif
