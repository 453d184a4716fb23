/* billing/terms.h: which terms make which line, and who is charged. */
#include "billing/terms.h"

#include "tests/support/suite.h"

static const struct {
    enum time_kind time;
    enum payer payer;
    bool kept, lowered; /* charged while faults do not, and do, lower the value */
} rows[] = {
    {TIME_USED, PAYER_BORROWER, true, true},     {TIME_USED, PAYER_NOBODY, true, true},
    {TIME_IDLE, PAYER_BORROWER, true, true},     {TIME_IDLE, PAYER_LENDER, false, false},
    {TIME_NOTICE, PAYER_NOBODY, false, false},   {TIME_NOTICE, PAYER_BORROWER, true, true},
    {TIME_HANDOVER, PAYER_NOBODY, false, false}, {TIME_HANDOVER, PAYER_BORROWER, true, true},
    {TIME_FAULT, PAYER_NOBODY, true, false},     {TIME_FAULT, PAYER_LENDER, true, false},
    {TIME_FAULT, PAYER_BORROWER, true, true},
};

START_TEST(the_loan_says_who_bears_what_is_not_use)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct terms t = {.time = rows[i].time, .payer = rows[i].payer};
        ck_assert_msg(terms_charged(&t, false) == rows[i].kept, "row %zu", i);
        ck_assert_msg(terms_charged(&t, true) == rows[i].lowered, "row %zu", i);
    }
}
END_TEST

START_TEST(every_member_tells_terms_apart_and_plain_ones_come_first)
{
    const struct terms other[] = {
        {.price_krw = {1}},      {.time = TIME_IDLE},  {.payer = PAYER_NOBODY},
        {.opportunistic = true}, {.isolation = "mig"},
    };
    for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++) {
        ck_assert_int_eq(terms_compare(&other[i], &other[i]), 0);
        ck_assert_int_lt(terms_compare(&TERMS_PLAIN, &other[i]), 0);
        ck_assert_int_gt(terms_compare(&other[i], &TERMS_PLAIN), 0);
    }
}
END_TEST

static Suite *terms_suite(void)
{
    Suite *s = suite_create("terms");
    TCase *t = tcase_create("terms");
    tcase_add_test(t, the_loan_says_who_bears_what_is_not_use);
    tcase_add_test(t, every_member_tells_terms_apart_and_plain_ones_come_first);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(terms_suite)
