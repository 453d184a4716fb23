/* nodeagent/agent/credentials.h: the certificate's age. */
#include "nodeagent/agent/credentials.h"

#include "tests/unit/nodeagent/agent/agent_rig.h"

START_TEST(an_ageing_certificate_is_said_every_day_from_half_its_life_on)
{
    const int64_t day_s = 86400;
    start();
    start_agent();
    a->cert.valid = (struct window){{START}, {START + 30 * day_s}};
    for (int day = 0; day < 31; day++) {
        credentials_watch(a);
        credentials_watch(a);
        env_fake_advance(&fake, day_s);
    }
    ck_assert_uint_eq(logged("certificate.ageing"), 15);
    ck_assert_uint_eq(logged("certificate.expired"), 1);
    char text[65536] = "";
    ck_assert_int_gt(pread(log_fd, text, sizeof text - 1, 0), 0);
    ck_assert_ptr_nonnull(strstr(text, "pumasi node join"));
    stop();
}
END_TEST

static Suite *credentials_suite(void)
{
    Suite *suite = suite_create("credentials");
    TCase *tc = tcase_create("credentials");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, an_ageing_certificate_is_said_every_day_from_half_its_life_on);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(credentials_suite)
