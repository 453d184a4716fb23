/* lib/base/command_line.h: what every daemon has, what one has alone, and what is refused. */
#include "lib/base/command_line.h"
#include "tests/support/suite.h"

#include <string.h>
#include <unistd.h>

#define ARGUMENTS_MAX 8

static const struct config_option settings[] = {
    {"node.id", CONFIG_TEXT, "", 0, 0, "Id of this node"},
    {"node.gpus", CONFIG_INT, "8", 1, 16, "How many GPUs it has"},
    {.name = NULL},
};

static bool off;
static struct config *config;
static struct err err;
static char *printed; /* on standard output, by the last reading */

static const struct command_line_option options[] = {
    {"node", "ID", "node.id", NULL, "this node"},
    {"detach", NULL, NULL, &off, "undo"},
    {.name = NULL},
};

static const struct command_line line = {
    .program = "guardian",
    .purpose = "Watches over one node.",
    .examples = (const char *const[]){"guardian --node n1", "guardian --detach", NULL},
    .settings = settings,
    .options = options,
};

struct arguments {
    const char *words[ARGUMENTS_MAX];
};

static int read_line(const struct command_line *with, const struct arguments *arguments)
{
    char *argv[ARGUMENTS_MAX + 2] = {(char *)(uintptr_t) "guardian"};
    int argc = 1;
    size_t size;
    FILE *out = stdout;

    for (int i = 0; i < ARGUMENTS_MAX && arguments->words[i]; i++)
        argv[argc++] = (char *)(uintptr_t)arguments->words[i];
    free(printed);
    stdout = open_memstream(&printed, &size);
    int rc = command_line_read(with, argc, argv, &config, &err);
    fclose(stdout);
    stdout = out;
    return rc;
}

#define READ(...) read_line(&line, &(const struct arguments){{__VA_ARGS__}})

static void setup(void)
{
    off = false;
    config = NULL;
    err = ERR_INIT;
    printed = NULL;
}

static void teardown(void)
{
    config_destroy(config);
    free(printed);
}

START_TEST(without_arguments_the_defaults_stand)
{
    ck_assert_int_eq(READ(NULL), 0);
    ck_assert_int_eq(config_int(config, "node.gpus"), 8);
    ck_assert_str_eq(printed, "");
    ck_assert(!off);
}
END_TEST

static const struct {
    struct arguments arguments;
    const char *id;
    bool off;
} taken[] = {
    {{{"--set", "node.id=a"}}, "a", false},
    {{{"--set=node.id=a"}}, "a", false},
    {{{"--node", "a"}}, "a", false},
    {{{"--node=a"}}, "a", false},
    {{{"--node="}}, "", false},
    {{{"--node", "a", "--set", "node.id=b"}}, "b", false},
    {{{"--set", "node.id=b", "--node", "a"}}, "a", false},
    {{{"--detach", "--node", "--detach"}}, "--detach", true},
};

START_TEST(arguments_count_in_their_order_and_later_ones_win)
{
    ck_assert_int_eq(read_line(&line, &taken[_i].arguments), 0);
    ck_assert_str_eq(config_text(config, "node.id"), taken[_i].id);
    ck_assert_int_eq(off, taken[_i].off);
}
END_TEST

START_TEST(a_file_is_read_where_it_stands)
{
    char path[] = "/tmp/pumasi-command-line-XXXXXX";
    static const char text[] = "[node]\nid = of-the-file\ngpus = 4\n";
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
    ck_assert_int_eq(READ("--set", "node.gpus=2", "--config", path, "--node", "n1"), 0);
    unlink(path);
    ck_assert_str_eq(config_text(config, "node.id"), "n1");
    ck_assert_int_eq(config_int(config, "node.gpus"), 4);
}
END_TEST

START_TEST(settings_in_force_are_printed_and_nothing_is_left_to_do)
{
    ck_assert_int_eq(READ("--dump-config", "--node", "n1"), 0);
    ck_assert_ptr_null(config);
    ck_assert_str_eq(printed, "[node]\n# Id of this node\nid = n1\n# How many GPUs it has\ngpus = "
                              "8\n");
}
END_TEST

START_TEST(help_is_printed_from_the_tables)
{
    static const char *const parts[] = {
        "Usage: guardian [OPTION]...\n\nWatches over one node. Examples:\n\n  guardian --node n1\n",
        "\nOptions:\n  --node ID                 this node\n  --detach                  undo\n",
        "  --config FILE             settings",
        "  --set SECTION.KEY=VALUE   one setting",
        "  node.gpus ",
        "number, default \"8\", 1 to 16",
    };
    ck_assert_int_eq(READ("--help", "--not-looked-at"), 0);
    ck_assert_ptr_null(config);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        ck_assert_msg(strstr(printed, parts[i]) != NULL, "\"%s\" is not in: %s", parts[i], printed);
}
END_TEST

START_TEST(the_version_is_printed)
{
    ck_assert_int_eq(READ("--version"), 0);
    ck_assert_ptr_null(config);
    ck_assert_str_eq(printed, "guardian " PUMASI_VERSION "\n");
}
END_TEST

static const struct {
    struct arguments arguments;
    enum err_code code;
    const char *text;
} refused[] = {
    {{{"word"}}, ERR_INVALID, "unexpected argument \"word\""},
    {{{"-h"}}, ERR_INVALID, "unexpected argument \"-h\""},
    {{{"--"}}, ERR_INVALID, "unknown option --:"},
    {{{"--frobnicate"}}, ERR_INVALID, "unknown option --frobnicate"},
    {{{"--dump"}}, ERR_INVALID, "unknown option --dump"},
    {{{"--set"}}, ERR_INVALID, "--set needs SECTION.KEY=VALUE"},
    {{{"--node"}}, ERR_INVALID, "--node needs ID"},
    {{{"--detach=yes"}}, ERR_INVALID, "--detach takes no value"},
    {{{"--set", "node.id"}}, ERR_INVALID, "not written as section.key=value"},
    {{{"--set", "node.nothing=1"}}, ERR_INVALID, "unknown option node.nothing"},
    {{{"--set", "node.gpus=17"}}, ERR_INVALID, "node.gpus is 17, outside 1 to 16"},
    {{{"--node", "tab\there"}}, ERR_INVALID, "node.id holds a control character"},
    {{{"--config", "/no/such/file"}}, ERR_NOT_FOUND, "/no/such/file"},
};

START_TEST(what_is_wrong_is_named)
{
    ck_assert_int_eq(read_line(&line, &refused[_i].arguments), -(int)refused[_i].code);
    ck_assert_ptr_null(config);
    ck_assert_msg(strstr(err.text, refused[_i].text) != NULL, "%s", err.text);
}
END_TEST

START_TEST(a_program_may_have_no_options_of_its_own)
{
    struct command_line plain = line;
    plain.options = NULL;
    ck_assert_int_eq(read_line(&plain, &(const struct arguments){{"--set", "node.id=a"}}), 0);
    ck_assert_str_eq(config_text(config, "node.id"), "a");
    ck_assert_int_eq(read_line(&plain, &(const struct arguments){{"--detach"}}), -ERR_INVALID);
}
END_TEST

START_TEST(a_failure_is_said_with_its_advice_and_gives_the_exit_code)
{
    int ends[2];
    char text[256] = "";
    int kept = dup(2);
    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], 2);
    err_set(&err, ERR_DENIED, "no");
    int code = command_line_fail(&line, &err);
    dup2(kept, 2);
    ck_assert_int_gt(read(ends[0], text, sizeof text - 1), 0);
    ck_assert_str_eq(text, "guardian: no (ask someone who holds the role)\n");
    ck_assert_int_eq(code, err_exit_code(ERR_DENIED));
    close(kept);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

static Suite *command_line_suite(void)
{
    Suite *suite = suite_create("command_line");
    TCase *c = tcase_create("command_line");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, without_arguments_the_defaults_stand);
    tcase_add_loop_test(c, arguments_count_in_their_order_and_later_ones_win, 0,
                        (int)(sizeof taken / sizeof taken[0]));
    tcase_add_test(c, a_file_is_read_where_it_stands);
    tcase_add_test(c, settings_in_force_are_printed_and_nothing_is_left_to_do);
    tcase_add_test(c, help_is_printed_from_the_tables);
    tcase_add_test(c, the_version_is_printed);
    tcase_add_loop_test(c, what_is_wrong_is_named, 0, (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(c, a_program_may_have_no_options_of_its_own);
    tcase_add_test(c, a_failure_is_said_with_its_advice_and_gives_the_exit_code);
    suite_add_tcase(suite, c);
    return suite;
}

SUITE_MAIN(command_line_suite)
