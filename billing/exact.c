/*
 * Fractions of wide non-negative integers. Invariant: lowest terms, den > 0, no leading zero limb.
 * Schoolbook arithmetic on the limbs in use: the numbers are short nearly always.
 */
#include "billing/exact.h"

#include <string.h>

static void wide_of_u128(struct wide *w, unsigned __int128 n)
{
    w->limb[0] = (uint64_t)n;
    w->limb[1] = (uint64_t)(n >> 64);
    w->len = w->limb[1] ? 2 : w->limb[0] != 0;
}

static void wide_trim(struct wide *w)
{
    while (w->len > 0 && w->limb[w->len - 1] == 0)
        w->len--;
}

/* Copies the limbs in use only. */
static void wide_copy(struct wide *dst, const struct wide *src)
{
    dst->len = src->len;
    memmove(dst->limb, src->limb, src->len * sizeof(src->limb[0]));
}

static int wide_compare(const struct wide *a, const struct wide *b)
{
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    for (uint32_t i = a->len; i-- > 0;) {
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    }
    return 0;
}

static bool wide_is_one(const struct wide *a)
{
    return a->len == 1 && a->limb[0] == 1;
}

static int wide_add(const struct wide *a, const struct wide *b, struct wide *ret)
{
    const struct wide *longer = a->len >= b->len ? a : b;
    const struct wide *shorter = a->len >= b->len ? b : a;
    uint32_t len = longer->len, short_len = shorter->len;
    unsigned __int128 carry = 0;
    for (uint32_t i = 0; i < len; i++) {
        carry += (unsigned __int128)longer->limb[i] + (i < short_len ? shorter->limb[i] : 0);
        ret->limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    if (carry && len == EXACT_LIMBS)
        return -ERR_OVERFLOW; /* the spare limb is not for keeps */
    if (carry)
        ret->limb[len++] = (uint64_t)carry;
    ret->len = len;
    return 0;
}

/* a -= b; a >= b. */
static void wide_sub(struct wide *a, const struct wide *b)
{
    uint64_t borrow = 0;
    for (uint32_t i = 0; i < a->len; i++) {
        uint64_t take = i < b->len ? b->limb[i] : 0;
        uint64_t part;
        uint64_t borrowed = __builtin_sub_overflow(a->limb[i], take, &part);
        borrowed += __builtin_sub_overflow(part, borrow, &a->limb[i]);
        borrow = borrowed;
    }
    ENSURE(borrow == 0);
    wide_trim(a);
}

static int wide_mul(const struct wide *a, const struct wide *b, struct wide *ret)
{
    uint64_t out[2 * EXACT_LIMBS];
    uint32_t len = a->len + b->len;
    memset(out, 0, len * sizeof(out[0]));
    for (uint32_t i = 0; i < a->len; i++) {
        unsigned __int128 carry = 0;
        for (uint32_t j = 0; j < b->len; j++) {
            carry += (unsigned __int128)a->limb[i] * b->limb[j] + out[i + j];
            out[i + j] = (uint64_t)carry;
            carry >>= 64;
        }
        out[i + b->len] = (uint64_t)carry;
    }
    while (len > 0 && out[len - 1] == 0)
        len--;
    if (len > EXACT_LIMBS)
        return -ERR_OVERFLOW;
    ret->len = len;
    memcpy(ret->limb, out, len * sizeof(out[0]));
    return 0;
}

/* a /= d; returns the remainder. */
static uint64_t wide_div_limb(struct wide *a, uint64_t d)
{
    unsigned __int128 rest = 0;
    for (uint32_t i = a->len; i-- > 0;) {
        rest = rest << 64 | a->limb[i];
        a->limb[i] = (uint64_t)(rest / d);
        rest %= d;
    }
    wide_trim(a);
    return (uint64_t)rest;
}

static void wide_shift_left_one(struct wide *a, uint64_t low_bit)
{
    uint64_t carry = low_bit;
    for (uint32_t i = 0; i < a->len; i++) {
        uint64_t out = a->limb[i] >> 63;
        a->limb[i] = a->limb[i] << 1 | carry;
        carry = out;
    }
    if (carry) {
        ENSURE(a->len <= EXACT_LIMBS);
        a->limb[a->len++] = carry;
    }
}

/* a / b, remainder in *rest; bit by bit, for divisors of more than one limb. */
static void wide_div_long(const struct wide *a, const struct wide *b, struct wide *quotient,
                          struct wide *rest)
{
    quotient->len = a->len;
    rest->len = 0;
    for (uint32_t i = a->len; i-- > 0;) {
        quotient->limb[i] = 0;
        for (int bit = 63; bit >= 0; bit--) {
            /* rest < b before the shift: with one bit more it fits the spare limb. */
            wide_shift_left_one(rest, a->limb[i] >> bit & 1);
            if (wide_compare(rest, b) >= 0) {
                wide_sub(rest, b);
                quotient->limb[i] |= UINT64_C(1) << bit;
            }
        }
    }
    wide_trim(quotient);
}

/* a /= b, rounded down. b > 0 */
static void wide_div(struct wide *a, const struct wide *b)
{
    ENSURE(b->len > 0);
    if (b->len == 1) {
        wide_div_limb(a, b->limb[0]);
        return;
    }
    struct wide quotient, rest;
    wide_div_long(a, b, &quotient, &rest);
    wide_copy(a, &quotient);
}

static void wide_shift_right(struct wide *a, uint32_t bits)
{
    uint32_t limbs = bits / 64, small = bits % 64;
    for (uint32_t i = 0; i + limbs < a->len; i++) {
        uint64_t low = a->limb[i + limbs] >> small;
        bool more = small > 0 && i + limbs + 1 < a->len;
        a->limb[i] = low | (more ? a->limb[i + limbs + 1] << (64 - small) : 0);
    }
    a->len = a->len > limbs ? a->len - limbs : 0;
    wide_trim(a);
}

static uint32_t wide_trailing_zeros(const struct wide *a)
{
    uint32_t i = 0;
    while (a->limb[i] == 0)
        i++;
    return i * 64 + (uint32_t)__builtin_ctzll(a->limb[i]);
}

/* Greatest odd common divisor of two numbers > 0; both are used up, the result is left in x. */
static void wide_gcd_odd(struct wide *x, struct wide *y)
{
    wide_shift_right(x, wide_trailing_zeros(x));
    for (;;) {
        wide_shift_right(y, wide_trailing_zeros(y));
        if (wide_compare(x, y) > 0) {
            struct wide swap;
            wide_copy(&swap, x);
            wide_copy(x, y);
            wide_copy(y, &swap);
        }
        wide_sub(y, x);
        if (y->len == 0 || wide_is_one(x))
            return;
    }
}

static uint64_t gcd_u64(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Divides both by their greatest common divisor; b > 0. gcd(0, b) = b. */
static void wide_reduce(struct wide *a, struct wide *b)
{
    if (a->len == 0) {
        wide_of_u128(b, 1);
        return;
    }
    if (wide_is_one(b))
        return;
    if (a->len == 1 && b->len == 1) { /* nearly always */
        uint64_t common = gcd_u64(a->limb[0], b->limb[0]);
        a->limb[0] /= common;
        b->limb[0] /= common;
        return;
    }
    uint32_t za = wide_trailing_zeros(a), zb = wide_trailing_zeros(b);
    uint32_t twos = za < zb ? za : zb;
    wide_shift_right(a, twos);
    wide_shift_right(b, twos);
    struct wide x, y;
    wide_copy(&x, a);
    wide_copy(&y, b);
    wide_gcd_odd(&x, &y);
    if (wide_is_one(&x))
        return;
    wide_div(a, &x);
    wide_div(b, &x);
}

void exact_zero(struct exact *ret)
{
    exact_of_u64(ret, 0);
}

void exact_of_u64(struct exact *ret, uint64_t n)
{
    wide_of_u128(&ret->num, n);
    wide_of_u128(&ret->den, 1);
}

void exact_of_frac(struct exact *ret, struct frac f)
{
    exact_ratio(ret, f.num, f.den);
}

void exact_ratio(struct exact *ret, __int128 num, __int128 den)
{
    ENSURE(num >= 0 && den > 0);
    wide_of_u128(&ret->num, (unsigned __int128)num);
    wide_of_u128(&ret->den, (unsigned __int128)den);
    wide_reduce(&ret->num, &ret->den);
}

/* a/b + c/d with e = b/g, f = d/g, g = gcd(b, d): (a f + c e) / (e d), reduced. */
/* Both over their least common denominator. */
static int common(const struct exact *a, const struct exact *b, struct wide *left,
                  struct wide *right, struct wide *den)
{
    struct wide e, f;
    wide_copy(&e, &a->den);
    wide_copy(&f, &b->den);
    wide_reduce(&e, &f);
    TRY(wide_mul(&a->num, &f, left));
    TRY(wide_mul(&b->num, &e, right));
    return wide_mul(&e, &b->den, den);
}

int exact_add(const struct exact *a, const struct exact *b, struct exact *ret)
{
    struct wide left, right, den;
    TRY(common(a, b, &left, &right, &den));
    TRY(wide_add(&left, &right, &left));
    wide_reduce(&left, &den);
    wide_copy(&ret->num, &left);
    wide_copy(&ret->den, &den);
    return 0;
}

int exact_sub(const struct exact *a, const struct exact *b, struct exact *ret)
{
    struct wide left, right, den;
    TRY(common(a, b, &left, &right, &den));
    ENSURE(wide_compare(&left, &right) >= 0);
    wide_sub(&left, &right);
    wide_reduce(&left, &den);
    wide_copy(&ret->num, &left);
    wide_copy(&ret->den, &den);
    return 0;
}

int exact_compare(const struct exact *a, const struct exact *b, int *ret)
{
    struct wide left, right, den;
    TRY(common(a, b, &left, &right, &den));
    *ret = wide_compare(&left, &right);
    return 0;
}

int exact_mul(const struct exact *a, const struct exact *b, struct exact *ret)
{
    struct wide an, ad, bn, bd, num, den;
    wide_copy(&an, &a->num);
    wide_copy(&ad, &a->den);
    wide_copy(&bn, &b->num);
    wide_copy(&bd, &b->den);
    wide_reduce(&an, &bd);
    wide_reduce(&bn, &ad);
    TRY(wide_mul(&an, &bn, &num));
    TRY(wide_mul(&ad, &bd, &den));
    wide_copy(&ret->num, &num);
    wide_copy(&ret->den, &den);
    return 0;
}

bool exact_is_zero(const struct exact *a)
{
    return a->num.len == 0;
}

bool exact_equal(const struct exact *a, const struct exact *b)
{
    return wide_compare(&a->num, &b->num) == 0 && wide_compare(&a->den, &b->den) == 0;
}

int exact_round_down(const struct exact *a, int64_t unit_krw, struct won *ret)
{
    ENSURE(unit_krw >= 1);
    struct wide whole;
    wide_copy(&whole, &a->num);
    wide_div(&whole, &a->den);
    if (whole.len > 1 || (whole.len == 1 && whole.limb[0] > INT64_MAX))
        return -ERR_OVERFLOW;
    int64_t krw = whole.len == 0 ? 0 : (int64_t)whole.limb[0];
    ret->krw = krw - krw % unit_krw;
    return 0;
}

static void wide_format(const struct wide *w, struct buf *out)
{
    enum { DIGITS = 19, GROUPS = EXACT_LIMBS * 20 / DIGITS + 1 };
    const uint64_t group = UINT64_C(10000000000000000000);
    uint64_t groups[GROUPS];
    size_t n = 0;
    struct wide rest;
    wide_copy(&rest, w);
    do {
        ENSURE(n < GROUPS);
        groups[n++] = rest.len ? wide_div_limb(&rest, group) : 0;
    } while (rest.len > 0);
    buf_printf(out, "%llu", (unsigned long long)groups[--n]);
    while (n > 0)
        buf_printf(out, "%0*llu", DIGITS, (unsigned long long)groups[--n]);
}

void exact_format(const struct exact *a, struct buf *out)
{
    wide_format(&a->num, out);
    if (wide_is_one(&a->den))
        return;
    buf_append_char(out, '/');
    wide_format(&a->den, out);
}
