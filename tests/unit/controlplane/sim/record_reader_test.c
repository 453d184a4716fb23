#include "controlplane/sim/record_reader.h"

#include "controlplane/domain/command.h"
#include "tests/support/suite.h"

static int resolve(struct span name, void *arg, struct id *ret, struct err *err)
{
    (void)arg;
    if (!span_equal(name, span_text("award")))
        return err_set(err, ERR_INVALID, "no step is named so");
    *ret = id_literal("allocation-7");
    return 0;
}

static int read_as(const char *json, const struct record_type *type,
                   const struct record_reading *how, void *ret, struct err *err)
{
    struct json_t *file CLEANUP_STRICT = NULL;
    TRY(strict_load(span_text(json), &file, err));
    struct strict root = strict_root(file);
    return record_read(&root, type, how, ret, err);
}

static const struct record_reading plain = {.resolve = resolve};

/* ---- Good ------------------------------------------------------------------------------------ */

START_TEST(amounts_are_units_gpus_or_text)
{
    static const struct {
        const char *json;
        int64_t units;
    } cases[] = {
        {"{\"lend_limit_units\": 875}", 875},
        {"{\"lend_limit_units\": \"1/8\"}", 875},
        {"{\"lend_limit_gpus\": 2}", 14000},
        {"{\"lend_limit_gpus\": \"2\"}", 14000},
        {"{\"lend_limit_gpus\": \"1/7\"}", 1000},
        {"{\"lend_limit_gpus\": 0}", 0},
        {"{}", 0},
    };
    struct pool pool;
    struct err err = ERR_INIT;
    ck_assert_msg(read_as(cases[_i].json, &pool_type, &plain, &pool, &err) == 0, "%s", err.text);
    ck_assert_int_eq(pool.lend_limit_units.units, cases[_i].units);
    record_fini(&pool_type, &pool);
}
END_TEST

START_TEST(a_plain_units_may_be_gpus)
{
    struct recall_loan_request r;
    struct record_reading how = {.omit = "head"};
    ck_assert_int_eq(
        read_as("{\"id\": \"l\", \"gpus\": 3}", &recall_loan_request_type, &how, &r, NULL), 0);
    ck_assert_int_eq(r.units.units, 21000);
    ck_assert_int_eq(r.by.s, INSTANT_NEVER.s);
}
END_TEST

START_TEST(to_counts_to_the_end_of_its_day)
{
    struct book_lease_request r;
    struct record_reading how = {.omit = "head", .resolve = resolve};
    struct err err = ERR_INIT;
    int rc =
        read_as("{\"allocation\": \"$award\", \"from\": \"2025-11-01\", \"to\": \"2025-11-30\","
                " \"gpus\": 8, \"one_node\": true, \"uids\": [{\"uid\": 7}, {\"uid\": 9}]}",
                &book_lease_request_type, &how, &r, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    ck_assert_int_eq(r.to.s - r.from.s, 30 * 86400);
    ck_assert_str_eq(r.allocation.text, "allocation-7");
    ck_assert_uint_eq(r.uids.n, 2);
    ck_assert_uint_eq(LIST_AT(struct user_id, &r.uids, 1)->uid, 9);
    ck_assert(r.one_node);
    record_fini(&book_lease_request_type, &r);
}
END_TEST

START_TEST(lists_of_records_and_of_names_are_read)
{
    struct programme p;
    struct record_reading how = {.other = "kind"};
    struct err err = ERR_INIT;
    int rc = read_as(
        "{\"kind\": \"programme\", \"id\": \"p\", \"policy\": {\"part_month\": \"calendar\","
        " \"prices\": [{\"model\": \"B200\", \"krw_per_gpu_month\": 6600000, \"from\":"
        " \"2025-11-01T00:00:00+09:00\"}], \"in_kind_accepts\": [\"labour\"]},"
        " \"eligibility\": [{\"rule\": \"one_lead\"}]}",
        &programme_type, &how, &p, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    ck_assert_int_eq(p.policy.part_month, PART_MONTH_CALENDAR);
    ck_assert_int_eq(LIST_AT(struct price, &p.policy.prices, 0)->krw_per_gpu_month.krw, 6600000);
    ck_assert_str_eq(LIST_AT(struct id, &p.policy.in_kind_accepts, 0)->text, "labour");
    ck_assert_int_eq(LIST_AT(struct eligibility_rule, &p.eligibility, 0)->rule,
                     ELIGIBILITY_ONE_LEAD);
    record_fini(&programme_type, &p);
}
END_TEST

/* ---- Bad ------------------------------------------------------------------------------------- */

static const struct {
    const char *json;
    const char *says;
} bad[] = {
    {"{\"oops\": 1}", "oops"},
    {"{\"kind\": \"lease\"}", "kind"},
    {"{\"head\": {}}", "head"},
    {"{\"allocation\": 7}", "allocation"},
    {"{\"allocation\": \"Big\"}", "allocation"},
    {"{\"allocation\": \"$nothing\"}", "allocation: no step is named so"},
    {"{\"gpus\": 8.0}", "gpus"},
    {"{\"gpus\": -1}", "gpus"},
    {"{\"gpus\": 4294967296}", "gpus"},
    {"{\"units_per_gpu\": \"1/13\"}", "units_per_gpu"},
    {"{\"from\": \"2025-02-30\"}", "from"},
    {"{\"to\": 5}", "to"},
    {"{\"one_node\": \"yes\"}", "one_node"},
    {"{\"uids\": {}}", "uids"},
    {"{\"uids\": [{\"uid\": 1}, {\"gid\": 2}]}", "uids[1]"},
};

START_TEST(what_is_wrong_is_named_with_its_place)
{
    struct book_lease_request r;
    struct record_reading how = {.omit = "head", .resolve = resolve};
    struct err err = ERR_INIT;
    int rc = read_as(bad[_i].json, &book_lease_request_type, &how, &r, &err);
    ck_assert_int_eq(rc, -ERR_INVALID);
    ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "\"%s\" does not say %s", err.text,
                  bad[_i].says);
    ck_assert_ptr_null(r.uids.items);
}
END_TEST

static const struct {
    const char *json;
    const char *says;
} bad_loans[] = {
    {"{\"loan\": {\"guaranteed_units\": 7000, \"guaranteed_gpus\": 1}}", "loan.guaranteed_gpus"},
    {"{\"loan\": {\"permit\": \"AAAA\"}}", "loan.permit: bytes"},
    {"{\"loan\": {\"pays_idle\": \"everybody\"}}", "loan.pays_idle"},
    {"{\"loan\": {\"isolation\": [\"whole\", 3]}}", "loan.isolation[1]"},
    {"{\"loan\": {\"model\": \"a model of more than thirty-two characters\"}}", "loan.model"},
    {"{\"loan\": {\"head\": {}}}", "loan"},
};

START_TEST(what_is_wrong_inside_is_named_with_its_place)
{
    struct propose_loan_request r;
    struct record_reading how = {.omit = "head"};
    struct err err = ERR_INIT;
    int rc = read_as(bad_loans[_i].json, &propose_loan_request_type, &how, &r, &err);
    ck_assert_int_eq(rc, -ERR_INVALID);
    ck_assert_msg(strstr(err.text, bad_loans[_i].says) != NULL, "\"%s\" does not say %s", err.text,
                  bad_loans[_i].says);
    ck_assert_ptr_null(r.loan.isolation.items);
}
END_TEST

static Suite *record_reader_suite(void)
{
    Suite *s = suite_create("record_reader");
    TCase *c = tcase_create("reading");
    tcase_add_loop_test(c, amounts_are_units_gpus_or_text, 0, 7);
    tcase_add_test(c, a_plain_units_may_be_gpus);
    tcase_add_test(c, to_counts_to_the_end_of_its_day);
    tcase_add_test(c, lists_of_records_and_of_names_are_read);
    tcase_add_loop_test(c, what_is_wrong_is_named_with_its_place, 0,
                        (int)(sizeof bad / sizeof *bad));
    tcase_add_loop_test(c, what_is_wrong_inside_is_named_with_its_place, 0,
                        (int)(sizeof bad_loans / sizeof *bad_loans));
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(record_reader_suite)
