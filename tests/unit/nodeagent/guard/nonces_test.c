/* The guard's request marks. */
#include "nodeagent/guard/nonces.h"

#include "tests/support/suite.h"

#include <string.h>

static struct nonces nonces;
static struct env_fake clock_and_dice;
static struct env env;

static void setup(void)
{
    memset(&nonces, 0, sizeof nonces);
    clock_and_dice = (struct env_fake){.boot = {1000}, .seed = 3};
    env = env_of_fake(&clock_and_dice);
}

START_TEST(a_nonce_is_found_with_its_making)
{
    uint64_t made_ns = 0;
    struct nonce n = *nonces_make(&nonces, &env);
    ck_assert_uint_eq(n.made_ns, 1000);
    ck_assert(nonces_find(&nonces, n.bytes, 2000, &made_ns));
    ck_assert_uint_eq(made_ns, 1000);
}
END_TEST

START_TEST(an_unknown_one_is_not)
{
    uint64_t made_ns = 7;
    const uint8_t zeros[GRANT_NONCE_BYTES] = {0};
    ck_assert(!nonces_find(&nonces, zeros, 1000, &made_ns)); /* an unused place is no nonce */
    ck_assert_uint_eq(made_ns, 7);
}
END_TEST

START_TEST(it_grows_old)
{
    uint64_t made_ns;
    struct nonce n = *nonces_make(&nonces, &env);
    ck_assert(nonces_find(&nonces, n.bytes, 1000 + NONCE_LIFE_NS - 1, &made_ns));
    ck_assert(!nonces_find(&nonces, n.bytes, 1000 + NONCE_LIFE_NS, &made_ns));
}
END_TEST

START_TEST(the_oldest_is_forgotten_first)
{
    uint64_t made_ns;
    struct nonce first = *nonces_make(&nonces, &env);
    struct nonce second = *nonces_make(&nonces, &env);
    for (int i = 2; i <= NONCES_MAX; i++)
        (void)nonces_make(&nonces, &env);
    ck_assert(!nonces_find(&nonces, first.bytes, 1000, &made_ns));
    ck_assert(nonces_find(&nonces, second.bytes, 1000, &made_ns));
}
END_TEST

static Suite *nonces_suite(void)
{
    Suite *suite = suite_create("nonces");
    TCase *tc = tcase_create("nonces");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, a_nonce_is_found_with_its_making);
    tcase_add_test(tc, an_unknown_one_is_not);
    tcase_add_test(tc, it_grows_old);
    tcase_add_test(tc, the_oldest_is_forgotten_first);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(nonces_suite)
