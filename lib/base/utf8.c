/* The one place that knows how UTF-8 is built. No state. */
#include "lib/base/utf8.h"

#include <stdbool.h>

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

/* How many bytes the lead byte announces, and the range that its second byte must be in. */
static size_t announced(uint8_t lead, uint8_t *ret_low, uint8_t *ret_high)
{
    *ret_low = 0x80;
    *ret_high = 0xBF;
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (lead == 0xE0)
            *ret_low = 0xA0;
        if (lead == 0xED)
            *ret_high = 0x9F;
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (lead == 0xF0)
            *ret_low = 0x90;
        if (lead == 0xF4)
            *ret_high = 0x8F;
        return 4;
    }
    return 0;
}

size_t utf8_character(const uint8_t *s, size_t n)
{
    uint8_t low;
    uint8_t high;

    if (n == 0)
        return 0;
    size_t length = announced(s[0], &low, &high);
    if (length == 0 || length > n)
        return 0;
    if (length > 1 && (s[1] < low || s[1] > high))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_continuation(s[i]))
            return 0;
    return length;
}

size_t utf8_cut(const uint8_t *s, size_t n, size_t max)
{
    if (n <= max)
        return n;
    size_t cut = max;
    while (cut > 0 && max - cut < 3 && is_continuation(s[cut]))
        cut--;
    /* Four continuation bytes in a row are no character: any place is as good. */
    return is_continuation(s[cut]) ? max : cut;
}
