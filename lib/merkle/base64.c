/* Base 64. Pure. */
#include "lib/merkle/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct span bytes, struct buf *out)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = (uint32_t)bytes.data[i] << 16;
        group |= n > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        group |= n > 2 ? bytes.data[i + 2] : 0;
        char four[4] = {digits[group >> 18], digits[group >> 12 & 63],
                        n > 1 ? digits[group >> 6 & 63] : '=', n > 2 ? digits[group & 63] : '='};
        buf_append(out, four, sizeof four);
    }
}

static int value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters, of which `pad` at the end are padding, into 3 - pad bytes. */
static int decode_group(const uint8_t *four, size_t pad, uint8_t ret[3])
{
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - pad ? value_of(four[i]) : 0;
        if (value < 0)
            return -ERR_INVALID;
        group = group << 6 | (uint32_t)value;
    }
    if ((pad == 1 && (group & 0xff)) || (pad == 2 && (group & 0xffff)))
        return -ERR_INVALID;
    ret[0] = (uint8_t)(group >> 16);
    ret[1] = (uint8_t)(group >> 8);
    ret[2] = (uint8_t)group;
    return 0;
}

static size_t padding(struct span text)
{
    size_t pad = 0;
    while (pad < 2 && pad < text.len && text.data[text.len - 1 - pad] == '=')
        pad++;
    return pad;
}

int base64_decode(struct span text, uint8_t *dst, size_t cap, size_t *ret_len, struct err *err)
{
    size_t pad = padding(text);
    if (text.len % 4 != 0)
        return err_set(err, ERR_INVALID, "base 64: the length is no multiple of 4");
    size_t len = text.len / 4 * 3 - pad;
    if (len > cap)
        return err_set(err, ERR_LIMIT, "base 64: more than %zu bytes", cap);
    for (size_t i = 0; i < text.len / 4; i++) {
        uint8_t three[3];
        size_t left = len - 3 * i < 3 ? len - 3 * i : 3;
        if (decode_group(text.data + 4 * i, 3 - left, three) < 0)
            return err_set(err, ERR_INVALID, "base 64: a character that does not belong there");
        memcpy(dst + 3 * i, three, left);
    }
    *ret_len = len;
    return 0;
}
