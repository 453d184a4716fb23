/* billing/case/case_file.h: what a case file says, and that a bad one is refused with its place.
 * The long table of refusals runs through the command: tests/vectors/wrong_input.py. */
#include "billing/case/case_file.h"

#include "lib/base/korea.h"
#include "tests/support/suite.h"

#define PROGRAMME                                                                                  \
    "\"programme\":{\"prices\":[{\"model\":\"B200\",\"krw_per_gpu_month\":6600000,"                \
    "\"from\":\"2025-11-01\"}],\"rates\":{\"closed\":{\"sme\":\"25%\"}},"                          \
    "\"cash_floor\":{\"sme\":\"10%\"}}"
#define PROJECT "\"project\":{\"openness\":\"closed\"}"
#define MEMBERS "\"members\":[{\"org\":\"루닛\",\"size\":\"sme\"}]"
#define USE                                                                                        \
    "{\"org\":\"루닛\",\"model\":\"B200\",\"gpus\":8,\"share\":\"1/8\",\"from\":\"2026-01-01\"," \
    "\"to\":\"2026-01-31\"}"

static struct case_file *read_case(const char *text)
{
    struct case_file *c = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(case_file_read(span_text(text), &c, &err) == 0, "%s", err.text);
    return c;
}

static struct instant at(const char *text)
{
    struct instant t;
    ck_assert_int_eq(moment_parse(span_text(text), &t, NULL), 0);
    return t;
}

START_TEST(rules_that_the_file_leaves_out_are_the_shipped_ones)
{
    struct case_file *c = read_case("{" PROGRAMME "," PROJECT "," MEMBERS ",\"usage\":[]}");
    const struct cofunding_policy *p = case_file_input(c)->policy;
    ck_assert_int_eq(p->part_month, PART_MONTH_30DAY);
    ck_assert_int_eq(p->grain, GRAIN_SECOND);
    ck_assert_int_eq(p->burden_base, BURDEN_GPU_VALUE);
    ck_assert_int_eq(p->payable_truncate_krw, 10);
    ck_assert(policy_accepts_in_kind(p, "labour") && policy_accepts_in_kind(p, "tangible_asset"));
    ck_assert_uint_eq(p->rates.n, 1);
    ck_assert_str_eq(LIST_AT(struct rate, &p->rates, 0)->rate, "25%");
    case_file_destroy(c);
    case_file_destroy(NULL);
}
END_TEST

START_TEST(usage_is_in_units_over_whole_korean_days)
{
    struct case_file *c = read_case("{" PROGRAMME "," PROJECT "," MEMBERS ",\"usage\":[" USE "]}");
    const struct cofunding_input *in = case_file_input(c);
    ck_assert_uint_eq(in->n_usage, 1);
    ck_assert_int_eq(in->usage[0].units, 7000);
    ck_assert_int_eq(in->usage[0].window.from.s, at("2026-01-01").s);
    ck_assert_int_eq(in->usage[0].window.to.s, at("2026-02-01").s);
    ck_assert_str_eq(in->members[0].organisation, "루닛");
    ck_assert_uint_eq(in->n_contributions, 0);
    case_file_destroy(c);
}
END_TEST

START_TEST(dated_facts_come_in_any_order)
{
    struct case_file *c = read_case(
        "{" PROGRAMME ",\"project\":{\"openness\":[{\"from\":\"2026-01-01\",\"value\":\"closed\"},"
        "{\"from\":\"2025-11-01\",\"value\":\"open_commercial\"}]},"
        "\"members\":[{\"org\":\"a\",\"legal_size\":\"sme\",\"size\":["
        "{\"from\":\"2026-02-01\",\"value\":\"large\"},{\"from\":\"2025-11-01\","
        "\"value\":\"startup\"}]}],\"usage\":[]}");
    const struct cofunding_input *in = case_file_input(c);
    ck_assert_uint_eq(in->n_openness, 2);
    ck_assert_int_eq(in->openness[0].openness, OPENNESS_OPEN_COMMERCIAL);
    ck_assert_int_eq(in->openness[1].from.s, at("2026-01-01").s);
    ck_assert_uint_eq(in->members[0].n_sizes, 2);
    ck_assert_int_eq(in->members[0].sizes[0].size, SIZE_STARTUP);
    ck_assert_int_eq(in->members[0].sizes[0].legal_size, SIZE_SME);
    ck_assert_int_eq(in->members[0].sizes[1].size, SIZE_LARGE);
    case_file_destroy(c);
}
END_TEST

START_TEST(eval_reads_and_evaluates)
{
    struct cofunding_result *r = NULL;
    ck_assert_int_eq(
        case_file_eval(span_text("{" PROGRAMME "," PROJECT "," MEMBERS ",\"usage\":[" USE "]}"), &r,
                       NULL),
        0);
    ck_assert_int_eq(r->total.burden_krw.krw, 1650000);
    cofunding_result_destroy(r);
}
END_TEST

START_TEST(a_bad_file_is_refused_with_its_place)
{
    static const struct {
        const char *text;
        enum err_code code;
        const char *place;
    } cases[] = {
        {"", ERR_INVALID, ""},
        {"{" PROGRAMME "," PROJECT "," MEMBERS "}", ERR_INVALID, "usage: "},
        {"{" PROGRAMME "," PROJECT ",\"members\":[{\"org\":\"b\",\"size\":\"sme\"}],\"usage\":[" USE
         "]}",
         ERR_INVALID, "usage[0].org: "},
        {"{" PROGRAMME ",\"project\":{\"openness\":\"open_commercial\"}," MEMBERS ",\"usage\":[" USE
         "]}",
         ERR_NO_RATE, "programme.rates.open_commercial.sme: "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct cofunding_result *r = NULL;
        struct err err = ERR_INIT;
        ck_assert_int_eq(case_file_eval(span_text(cases[i].text), &r, &err), -(int)cases[i].code);
        ck_assert_ptr_null(r);
        ck_assert_msg(strncmp(err.text, cases[i].place, strlen(cases[i].place)) == 0, "%s",
                      err.text);
    }
}
END_TEST

/* The whole sound file, cut short after every byte: refused, and nothing else happens. */
START_TEST(a_file_cut_short_anywhere_is_refused)
{
    const char *text = "{" PROGRAMME "," PROJECT "," MEMBERS ",\"usage\":[" USE "]}";
    for (size_t len = 0; len < strlen(text); len++) {
        struct case_file *c = NULL;
        ck_assert_int_lt(case_file_read(span_of(text, len), &c, NULL), 0);
        ck_assert_ptr_null(c);
    }
}
END_TEST

static Suite *case_file_suite(void)
{
    Suite *s = suite_create("case_file");
    TCase *t = tcase_create("case_file");
    tcase_add_test(t, rules_that_the_file_leaves_out_are_the_shipped_ones);
    tcase_add_test(t, usage_is_in_units_over_whole_korean_days);
    tcase_add_test(t, dated_facts_come_in_any_order);
    tcase_add_test(t, eval_reads_and_evaluates);
    tcase_add_test(t, a_bad_file_is_refused_with_its_place);
    tcase_add_test(t, a_file_cut_short_anywhere_is_refused);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(case_file_suite)
