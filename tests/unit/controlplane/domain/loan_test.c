/* Loans: terms that are refused, and when leases may run. The life cycle: life_cycle_test.c. */
#include "controlplane/domain/loan.h"

#include "tests/support/suite.h"
#include "tests/unit/controlplane/domain/checks.h"

/* clang-format off */
#define PARTIES   .lender = {"skt"}, .borrower = {"alpha"}, .pool = {"p"}
#define WHEN      .from = {100}, .to = {200}
#define ISOLATION .isolation = LIST_OF(struct id, {"whole"}, {"mig"})
#define GOOD      PARTIES, WHEN, ISOLATION, .guaranteed_units = {7000}
/* clang-format on */

static const struct {
    struct loan loan;
    const char *refusal;
} cases[] = {
    {{GOOD}, NULL},
    {{GOOD, .burst_units = {7000}, .notice_s = 60, .silence_s = 60, .price_krw = {1}}, NULL},
    {{PARTIES, WHEN, ISOLATION, .burst_units = {1}}, NULL},
    {{.borrower = {"alpha"}, .pool = {"p"}}, "lender, borrower and pool are needed"},
    {{.lender = {"skt"}, .pool = {"p"}}, "lender, borrower and pool are needed"},
    {{.lender = {"skt"}, .borrower = {"alpha"}}, "lender, borrower and pool are needed"},
    {{PARTIES, .from = {200}, .to = {200}}, "from must come before to"},
    {{PARTIES, WHEN, ISOLATION}, "guaranteed_units or burst_units must be more than 0"},
    {{GOOD, .burst_units = {-1}}, "guaranteed_units and burst_units must not be negative"},
    {{PARTIES, WHEN, ISOLATION, .guaranteed_units = {-1}, .burst_units = {7}},
     "guaranteed_units and burst_units must not be negative"},
    {{GOOD, .notice_s = -1}, "notice_s, protected_s and cooldown_s must not be negative"},
    {{GOOD, .protected_s = -1}, "notice_s, protected_s and cooldown_s must not be negative"},
    {{GOOD, .cooldown_s = -1}, "notice_s, protected_s and cooldown_s must not be negative"},
    {{GOOD, .notice_s = 60, .silence_s = 59}, "silence_s is 59, less than the notice of 60"},
    {{GOOD, .price_krw = {-1}}, "price_krw must not be negative"},
    {{PARTIES, WHEN, .guaranteed_units = {7}}, "isolation: name at least one permitted class"},
    {{PARTIES, WHEN, .guaranteed_units = {7}, .isolation = LIST_OF(struct id, {"whole"}, {"half"})},
     "loan: isolation \"half\" is none of: whole, mig, dmem, mps, timeslice"},
};

START_TEST(terms_that_make_no_sense_are_refused)
{
    struct err err = ERR_INIT;
    expect_check(loan_check(&cases[_i].loan, &err), &err, cases[_i].refusal);
}
END_TEST

START_TEST(leases_may_run_when_it_is_approved_or_later_not_returned_inside_its_window)
{
    static const bool granted[LOAN_STATE_COUNT] = {
        [LOAN_APPROVED] = true, [LOAN_ACTIVE] = true, [LOAN_RECALLING] = true};
    static const struct {
        int64_t at;
        bool inside;
    } moments[] = {{99, false}, {100, true}, {199, true}, {200, false}, {INT64_MAX, false}};
    for (int state = 0; state < LOAN_STATE_COUNT; state++) {
        for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
            struct loan l = {WHEN, .state = (enum loan_state)state};
            ck_assert_msg(loan_in_force(&l, (struct instant){moments[i].at}) ==
                              (granted[state] && moments[i].inside),
                          "%s at %lld", enum_name(&loan_state_names, state),
                          (long long)moments[i].at);
        }
    }
}
END_TEST

static Suite *loan_suite(void)
{
    Suite *s = suite_create("domain/loan");
    TCase *c = tcase_create("loan");
    tcase_add_loop_test(c, terms_that_make_no_sense_are_refused, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(c, leases_may_run_when_it_is_approved_or_later_not_returned_inside_its_window);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(loan_suite)
