#ifndef PUMASI_LIB_BASE_SPAN_H
#define PUMASI_LIB_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed bytes: the way text and bytes go inward. Not NUL-terminated. data may be NULL iff len 0.
 */
struct span {
    const uint8_t *data;
    size_t len;
};

static inline struct span span_of(const void *data, size_t len)
{
    return (struct span){.data = data, .len = len};
}

/* The bytes of a C string, without its NUL; NULL gives the empty span. */
static inline struct span span_text(const char *text)
{
    return span_of(text, text ? strlen(text) : 0);
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Bytewise order, a prefix before what it begins: <0, 0, >0. */
int span_compare(struct span a, struct span b);

bool span_starts_with(struct span s, struct span prefix);

/* True if the bytes are well-formed UTF-8 without NUL. */
bool span_is_text(struct span s);

#endif
