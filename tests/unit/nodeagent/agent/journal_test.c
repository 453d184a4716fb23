/* nodeagent/agent/journal.h: what was added is there after any crash, and nothing else. */
#include "nodeagent/agent/journal.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/limits.h"
#include "tests/support/suite.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT  "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
#define OTHER "aaaaaaaa-4b5a-6978-8796-a5b4c3d2e1f0"

static char dir[40];
static struct journal *journal;
static struct err err;

static void path_of(const char *boot, char ret[PATH_MAX])
{
    (void)snprintf(ret, PATH_MAX, "%s/usage-%s.journal", dir, boot);
}

static void setup(void)
{
    bool in_memory = access("/dev/shm", W_OK) == 0; /* thousands of fsyncs take their time */
    (void)snprintf(dir, sizeof dir, "%s/journal-XXXXXX", in_memory ? "/dev/shm" : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    err = ERR_INIT;
    ck_assert_int_eq(journal_open(dir, BOOT, &journal, &err), 0);
}

static void teardown(void)
{
    char path[PATH_MAX];
    journal_close(journal);
    path_of(BOOT, path);
    (void)unlink(path);
    path_of(OTHER, path);
    (void)unlink(path);
    (void)rmdir(dir);
}

static void reopen(void)
{
    journal_close(journal);
    ck_assert_msg(journal_open(dir, BOOT, &journal, &err) == 0, "%s", err.text);
}

static void add(const char *text)
{
    uint64_t want = journal_next_seq(journal);
    uint64_t seq;
    ck_assert_msg(journal_add(journal, span_text(text), journal_last_mark(journal), &seq, &err) ==
                      0,
                  "%s", err.text);
    ck_assert_uint_eq(seq, want);
}

static void mark(const char *text)
{
    ck_assert_int_eq(journal_mark(journal, span_text(text), &err), 0);
}

/* The pending intervals as "SEQ:TEXT SEQ:TEXT ". */
static const char *pending(void)
{
    static char text[1024];
    struct span interval;
    uint64_t seq = 0;
    size_t len = 0;
    text[0] = '\0';
    while (journal_next_pending(journal, seq, &seq, &interval))
        len += (size_t)snprintf(text + len, sizeof text - len, "%d:%.*s ", (int)seq,
                                (int)interval.len, (const char *)interval.data);
    return text;
}

static void expect_mark(const char *text)
{
    ck_assert(span_equal(journal_last_mark(journal), span_text(text)));
}

static uint64_t file_bytes(void)
{
    char path[PATH_MAX];
    struct stat st;
    path_of(BOOT, path);
    ck_assert_int_eq(stat(path, &st), 0);
    return (uint64_t)st.st_size;
}

static void read_file(struct buf *dst)
{
    char path[PATH_MAX];
    path_of(BOOT, path);
    buf_init(dst, 1 << 20);
    ck_assert_int_eq(file_read(path, dst, &err), 0);
}

/* Puts these bytes in the journal's place and opens it. */
static int open_bytes(struct span bytes)
{
    char path[PATH_MAX];
    journal_close(journal);
    journal = NULL;
    path_of(BOOT, path);
    ck_assert_int_eq(file_write(path, bytes, 0600, NULL), 0);
    err = ERR_INIT;
    return journal_open(dir, BOOT, &journal, &err);
}

/* ---- order and memory ---- */

START_TEST(numbers_rise_by_one_from_one)
{
    ck_assert_uint_eq(journal_next_seq(journal), 1);
    add("a");
    add("b");
    ck_assert_uint_eq(journal_next_seq(journal), 3);
    ck_assert_str_eq(pending(), "1:a 2:b ");
    reopen();
    ck_assert_str_eq(pending(), "1:a 2:b ");
    ck_assert_uint_eq(journal_next_seq(journal), 3);
}
END_TEST

START_TEST(what_is_acknowledged_is_not_pending_and_its_number_is_not_given_again)
{
    add("a");
    add("b");
    add("c");
    ck_assert_int_eq(journal_ack(journal, 2, &err), 0);
    ck_assert_str_eq(pending(), "3:c ");
    ck_assert_int_eq(journal_ack(journal, 1, &err), 0); /* an old one */
    ck_assert_str_eq(pending(), "3:c ");
    reopen();
    ck_assert_str_eq(pending(), "3:c ");
    ck_assert_int_eq(journal_ack(journal, 3, &err), 0);
    reopen();
    ck_assert_str_eq(pending(), "");
    add("d");
    ck_assert_str_eq(pending(), "4:d ");
}
END_TEST

START_TEST(what_was_never_written_can_not_be_acknowledged)
{
    add("a");
    ck_assert_int_eq(journal_ack(journal, 2, &err), -ERR_INVALID);
    ck_assert_int_eq(journal_ack(journal, UINT64_MAX, &err), -ERR_INVALID);
    ck_assert_str_eq(pending(), "1:a ");
}
END_TEST

START_TEST(the_last_mark_counts)
{
    expect_mark("");
    mark("one");
    mark("two");
    uint64_t before = file_bytes();
    mark("two"); /* the same again costs nothing */
    ck_assert_uint_eq(file_bytes(), before);
    reopen();
    expect_mark("two");
    mark("");
    reopen();
    expect_mark("");
}
END_TEST

START_TEST(pending_intervals_are_found_from_any_number)
{
    struct span interval;
    uint64_t seq;
    add("a");
    add("b");
    add("c");
    ck_assert_int_eq(journal_ack(journal, 1, &err), 0);
    ck_assert(journal_next_pending(journal, 0, &seq, &interval));
    ck_assert_uint_eq(seq, 2);
    ck_assert(journal_next_pending(journal, 2, &seq, &interval));
    ck_assert_uint_eq(seq, 3);
    ck_assert(!journal_next_pending(journal, 3, &seq, &interval));
}
END_TEST

/* ---- crashes ---- */

START_TEST(a_tail_torn_at_any_byte_is_cut_off_and_all_before_it_stays)
{
    struct buf whole;
    add("first interval");
    mark("the mark");
    uint64_t before = file_bytes();
    add("second interval");
    read_file(&whole);
    for (size_t len = before; len < whole.len; len++) {
        ck_assert_msg(open_bytes(span_of(whole.data, len)) == 0, "%zu: %s", len, err.text);
        ck_assert_str_eq(pending(), "1:first interval ");
        expect_mark("the mark");
        ck_assert_uint_eq(file_bytes(), before);
        add("again");
        reopen();
        ck_assert_str_eq(pending(), "1:first interval 2:again ");
    }
    ck_assert_int_eq(open_bytes(buf_span(&whole)), 0);
    ck_assert_str_eq(pending(), "1:first interval 2:second interval ");
    buf_fini(&whole);
}
END_TEST

START_TEST(an_interval_and_its_mark_are_both_there_or_neither_is)
{
    struct buf whole;
    uint64_t seq;
    mark("before");
    size_t before = file_bytes();
    ck_assert_int_eq(journal_add(journal, span_text("interval"), span_text("after"), &seq, &err),
                     0);
    expect_mark("after");
    read_file(&whole);
    for (size_t len = before; len < whole.len; len++) {
        ck_assert_int_eq(open_bytes(span_of(whole.data, len)), 0);
        ck_assert_str_eq(pending(), "");
        expect_mark("before");
    }
    ck_assert_int_eq(open_bytes(buf_span(&whole)), 0);
    ck_assert_str_eq(pending(), "1:interval ");
    expect_mark("after");
    buf_fini(&whole);
}
END_TEST

START_TEST(interval_and_mark_may_each_be_as_long_as_is_allowed)
{
    static char text[JOURNAL_PAYLOAD_MAX];
    uint64_t seq;
    memset(text, 'x', sizeof text);
    struct span longest = span_of(text, sizeof text);
    ck_assert_int_eq(journal_add(journal, longest, longest, &seq, &err), 0);
    ck_assert_int_eq(journal_add(journal, span_of(NULL, 0), span_of(NULL, 0), &seq, &err), 0);
    reopen();
    struct span interval;
    ck_assert(journal_next_pending(journal, 0, &seq, &interval));
    ck_assert(span_equal(interval, longest));
    expect_mark("");
}
END_TEST

START_TEST(a_tail_of_zeros_is_what_a_power_cut_leaves)
{
    struct buf whole;
    add("first");
    uint64_t before = file_bytes();
    add("second");
    read_file(&whole);
    for (size_t kept = before; kept < whole.len; kept++) {
        struct buf torn;
        buf_init(&torn, 1 << 20);
        buf_append(&torn, whole.data, kept);
        for (size_t i = kept; i < whole.len + 4096; i++)
            buf_append_char(&torn, '\0');
        ck_assert_msg(open_bytes(buf_span(&torn)) == 0, "%zu: %s", kept, err.text);
        ck_assert_str_eq(pending(), "1:first ");
        ck_assert_uint_eq(file_bytes(), before);
        buf_fini(&torn);
    }
    buf_fini(&whole);
}
END_TEST

START_TEST(a_first_entry_that_is_torn_leaves_an_empty_journal)
{
    struct buf whole;
    add("first");
    read_file(&whole);
    for (size_t len = 0; len < whole.len; len++) {
        ck_assert_int_eq(open_bytes(span_of(whole.data, len)), 0);
        ck_assert_str_eq(pending(), "");
        ck_assert_uint_eq(journal_next_seq(journal), 1);
    }
    buf_fini(&whole);
}
END_TEST

START_TEST(a_flipped_bit_before_the_end_is_damage_and_nothing_is_changed)
{
    struct buf whole;
    add("first interval");
    size_t first = file_bytes();
    add("second interval");
    mark("mark");
    read_file(&whole);
    for (size_t bit = 0; bit < 8 * first; bit++) {
        whole.data[bit / 8] ^= (char)(1 << bit % 8);
        ck_assert_msg(open_bytes(buf_span(&whole)) == -ERR_CORRUPT, "bit %zu", bit);
        ck_assert_uint_eq(file_bytes(), whole.len);
        ck_assert_ptr_nonnull(strstr(err.text, "byte 0"));
        whole.data[bit / 8] ^= (char)(1 << bit % 8);
    }
    ck_assert_int_eq(open_bytes(buf_span(&whole)), 0);
    ck_assert_str_eq(pending(), "1:first interval 2:second interval ");
    buf_fini(&whole);
}
END_TEST

/* ---- salvage ---- */

static char aside[JOURNAL_ASIDE_CAP];

static void salvage(void)
{
    ck_assert_ptr_null(journal);
    ck_assert_msg(journal_salvage(dir, BOOT, &journal, aside, &err) == 0, "%s", err.text);
    ck_assert_int_eq(unlink(aside), 0); /* it was there */
}

/* Adds, spoils the byte and salvages. */
static void spoil(size_t at)
{
    struct buf whole;
    read_file(&whole);
    whole.data[at] ^= 1;
    ck_assert_int_eq(open_bytes(buf_span(&whole)), -ERR_CORRUPT);
    salvage();
    buf_fini(&whole);
}

START_TEST(what_is_whole_before_and_behind_damage_is_salvaged)
{
    add("one");
    size_t first = file_bytes();
    add("two");
    add("three");
    mark("mark");
    spoil(first + 30);
    ck_assert_str_eq(pending(), "1:one 3:three ");
    expect_mark("mark");
    ck_assert_uint_eq(journal_next_seq(journal), 4);
    add("four");
    reopen(); /* with its gap it is a journal like any other */
    ck_assert_str_eq(pending(), "1:one 3:three 4:four ");
    ck_assert_int_eq(journal_ack(journal, 3, &err), 0);
    reopen();
    ck_assert_str_eq(pending(), "4:four ");
}
END_TEST

START_TEST(no_number_is_given_twice_whatever_a_hole_hides)
{
    mark("mark");
    add("one");
    size_t first = file_bytes();
    add("two");
    mark("another mark"); /* else the damage is a torn tail */
    struct buf whole;
    read_file(&whole);
    for (size_t i = first; i < whole.len; i++)
        whole.data[i] = 'x';
    ck_assert_int_eq(open_bytes(buf_span(&whole)), -ERR_CORRUPT);
    salvage();
    buf_fini(&whole);
    ck_assert_str_eq(pending(), "1:one ");
    expect_mark("");
    uint64_t next = journal_next_seq(journal);
    ck_assert_uint_gt(next, 2);
    reopen();
    ck_assert_uint_eq(journal_next_seq(journal), next);
    add("on");
}
END_TEST

START_TEST(what_is_no_journal_at_all_is_set_aside)
{
    ck_assert_int_eq(open_bytes(span_text("hello")), -ERR_CORRUPT);
    salvage();
    ck_assert_str_eq(pending(), "");
    add("on");
    ck_assert_uint_gt(journal_next_seq(journal), 2);
}
END_TEST

START_TEST(a_journal_that_can_not_be_set_aside_stays)
{
    struct journal *none;
    ck_assert_int_eq(journal_salvage("/no/such/directory", BOOT, &none, aside, &err),
                     -ERR_NOT_FOUND);
    ck_assert_int_eq(open_bytes(span_text("hello")), -ERR_CORRUPT);
    ck_assert_uint_eq(file_bytes(), 5);
    ck_assert_int_eq(open_bytes(span_of(NULL, 0)), 0);
}
END_TEST

START_TEST(what_is_no_journal_is_refused_and_left_alone)
{
    static const char *const others[] = {"hello", "PUM", "{\"usage\": []}",
                                         "\x4a\x4d\x55\x51 not quite the magic"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ck_assert_int_eq(open_bytes(span_text(others[i])), -ERR_CORRUPT);
        ck_assert_uint_eq(file_bytes(), strlen(others[i]));
    }
    ck_assert_int_eq(open_bytes(span_of(NULL, 0)), 0);
}
END_TEST

START_TEST(numbers_out_of_order_are_refused)
{
    struct buf one;
    struct buf twice;
    add("a");
    read_file(&one);
    buf_init(&twice, 4096);
    buf_append(&twice, one.data, one.len);
    buf_append(&twice, one.data, one.len);
    ck_assert_int_eq(open_bytes(buf_span(&twice)), -ERR_CORRUPT);
    buf_fini(&one);
    buf_fini(&twice);
    ck_assert_int_eq(open_bytes(span_of(NULL, 0)), 0);
}
END_TEST

/* ---- a full disk ---- */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk_appends_nothing_and_loses_nothing)
{
    uint64_t seq = 99;
    (void)signal(SIGXFSZ, SIG_IGN);
    add("before");
    mark("mark");
    for (rlim_t room = 0; room < 60; room++) {
        limit_files(file_bytes() + room);
        uint64_t before = file_bytes();
        int rc = journal_add(journal, span_text("does this interval fit, and if so, where?"),
                             span_text("mark"), &seq, &err);
        if (rc == 0)
            break;
        ck_assert_int_eq(rc, -ERR_IO);
        ck_assert_uint_eq(seq, 99);
        ck_assert_uint_eq(file_bytes(), before);
        ck_assert_int_eq(journal_mark(journal,
                                      span_text("a longer mark than before it, by far, "
                                                "so that it won't fit either, ever"),
                                      &err),
                         -ERR_IO);
        expect_mark("mark");
        ck_assert_str_eq(pending(), "1:before ");
        limit_files(RLIM_INFINITY);
    }
    limit_files(RLIM_INFINITY);
    journal_close(journal);
    ck_assert_int_eq(journal_open(dir, BOOT, &journal, &err), 0);
    expect_mark("mark");
    add("after");
    reopen();
    ck_assert_ptr_nonnull(strstr(pending(), "1:before "));
    ck_assert_ptr_nonnull(strstr(pending(), ":after "));
}
END_TEST

START_TEST(errors_name_path_and_reason)
{
    struct journal *none = NULL;
    ck_assert_int_eq(journal_open("/nonexistent/dir", BOOT, &none, &err), -ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/dir/usage-" BOOT ".journal"));
    ck_assert_int_eq(journal_open(dir, "../evil", &none, &err), -ERR_INVALID);
    ck_assert_ptr_null(none);
}
END_TEST

/* ---- growing and shrinking ---- */

START_TEST(a_file_that_is_mostly_past_is_written_anew)
{
    static char text[60000];
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 100; i++) {
        text[0] = (char)('a' + i % 26);
        mark(text);
        ck_assert_uint_lt(file_bytes(), (1 << 20) + 2 * sizeof text);
    }
    for (int i = 0; i < 60; i++)
        add(text);
    ck_assert_uint_gt(file_bytes(), 3 << 20); /* all of it is pending */
    ck_assert_int_eq(journal_ack(journal, 59, &err), 0);
    ck_assert_uint_lt(file_bytes(), 1 << 20);
    add("last");
    reopen();
    struct span interval;
    uint64_t seq = 0;
    ck_assert(journal_next_pending(journal, seq, &seq, &interval));
    ck_assert_uint_eq(seq, 60);
    ck_assert_uint_eq(interval.len, sizeof text - 1);
    ck_assert(journal_next_pending(journal, seq, &seq, &interval));
    ck_assert(span_equal(interval, span_text("last")));
    ck_assert_uint_eq(journal_last_mark(journal).len, sizeof text - 1);
}
END_TEST

START_TEST(a_journal_that_nobody_acknowledges_is_full_one_day)
{
    static char text[JOURNAL_PAYLOAD_MAX];
    uint64_t seq = 0;
    int rc = 0;
    memset(text, 'x', sizeof text);
    for (int i = 0; rc == 0 && i < 2 * LIMIT_JOURNAL_BYTES / JOURNAL_PAYLOAD_MAX; i++)
        rc = journal_add(journal, span_of(text, sizeof text), span_of(NULL, 0), &seq, &err);
    ck_assert_int_eq(rc, -ERR_LIMIT);
    ck_assert_uint_ge(seq, LIMIT_JOURNAL_BYTES / JOURNAL_PAYLOAD_MAX - 2);
    mark("a mark still fits");
    reopen();
    expect_mark("a mark still fits");
    ck_assert_uint_eq(journal_next_seq(journal), seq + 1);
    ck_assert_int_eq(journal_ack(journal, seq, &err), 0);
    add("there is room again");
}
END_TEST

/* ---- other boots ---- */

static void note_boot(const char *boot_id, void *arg)
{
    char *found = arg;
    size_t len = strlen(found);
    (void)snprintf(found + len, 64 - len, "%s", boot_id);
}

START_TEST(other_boots_are_visited_whatever_they_hold)
{
    char found[64] = "";
    char path[PATH_MAX];
    path_of(OTHER, path);
    add("own");
    ck_assert_int_eq(file_write(path, span_text("damaged"), 0600, NULL), 0);
    ck_assert_int_eq(journal_each_other(dir, BOOT, note_boot, found, &err), 0);
    ck_assert_str_eq(found, OTHER);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_eq(journal_each_other("/nonexistent", BOOT, note_boot, found, &err), -ERR_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent"));
}
END_TEST

START_TEST(a_journal_that_is_removed_is_gone)
{
    struct journal *other;
    char found[64] = "";
    ck_assert_int_eq(journal_open(dir, OTHER, &other, &err), 0);
    journal_remove(other);
    ck_assert_int_eq(journal_each_other(dir, BOOT, note_boot, found, &err), 0);
    ck_assert_str_eq(found, "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("agent/journal");
    TCase *c = tcase_create("journal");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, numbers_rise_by_one_from_one);
    tcase_add_test(c, what_is_acknowledged_is_not_pending_and_its_number_is_not_given_again);
    tcase_add_test(c, what_was_never_written_can_not_be_acknowledged);
    tcase_add_test(c, the_last_mark_counts);
    tcase_add_test(c, pending_intervals_are_found_from_any_number);
    tcase_add_test(c, a_tail_torn_at_any_byte_is_cut_off_and_all_before_it_stays);
    tcase_add_test(c, an_interval_and_its_mark_are_both_there_or_neither_is);
    tcase_add_test(c, interval_and_mark_may_each_be_as_long_as_is_allowed);
    tcase_add_test(c, a_tail_of_zeros_is_what_a_power_cut_leaves);
    tcase_add_test(c, a_first_entry_that_is_torn_leaves_an_empty_journal);
    tcase_add_test(c, a_flipped_bit_before_the_end_is_damage_and_nothing_is_changed);
    tcase_add_test(c, what_is_whole_before_and_behind_damage_is_salvaged);
    tcase_add_test(c, no_number_is_given_twice_whatever_a_hole_hides);
    tcase_add_test(c, what_is_no_journal_at_all_is_set_aside);
    tcase_add_test(c, a_journal_that_can_not_be_set_aside_stays);
    tcase_add_test(c, what_is_no_journal_is_refused_and_left_alone);
    tcase_add_test(c, numbers_out_of_order_are_refused);
    tcase_add_test(c, a_full_disk_appends_nothing_and_loses_nothing);
    tcase_add_test(c, errors_name_path_and_reason);
    tcase_add_test(c, a_file_that_is_mostly_past_is_written_anew);
    tcase_add_test(c, a_journal_that_nobody_acknowledges_is_full_one_day);
    tcase_add_test(c, other_boots_are_visited_whatever_they_hold);
    tcase_add_test(c, a_journal_that_is_removed_is_gone);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)
