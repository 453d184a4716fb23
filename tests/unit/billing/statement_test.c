/* billing/statement.h and its writers: the same input gives the same bytes. */
#include "billing/statement.h"

#include "billing/statement_csv.h"
#include "billing/statement_json.h"
#include "billing/statement_words.h"
#include "lib/base/korea.h"
#include "lib/base/share.h"
#include "lib/base/text.h"
#include "tests/support/suite.h"

static struct instant at(const char *text)
{
    struct instant t;
    ck_assert_int_eq(moment_parse(span_text(text), &t, NULL), 0);
    return t;
}

struct scene {
    struct cofunding_policy policy;
    struct dated_openness openness;
    struct dated_size sizes[3];
    struct cofunding_member members[2];
    struct cofunding_usage usage[3];
    struct cofunding_contribution contributions[2];
    struct cofunding_input in;
    struct statement_head head;
};

static void set(char *dst, const char *text)
{
    ck_assert_int_eq(text_set(dst, LIMIT_NAME_BYTES, span_text(text), "text", NULL), 0);
}

/* January 2026 of a project: a firm whose name a spreadsheet would run, and a university. */
static void scene_init(struct scene *s)
{
    *s = (struct scene){0};
    policy_init_default(&s->policy);
    struct price *price = record_list_add(&s->policy.prices, sizeof(*price));
    *price =
        (struct price){.model = "B200", .krw_per_gpu_month = {6600000}, .from = at("2025-11-01")};
    s->openness = (struct dated_openness){at("2025-11-01"), OPENNESS_OPEN_COMMERCIAL};
    s->sizes[0] = (struct dated_size){at("2025-11-01"), SIZE_SME, SIZE_NONE};
    s->sizes[1] = (struct dated_size){at("2026-02-01"), SIZE_LARGE, SIZE_NONE};
    s->sizes[2] = (struct dated_size){at("2025-11-01"), SIZE_UNIVERSITY, SIZE_NONE};
    s->members[0] = (struct cofunding_member){"=lunit, \"루닛\"", s->sizes, 2};
    s->members[1] = (struct cofunding_member){"kaist", &s->sizes[2], 1};
    struct window all = {at("2025-12-01"), at("2026-03-01")};
    struct window ten_days = {at("2026-01-11"), at("2026-01-21")};
    struct window february = {at("2026-02-01"), at("2026-03-01")};
    s->usage[0] =
        (struct cofunding_usage){.model = "B200", .window = all, .units = 2 * SHARE_PER_GPU};
    s->usage[1] = (struct cofunding_usage){
        .model = "B200", .window = ten_days, .units = SHARE_PER_GPU, .terms = {.price_krw = {100}}};
    s->usage[2] =
        (struct cofunding_usage){.member = 1, .model = "B200", .window = february, .units = 7};
    s->contributions[0] = (struct cofunding_contribution){0, "data", {5}};
    s->contributions[1] = (struct cofunding_contribution){0, "cash", {66000}};
    s->in = (struct cofunding_input){.policy = &s->policy,
                                     .openness = &s->openness,
                                     .n_openness = 1,
                                     .members = s->members,
                                     .n_members = 2,
                                     .usage = s->usage,
                                     .n_usage = 3,
                                     .contributions = s->contributions,
                                     .n_contributions = 2,
                                     .period_end = INSTANT_NEVER};
    set(s->head.programme, "specialised");
    set(s->head.project, "lunit-medical");
    set(s->head.project_name_ko, "의과학 파운데이션 모델");
    set(s->head.project_name_en, "Medical foundation model");
    set(s->head.agreement_number, "2025-AI-0001");
    s->head.period = month_window(month_of(at("2026-01-01")));
    s->head.version = 1;
    s->head.issued_at = at("2026-02-05T10:00:00+09:00");
}

static struct statement *create(const struct scene *s)
{
    struct statement *statement = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(statement_create(&s->head, &s->in, &statement, &err) == 0, "%s", err.text);
    return statement;
}

static void expect_has(const struct buf *b, const char *part)
{
    ck_assert_msg(strstr(b->data, part) != NULL, "no %s in\n%s", part, b->data);
}

START_TEST(usage_is_cut_to_the_period_and_its_end_decides_the_floor)
{
    struct scene s;
    scene_init(&s);
    struct statement *st = create(&s);
    const struct cofunding_share *firm = &st->result->members[0];
    /* Two GPUs all month, one more for ten days at the loan's price: 2 + 1/3 months, split by GPU
     * time 62 : 10. */
    struct frac months = frac_ratio(7, 3);
    ck_assert_int_eq(frac_compare(firm->models[0].months, months), 0);
    ck_assert_uint_eq(firm->n_lines, 2);
    ck_assert_str_eq(firm->cash_floor_rate, "10%"); /* large only from February on */
    ck_assert_uint_eq(st->result->members[1].n_lines, 0);
    statement_destroy(st);
    statement_destroy(NULL);
    record_fini(&cofunding_policy_type, &s.policy);
}
END_TEST

START_TEST(json_is_the_same_bytes_every_time)
{
    struct scene s;
    scene_init(&s);
    CLEANUP_BUF struct buf one, two;
    buf_init(&one, 1 << 20);
    buf_init(&two, 1 << 20);
    struct statement *st = create(&s);
    statement_json(st, &one);
    statement_destroy(st);
    struct cofunding_usage swap = s.usage[0];
    s.usage[0] = s.usage[2];
    s.usage[2] = swap;
    st = create(&s);
    statement_json(st, &two);
    ck_assert_str_eq(one.data, two.data);
    expect_has(
        &one,
        "{\"agreement_number\":\"2025-AI-0001\",\"id\":\"\",\"issued_at\":"
        "\"2026-02-05T10:00:00+09:00\",\"kind\":\"month\",\"members\":[{\"burden_krw\":663050,");
    expect_has(
        &one,
        "{\"burden_exact\":\"5967500/9\",\"charged\":1,\"from\":\"2026-01-01T00:00:00+09:00\"");
    expect_has(&one, "\"value_exact\":\"358050875/27\"");
    statement_destroy(st);
    record_fini(&cofunding_policy_type, &s.policy);
}
END_TEST

START_TEST(csv_opens_in_a_spreadsheet_and_runs_nothing)
{
    struct scene s;
    scene_init(&s);
    struct statement *st = create(&s);
    CLEANUP_BUF struct buf csv;
    buf_init(&csv, 1 << 20);
    statement_csv(st, &csv);
    ck_assert_int_eq(memcmp(csv.data, "\xef\xbb\xbfrecord,organisation,", 23), 0);
    expect_has(&csv, "\r\nusage,\"'=lunit, \"\"루닛\"\"\",B200,2026-01-01T00:00:00+09:00,");
    expect_has(&csv, "\r\nshare,kaist,");
    expect_has(&csv, "\r\ntotal,");
    expect_has(&csv, "\r\nrefused,");
    expect_has(&csv, "not confirmed");
    /* Every row has the same number of cells: quoted commas apart, as many as there are names. */
    size_t width = 0, cells = 1;
    bool quoted = false;
    for (const char *p = csv.data; *p; p++) {
        quoted ^= *p == '"';
        cells += *p == ',' && !quoted;
        if (*p != '\n')
            continue;
        width = width ? width : cells;
        ck_assert_uint_eq(cells, width);
        cells = 1;
    }
    statement_destroy(st);
    record_fini(&cofunding_policy_type, &s.policy);
}
END_TEST

START_TEST(rules_in_words_follow_the_policy_and_say_what_is_not_confirmed)
{
    struct statement s = {.part_month = PART_MONTH_30DAY, .payable_truncate_krw = 10};
    struct statement_rule rules[STATEMENT_RULES_MAX];
    size_t n = statement_rules(&s, rules);
    ck_assert_uint_ge(n, 6);
    for (int part_month = 0; part_month < PART_MONTH_COUNT; part_month++) {
        for (int grain = 0; grain < GRAIN_COUNT; grain++) {
            struct statement_rule other[STATEMENT_RULES_MAX];
            s.part_month = (enum part_month)part_month;
            s.grain = (enum grain)grain;
            s.burden_base = grain ? BURDEN_TOTAL_COST : BURDEN_GPU_VALUE;
            s.payable_truncate_krw = grain ? 1 : 10;
            ck_assert_uint_eq(statement_rules(&s, other), n);
            for (size_t i = 0; i < n; i++) {
                ck_assert(other[i].ko[0] && other[i].en[0]);
                ck_assert_str_eq(other[i].key, rules[i].key);
            }
            ck_assert_int_eq(part_month != 0, strcmp(other[1].en, rules[1].en) != 0);
            ck_assert_int_eq(grain != 0, strcmp(other[2].en, rules[2].en) != 0);
        }
    }
    ck_assert(!rules[1].confirmed && !rules[2].confirmed);
    ck_assert_str_eq(statement_mark(true), "confirmed");
    ck_assert_str_eq(statement_mark(false), "not confirmed");
}
END_TEST

START_TEST(what_cannot_be_billed_makes_no_statement)
{
    struct scene s;
    struct err err = ERR_INIT;
    struct statement *st = NULL;
    scene_init(&s);
    s.openness.openness = OPENNESS_OPEN_NONCOMMERCIAL;
    ck_assert_int_eq(statement_create(&s.head, &s.in, &st, &err), -ERR_NO_RATE);
    s.head.period.to = s.head.period.from;
    ck_assert_int_eq(statement_create(&s.head, &s.in, &st, &err), -ERR_INVALID);
    ck_assert_ptr_null(st);
    record_fini(&cofunding_policy_type, &s.policy);
}
END_TEST

static Suite *statement_suite(void)
{
    Suite *s = suite_create("statement");
    TCase *t = tcase_create("statement");
    tcase_add_test(t, usage_is_cut_to_the_period_and_its_end_decides_the_floor);
    tcase_add_test(t, json_is_the_same_bytes_every_time);
    tcase_add_test(t, csv_opens_in_a_spreadsheet_and_runs_nothing);
    tcase_add_test(t, rules_in_words_follow_the_policy_and_say_what_is_not_confirmed);
    tcase_add_test(t, what_cannot_be_billed_makes_no_statement);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(statement_suite)
