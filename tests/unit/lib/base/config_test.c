/* lib/base/config.h: a table, files, assignments. */
#include "lib/base/config.h"
#include "tests/support/suite.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static const struct config_option table[] = {
    {"listen.address", CONFIG_TEXT, "127.0.0.1:7070", 0, 0, "Where clients connect"},
    {"listen.backlog", CONFIG_INT, "128", 1, 4096, "Connections that may wait"},
    {"store.own", CONFIG_BOOL, "yes", 0, 0, "Start and watch an etcd"},
    {"store.timeout", CONFIG_DURATION, "5s", 1, 3600, "How long a commit may take"},
    {"store.any", CONFIG_INT, "0", 0, 0, "Any number"},
    {NULL, CONFIG_TEXT, NULL, 0, 0, NULL},
};

static char path[64];

/* Writes the file and reads it; the path is the test's own. */
static int read_text(struct config *c, const char *text, size_t len, struct err *err)
{
    snprintf(path, sizeof(path), "/tmp/pumasi-config-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
    close(fd);
    int rc = config_read_file(c, path, err);
    unlink(path);
    return rc;
}

START_TEST(without_a_file_the_defaults_stand)
{
    struct config *c = config_create(table);

    ck_assert_str_eq(config_text(c, "listen.address"), "127.0.0.1:7070");
    ck_assert_int_eq(config_int(c, "listen.backlog"), 128);
    ck_assert(config_bool(c, "store.own"));
    ck_assert_int_eq(config_int(c, "store.timeout"), 5);
    config_destroy(c);
    config_destroy(NULL);
}
END_TEST

START_TEST(a_file_sets_what_it_names)
{
    static const char text[] = "# a comment\n"
                               "; another\n"
                               "\n"
                               "[listen]\r\n"
                               "address = unix:/run/pumasi.sock ; not a comment\r\n"
                               "[store]\n"
                               "own=off\n"
                               "  timeout : 2m\n"
                               "any=-9223372036854775808";
    struct config *c = config_create(table);
    struct err err = ERR_INIT;

    ck_assert_msg(read_text(c, text, sizeof(text) - 1, &err) == 0, "%s", err.text);
    ck_assert_str_eq(config_text(c, "listen.address"), "unix:/run/pumasi.sock ; not a comment");
    ck_assert_int_eq(config_int(c, "listen.backlog"), 128);
    ck_assert(!config_bool(c, "store.own"));
    ck_assert_int_eq(config_int(c, "store.timeout"), 120);
    ck_assert_int_eq(config_int(c, "store.any"), INT64_MIN);
    config_destroy(c);
}
END_TEST

START_TEST(what_the_table_does_not_know_is_refused_with_file_and_line)
{
    static const struct {
        const char *text;
        int line;
        const char *says;
    } cases[] = {
        {"[listen]\nadress = x\n", 2, "unknown option listen.adress"},
        {"[lisen]\naddress = x\n", 1, "unknown section [lisen]"},
        {"\n\n[empty]\n", 3, "unknown section [empty]"},
        {"address = x\n", 1, "unknown option .address"},
        {"[listen]\nbacklog = 1\n\nbacklog = 1\n", 4, "listen.backlog is given twice"},
        {"[listen]\nbacklog = 0\n", 2, "listen.backlog is 0, outside 1 to 4096"},
        {"[listen]\nbacklog = 4097\n", 2, "outside 1 to 4096"},
        {"[listen]\nbacklog = many\n", 2, "listen.backlog \"many\" is not a whole number"},
        {"[listen]\nbacklog =\n", 2, "is not a whole number"},
        {"[store]\nown = maybe\n", 2, "store.own is yes or no, not \"maybe\""},
        {"[store]\ntimeout = 0s\n", 2, "store.timeout is 0 seconds, outside 1 to 3600"},
        {"[store]\ntimeout = soon\n", 2, "store.timeout: duration \"soon\""},
        {"[store]\nnonsense\n", 2, "neither [section] nor key = value"},
        {"[store\nown = yes\n", 1, "neither [section] nor key = value"},
        {"[listen]\naddress = a\tb\n", 2, "control character"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config *c = config_create(table);
        struct err err = ERR_INIT;
        char line[16];
        int rc = read_text(c, cases[i].text, strlen(cases[i].text), &err);
        snprintf(line, sizeof(line), "line %d: ", cases[i].line);
        ck_assert_msg(rc == -(int)ERR_INVALID, "case %zu", i);
        ck_assert_int_eq(strncmp(err.text, path, strlen(path)), 0);
        ck_assert_msg(strstr(err.text, line) != NULL, "case %zu: %s", i, err.text);
        ck_assert_msg(strstr(err.text, cases[i].says) != NULL, "case %zu: %s", i, err.text);
        config_destroy(c);
    }
}
END_TEST

START_TEST(a_bad_file_changes_nothing)
{
    static const char text[] = "[listen]\naddress = other\nbacklog = 0\n";
    struct config *c = config_create(table);

    ck_assert_int_lt(read_text(c, text, sizeof(text) - 1, NULL), 0);
    ck_assert_str_eq(config_text(c, "listen.address"), "127.0.0.1:7070");
    config_destroy(c);
}
END_TEST

START_TEST(a_file_that_is_no_text_or_too_large_is_refused)
{
    struct config *c = config_create(table);
    struct err err = ERR_INIT;
    static char large[(1 << 20) + 1];

    ck_assert_int_eq(read_text(c, "[listen]\nbacklog\0 = 1\n", 21, &err), -(int)ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "not UTF-8 text"));
    memset(large, '\n', sizeof(large));
    ck_assert_int_eq(read_text(c, large, sizeof(large), &err), -(int)ERR_LIMIT);
    memset(large, 'x', 5000);
    ck_assert_int_eq(read_text(c, large, 5001, &err), -(int)ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "longer than"));
    ck_assert_int_eq(config_read_file(c, "/nonexistent/pumasi.conf", &err), -(int)ERR_NOT_FOUND);
    ck_assert_int_eq(config_read_file(c, "/tmp", &err), -(int)ERR_IO);
    config_destroy(c);
}
END_TEST

START_TEST(long_lines_up_to_the_limit_are_read_whole)
{
    struct config *c = config_create(table);
    char text[4000];
    int head = snprintf(text, sizeof(text), "[listen]\naddress = ");
    struct err err = ERR_INIT;

    memset(text + head, 'a', 3500);
    text[head + 3500] = '\n';
    ck_assert_msg(read_text(c, text, (size_t)head + 3501, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(strlen(config_text(c, "listen.address")), 3500);
    config_destroy(c);
}
END_TEST

START_TEST(assignments_override)
{
    struct config *c = config_create(table);
    const char *before = config_text(c, "listen.address");

    ck_assert_int_eq(config_set(c, "listen.address=a=b", NULL), 0);
    ck_assert_str_eq(config_text(c, "listen.address"), "a=b");
    ck_assert_str_eq(before, "127.0.0.1:7070"); /* texts live as long as the configuration */
    ck_assert_int_eq(config_set(c, "listen.address=", NULL), 0);
    ck_assert_str_eq(config_text(c, "listen.address"), "");
    ck_assert_int_eq(config_set(c, "store.timeout=1h", NULL), 0);
    ck_assert_int_eq(config_int(c, "store.timeout"), 3600);
    ck_assert_int_eq(config_set_value(c, "listen.address", "x=y", NULL), 0);
    ck_assert_str_eq(config_text(c, "listen.address"), "x=y");
    ck_assert_int_eq(config_set_value(c, "listen.backlog", "0", NULL), -ERR_INVALID);
    ck_assert_int_eq(config_int(c, "listen.backlog"), 128);
    config_destroy(c);
}
END_TEST

START_TEST(bad_assignments_are_refused_and_change_nothing)
{
    static const char *const bad[] = {
        "listen.backlog",
        "listen.backlog=0",
        "listen.backlo=1",
        "=1",
        "",
        "store.own=2",
        "store.timeout=",
        "listen.address= x",
        "listen.address=a\nb",
        "listen.address=\xFF",
        "listen.backlog = 5",
    };
    struct config *c = config_create(table);

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err err = ERR_INIT;
        ck_assert_msg(config_set(c, bad[i], &err) == -(int)ERR_INVALID, "%s", bad[i]);
        ck_assert_str_ne(err.text, "");
    }
    ck_assert_int_eq(config_int(c, "listen.backlog"), 128);
    ck_assert_str_eq(config_text(c, "listen.address"), "127.0.0.1:7070");
    config_destroy(c);
}
END_TEST

/* What a printer wrote, to be freed. */
static char *dumped(const struct config *c)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    config_dump(c, out);
    fclose(out);
    return text;
}

START_TEST(a_dump_is_a_file_that_means_the_same)
{
    struct config *a = config_create(table);
    struct config *b = config_create(table);

    ck_assert_int_eq(config_set(a, "listen.address=x ; #y = \"z\" [품앗이]", NULL), 0);
    ck_assert_int_eq(config_set(a, "store.own=no", NULL), 0);
    ck_assert_int_eq(config_set(a, "store.timeout=7m", NULL), 0);
    char *first = dumped(a);
    ck_assert_int_eq(read_text(b, first, strlen(first), NULL), 0);
    char *second = dumped(b);
    ck_assert_str_eq(first, second);
    ck_assert_ptr_nonnull(strstr(first, "[store]\n# Start and watch an etcd\nown = no\n"));
    free(first);
    free(second);
    config_destroy(a);
    config_destroy(b);
}
END_TEST

START_TEST(help_names_every_option_with_default_and_range)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    config_help(table, out);
    fclose(out);
    for (const struct config_option *o = table; o->name; o++) {
        ck_assert_ptr_nonnull(strstr(text, o->name));
        ck_assert_ptr_nonnull(strstr(text, o->help));
    }
    ck_assert_ptr_nonnull(strstr(text, "number, default \"128\", 1 to 4096"));
    free(text);
}
END_TEST

START_TEST(asking_for_what_is_not_in_the_table_aborts)
{
    struct config *c = config_create(table);

    fclose(stderr);
    config_text(c, "listen.adress");
}
END_TEST

START_TEST(asking_for_another_type_aborts)
{
    struct config *c = config_create(table);

    fclose(stderr);
    config_int(c, "listen.address");
}
END_TEST

static Suite *config_suite(void)
{
    Suite *s = suite_create("config");
    TCase *t = tcase_create("config");

    tcase_add_test(t, without_a_file_the_defaults_stand);
    tcase_add_test(t, a_file_sets_what_it_names);
    tcase_add_test(t, what_the_table_does_not_know_is_refused_with_file_and_line);
    tcase_add_test(t, a_bad_file_changes_nothing);
    tcase_add_test(t, a_file_that_is_no_text_or_too_large_is_refused);
    tcase_add_test(t, long_lines_up_to_the_limit_are_read_whole);
    tcase_add_test(t, assignments_override);
    tcase_add_test(t, bad_assignments_are_refused_and_change_nothing);
    tcase_add_test(t, a_dump_is_a_file_that_means_the_same);
    tcase_add_test(t, help_names_every_option_with_default_and_range);
    tcase_add_test_raise_signal(t, asking_for_what_is_not_in_the_table_aborts, SIGABRT);
    tcase_add_test_raise_signal(t, asking_for_another_type_aborts, SIGABRT);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(config_suite)
