/* Texts of a fixed form. No state. */
#include "lib/base/scan.h"

#include "lib/base/text.h"

static void skip(struct scan *s, size_t n)
{
    s->left = span_of(s->left.data + n, s->left.len - n);
}

bool scan_literal(struct scan *s, const char *literal)
{
    struct span wanted = span_text(literal);
    if (!span_starts_with(s->left, wanted))
        return false;
    if (wanted.len > 0)
        skip(s, wanted.len);
    return true;
}

bool scan_number(struct scan *s, uint64_t *ret)
{
    int64_t value;
    size_t n = 0;
    while (n < s->left.len && s->left.data[n] >= '0' && s->left.data[n] <= '9')
        n++;
    if (n == 0 || (n > 1 && s->left.data[0] == '0') ||
        text_to_i64(span_of(s->left.data, n), "number", 0, INT64_MAX, &value, NULL) < 0)
        return false;
    skip(s, n);
    *ret = (uint64_t)value;
    return true;
}

bool scan_hex(struct scan *s, uint8_t *dst, size_t n)
{
    if (s->left.len < 2 * n || text_unhex(span_of(s->left.data, 2 * n), dst, n, NULL) < 0)
        return false;
    skip(s, 2 * n);
    return true;
}

bool scan_until(struct scan *s, char end, struct span *ret)
{
    const uint8_t *at = s->left.len ? memchr(s->left.data, end, s->left.len) : NULL;
    if (!at)
        return false;
    *ret = span_of(s->left.data, (size_t)(at - s->left.data));
    skip(s, ret->len);
    return true;
}
