/* billing/ledger: segments and the notes of months. */
#include "billing/ledger/segment.h"

#include "billing/ledger/month_note.h"
#include "lib/base/text.h"
#include "tests/support/suite.h"

#include <stdlib.h>

static struct buf bytes;
static size_t line_at[16]; /* where each line of `bytes` begins */
static size_t lines;

static void teardown(void)
{
    buf_fini(&bytes);
}

static void begin_line(void)
{
    line_at[lines++] = bytes.len;
}

/* Three entries after two that an earlier segment had. */
static void setup(void)
{
    CLEANUP_HASHER struct hasher *h = hasher_create();
    struct segment_head head = {.organisation = id_literal("upstage"), .month = "2026-02"};
    struct merkle_frontier f = {.size = 0};
    buf_init(&bytes, 1 << 20);
    lines = 0;
    for (int i = 0; i < 2; i++) {
        struct merkle_hash leaf = merkle_leaf(h, span_of(&i, sizeof i));
        merkle_frontier_append(&f, h, &leaf);
    }
    head.before = f;
    head.commit = 10;
    begin_line();
    segment_format_head(&head, &bytes);
    for (uint32_t i = 0; i < 3; i++) {
        struct ledger_entry e = {.kind = LEDGER_BOOK, .commit = 11 + i / 2, .index = i % 2};
        e.organisation = id_literal(i == 1 ? "elice" : "upstage");
        e.counterparty = id_literal(i == 1 ? "upstage" : "elice");
        begin_line();
        ledger_line_encode(&e, &bytes);
        struct span line = span_of(bytes.data + line_at[lines - 1], bytes.len - line_at[lines - 1]);
        struct merkle_hash leaf = merkle_leaf(h, line);
        merkle_frontier_append(&f, h, &leaf);
        buf_append_char(&bytes, '\n');
    }
    struct segment_tail tail = {.size = 5, .root = merkle_frontier_root(&f, h), .commit = 12};
    begin_line();
    segment_format_tail(&tail, &bytes);
}

static int count_entry(const struct ledger_entry *e, struct span line, void *arg)
{
    ck_assert_uint_gt(line.len, 0);
    ck_assert_int_eq((int)e->kind, LEDGER_BOOK);
    ++*(int *)arg;
    return 0;
}

static int read_all(struct span text, struct err *err)
{
    struct segment_head head;
    struct segment_tail tail;
    return segment_read(text, NULL, NULL, &head, &tail, err);
}

START_TEST(a_segment_gives_head_entries_and_root)
{
    struct segment_head head;
    struct segment_tail tail;
    struct err err = ERR_INIT;
    int n = 0;
    ck_assert_msg(segment_read(buf_span(&bytes), count_entry, &n, &head, &tail, &err) == 0, "%s",
                  err.text);
    ck_assert_int_eq(n, 3);
    ck_assert_str_eq(head.organisation.text, "upstage");
    ck_assert_str_eq(head.month, "2026-02");
    ck_assert_uint_eq(head.before.size, 2);
    ck_assert_uint_eq(tail.size, 5);
    ck_assert_uint_eq(tail.commit, 12);
}
END_TEST

START_TEST(any_changed_byte_is_noticed)
{
    for (size_t i = 0; i < bytes.len; i++) {
        struct segment_head head;
        struct segment_tail tail;
        bytes.data[i] ^= 1;
        int rc = segment_read(buf_span(&bytes), NULL, NULL, &head, &tail, NULL);
        /* The head's month and commit, and the tail's commit, are bound by the month's note. */
        bool bound_elsewhere = i < line_at[1] || i >= line_at[4];
        ck_assert_msg(rc < 0 || bound_elsewhere, "byte %zu", i);
        bytes.data[i] ^= 1;
    }
}
END_TEST

START_TEST(an_entry_left_out_doubled_or_moved_is_noticed)
{
    CLEANUP_BUF struct buf cut;
    buf_init(&cut, 1 << 20);
    for (size_t i = 0; i < lines; i++) { /* without line i */
        size_t end = i + 1 < lines ? line_at[i + 1] : bytes.len;
        buf_reset(&cut);
        buf_append(&cut, bytes.data, line_at[i]);
        buf_append(&cut, bytes.data + end, bytes.len - end);
        ck_assert_int_eq(read_all(buf_span(&cut), NULL), -ERR_CORRUPT);
        buf_reset(&cut); /* line i twice */
        buf_append(&cut, bytes.data, end);
        buf_append(&cut, bytes.data + line_at[i], bytes.len - line_at[i]);
        ck_assert_int_eq(read_all(buf_span(&cut), NULL), -ERR_CORRUPT);
    }
    buf_reset(&cut); /* the first two entries in the other order */
    buf_append(&cut, bytes.data, line_at[1]);
    buf_append(&cut, bytes.data + line_at[2], line_at[3] - line_at[2]);
    buf_append(&cut, bytes.data + line_at[1], line_at[2] - line_at[1]);
    buf_append(&cut, bytes.data + line_at[3], bytes.len - line_at[3]);
    ck_assert_int_eq(read_all(buf_span(&cut), NULL), -ERR_CORRUPT);
}
END_TEST

START_TEST(a_segment_cut_off_anywhere_is_noticed)
{
    for (size_t len = 0; len < bytes.len; len++)
        ck_assert_int_eq(read_all(span_of(bytes.data, len), NULL), -ERR_CORRUPT);
}
END_TEST

START_TEST(an_entry_of_another_log_is_refused)
{
    struct segment_reader *r = segment_reader_create();
    enum segment_line kind;
    struct err err = ERR_INIT;
    struct ledger_entry e = {.kind = LEDGER_BOOK, .commit = 11};
    CLEANUP_BUF struct buf line;
    buf_init(&line, LEDGER_LINE_MAX);
    e.organisation = id_literal("kaist");
    ledger_line_encode(&e, &line);
    ck_assert_int_eq(segment_reader_line(r, span_of(bytes.data, line_at[1] - 1), &kind, NULL, &err),
                     0);
    ck_assert_int_eq((int)kind, SEGMENT_HEAD);
    ck_assert_int_eq(segment_reader_line(r, buf_span(&line), &kind, NULL, &err), -ERR_CORRUPT);
    ck_assert_str_eq(err.text, "segment, line 2: the entry is of another log");
    segment_reader_destroy(r);
}
END_TEST

START_TEST(a_head_of_a_newer_version_is_not_guessed_at)
{
    static const char head[] = "{\"commit\":0,\"first\":0,\"format\":\"pumasi-segment\","
                               "\"frontier\":[],\"month\":\"2026-02\",\"organisation\":\"a\","
                               "\"v\":2}\n";
    ck_assert_int_eq(read_all(span_text(head), NULL), -ERR_UNSUPPORTED);
}
END_TEST

/* ---- Notes of months ------------------------------------------------------------------------ */

static struct month_note sample(struct month_row rows[2])
{
    struct month_note m = {.month = "2026-02",
                           .first_commit = 11,
                           .last_commit = 12,
                           .sealed_at = {1772678400},
                           .n = 2,
                           .rows = rows};
    rows[0] = (struct month_row){.organisation = id_literal("elice"), .size = 3};
    rows[1] = (struct month_row){.organisation = id_literal("upstage"), .size = 5};
    memset(rows[1].segment_sha256, 0xab, DIGEST_BYTES);
    return m;
}

START_TEST(the_note_of_a_month_there_and_back)
{
    struct month_row rows[2];
    struct month_note m = sample(rows), again;
    struct id upstage = id_literal("upstage"), kaist = id_literal("kaist");
    CLEANUP_BUF struct buf text, second;
    buf_init(&text, NOTE_BYTES);
    buf_init(&second, NOTE_BYTES);
    month_note_format(&m, &text);
    ck_assert_int_eq(month_note_parse(buf_span(&text), &again, NULL), 0);
    month_note_format(&again, &second);
    ck_assert_str_eq(text.data, second.data);
    ck_assert_uint_eq(month_note_find(&again, &upstage)->size, 5);
    ck_assert_ptr_null(month_note_find(&again, &kaist));
    month_note_fini(&again);
}
END_TEST

START_TEST(what_is_no_note_of_a_month_is_refused)
{
    struct month_row rows[2];
    struct month_note m = sample(rows), again;
    CLEANUP_BUF struct buf text;
    buf_init(&text, NOTE_BYTES);
    month_note_format(&m, &text);
    for (size_t len = 0; len < text.len; len++) {
        bool whole_line = len > 0 && text.data[len - 1] == '\n';
        int rc = month_note_parse(span_of(text.data, len), &again, NULL);
        if (rc == 0) {
            ck_assert_msg(whole_line, "cut at %zu", len);
            month_note_fini(&again);
        }
    }
    ck_assert_int_eq(month_note_parse(span_text("pumasi.internal/month\n2026-13\n"), &again, NULL),
                     -ERR_CORRUPT);
    buf_append_text(&text, "a 1 ");
    ck_assert_int_eq(month_note_parse(buf_span(&text), &again, NULL), -ERR_CORRUPT);
}
END_TEST

static Suite *segment_suite(void)
{
    Suite *s = suite_create("billing/ledger/segment");
    TCase *c = tcase_create("segment");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_segment_gives_head_entries_and_root);
    tcase_add_test(c, any_changed_byte_is_noticed);
    tcase_add_test(c, an_entry_left_out_doubled_or_moved_is_noticed);
    tcase_add_test(c, a_segment_cut_off_anywhere_is_noticed);
    tcase_add_test(c, an_entry_of_another_log_is_refused);
    tcase_add_test(c, a_head_of_a_newer_version_is_not_guessed_at);
    tcase_add_test(c, the_note_of_a_month_there_and_back);
    tcase_add_test(c, what_is_no_note_of_a_month_is_refused);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(segment_suite)
