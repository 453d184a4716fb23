/* Whole runs that need no server: what is printed where, and the exit codes. */
#include "cli/program.h"

#include "tests/support/suite.h"
#include "tests/unit/cli/run.h"

#include <jansson.h>

START_TEST(test_bare_pumasi_says_what_there_is)
{
    struct run run CLEANUP_RUN = RUN(NULL);
    ck_assert_int_eq(run.exit, 0);
    ck_assert_str_eq(run.talk, "");
    ck_assert_ptr_nonnull(strstr(run.out, "lease book"));
    ck_assert_ptr_nonnull(strstr(run.out, "--output FORMAT"));
}
END_TEST

START_TEST(test_version_in_three_ways)
{
    struct run command CLEANUP_RUN = RUN("version");
    struct run option CLEANUP_RUN = RUN("--version");
    struct run as_json CLEANUP_RUN = RUN("version", "-o", "json");
    ck_assert_str_eq(command.out, "pumasi " PUMASI_VERSION "\n");
    ck_assert_str_eq(option.out, command.out);
    json_t *document = json_loads(as_json.out, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(document, "version")), PUMASI_VERSION);
    json_decref(document);
}
END_TEST

static const struct {
    const char *words[8];
    int exit;
    const char *talk; /* found in what is said */
} failures[] = {
    {{"nonsense", NULL}, 2, "unknown command"},
    {{"lease", NULL}, 2, "needs a verb"},
    {{"lease", "list", NULL}, 4, "no context is in use"},
    {{"lease", "list", "--context", "nobody", NULL}, 6, "there is no context 'nobody'"},
    {{"context", "use", "nobody", NULL}, 6, "nobody"},
    {{"context", "show", NULL}, 4, "pumasi login"},
    {{"help", "nothing", NULL}, 6, "there is no command 'nothing'"},
    {{"help", "lease", "nothing", NULL}, 6, "lease nothing"},
    {{"apply", "-f", "/nonexistent.json", NULL}, 6, "/nonexistent.json"},
    {{"lease", "book", "-a", "a", "-g", "1", NULL}, 2, "either --to or --for"},
    {{"lease", "book", "-a", "a", "-g", "1", "--to=now", "--for=1h"}, 2, "either --to or --for"},
    {{"login", "--ca", "/nonexistent", NULL}, 2, "--server"},
    {{"run", "-l", "l", "--socket", "/nonexistent", "x", NULL}, 1, "/nonexistent"},
};

START_TEST(test_failures_go_to_the_talk_stream_with_their_exit_code)
{
    const char *words[9] = {NULL};
    for (int i = 0; i < 8 && failures[_i].words[i]; i++)
        words[i] = failures[_i].words[i];
    char home[64];
    struct run run CLEANUP_RUN = run_with(run_home(home), "en", NULL, words);
    run_remove(home);
    ck_assert_msg(run.exit == failures[_i].exit, "exit %d: %s", run.exit, run.talk);
    ck_assert_str_eq(run.out, "");
    ck_assert_int_eq(strncmp(run.talk, "error: ", 7), 0);
    ck_assert_ptr_nonnull(strstr(run.talk, "\nnext: "));
    ck_assert_msg(strstr(run.talk, failures[_i].talk), "%s", run.talk);
}
END_TEST

START_TEST(test_with_json_an_error_is_one_object)
{
    struct run run CLEANUP_RUN = RUN("lease", "lst", "-o", "json");
    json_t *document = json_loads(run.talk, 0, NULL), *error = json_object_get(document, "error");
    ck_assert_int_eq(run.exit, 2);
    ck_assert_str_eq(run.out, "");
    ck_assert_str_eq(json_string_value(json_object_get(error, "code")), "invalid");
    ck_assert_int_eq(json_integer_value(json_object_get(error, "exit")), 2);
    ck_assert_str_eq(json_string_value(json_object_get(error, "next")), "fix the request");
    ck_assert_ptr_nonnull(json_object_get(error, "message"));
    ck_assert_ptr_null(json_object_get(error, "request_id"));
    json_decref(document);
}
END_TEST

START_TEST(test_help_is_the_same_by_word_and_by_option)
{
    struct run word CLEANUP_RUN = RUN("help", "lease", "book");
    struct run option CLEANUP_RUN = RUN("lease", "book", "--help");
    struct run noun CLEANUP_RUN = RUN("lease", "--help");
    struct run noun_word CLEANUP_RUN = RUN("help", "lease");
    ck_assert_int_eq(word.exit, 0);
    ck_assert_str_eq(word.out, option.out);
    ck_assert_str_eq(noun.out, noun_word.out);
    ck_assert_ptr_nonnull(strstr(noun.out, "lease release"));
}
END_TEST

START_TEST(test_completion_for_each_shell)
{
    struct run bash CLEANUP_RUN = RUN("completion", "bash");
    struct run zsh CLEANUP_RUN = RUN("completion", "zsh");
    struct run fish CLEANUP_RUN = RUN("completion", "fish");
    struct run other CLEANUP_RUN = RUN("completion", "tcsh");
    ck_assert_ptr_nonnull(strstr(bash.out, "complete -F _pumasi pumasi"));
    ck_assert_ptr_nonnull(strstr(zsh.out, "#compdef pumasi"));
    ck_assert_ptr_nonnull(strstr(fish.out, "complete -c pumasi"));
    ck_assert_int_eq(other.exit, 2);
}
END_TEST

START_TEST(test_man_writes_a_page_for_each_noun)
{
    char home[64], path[128];
    run_home(home);
    struct run run CLEANUP_RUN = RUN("man", home);
    ck_assert_msg(run.exit == 0, "%s", run.talk);
    for (const char *const *n =
             (const char *const[]){"pumasi.1", "pumasi-lease.1", "pumasi-run.1", NULL};
         *n; n++) {
        snprintf(path, sizeof(path), "%s/%s", home, *n);
        ck_assert_msg(access(path, R_OK) == 0, "%s", path);
    }
    run_remove(home);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/program");
    TCase *t = tcase_create("program");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, test_bare_pumasi_says_what_there_is);
    tcase_add_test(t, test_version_in_three_ways);
    tcase_add_loop_test(t, test_failures_go_to_the_talk_stream_with_their_exit_code, 0,
                        sizeof(failures) / sizeof(failures[0]));
    tcase_add_test(t, test_with_json_an_error_is_one_object);
    tcase_add_test(t, test_help_is_the_same_by_word_and_by_option);
    tcase_add_test(t, test_completion_for_each_shell);
    tcase_add_test(t, test_man_writes_a_page_for_each_noun);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
