/* Ledger entries: their kinds, and what each keeps. */
#include "billing/ledger_entry.h"

#include "tests/support/suite.h"

START_TEST(kinds_have_names_that_stay_in_stored_entries)
{
    static const char *const names[] = {
        "register", "propose",    "consent", "approve",  "return-plan",  "book",        "grant",
        "release",  "recall",     "return",  "interval", "contribution", "join",        "revoke",
        "rate",     "correction", "issue",   "close",    "seal",         "acknowledge", "dispute",
        "renew",    "delegate",
    };
    ck_assert_uint_eq(sizeof names / sizeof names[0], LEDGER_KIND_COUNT);
    ck_assert_int_eq(ledger_kind_names.count, LEDGER_KIND_COUNT);
    for (int i = 0; i < LEDGER_KIND_COUNT; i++)
        ck_assert_str_eq(enum_name(&ledger_kind_names, i), names[i]);
    ck_assert_str_eq(enum_name(&ledger_kind_names, LEDGER_REVOKE), "revoke");
}
END_TEST

START_TEST(an_entry_says_who_did_what_when_and_why)
{
    static const char *const fields[] = {"kind",  "subject_kind", "subject",    "organisation",
                                         "actor", "at",           "amount_krw", "reason"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        ck_assert_msg(record_field(&ledger_entry_type, fields[i]) != NULL, "%s", fields[i]);
}
END_TEST

START_TEST(fields_rise_by_name)
{
    for (const struct field *f = ledger_entry_type.fields; f[1].name; f++)
        ck_assert_msg(strcmp(f->name, f[1].name) < 0, "%s, %s", f->name, f[1].name);
}
END_TEST

static Suite *ledger_entry_suite(void)
{
    Suite *s = suite_create("billing/ledger_entry");
    TCase *c = tcase_create("entry");
    tcase_add_test(c, kinds_have_names_that_stay_in_stored_entries);
    tcase_add_test(c, an_entry_says_who_did_what_when_and_why);
    tcase_add_test(c, fields_rise_by_name);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(ledger_entry_suite)
