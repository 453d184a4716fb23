/* lib/base/log.h: thresholds, whole lines, a lost reader. */
#include "lib/base/log.h"
#include "tests/support/suite.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITERS          4
#define EVENTS_OF_WRITER 200

/* A log into an unnamed file, and what it wrote so far. */
struct fixture {
    struct log *log;
    FILE *file;
    char text[1 << 18];
};

static void open_log(struct fixture *f, enum log_level threshold, enum log_format format)
{
    f->file = tmpfile();
    ck_assert_ptr_nonnull(f->file);
    f->log = log_create("pumasid", fileno(f->file), threshold, format);
}

static const char *written(struct fixture *f)
{
    rewind(f->file);
    size_t n = fread(f->text, 1, sizeof(f->text) - 1, f->file);
    f->text[n] = '\0';
    return f->text;
}

static void close_log(struct fixture *f)
{
    log_destroy(f->log);
    fclose(f->file);
}

START_TEST(events_below_the_threshold_are_not_written)
{
    static struct fixture f;

    open_log(&f, LOG_LEVEL_WARN, LOG_FORMAT_LOGFMT);
    log_event(f.log, LOG_LEVEL_INFO, "quiet");
    log_event(f.log, LOG_LEVEL_WARN, "heard", LOG_INT("n", 1));
    log_set_threshold(f.log, LOG_LEVEL_DEBUG);
    log_event(f.log, LOG_LEVEL_DEBUG, "whisper");
    const char *text = written(&f);
    ck_assert_ptr_null(strstr(text, "quiet"));
    ck_assert_ptr_nonnull(strstr(text, " level=warn program=pumasid event=heard n=1\n"));
    ck_assert_ptr_nonnull(strstr(text, " event=whisper\n"));
    ck_assert_int_eq(strncmp(text, "time=20", 7), 0);
    close_log(&f);
}
END_TEST

START_TEST(json_lines_end_with_a_newline)
{
    static struct fixture f;

    open_log(&f, LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    log_event(f.log, LOG_LEVEL_INFO, "a", LOG_STR("k", "v\n"));
    const char *text = written(&f);
    ck_assert_int_eq(text[0], '{');
    ck_assert_ptr_nonnull(strstr(text, "\"event\":\"a\",\"k\":\"v\\n\"}\n"));
    close_log(&f);
}
END_TEST

START_TEST(no_log_is_fine)
{
    log_event(NULL, LOG_LEVEL_ERROR, "unheard");
    log_destroy(NULL);
}
END_TEST

static void *write_events(void *log)
{
    for (int i = 0; i < EVENTS_OF_WRITER; i++)
        log_event(log, LOG_LEVEL_INFO, "e", LOG_STR("text", "some words"), LOG_INT("i", i));
    return NULL;
}

START_TEST(lines_of_several_threads_stay_whole)
{
    static struct fixture f;
    pthread_t threads[WRITERS];
    int lines = 0;

    open_log(&f, LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    for (int i = 0; i < WRITERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_events, f.log), 0);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    written(&f);
    for (char *line = f.text, *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
        *end = '\0';
        ck_assert_int_eq(strncmp(line, "time=", 5), 0);
        ck_assert_ptr_nonnull(strstr(line, " event=e text=\"some words\" i="));
        ck_assert_ptr_null(strstr(line + 1, "time="));
    }
    ck_assert_int_eq(lines, WRITERS * EVENTS_OF_WRITER);
    close_log(&f);
}
END_TEST

START_TEST(a_line_nobody_can_take_is_lost)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    struct log *log = log_create("pumasid", ends[1], LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    log_event(log, LOG_LEVEL_INFO, "lost");
    log_destroy(log);
    close(ends[1]);
    log = log_create("pumasid", -1, LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    log_event(log, LOG_LEVEL_INFO, "lost");
    log_destroy(log);
}
END_TEST

START_TEST(another_stream_than_the_journals_gets_the_lines)
{
    static struct fixture f;

    setenv("JOURNAL_STREAM", "1:2", 1);
    open_log(&f, LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    log_event(f.log, LOG_LEVEL_INFO, "here");
    ck_assert_ptr_nonnull(strstr(written(&f), "event=here\n"));
    close_log(&f);
}
END_TEST

START_TEST(the_journals_own_stream_gets_nothing_beside_it)
{
    static struct fixture f;
    struct stat st;
    char stream[64];

    open_log(&f, LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    log_destroy(f.log);
    ck_assert_int_eq(fstat(fileno(f.file), &st), 0);
    snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    f.log = log_create("pumasid", fileno(f.file), LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT);
    log_event(f.log, LOG_LEVEL_INFO, "there", LOG_STR("some-key", "v"), LOG_INT("n", 1));
    ck_assert_str_eq(written(&f), "");
    close_log(&f);
}
END_TEST

static Suite *log_suite(void)
{
    Suite *s = suite_create("log");
    TCase *t = tcase_create("log");

    tcase_add_test(t, events_below_the_threshold_are_not_written);
    tcase_add_test(t, json_lines_end_with_a_newline);
    tcase_add_test(t, no_log_is_fine);
    tcase_add_test(t, lines_of_several_threads_stay_whole);
    tcase_add_test(t, a_line_nobody_can_take_is_lost);
    tcase_add_test(t, another_stream_than_the_journals_gets_the_lines);
    tcase_add_test(t, the_journals_own_stream_gets_nothing_beside_it);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(log_suite)
