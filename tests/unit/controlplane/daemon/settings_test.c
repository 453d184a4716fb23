/* controlplane/daemon/settings.h: the table itself. How a table is read is lib/base's to test. */
#include "controlplane/daemon/settings.h"

#include "tests/support/suite.h"

#include <string.h>

START_TEST(every_option_has_a_section_a_default_and_a_sentence)
{
    for (const struct config_option *o = settings_table; o->name; o++) {
        ck_assert_msg(strchr(o->name, '.') != NULL, "%s", o->name);
        ck_assert_msg(o->default_value != NULL, "%s", o->name);
        ck_assert_msg(o->help && strlen(o->help) > 10, "%s", o->name);
    }
}
END_TEST

START_TEST(no_option_stands_twice)
{
    for (const struct config_option *a = settings_table; a->name; a++) {
        for (const struct config_option *b = a + 1; b->name; b++)
            ck_assert_msg(strcmp(a->name, b->name) != 0, "%s", a->name);
    }
}
END_TEST

START_TEST(the_defaults_are_a_control_plane_of_one_machine)
{
    struct config *c = config_create(settings_table);
    ck_assert_str_eq(config_text(c, "listen.address"), "127.0.0.1:7443");
    ck_assert_str_eq(config_text(c, "etcd.endpoints"), ""); /* its own etcd */
    ck_assert_str_eq(config_text(c, "etcd.listen"), "");    /* on a unix socket */
    ck_assert_int_eq(config_int(c, "leader.ttl"), 5);
    config_destroy(c);
}
END_TEST

START_TEST(a_leader_lives_for_two_seconds_to_a_minute)
{
    static const struct {
        const char *assignment;
        int rc;
    } rows[] = {{"leader.ttl=2", 0},
                {"leader.ttl=1m", 0},
                {"leader.ttl=1", -ERR_INVALID},
                {"leader.ttl=61", -ERR_INVALID},
                {"leader.ttl=-5", -ERR_INVALID},
                {"leader.ttl=", -ERR_INVALID}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config *c = config_create(settings_table);
        struct err err = ERR_INIT;
        ck_assert_msg(config_set(c, rows[i].assignment, &err) == rows[i].rc, "%s: %s",
                      rows[i].assignment, err.text);
        config_destroy(c);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("daemon/settings");
    TCase *c = tcase_create("settings");
    tcase_add_test(c, every_option_has_a_section_a_default_and_a_sentence);
    tcase_add_test(c, no_option_stands_twice);
    tcase_add_test(c, the_defaults_are_a_control_plane_of_one_machine);
    tcase_add_test(c, a_leader_lives_for_two_seconds_to_a_minute);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)
