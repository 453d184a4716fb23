#include "cli/i18n.h"

#include "cli/commands.h"
#include "cli/label.h"
#include "tests/support/suite.h"
#include "tests/unit/cli/run.h"

static const struct {
    const char *lang; /* --lang */
    const char *variables[5];
    const char *translated;
} languages[] = {
    {NULL, {NULL}, "state"},
    {"ko", {NULL}, "상태"},
    {"ko", {"LC_ALL=C", NULL}, "상태"},
    {"en", {"LANGUAGE=ko", NULL}, "state"},
    {NULL, {"LANGUAGE=ko", "LANG=C", NULL}, "상태"},
    {NULL, {"LANG=ko_KR.UTF-8", NULL}, "상태"},
    {NULL, {"LC_MESSAGES=ko_KR.UTF-8", "LANG=en_US.UTF-8", NULL}, "상태"},
    {NULL, {"LC_ALL=en_US.UTF-8", "LANG=ko_KR.UTF-8", NULL}, "state"},
    {NULL, {"LANGUAGE=ko:en", NULL}, "상태"},
    {NULL, {"LANGUAGE=en:ko", NULL}, "state"},
    {NULL, {"LANG=kok_IN", NULL}, "state"},
    {NULL, {"LC_ALL=C", NULL}, "state"},
};

START_TEST(test_the_language_is_chosen_in_this_order)
{
    struct host host = {.variables = languages[_i].variables,
                        .program_path = PUMASI_BIN_DIR "/pumasi"};
    ck_assert_int_eq(i18n_init(&host, languages[_i].lang, NULL), 0);
    ck_assert_str_eq(gettext("STATE"), languages[_i].translated[0] == 's' ? "STATE" : "상태");
}
END_TEST

START_TEST(test_another_language_is_refused)
{
    const char *none[] = {NULL};
    struct host host = {.variables = none, .program_path = ""};
    ck_assert_int_eq(i18n_init(&host, "fr", NULL), -ERR_INVALID);
}
END_TEST

START_TEST(test_without_a_catalogue_it_speaks_english)
{
    const char *none[] = {NULL};
    struct host host = {.variables = none, .program_path = "/nonexistent/bin/pumasi"};
    ck_assert_int_eq(i18n_init(&host, "ko", NULL), 0);
    ck_assert_str_eq(gettext("no such text in any catalogue"), "no such text in any catalogue");
}
END_TEST

/* Every text of the sources, by the tool that translators use. */
START_TEST(test_the_korean_catalogue_is_complete)
{
    char line[256];
    FILE *f = popen("sh " PUMASI_SOURCE_DIR "/cli/po/check.sh " PUMASI_SOURCE_DIR " 2>&1", "r");
    ck_assert_ptr_nonnull(f);
    const char *complaint = fgets(line, sizeof(line), f);
    ck_assert_msg(!complaint, "%s", line);
    ck_assert_int_eq(pclose(f), 0);
}
END_TEST

static void expect_korean(const char *text)
{
    ck_assert_msg(!text || strcmp(gettext(text), text) != 0 || strcmp(text, "API") == 0,
                  "not translated: %s", text);
}

/* Every text of the tables, in the catalogue that was built. */
START_TEST(test_every_row_speaks_korean)
{
    const char *none[] = {NULL};
    struct host host = {.variables = none, .program_path = PUMASI_BIN_DIR "/pumasi"};
    ck_assert_int_eq(i18n_init(&host, "ko", NULL), 0);
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)); i++) {
        expect_korean(c->summary);
        expect_korean(c->details);
        for (const struct command_option *o = c->options; o && o->name; o++)
            expect_korean(o->help);
        for (const struct command_option *a = c->arguments; a && a->name; a++)
            expect_korean(a->help);
    }
    for (const struct label *l = label_table; l->code; l++)
        expect_korean(l->text);
    for (int code = 1; code < ERR_CODE_COUNT; code++)
        expect_korean(err_advice((enum err_code)code));
}
END_TEST

START_TEST(test_the_program_speaks_korean_and_its_codes_do_not)
{
    struct run run CLEANUP_RUN = RUN_KOREAN("lease", "lst");
    ck_assert_int_eq(run.exit, 2);
    ck_assert_ptr_nonnull(strstr(run.talk, "오류: "));
    ck_assert_ptr_nonnull(strstr(run.talk, "다음: 요청을 고치십시오 [invalid]"));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/i18n");
    TCase *t = tcase_create("i18n");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, test_the_language_is_chosen_in_this_order, 0,
                        sizeof(languages) / sizeof(languages[0]));
    tcase_add_test(t, test_another_language_is_refused);
    tcase_add_test(t, test_without_a_catalogue_it_speaks_english);
    tcase_add_test(t, test_the_korean_catalogue_is_complete);
    tcase_add_test(t, test_every_row_speaks_korean);
    tcase_add_test(t, test_the_program_speaks_korean_and_its_codes_do_not);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
