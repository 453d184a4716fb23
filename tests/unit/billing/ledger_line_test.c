/* billing/ledger_line.h */
#include "billing/ledger_line.h"

#include "tests/support/suite.h"

#include <stdlib.h>

static struct buf out;

static void setup(void)
{
    buf_init(&out, LEDGER_LINE_MAX);
}

static void teardown(void)
{
    buf_fini(&out);
}

static struct ledger_entry booking(void)
{
    struct ledger_entry e = {.commit = 12,
                             .index = 3,
                             .kind = LEDGER_BOOK,
                             .subject_kind = id_literal("lease"),
                             .subject = id_literal("lease-7"),
                             .organisation = id_literal("upstage"),
                             .counterparty = id_literal("elice"),
                             .at = {1767193200},
                             .units = {56000},
                             .amount_krw = {1760000},
                             .phase = PHASE_PENDING,
                             .reason = "\xec\x97\xb0\xea\xb5\xac \"a\\b\"\n"};
    return e;
}

START_TEST(a_line_has_its_members_by_rising_name_and_leaves_out_what_is_empty)
{
    struct ledger_entry e = booking();
    ledger_line_encode(&e, &out);
    ck_assert_str_eq(
        out.data,
        "{\"amount_krw\":1760000,\"at\":\"2026-01-01T00:00:00+09:00\",\"commit\":12,"
        "\"counterparty\":\"elice\",\"index\":3,\"kind\":\"book\",\"organisation\":\"upstage\","
        "\"phase\":\"pending\",\"reason\":\"\xec\x97\xb0\xea\xb5\xac \\\"a\\\\b\\\"\\u000a\","
        "\"subject\":\"lease-7\",\"subject_kind\":\"lease\",\"units\":56000,\"v\":1}");
}
END_TEST

START_TEST(one_line_is_one_entry)
{
    struct ledger_entry e = booking(), again;
    CLEANUP_BUF struct buf second;
    struct err err = ERR_INIT;
    e.signature.len = 3;
    memcpy(e.signature.data, "\x01\xfe\x00", 3);
    e.from.s = 1767193200;
    e.seq = 44;
    ledger_line_encode(&e, &out);
    ck_assert_msg(ledger_line_decode(buf_span(&out), &again, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(again.signature.len, 3);
    ck_assert_str_eq(again.reason, e.reason);
    ck_assert_int_eq(again.to.s, INSTANT_NEVER.s);
    buf_init(&second, LEDGER_LINE_MAX);
    ledger_line_encode(&again, &second);
    ck_assert_str_eq(out.data, second.data);
}
END_TEST

static const char *const bad[] = {
    "",
    "{}",
    "[]",
    "{\"kind\":\"book\"}",
    "{\"v\":1}",
    "{\"kind\":\"book\",\"v\":1} ",
    "{\"kind\": \"book\",\"v\":1}",
    "{\"v\":1,\"kind\":\"book\"}",
    "{\"kind\":\"book\",\"kind\":\"book\",\"v\":1}",
    "{\"kind\":\"book\",\"reason\":\"\",\"v\":1}",
    "{\"index\":0,\"kind\":\"book\",\"v\":1}",
    "{\"index\":01,\"kind\":\"book\",\"v\":1}",
    "{\"index\":4294967296,\"kind\":\"book\",\"v\":1}",
    "{\"index\":-1,\"kind\":\"book\",\"v\":1}",
    "{\"commit\":-1,\"kind\":\"book\",\"v\":1}",
    "{\"amount_krw\":9223372036854775808,\"kind\":\"book\",\"v\":1}",
    "{\"amount_krw\":1.5,\"kind\":\"book\",\"v\":1}",
    "{\"kind\":\"steal\",\"v\":1}",
    "{\"kind\":\"book\",\"reason\":\"\\u000A\",\"v\":1}",
    "{\"kind\":\"book\",\"reason\":\"\\n\",\"v\":1}",
    "{\"kind\":\"book\",\"reason\":\"\\u0000\",\"v\":1}",
    "{\"kind\":\"book\",\"reason\":\"\\u0041\",\"v\":1}",
    "{\"kind\":\"book\",\"reason\":\"\\",
    "{\"kind\":\"book\",\"reason\":\"\xff\",\"v\":1}",
    "{\"kind\":\"book\",\"signature\":\"F0\",\"v\":1}",
    "{\"kind\":\"book\",\"signature\":\"f\",\"v\":1}",
    "{\"kind\":\"book\",\"unknown\":1,\"v\":1}",
    "{\"at\":\"2026-01-01T00:00:00Z\",\"kind\":\"book\",\"v\":1}",
    "{\"kind\":\"book\",\"node\":\"No Name\",\"v\":1}",
};

START_TEST(what_encoding_does_not_write_is_refused)
{
    struct ledger_entry e;
    struct err err = ERR_INIT;
    ck_assert_int_eq(ledger_line_decode(span_text(bad[_i]), &e, &err), -ERR_CORRUPT);
    ck_assert_str_ne(err.text, "");
}
END_TEST

START_TEST(a_newer_version_is_not_guessed_at)
{
    struct ledger_entry e;
    ck_assert_int_eq(ledger_line_decode(span_text("{\"kind\":\"book\",\"v\":2}"), &e, NULL),
                     -ERR_CORRUPT);
    ck_assert_int_eq(ledger_line_decode(span_text("{\"v\":2,\"w\":[]}"), &e, NULL),
                     -ERR_UNSUPPORTED);
}
END_TEST

START_TEST(no_changed_byte_of_a_line_means_the_same)
{
    struct ledger_entry e = booking(), again;
    ledger_line_encode(&e, &out);
    for (size_t i = 0; i < out.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            out.data[i] ^= (char)(1 << bit);
            if (ledger_line_decode(buf_span(&out), &again, NULL) == 0)
                ck_assert(!record_equal(&ledger_entry_type, &e, &again));
            out.data[i] ^= (char)(1 << bit);
        }
    }
}
END_TEST

static Suite *ledger_line_suite(void)
{
    Suite *s = suite_create("billing/ledger_line");
    TCase *c = tcase_create("line");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_line_has_its_members_by_rising_name_and_leaves_out_what_is_empty);
    tcase_add_test(c, one_line_is_one_entry);
    tcase_add_loop_test(c, what_encoding_does_not_write_is_refused, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(c, a_newer_version_is_not_guessed_at);
    tcase_add_test(c, no_changed_byte_of_a_line_means_the_same);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(ledger_line_suite)
