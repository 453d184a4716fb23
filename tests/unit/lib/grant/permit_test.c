/* The header's promises of lib/grant/permit.h: the rules, one encoding, and what a permit covers.
 */
#include "lib/grant/permit.h"

#include "tests/support/suite.h"

#include <string.h>

static struct permit sample(void)
{
    struct permit p;
    memset(&p, 0, sizeof p);
    p.loan = id_literal("loan-7");
    p.lender = id_literal("skt");
    p.borrower = id_literal("sovereign-1");
    p.pool = id_literal("skt-b200");
    p.key = id_literal("skt-1");
    p.window = (struct window){{1000}, {100000}};
    p.max_share = share_gpus(8);
    p.isolations = 1u << GRANT_ISOLATION_WHOLE | 1u << GRANT_ISOLATION_MIG;
    p.silence_tolerance_s = 600;
    return p;
}

static struct grant covered(void)
{
    struct grant g;
    memset(&g, 0, sizeof g);
    g.loan = id_literal("loan-7");
    g.project = id_literal("sovereign-1");
    g.issued_at = (struct instant){1000};
    g.ends_at = (struct instant){100000};
    g.ttl_ms = 600 * 1000;
    g.isolation = GRANT_ISOLATION_WHOLE;
    g.share = share_gpus(8);
    return g;
}

START_TEST(decoding_gives_back_what_was_encoded)
{
    struct permit p = sample(), back;
    struct permit_bytes bytes, again;
    ck_assert_int_eq(permit_encode(&p, &bytes, NULL), 0);
    ck_assert_int_eq(permit_decode(span_of(bytes.data, bytes.len), &back, NULL), 0);
    ck_assert_int_eq(permit_encode(&back, &again, NULL), 0);
    ck_assert_uint_eq(again.len, bytes.len);
    ck_assert_mem_eq(again.data, bytes.data, bytes.len);
    ck_assert_str_eq(back.pool.text, "skt-b200");
    ck_assert_int_eq(back.silence_tolerance_s, 600);
}
END_TEST

START_TEST(the_longest_permit_fits)
{
    struct permit p = sample();
    struct permit_bytes bytes;
    struct id longest;
    memset(&longest, 0, sizeof longest);
    memset(longest.text, 'x', ID_CAP - 1);
    p.loan = p.lender = p.borrower = p.pool = p.key = longest;
    ck_assert_int_eq(permit_encode(&p, &bytes, NULL), 0);
}
END_TEST

START_TEST(every_shorter_or_longer_text_is_refused)
{
    struct permit p = sample(), back;
    struct permit_bytes bytes;
    ck_assert_int_eq(permit_encode(&p, &bytes, NULL), 0);
    for (size_t n = 0; n < bytes.len; n++)
        ck_assert_int_eq(permit_decode(span_of(bytes.data, n), &back, NULL), -ERR_INVALID);
    ck_assert_int_eq(permit_decode(span_of(bytes.data, bytes.len + 1), &back, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(a_grant_is_no_permit)
{
    struct permit back;
    ck_assert_int_eq(permit_decode(span_text("PUMASI-GRANT\0\1"), &back, NULL), -ERR_INVALID);
}
END_TEST

#define SPOIL(name, type, change)                                                                  \
    static void name(type *v)                                                                      \
    {                                                                                              \
        change;                                                                                    \
    }
SPOIL(no_loan, struct permit, v->loan = ID_NONE)
SPOIL(no_lender, struct permit, v->lender = ID_NONE)
SPOIL(no_borrower, struct permit, v->borrower = ID_NONE)
SPOIL(no_pool, struct permit, v->pool = ID_NONE)
SPOIL(no_key, struct permit, v->key = ID_NONE)
SPOIL(empty_window, struct permit, v->window.to = v->window.from)
SPOIL(open_window, struct permit, v->window.to = INSTANT_NEVER)
SPOIL(window_before_1970, struct permit, v->window.from.s = -1)
SPOIL(no_share, struct permit, v->max_share.units = 0)
SPOIL(no_isolation, struct permit, v->isolations = 0)
SPOIL(unknown_isolation, struct permit, v->isolations |= 1u << GRANT_ISOLATION_COUNT)
SPOIL(no_silence, struct permit, v->silence_tolerance_s = 0)
SPOIL(endless_silence, struct permit, v->silence_tolerance_s = PERMIT_SILENCE_MAX_S + 1)

static void (*const spoilers[])(struct permit *v) = {
    no_loan,     no_lender,          no_borrower,  no_pool,      no_key,
    open_window, window_before_1970, no_share,     no_isolation, unknown_isolation,
    no_silence,  endless_silence,    empty_window,
};

START_TEST(a_permit_that_breaks_a_rule_is_not_encoded)
{
    struct permit p = sample();
    struct permit_bytes bytes;
    spoilers[_i](&p);
    ck_assert_int_eq(permit_encode(&p, &bytes, NULL), -ERR_INVALID);
}
END_TEST

SPOIL(other_loan, struct grant, v->loan = id_literal("loan-8"))
SPOIL(own_lease, struct grant, v->loan = ID_NONE)
SPOIL(other_project, struct grant, v->project = id_literal("sovereign-2"))
SPOIL(other_isolation, struct grant, v->isolation = GRANT_ISOLATION_MPS)
SPOIL(issued_early, struct grant, v->issued_at.s = 999)
SPOIL(ends_late, struct grant, v->ends_at.s = 100001)
SPOIL(silent_too_long, struct grant, v->ttl_ms = 600 * 1000 + 1)
SPOIL(too_much, struct grant, v->share.units++)

static void (*const outside[])(struct grant *v) = {
    other_loan,   own_lease, other_project,   other_isolation,
    issued_early, ends_late, silent_too_long, too_much,
};

START_TEST(a_permit_covers_what_is_inside_it)
{
    struct permit p = sample();
    struct grant g = covered();
    ck_assert_int_eq(permit_covers(&p, &g, NULL), 0);
}
END_TEST

START_TEST(a_permit_covers_nothing_outside_it)
{
    struct permit p = sample();
    struct grant g = covered();
    struct err err = ERR_INIT;
    outside[_i](&g);
    ck_assert_int_eq(permit_covers(&p, &g, &err), -ERR_DENIED);
    ck_assert_int_ne(err.text[0], 0);
}
END_TEST

static Suite *permit_suite(void)
{
    Suite *suite = suite_create("permit");
    TCase *tc = tcase_create("permit");
    tcase_add_test(tc, decoding_gives_back_what_was_encoded);
    tcase_add_test(tc, the_longest_permit_fits);
    tcase_add_test(tc, every_shorter_or_longer_text_is_refused);
    tcase_add_test(tc, a_grant_is_no_permit);
    tcase_add_loop_test(tc, a_permit_that_breaks_a_rule_is_not_encoded, 0,
                        sizeof spoilers / sizeof spoilers[0]);
    tcase_add_test(tc, a_permit_covers_what_is_inside_it);
    tcase_add_loop_test(tc, a_permit_covers_nothing_outside_it, 0,
                        sizeof outside / sizeof outside[0]);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(permit_suite)
