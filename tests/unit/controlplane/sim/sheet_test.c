#include "controlplane/sim/sheet.h"

#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME, GPUS, NOTE, COLUMNS };
static const struct sheet_column columns[COLUMNS] = {
    {.name = "name"}, {.name = "gpus"}, {.name = "note", .optional = true}};

static char path[] = "/tmp/sheet_test.XXXXXX";

static void write_file(const char *text)
{
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void remove_file(void)
{
    unlink(path);
}

static int read_all(const char *text, char *dst, size_t cap, struct err *err)
{
    CLEANUP_SHEET struct sheet *s = NULL;
    write_file(text);
    int rc = sheet_open(path, columns, COLUMNS, &s, err);
    remove_file();
    TRY(rc);
    size_t len = 0;
    for (;;) {
        bool more;
        int64_t gpus;
        TRY(sheet_next(s, &more, err));
        if (!more)
            return 0;
        TRY(sheet_number(s, GPUS, 0, 100, &gpus, err));
        struct span name = sheet_text(s, NAME), note = sheet_text(s, NOTE);
        len += (size_t)snprintf(dst + len, cap - len, "%.*s/%d/%.*s;", (int)name.len, name.data,
                                (int)gpus, (int)note.len, note.data);
    }
}

static const struct {
    const char *text, *rows;
} good[] = {
    {"name,gpus\na,1\nb,2\n", "a/1/;b/2/;"},       {"gpus,x,name\r\n1,skipped,a\r\n", "a/1/;"},
    {"note,gpus,name\nhello,7,a", "a/7/hello;"},   {"name,gpus\n", ""},
    {"name,gpus\n\na,0\n\n,100\n", "a/0/;/100/;"},
};

START_TEST(test_rows_are_read_by_the_names_of_their_columns)
{
    char rows[200] = "";
    struct err err = ERR_INIT;
    ck_assert_msg(read_all(good[_i].text, rows, sizeof rows, &err) == 0, "%s", err.text);
    ck_assert_str_eq(rows, good[_i].rows);
}
END_TEST

static const struct {
    const char *text, *says;
} bad[] = {
    {"", "header line is missing"},
    {"\nname,gpus\n", "header line is missing"},
    {"name\na\n", "gpus: there is no such column"},
    {"name,gpus,name\n", "name: there are two"},
    {"name,gpus\na\n", ":2: 1 cells"},
    {"name,gpus\na,1,2\n", ":2: 3 cells"},
    {"name,gpus\na,1\nb,101\n", ":3: gpus: "},
    {"name,gpus\na,\n", ":2: gpus: "},
    {"name,gpus\na,1.5\n", ":2: gpus: "},
    {"name,gpus\na,.0\n", ":2: gpus: "},
};

START_TEST(test_what_is_wrong_is_told_with_file_line_and_column)
{
    char rows[200];
    struct err err = ERR_INIT;
    ck_assert_int_eq(read_all(bad[_i].text, rows, sizeof rows, &err), -ERR_INVALID);
    ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s", err.text);
}
END_TEST

static const struct {
    const char *text;
    bool good;
    int64_t ms;
} times[] = {
    {"3600", true, 3600000},
    {"12.345", true, 12345},
    {"12.3456", true, 12345},
    {"12.5", true, 12500},
    {"-1", true, -1000},
    {"-0.5", true, -500},
    {"2017-10-03 18:35:09", true, 1507055709000},
    {"2017-10-03T18:35:09", true, 1507055709000},
    {"2017-13-03 18:35:09", false, 0},
    {"", false, 0},
    {"soon", false, 0},
    {"1.2.3", false, 0},
};

START_TEST(test_times_are_read_in_milliseconds)
{
    static const struct sheet_column time_column[] = {{"time", false}};
    char text[64];
    snprintf(text, sizeof text, "time,x\n%s,1\n", times[_i].text);
    write_file(text);
    CLEANUP_SHEET struct sheet *s = NULL;
    bool more = false;
    int64_t ms = 0;
    ck_assert_int_eq(sheet_open(path, time_column, 1, &s, NULL), 0);
    ck_assert_int_eq(sheet_next(s, &more, NULL), 0);
    ck_assert_int_eq(sheet_ms(s, 0, &ms, NULL), times[_i].good ? 0 : -ERR_INVALID);
    ck_assert_int_eq(ms, times[_i].ms);
    remove_file();
}
END_TEST

START_TEST(test_more_columns_than_there_may_be)
{
    char text[4 * SHEET_COLUMNS_MAX] = "name,gpus", rows[8];
    struct err err = ERR_INIT;
    for (int i = 2; i <= SHEET_COLUMNS_MAX; i++)
        memcpy(text + strlen(text), ",x", 3);
    ck_assert_int_eq(read_all(text, rows, sizeof rows, &err), -ERR_INVALID);
    ck_assert(strstr(err.text, "more than 64") != NULL);
}
END_TEST

START_TEST(test_a_file_that_is_not_there)
{
    struct sheet *s = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_eq(sheet_open("/nowhere/at.csv", columns, COLUMNS, &s, &err), -ERR_NOT_FOUND);
    ck_assert_ptr_null(s);
    sheet_close(NULL);
}
END_TEST

static Suite *sheet_suite(void)
{
    Suite *s = suite_create("sheet");
    TCase *c = tcase_create("sheet");
    tcase_add_loop_test(c, test_rows_are_read_by_the_names_of_their_columns, 0,
                        (int)(sizeof good / sizeof good[0]));
    tcase_add_loop_test(c, test_what_is_wrong_is_told_with_file_line_and_column, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_loop_test(c, test_times_are_read_in_milliseconds, 0,
                        (int)(sizeof times / sizeof times[0]));
    tcase_add_test(c, test_more_columns_than_there_may_be);
    tcase_add_test(c, test_a_file_that_is_not_there);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(sheet_suite)
