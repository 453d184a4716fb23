/* controlplane/domain/quota_profile.h: the lending tree through time. */
#include "controlplane/domain/quota_profile.h"

#include "tests/support/suite.h"

#define NO QUOTA_NO_LIMIT

enum { ROOT, LENDER, BORROWER };

static struct quota_profile *profile(void)
{
    const struct quota_node nodes[] = {
        {"root", NULL, 0, NO, NO}, {"lender", "root", 0, NO, 0}, {"borrower", "root", 0, 0, 0}};
    struct quota_profile *p = NULL;
    ck_assert_int_eq(quota_profile_create(nodes, 3, &p, NULL), 0);
    return p;
}

static struct window win(int64_t from, int64_t to)
{
    return (struct window){{from}, {to}};
}

static int64_t available(struct quota_profile *p, size_t node, int64_t t)
{
    return quota_available(quota_profile_at(p, (struct instant){t}), node);
}

START_TEST(a_loan_moves_nominal_for_its_window)
{
    struct quota_profile *p = profile();
    quota_profile_add_nominal(p, LENDER, (struct window){{100}, INSTANT_NEVER}, 1024);
    quota_profile_add_nominal(p, LENDER, win(200, 300), -512);
    quota_profile_add_nominal(p, BORROWER, win(200, 300), 512);
    static const int64_t want[][3] = {{99, 0, 0},      {100, 1024, 0},  {199, 1024, 0},
                                      {200, 512, 512}, {299, 512, 512}, {300, 1024, 0}};
    for (size_t i = 0; i < 6; i++) {
        ck_assert_int_eq(available(p, LENDER, want[i][0]), want[i][1]);
        ck_assert_int_eq(available(p, BORROWER, want[i][0]), want[i][2]);
    }
    size_t at;
    ck_assert_int_eq(quota_profile_find(p, span_text("borrower"), &at, NULL), 0);
    ck_assert_uint_eq(at, BORROWER);
    quota_profile_destroy(p);
    quota_profile_destroy(NULL);
}
END_TEST

START_TEST(fits_means_at_every_instant_of_the_window)
{
    struct quota_profile *p = profile();
    quota_profile_add_nominal(p, BORROWER, win(200, 300), 512);
    quota_profile_add_usage(p, BORROWER, win(250, 260), 500);
    static const struct {
        int64_t from, to, amount;
        int64_t conflict; /* -1: fits */
    } cases[] = {{200, 300, 12, -1},  {200, 300, 13, 250},  {200, 250, 512, -1},
                 {260, 300, 512, -1}, {260, 301, 1, 300},   {199, 210, 1, 199},
                 {255, 256, 13, 255}, {200, 200, 9999, -1}, {200, 300, 513, 200}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct instant conflict = {-1};
        struct window w = win(cases[i].from, cases[i].to);
        bool fits = quota_fits(p, BORROWER, w, cases[i].amount, &conflict);
        ck_assert_int_eq(fits, cases[i].conflict == -1);
        ck_assert_int_eq(conflict.s, cases[i].conflict);
        ck_assert_int_eq(quota_fits(p, BORROWER, w, cases[i].amount, NULL), fits);
    }
    ck_assert_int_eq(quota_available_throughout(p, BORROWER, win(200, 300)), 12);
    ck_assert_int_eq(quota_available_throughout(p, BORROWER, win(200, 301)), 0);
    ck_assert_int_eq(quota_available_throughout(p, BORROWER, win(261, 299)), 512);
    quota_profile_destroy(p);
}
END_TEST

START_TEST(what_others_do_counts_at_every_instant)
{
    struct quota_profile *p = profile();
    quota_profile_add_nominal(p, LENDER, (struct window){{0}, INSTANT_NEVER}, 100);
    quota_profile_set_limits(p, LENDER, (struct instant){50}, NO, 40);
    quota_profile_set_limits(p, BORROWER, (struct instant){0}, 100, 0);
    quota_profile_set_limits(p, LENDER, (struct instant){80}, NO, 0);
    ck_assert_int_eq(available(p, BORROWER, 49), 0);
    ck_assert_int_eq(available(p, BORROWER, 50), 40);
    ck_assert_int_eq(available(p, BORROWER, 80), 0);
    /* The lender itself takes 70: 10 of what it lends. */
    quota_profile_add_usage(p, LENDER, win(60, 70), 70);
    struct instant conflict = {-1};
    ck_assert(!quota_fits(p, BORROWER, win(50, 80), 31, &conflict));
    ck_assert_int_eq(conflict.s, 60);
    ck_assert(quota_fits(p, BORROWER, win(50, 80), 30, NULL));
    quota_profile_destroy(p);
}
END_TEST

START_TEST(adding_the_negative_takes_back)
{
    struct quota_profile *p = profile();
    quota_profile_add_nominal(p, BORROWER, win(0, 100), 8);
    quota_profile_add_usage(p, BORROWER, win(10, 20), 5);
    quota_profile_add_usage(p, BORROWER, win(15, 30), 3);
    ck_assert_int_eq(quota_available_throughout(p, BORROWER, win(0, 100)), 0);
    quota_profile_add_usage(p, BORROWER, win(10, 20), -5);
    ck_assert_int_eq(quota_available_throughout(p, BORROWER, win(0, 100)), 5);
    quota_profile_add_usage(p, BORROWER, win(15, 30), -3);
    ck_assert_int_eq(quota_available_throughout(p, BORROWER, win(0, 100)), 8);
    quota_profile_destroy(p);
}
END_TEST

START_TEST(a_bad_tree_is_refused)
{
    const struct quota_node nodes[] = {{"a", "b", 0, NO, NO}};
    struct quota_profile *p = NULL;
    ck_assert_int_eq(quota_profile_create(nodes, 1, &p, NULL), -ERR_INVALID);
    ck_assert_ptr_null(p);
}
END_TEST

static uint64_t dice(uint64_t *seed, uint64_t n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*seed >> 33) % n;
}

START_TEST(fits_agrees_with_asking_every_second)
{
    uint64_t seed = 99;
    for (int round = 0; round < 400; round++) {
        struct quota_profile *p = profile();
        struct steps taken = {0};
        for (int i = 0; i < 12; i++) {
            int64_t from = (int64_t)dice(&seed, 60), to = from + 1 + (int64_t)dice(&seed, 40);
            quota_profile_add_nominal(p, dice(&seed, 3), win(from, to), (int64_t)dice(&seed, 9));
            quota_profile_add_usage(p, dice(&seed, 3), win(from / 2, to), (int64_t)dice(&seed, 4));
        }
        steps_add(&taken, win(20, 40), (int64_t)dice(&seed, 5));
        steps_add(&taken, win(30, 90), (int64_t)dice(&seed, 5));
        quota_profile_take(p, dice(&seed, 3), &taken);
        quota_profile_set_limits(p, BORROWER, (struct instant){(int64_t)dice(&seed, 50)}, 5, NO);
        quota_profile_set_limits(p, LENDER, (struct instant){(int64_t)dice(&seed, 50)}, NO, 3);
        struct window w = win((int64_t)dice(&seed, 50), 50 + (int64_t)dice(&seed, 50));
        size_t node = dice(&seed, 3);
        int64_t least = INT64_MAX, first = -1, amount = 1 + (int64_t)dice(&seed, 8);
        for (int64_t t = w.from.s; t < w.to.s; t++) {
            int64_t a = available(p, node, t);
            least = a < least ? a : least;
            if (a < amount && first < 0)
                first = t;
        }
        struct instant conflict = {-1};
        ck_assert_int_eq(quota_fits(p, node, w, amount, &conflict), first < 0);
        ck_assert_int_eq(conflict.s, first);
        ck_assert_int_eq(quota_available_throughout(p, node, w), least);
        quota_profile_destroy(p);
        steps_fini(&taken);
    }
}
END_TEST

static Suite *quota_profile_suite(void)
{
    Suite *s = suite_create("quota_profile");
    TCase *t = tcase_create("quota_profile");
    tcase_add_test(t, a_loan_moves_nominal_for_its_window);
    tcase_add_test(t, fits_means_at_every_instant_of_the_window);
    tcase_add_test(t, what_others_do_counts_at_every_instant);
    tcase_add_test(t, adding_the_negative_takes_back);
    tcase_add_test(t, a_bad_tree_is_refused);
    tcase_add_test(t, fits_agrees_with_asking_every_second);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(quota_profile_suite)
