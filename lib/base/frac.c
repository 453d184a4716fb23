/*
 * Exact fractions. Invariant of every value that leaves this file: den > 0, gcd(num, den) = 1 and
 * |num| < 2^127, so that a sign can always be turned. No state.
 *
 * Factors are cancelled before anything is multiplied, so what overflows are results that do not
 * fit; only a sum may also be refused for its numerator before the last cancelling.
 */
#include "lib/base/frac.h"

#include <stdio.h>

typedef unsigned __int128 u128;

#define I128_MIN   (-((__int128)1 << 126) * 2)
#define DIGITS_MAX 18

static u128 magnitude(__int128 v)
{
    return v < 0 ? (u128)0 - (u128)v : (u128)v;
}

static __int128 gcd(__int128 a, __int128 b)
{
    u128 x = magnitude(a);
    u128 y = magnitude(b);

    while (y != 0) {
        u128 rest = x % y;
        x = y;
        y = rest;
    }
    return (__int128)x;
}

static void check(struct frac a)
{
    ENSURE(a.den > 0 && a.num != I128_MIN);
}

/* num / den in lowest terms. den > 0. */
static struct frac reduced(__int128 num, __int128 den)
{
    __int128 common = gcd(num, den);

    return (struct frac){num / common, den / common};
}

struct frac frac_ratio(int64_t num, int64_t den)
{
    ENSURE(den != 0);
    return den > 0 ? reduced(num, den) : reduced(-(__int128)num, -(__int128)den);
}

int frac_add(struct frac a, struct frac b, struct frac *ret)
{
    __int128 left;
    __int128 right;
    __int128 num;
    __int128 den;

    check(a);
    check(b);
    __int128 common = gcd(a.den, b.den);
    if (__builtin_mul_overflow(a.num, b.den / common, &left) ||
        __builtin_mul_overflow(b.num, a.den / common, &right) ||
        __builtin_add_overflow(left, right, &num) || num == I128_MIN)
        return -ERR_OVERFLOW;
    /* Only what the denominators share can still be cancelled. */
    __int128 rest = gcd(num, common);
    if (__builtin_mul_overflow(a.den / common, b.den / rest, &den))
        return -ERR_OVERFLOW;
    *ret = (struct frac){num / rest, den};
    return 0;
}

int frac_sub(struct frac a, struct frac b, struct frac *ret)
{
    check(b);
    return frac_add(a, (struct frac){-b.num, b.den}, ret);
}

int frac_mul(struct frac a, struct frac b, struct frac *ret)
{
    __int128 num;
    __int128 den;

    check(a);
    check(b);
    __int128 cross = gcd(a.num, b.den);
    __int128 other = gcd(b.num, a.den);
    if (__builtin_mul_overflow(a.num / cross, b.num / other, &num) || num == I128_MIN ||
        __builtin_mul_overflow(a.den / other, b.den / cross, &den))
        return -ERR_OVERFLOW;
    *ret = (struct frac){num, den};
    return 0;
}

int frac_div(struct frac a, struct frac b, struct frac *ret)
{
    check(b);
    if (b.num == 0)
        return -ERR_INVALID;
    struct frac inverse = b.num > 0 ? (struct frac){b.den, b.num} : (struct frac){-b.den, -b.num};
    return frac_mul(a, inverse, ret);
}

/* The 256-bit product of two 128-bit numbers, from four 64-bit products. */
struct product {
    u128 high;
    u128 low;
};

static struct product multiply(u128 a, u128 b)
{
    const u128 mask = UINT64_MAX;
    u128 low = (a & mask) * (b & mask);
    u128 mid1 = (a >> 64) * (b & mask);
    u128 mid2 = (a & mask) * (b >> 64);
    u128 carry = (low >> 64) + (mid1 & mask) + (mid2 & mask);

    return (struct product){
        .high = (a >> 64) * (b >> 64) + (mid1 >> 64) + (mid2 >> 64) + (carry >> 64),
        .low = (carry << 64) | (low & mask),
    };
}

int frac_compare(struct frac a, struct frac b)
{
    check(a);
    check(b);
    if ((a.num < 0) != (b.num < 0))
        return a.num < 0 ? -1 : 1;
    struct product left = multiply(magnitude(a.num), magnitude(b.den));
    struct product right = multiply(magnitude(b.num), magnitude(a.den));
    int order = left.high != right.high ? (left.high > right.high) - (left.high < right.high)
                                        : (left.low > right.low) - (left.low < right.low);
    return a.num < 0 ? -order : order;
}

bool frac_is_zero(struct frac a)
{
    return a.num == 0;
}

static int narrow(__int128 value, int64_t *ret)
{
    if (value < INT64_MIN || value > INT64_MAX)
        return -ERR_OVERFLOW;
    *ret = (int64_t)value;
    return 0;
}

int frac_floor(struct frac a, int64_t *ret)
{
    check(a);
    return narrow(a.num / a.den - (a.num % a.den < 0), ret);
}

int frac_ceil(struct frac a, int64_t *ret)
{
    check(a);
    return narrow(a.num / a.den + (a.num % a.den > 0), ret);
}

/* Writes the digits of v before `end` and returns where they begin. */
static char *digits_before(char *end, u128 v)
{
    do {
        *--end = (char)('0' + (int)(v % 10));
        v /= 10;
    } while (v != 0);
    return end;
}

const char *frac_format(struct frac a, char dst[FRAC_TEXT_CAP])
{
    char num[FRAC_TEXT_CAP / 2] = "";
    char den[FRAC_TEXT_CAP / 2] = "";

    check(a);
    const char *above = digits_before(num + sizeof(num) - 1, magnitude(a.num));
    const char *below = digits_before(den + sizeof(den) - 1, magnitude(a.den));
    const char *sign = a.num < 0 ? "-" : "";
    if (a.den == 1)
        snprintf(dst, FRAC_TEXT_CAP, "%s%s", sign, above);
    else
        snprintf(dst, FRAC_TEXT_CAP, "%s%s/%s", sign, above, below);
    return dst;
}

static int bad_fraction(struct span text, enum err_code code, const char *what, const char *why,
                        struct err *err)
{
    return err_set(err, code, "%s \"%.*s\" %s", what, (int)(text.len < 64 ? text.len : 64),
                   text.len > 0 ? (const char *)text.data : "", why);
}

/* Takes the digits at the front of *text; false if there are none. *ret_n is how many there were.
 */
static bool take_digits(struct span *text, int64_t *ret, size_t *ret_n)
{
    size_t n = 0;
    int64_t value = 0;

    while (n < text->len && text->data[n] >= '0' && text->data[n] <= '9') {
        if (n < DIGITS_MAX)
            value = value * 10 + (text->data[n] - '0');
        n++;
    }
    *text = span_of(text->data + n, text->len - n);
    *ret = value;
    *ret_n = n;
    return n > 0;
}

/* Takes c from the front of *text if it is there. */
static bool take_char(struct span *text, char c)
{
    if (text->len == 0 || text->data[0] != (uint8_t)c)
        return false;
    *text = span_of(text->data + 1, text->len - 1);
    return true;
}

static int64_t power_of_ten(size_t n)
{
    int64_t power = 1;

    while (n-- > 0)
        power *= 10;
    return power;
}

/* "3/8", "5", "0.25", "-1". The error speaks of `what` and quotes `whole`. */
static int parse_fraction(struct span text, struct span whole, const char *what, struct frac *ret,
                          struct err *err)
{
    int64_t first;
    int64_t second = 0;
    size_t first_n;
    size_t second_n = 0;
    bool negative = take_char(&text, '-');
    bool good = take_digits(&text, &first, &first_n);
    bool slash = good && take_char(&text, '/');
    bool point = good && !slash && take_char(&text, '.');

    if (slash || point)
        good = take_digits(&text, &second, &second_n);
    if (!good || text.len > 0 || (slash && second == 0 && second_n <= DIGITS_MAX))
        return bad_fraction(whole, ERR_INVALID, what, "is not written as 3/8, 5 or 0.25", err);
    if (first_n > DIGITS_MAX || second_n > DIGITS_MAX)
        return bad_fraction(whole, ERR_OVERFLOW, what, "has more than 18 digits in one part", err);
    if (slash) {
        *ret = frac_ratio(negative ? -first : first, second);
        return 0;
    }
    int64_t scale = power_of_ten(second_n);
    __int128 num = (__int128)first * scale + second;
    *ret = reduced(negative ? -num : num, scale);
    return 0;
}

int frac_parse(struct span text, struct frac *ret, struct err *err)
{
    return parse_fraction(text, text, "fraction", ret, err);
}

int percent_parse(struct span text, struct frac *ret, struct err *err)
{
    struct frac value;
    struct span number = span_of(text.data, text.len > 0 ? text.len - 1 : 0);
    bool marked = text.len > 0 && text.data[text.len - 1] == '%';

    if (!marked || (number.len > 0 && memchr(number.data, '/', number.len)))
        return bad_fraction(text, ERR_INVALID, "percentage", "is not written as 6% or 12.5%", err);
    TRY(parse_fraction(number, text, "percentage", &value, err));
    if (frac_mul(value, frac_ratio(1, 100), ret) < 0)
        return bad_fraction(text, ERR_OVERFLOW, "percentage", "has too many digits", err);
    return 0;
}
