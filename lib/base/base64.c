/* Base64. No state. */
#include "lib/base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct span bytes, struct buf *out)
{
    for (size_t at = 0; at < bytes.len; at += 3) {
        size_t n = bytes.len - at < 3 ? bytes.len - at : 3;
        uint32_t group = (uint32_t)bytes.data[at] << 16;
        if (n > 1)
            group |= (uint32_t)bytes.data[at + 1] << 8;
        if (n > 2)
            group |= bytes.data[at + 2];
        char text[4] = {alphabet[group >> 18], alphabet[group >> 12 & 63],
                        n > 1 ? alphabet[group >> 6 & 63] : '=',
                        n > 2 ? alphabet[group & 63] : '='};
        buf_append(out, text, sizeof(text));
    }
}

static int sextet(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Three bytes from four characters of which the last `padding` are '='. */
static bool decode_group(const uint8_t *text, size_t padding, uint8_t dst[3])
{
    uint32_t group = 0;

    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - padding ? sextet(text[i]) : 0;
        if (value < 0)
            return false;
        group = group << 6 | (uint32_t)value;
    }
    /* Bits that padding cuts off must be zero, or two texts would mean the same bytes. */
    if ((padding == 1 && (group & 0xFF)) || (padding == 2 && (group & 0xFFFF)))
        return false;
    dst[0] = (uint8_t)(group >> 16);
    dst[1] = (uint8_t)(group >> 8);
    dst[2] = (uint8_t)group;
    return true;
}

bool base64_decode(struct span text, uint8_t *dst, size_t *ret_n)
{
    size_t n = 0;

    if (text.len % 4 != 0)
        return false;
    for (size_t at = 0; at < text.len; at += 4) {
        const uint8_t *group = text.data + at;
        uint8_t bytes[3];
        size_t padding = 0;
        if (at + 4 == text.len && group[3] == '=')
            padding = group[2] == '=' ? 2 : 1;
        if (!decode_group(group, padding, bytes))
            return false;
        memcpy(dst + n, bytes, 3 - padding);
        n += 3 - padding;
    }
    *ret_n = n;
    return true;
}
