/* Texts in fixed places, decimal and hexadecimal digits. No state. */
#include "lib/base/text.h"

#include "lib/base/utf8.h"

/* How much of a refused value an error quotes. */
#define QUOTE_MAX 64

int text_set(char *dst, size_t cap, struct span text, const char *what, struct err *err)
{
    ENSURE(cap > 0);
    if (text.len >= cap)
        return err_set(err, ERR_INVALID, "%s is %zu bytes long, at most %zu are allowed", what,
                       text.len, cap - 1);
    if (!span_is_text(text))
        return err_set(err, ERR_INVALID, "%s is not UTF-8 text", what);
    if (text.len > 0)
        memcpy(dst, text.data, text.len);
    memset(dst + text.len, 0, cap - text.len);
    return 0;
}

char *text_cut(char *dst, size_t cap, const char *text)
{
    size_t len = strlen(text);

    ENSURE(cap > 0);
    size_t cut = utf8_cut((const uint8_t *)text, len, cap - 1);
    memcpy(dst, text, cut);
    dst[cut] = '\0';
    return dst;
}

/* The value of text[0..len) as digits; false if there are none, others, or more than fit. */
static bool magnitude(const uint8_t *text, size_t len, uint64_t *ret)
{
    uint64_t value = 0;

    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
            return false;
    }
    *ret = value;
    return true;
}

static bool parse_i64(struct span text, int64_t *ret)
{
    uint64_t value;

    if (text.len == 0) /* data may be NULL */
        return false;
    bool negative = text.data[0] == '-';
    if (!magnitude(text.data + negative, text.len - negative, &value))
        return false;
    if (value > (uint64_t)INT64_MAX + negative)
        return false;
    *ret = negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

int text_to_i64(struct span text, const char *what, int64_t min, int64_t max, int64_t *ret,
                struct err *err)
{
    int64_t value;

    if (!parse_i64(text, &value) || value < min || value > max)
        return err_set(err, ERR_INVALID, "%s \"%.*s\" is not a whole number from %lld to %lld",
                       what, (int)(text.len < QUOTE_MAX ? text.len : QUOTE_MAX),
                       text.len > 0 ? (const char *)text.data : "", (long long)min, (long long)max);
    *ret = value;
    return 0;
}

void text_hex(char *dst, const uint8_t *data, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        dst[2 * i] = digits[data[i] >> 4];
        dst[2 * i + 1] = digits[data[i] & 15];
    }
    dst[2 * n] = '\0';
}

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int text_unhex(struct span text, uint8_t *dst, size_t n, struct err *err)
{
    if (text.len != 2 * n)
        return err_set(err, ERR_INVALID, "%zu hexadecimal digits, expected %zu", text.len, 2 * n);
    for (size_t i = 0; i < text.len; i++)
        if (digit_value(text.data[i]) < 0)
            return err_set(err, ERR_INVALID, "character %zu is not one of 0-9 a-f", i + 1);
    for (size_t i = 0; i < n; i++)
        dst[i] = (uint8_t)(digit_value(text.data[2 * i]) << 4 | digit_value(text.data[2 * i + 1]));
    return 0;
}
