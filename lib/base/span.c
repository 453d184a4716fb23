/* Borrowed bytes. No state. */
#include "lib/base/span.h"

#include "lib/base/utf8.h"

int span_compare(struct span a, struct span b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool span_starts_with(struct span s, struct span prefix)
{
    return s.len >= prefix.len && span_equal(span_of(s.data, prefix.len), prefix);
}

bool span_is_text(struct span s)
{
    for (size_t at = 0; at < s.len;) {
        size_t step = utf8_character(s.data + at, s.len - at);
        if (step == 0 || s.data[at] == 0)
            return false;
        at += step;
    }
    return true;
}
