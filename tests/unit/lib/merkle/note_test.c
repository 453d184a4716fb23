/* lib/merkle: notes, checkpoints, cosignatures. */
#include "lib/merkle/note.h"

#include "lib/base/text.h"
#include "lib/merkle/checkpoint.h"
#include "lib/merkle/cosignature.h"
#include "tests/support/suite.h"

static struct key *key, *other;
static struct public_key public_half, other_half;
static struct buf out;

static void setup(void)
{
    ck_assert_int_eq(key_generate(&key, NULL), 0);
    ck_assert_int_eq(key_generate(&other, NULL), 0);
    public_half = key_public(key);
    other_half = key_public(other);
    buf_init(&out, NOTE_BYTES);
}

static void teardown(void)
{
    key_destroy(key);
    key_destroy(other);
    buf_fini(&out);
}

static void parses(struct note *ret)
{
    struct err err = ERR_INIT;
    ck_assert_msg(note_parse(buf_span(&out), ret, &err) == 0, "%s", err.text);
}

START_TEST(what_was_signed_verifies_under_that_name_and_key_alone)
{
    struct note note;
    ck_assert_int_eq(note_format(span_text("a log\n1\n"), "a.log/x", key, &out, NULL), 0);
    parses(&note);
    ck_assert(span_equal(note.text, span_text("a log\n1\n")));
    ck_assert_int_eq(note_verify(&note, "a.log/x", &public_half, NULL), 0);
    ck_assert_int_eq(note_verify(&note, "a.log/y", &public_half, NULL), -ERR_VERIFICATION);
    ck_assert_int_eq(note_verify(&note, "a.log/x", &other_half, NULL), -ERR_VERIFICATION);
}
END_TEST

START_TEST(a_note_after_any_changed_byte_does_not_verify)
{
    ck_assert_int_eq(note_format(span_text("a log\n1\n"), "a.log/x", key, &out, NULL), 0);
    for (size_t i = 0; i < out.len; i++) {
        struct note note;
        out.data[i] ^= 1;
        if (note_parse(buf_span(&out), &note, NULL) == 0)
            ck_assert_int_eq(note_verify(&note, "a.log/x", &public_half, NULL), -ERR_VERIFICATION);
        out.data[i] ^= 1;
    }
}
END_TEST

START_TEST(the_key_id_is_the_begin_of_the_digest_of_the_key)
{
    uint8_t digest[DIGEST_BYTES], id[NOTE_KEY_ID_BYTES];
    digest_sha256(public_key_span(&public_half), digest);
    note_key_id(&public_half, id);
    ck_assert_mem_eq(digest, id, sizeof id);
}
END_TEST

static const char *const no_notes[] = {
    "",
    "\n",
    "text without signatures\n",
    "text\n\n",
    "\n\n\xe2\x80\x94 a AAAAAAA=\n",
    "text\n\n- a AAAAAAA=\n",
    "text\n\n\xe2\x80\x94 a+b AAAAAAA=\n",
    "text\n\n\xe2\x80\x94 a AAAA\n",    /* a key id alone is no signature */
    "text\n\n\xe2\x80\x94 a AAAAAAA\n", /* no base 64 */
    "text\n\n\xe2\x80\x94 a AAAAAAA=",  /* no last newline */
    "te\txt\n\n\xe2\x80\x94 a AAAAAAA=\n",
    "te\xff\n\n\xe2\x80\x94 a AAAAAAA=\n",
};

START_TEST(what_is_no_note_is_refused)
{
    struct note note;
    struct err err = ERR_INIT;
    ck_assert_int_eq(note_parse(span_text(no_notes[_i]), &note, &err), -ERR_INVALID);
    ck_assert_str_ne(err.text, "");
}
END_TEST

START_TEST(more_signatures_than_a_note_may_have_are_refused)
{
    struct note note;
    buf_append_text(&out, "text\n\n");
    for (int i = 0; i < NOTE_SIGNATURES; i++)
        buf_append_text(&out, "\xe2\x80\x94 a AAAAAAA=\n");
    parses(&note);
    ck_assert_uint_eq(note.n, NOTE_SIGNATURES);
    buf_append_text(&out, "\xe2\x80\x94 a AAAAAAA=\n");
    ck_assert_int_eq(note_parse(buf_span(&out), &note, NULL), -ERR_INVALID);
}
END_TEST

START_TEST(a_name_with_blanks_or_plus_can_not_sign)
{
    static const char *const names[] = {"", "a b", "a+b", "a\n", "\xec\x9b\x90"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_int_eq(note_format(span_text("t\n"), names[i], key, &out, NULL), -ERR_INVALID);
}
END_TEST

/* ---- Checkpoints ---------------------------------------------------------------------------- */

static struct checkpoint checkpoint(void)
{
    struct checkpoint c = {.size = 1042, .at = {1767193200}, .commit = 88123};
    struct id organisation = id_literal("upstage");
    checkpoint_ledger_origin(&organisation, c.origin);
    memset(c.root.bytes, 7, sizeof c.root.bytes);
    return c;
}

START_TEST(a_checkpoint_is_these_five_lines)
{
    struct checkpoint c = checkpoint(), again;
    checkpoint_format(&c, &out);
    ck_assert_str_eq(out.data, "pumasi.internal/ledger/upstage\n1042\n"
                               "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n"
                               "time 1767193200\ncommit 88123\n");
    ck_assert_int_eq(checkpoint_parse(buf_span(&out), &again, NULL), 0);
    ck_assert_mem_eq(&c, &again, sizeof c);
}
END_TEST

static const char *const no_checkpoints[] = {
    "",
    "origin\n",
    "origin\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\ntime 1\n",
    "origin\n01\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\ntime 1\ncommit 1\n",
    "origin\n-1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\ntime 1\ncommit 1\n",
    "origin\n1\nBwcH\ntime 1\ncommit 1\n",
    "origin\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\ntime 1\ncommit 1\nmore\n",
    "a name\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\ntime 1\ncommit 1\n",
    "origin\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\nt\ncommit 1\n",
    "origin\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\ntime 9223372036854775807\ncommit 1\n",
};

START_TEST(what_is_no_checkpoint_is_refused)
{
    struct checkpoint c;
    int rc = checkpoint_parse(span_text(no_checkpoints[_i]), &c, NULL);
    ck_assert(rc == -ERR_INVALID);
}
END_TEST

START_TEST(a_signed_checkpoint_opens_with_its_key_alone)
{
    struct checkpoint c = checkpoint(), again;
    struct note note;
    ck_assert_int_eq(checkpoint_sign(&c, key, &out, NULL), 0);
    ck_assert_int_eq(checkpoint_open(buf_span(&out), &public_half, &note, &again, NULL), 0);
    ck_assert_mem_eq(&c, &again, sizeof c);
    ck_assert_int_eq(checkpoint_open(buf_span(&out), &other_half, &note, &again, NULL),
                     -ERR_VERIFICATION);
    ck_assert_int_eq(checkpoint_open(span_text("rubbish"), &public_half, &note, &again, NULL),
                     -ERR_VERIFICATION);
}
END_TEST

/* ---- Cosignatures --------------------------------------------------------------------------- */

START_TEST(a_cosignature_says_when_and_is_of_that_name_and_key_alone)
{
    struct checkpoint c = checkpoint();
    struct note_signature line;
    struct note note;
    struct instant at;
    ck_assert_int_eq(checkpoint_sign(&c, key, &out, NULL), 0);
    parses(&note);
    ck_assert_int_eq(
        cosignature_sign(note.text, "nipa/w", (struct instant){1767193205}, other, &line, NULL), 0);
    note_append_signature(&line, &out);
    parses(&note);
    ck_assert_uint_eq(note.n, 2);
    ck_assert_int_eq(cosignature_verify(&note, "nipa/w", &other_half, &at, NULL), 0);
    ck_assert_int_eq(at.s, 1767193205);
    ck_assert_int_eq(cosignature_verify(&note, "nipa/v", &other_half, &at, NULL),
                     -ERR_VERIFICATION);
    ck_assert_int_eq(cosignature_verify(&note, "nipa/w", &public_half, &at, NULL),
                     -ERR_VERIFICATION);
    ck_assert_int_eq(note_verify(&note, "nipa/w", &other_half, NULL), -ERR_VERIFICATION);
}
END_TEST

START_TEST(a_cosignature_with_another_time_does_not_verify)
{
    struct note note;
    struct instant at;
    struct note_signature line;
    ck_assert_int_eq(
        cosignature_sign(span_text("text\n"), "w", (struct instant){5}, key, &line, NULL), 0);
    line.data[7]++;
    buf_append_text(&out, "text\n\n");
    note_append_signature(&line, &out);
    parses(&note);
    ck_assert_int_eq(cosignature_verify(&note, "w", &public_half, &at, NULL), -ERR_VERIFICATION);
    ck_assert_int_eq(
        cosignature_sign(span_text("text\n"), "w w", (struct instant){5}, key, &line, NULL),
        -ERR_INVALID);
}
END_TEST

static Suite *note_suite(void)
{
    Suite *s = suite_create("merkle/note");
    TCase *c = tcase_create("note");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, what_was_signed_verifies_under_that_name_and_key_alone);
    tcase_add_test(c, a_note_after_any_changed_byte_does_not_verify);
    tcase_add_test(c, the_key_id_is_the_begin_of_the_digest_of_the_key);
    tcase_add_loop_test(c, what_is_no_note_is_refused, 0, sizeof no_notes / sizeof no_notes[0]);
    tcase_add_test(c, more_signatures_than_a_note_may_have_are_refused);
    tcase_add_test(c, a_name_with_blanks_or_plus_can_not_sign);
    tcase_add_test(c, a_checkpoint_is_these_five_lines);
    tcase_add_loop_test(c, what_is_no_checkpoint_is_refused, 0,
                        sizeof no_checkpoints / sizeof no_checkpoints[0]);
    tcase_add_test(c, a_signed_checkpoint_opens_with_its_key_alone);
    tcase_add_test(c, a_cosignature_says_when_and_is_of_that_name_and_key_alone);
    tcase_add_test(c, a_cosignature_with_another_time_does_not_verify);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(note_suite)
