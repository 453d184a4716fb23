/* lib/base/file.h, sentence by sentence, in a fresh directory for each test. */
#include "lib/base/file.h"
#include "tests/support/suite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static void setup(void)
{
    snprintf(dir, sizeof(dir), "/tmp/pumasi-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

/* Names in the directory that begin so; "" counts all. */
static int count_names(const char *prefix)
{
    DIR *d = opendir(dir);
    ck_assert_ptr_nonnull(d);
    int n = 0;
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    }
    closedir(d);
    return n;
}

static void teardown(void)
{
    DIR *d = opendir(dir);
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    rmdir(dir);
}

static void put(const char *name, const char *text, mode_t mode)
{
    FILE *f = fopen(path_of(name), "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    ck_assert_int_eq(chmod(path_of(name), mode), 0);
}

static void check_content(const char *name, const char *want)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 1024);
    struct err err = ERR_INIT;
    ck_assert_msg(file_read(path_of(name), &b, &err) == 0, "%s", err.text);
    ck_assert_str_eq(b.data, want);
}

static mode_t mode_of(const char *name)
{
    struct stat st;
    ck_assert_int_eq(stat(path_of(name), &st), 0);
    return st.st_mode & 07777;
}

START_TEST(reads_the_whole_content_and_appends_it)
{
    put("a", "one", 0644);
    CLEANUP_BUF struct buf b;
    buf_init(&b, 64);
    buf_append_text(&b, "zero ");
    ck_assert_int_eq(file_read(path_of("a"), &b, NULL), 0);
    ck_assert_str_eq(b.data, "zero one");
}
END_TEST

START_TEST(reads_a_pipe_to_its_end)
{
    ck_assert_int_eq(mkfifo(path_of("pipe"), 0600), 0);
    pid_t pid = fork();
    if (pid == 0) {
        FILE *f = fopen(path_of("pipe"), "w");
        for (int i = 0; i < 20000; i++)
            fputs("x", f);
        fclose(f);
        _exit(0);
    }
    CLEANUP_BUF struct buf b;
    buf_init(&b, 20000);
    ck_assert_int_eq(file_read(path_of("pipe"), &b, NULL), 0);
    ck_assert_uint_eq(b.len, 20000);
}
END_TEST

static const struct {
    const char *what;
    const char *name;
    size_t limit;
    enum err_code code;
} read_failures[] = {
    {"a missing file", "none", 64, ERR_NOT_FOUND},
    {"a missing directory", "none/none", 64, ERR_NOT_FOUND},
    {"a file taken for a directory", "abc/none", 64, ERR_NOT_FOUND},
    {"a directory", ".", 64, ERR_IO},
    {"one byte more than the limit", "abc", 2, ERR_LIMIT},
    {"anything into a full buffer", "abc", 0, ERR_LIMIT},
};

START_TEST(reading_fails_with_the_path_in_the_text)
{
    put("abc", "abc", 0600);
    CLEANUP_BUF struct buf b;
    buf_init(&b, read_failures[_i].limit);
    struct err err = ERR_INIT;
    int rc = file_read(path_of(read_failures[_i].name), &b, &err);
    ck_assert_msg(rc == -(int)read_failures[_i].code, "%s: %s", read_failures[_i].what, err.text);
    ck_assert_ptr_nonnull(strstr(err.text, read_failures[_i].name));
}
END_TEST

START_TEST(reads_exactly_the_limit)
{
    put("abc", "abc", 0600);
    CLEANUP_BUF struct buf b;
    buf_init(&b, 3);
    ck_assert_int_eq(file_read(path_of("abc"), &b, NULL), 0);
}
END_TEST

static const struct {
    mode_t mode;
    enum err_code code;
} private_modes[] = {
    {0600, ERR_OK},     {0400, ERR_OK},     {0640, ERR_DENIED}, {0604, ERR_DENIED},
    {0620, ERR_DENIED}, {0601, ERR_DENIED}, {0610, ERR_DENIED}, {0666, ERR_DENIED},
};

START_TEST(a_secret_grants_nothing_to_others)
{
    put("key", "k", private_modes[_i].mode);
    CLEANUP_BUF struct buf b;
    buf_init(&b, 64);
    struct err err = ERR_INIT;
    ck_assert_int_eq(file_read_private(path_of("key"), &b, &err), -(int)private_modes[_i].code);
    ck_assert_str_eq(b.data, private_modes[_i].code == ERR_OK ? "k" : "");
}
END_TEST

START_TEST(a_secret_is_a_regular_file_of_ours)
{
    CLEANUP_BUF struct buf b;
    buf_init(&b, 64);
    ck_assert_int_eq(file_read_private(path_of("key"), &b, NULL), -ERR_NOT_FOUND);
    ck_assert_int_eq(mkfifo(path_of("pipe"), 0600), 0);
    ck_assert_int_eq(file_read_private(path_of("pipe"), &b, NULL), -ERR_DENIED);
    if (geteuid() == 0) { /* only root can give a file away */
        put("key", "k", 0600);
        ck_assert_int_eq(chown(path_of("key"), 4711, 0), 0);
        ck_assert_int_eq(file_read_private(path_of("key"), &b, NULL), -ERR_DENIED);
    }
    ck_assert_uint_eq(b.len, 0);
}
END_TEST

START_TEST(writing_replaces_and_sets_the_mode_whatever_the_umask)
{
    umask(0077);
    put("a", "old and longer", 0600);
    ck_assert_int_eq(file_write(path_of("a"), span_text("new"), 0644, NULL), 0);
    check_content("a", "new");
    ck_assert_uint_eq(mode_of("a"), 0644);
    umask(0);
    ck_assert_int_eq(file_write(path_of("b"), span_text(""), 0600, NULL), 0);
    check_content("b", "");
    ck_assert_uint_eq(mode_of("b"), 0600);
    ck_assert_int_eq(count_names(""), 2);
}
END_TEST

START_TEST(writing_works_beside_us_without_a_slash)
{
    ck_assert_int_eq(chdir(dir), 0);
    ck_assert_int_eq(file_write("plain", span_text("x"), 0600, NULL), 0);
    check_content("plain", "x");
}
END_TEST

START_TEST(a_new_file_never_replaces_one)
{
    ck_assert_int_eq(file_write_new(path_of("key"), span_text("first"), 0600, NULL), 0);
    struct err err = ERR_INIT;
    int rc = file_write_new(path_of("key"), span_text("second"), 0600, &err);
    ck_assert_int_eq(rc, -ERR_EXISTS);
    check_content("key", "first");
    ck_assert_uint_eq(mode_of("key"), 0600);
    ck_assert_int_eq(count_names(""), 1);
}
END_TEST

START_TEST(a_failed_write_leaves_the_old_content_and_no_litter)
{
    put("a", "old", 0600);
    static char big[8192];
    struct rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(file_write(path_of("a"), span_of(big, sizeof(big)), 0600, NULL), -ERR_IO);
    ck_assert_int_eq(file_write_new(path_of("b"), span_of(big, sizeof(big)), 0600, NULL), -ERR_IO);
    check_content("a", "old");
    ck_assert_int_eq(count_names(""), 1);
}
END_TEST

START_TEST(writing_fails_with_what_is_wrong)
{
    ck_assert_int_eq(file_write(path_of("no/where"), span_text("x"), 0600, NULL), -ERR_NOT_FOUND);
    ck_assert_int_eq(file_write(dir, span_text("x"), 0600, NULL), -ERR_IO); /* a directory */
    ck_assert_int_eq(count_names(""), 0);
    char name[PATH_MAX + 1];
    memset(name, 'a', PATH_MAX);
    name[PATH_MAX] = '\0';
    ck_assert_int_eq(file_write(name, span_text("x"), 0600, NULL), -ERR_INVALID);
}
END_TEST

static Suite *file_suite(void)
{
    Suite *s = suite_create("lib/base/file");
    TCase *t = tcase_create("file");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, reads_the_whole_content_and_appends_it);
    tcase_add_test(t, reads_a_pipe_to_its_end);
    tcase_add_loop_test(t, reading_fails_with_the_path_in_the_text, 0,
                        sizeof(read_failures) / sizeof(read_failures[0]));
    tcase_add_test(t, reads_exactly_the_limit);
    tcase_add_loop_test(t, a_secret_grants_nothing_to_others, 0,
                        sizeof(private_modes) / sizeof(private_modes[0]));
    tcase_add_test(t, a_secret_is_a_regular_file_of_ours);
    tcase_add_test(t, writing_replaces_and_sets_the_mode_whatever_the_umask);
    tcase_add_test(t, writing_works_beside_us_without_a_slash);
    tcase_add_test(t, a_new_file_never_replaces_one);
    tcase_add_test(t, a_failed_write_leaves_the_old_content_and_no_litter);
    tcase_add_test(t, writing_fails_with_what_is_wrong);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(file_suite)
