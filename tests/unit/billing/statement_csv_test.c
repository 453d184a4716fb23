/* billing/statement_csv.h: every kind of row, cell by cell. What a spreadsheet makes of it is with
 * statement_test.c. */
#include "billing/statement_csv.h"

#include "billing/statement_words.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define CELLS_MAX 48
#define ROWS_MAX  32

/* A table read back: no cell of these statements is quoted, so commas and line ends will do. */
static struct buf text;
static char *cells[ROWS_MAX][CELLS_MAX];
static size_t rows;

static struct cofunding_line lines[2];
static struct cofunding_refusal refusal = {.kind = "data", .krw = {5}, .reason = "own-data"};
static struct cofunding_share members[2];
static struct cofunding_result result;
static struct statement statement;

static void make_statement(void)
{
    lines[0] = (struct cofunding_line){.model = "B200",
                                       .window = {{1761922800}, {1764514800}},
                                       .size = SIZE_STARTUP,
                                       .openness = OPENNESS_OPEN_COMMERCIAL,
                                       .price_krw = {6600000},
                                       .gpus_per_unit = 1,
                                       .charged = true,
                                       .rate = "5%",
                                       .confirmed = true};
    exact_ratio(&lines[0].months, 103, 10);
    exact_ratio(&lines[0].value, 20, 3);
    lines[1] = lines[0];
    lines[1].price_override = true;
    lines[1].price_krw.krw = 5000000;
    lines[1].confirmed = false;
    exact_of_u64(&lines[1].months, 2);
    members[0] = (struct cofunding_share){.organisation = "lunit",
                                          .value_krw = {101},
                                          .burden_krw = {102},
                                          .cash_floor_krw = {103},
                                          .in_kind_max_krw = {104},
                                          .cash_paid_krw = {105},
                                          .in_kind_accepted_krw = {106},
                                          .cash_shortfall_krw = {107},
                                          .shortfall_krw = {108},
                                          .cash_floor_rate = "10%",
                                          .lines = lines,
                                          .n_lines = 2,
                                          .refusals = &refusal,
                                          .n_refusals = 1};
    exact_ratio(&members[0].value, 203, 2);
    members[1] = (struct cofunding_share){.organisation = "kaist", .confirmed = true};
    exact_zero(&members[1].value);
    result = (struct cofunding_result){.members = members, .n_members = 2, .total = members[0]};
    result.total.organisation[0] = '\0';
    result.total.cash_floor_rate[0] = '\0';
    statement = (struct statement){.head = {.programme = "specialised",
                                            .project = "lunit-medical",
                                            .project_name_ko = "모델",
                                            .project_name_en = "Model",
                                            .agreement_number = "2025-AI-0001",
                                            .period = {{1761922800}, {1764514800}},
                                            .version = 2,
                                            .issued_at = {1764810000}},
                                   .payable_truncate_krw = 10,
                                   .result = &result};
}

/* Takes the text apart, as far as the rules in words, whose texts hold commas. */
static void read_table(void)
{
    char *at = text.data + 3; /* behind the byte order mark */
    for (rows = 0; *at && strncmp(at, "rule,", 5) != 0; rows++) {
        ck_assert_uint_lt(rows, ROWS_MAX);
        char *end = strstr(at, "\r\n");
        ck_assert_ptr_nonnull(end);
        *end = '\0';
        for (size_t i = 0; i < CELLS_MAX && at; i++)
            cells[rows][i] = strsep(&at, ",");
        at = end + 2;
    }
}

static void setup(void)
{
    make_statement();
    memset(cells, 0, sizeof cells);
    buf_init(&text, 1 << 20);
    statement_csv(&statement, &text);
    read_table();
}

static void teardown(void)
{
    buf_fini(&text);
}

/* The row as "name=cell name=cell", of the cells that it has. */
static void expect_row(size_t row, const char *wanted)
{
    char found[1024] = "";
    size_t n = 0;
    ck_assert_uint_lt(row, rows);
    for (size_t i = 0; i < CELLS_MAX && cells[0][i]; i++) {
        ck_assert_ptr_nonnull(cells[row][i]);
        if (cells[row][i][0])
            n += (size_t)snprintf(found + n, sizeof found - n, "%s%s=%s", n ? " " : "", cells[0][i],
                                  cells[row][i]);
    }
    ck_assert_str_eq(found, wanted);
}

START_TEST(the_head_says_what_it_is_about)
{
    static const char *const facts[] = {
        "record=head key=programme text_ko=specialised text_en=specialised",
        "record=head key=project text_ko=lunit-medical text_en=lunit-medical",
        "record=head key=project_name text_ko=모델 text_en=Model",
        "record=head key=agreement_number text_ko=2025-AI-0001 text_en=2025-AI-0001",
        "record=head key=kind text_ko=month text_en=month",
        "record=head key=id",
        "record=head key=stage",
        "record=head key=version text_ko=2 text_en=2",
        "record=head key=supersedes",
        "record=head key=reason",
        "record=head key=only",
        "record=head key=issued_at text_ko=2025-12-04T10:00:00+09:00 "
        "text_en=2025-12-04T10:00:00+09:00",
        "record=head from=2025-11-01T00:00:00+09:00 to=2025-12-01T00:00:00+09:00 key=period",
    };
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        expect_row(1 + i, facts[i]);
}
END_TEST

#define USAGE                                                                                      \
    "record=usage organisation=lunit model=B200 from=2025-11-01T00:00:00+09:00 "                   \
    "to=2025-12-01T00:00:00+09:00 size=startup openness=open_commercial "

START_TEST(usage_has_its_price_and_whole_numbers_for_fractions)
{
    expect_row(14, USAGE "gpu_months_num=103 gpu_months_den=10 price_krw=6600000 "
                         "price_by=programme value_krw=6 value_num=20 value_den=3 rate=5% "
                         "time=used payer=borrower charged=1 gpus_per_unit=1 mark=confirmed");
    expect_row(15, USAGE "gpu_months_num=2 gpu_months_den=1 price_krw=5000000 price_by=loan "
                         "value_krw=6 value_num=20 value_den=3 rate=5% "
                         "time=used payer=borrower charged=1 gpus_per_unit=1 mark=not confirmed");
}
END_TEST

#define AMOUNTS                                                                                    \
    "cash_floor_krw=103 in_kind_max_krw=104 cash_paid_krw=105 in_kind_accepted_krw=106 "           \
    "cash_shortfall_krw=107 shortfall_krw=108 mark=not confirmed"

START_TEST(shares_come_after_all_usage_with_the_rate_of_their_floor)
{
    expect_row(16, "record=share organisation=lunit value_krw=101 value_num=203 value_den=2 "
                   "burden_krw=102 cash_floor_rate=10% " AMOUNTS);
    expect_row(17, "record=share organisation=kaist value_krw=0 value_num=0 value_den=1 "
                   "burden_krw=0 cash_floor_krw=0 in_kind_max_krw=0 cash_paid_krw=0 "
                   "in_kind_accepted_krw=0 cash_shortfall_krw=0 shortfall_krw=0 mark=confirmed");
}
END_TEST

START_TEST(the_total_has_neither_an_organisation_nor_a_rate)
{
    expect_row(18, "record=total value_krw=101 value_num=203 value_den=2 burden_krw=102 " AMOUNTS);
}
END_TEST

START_TEST(what_is_refused_says_why_in_both_languages)
{
    char wanted[512];
    snprintf(wanted, sizeof wanted,
             "record=refused organisation=lunit value_krw=5 key=data text_ko=%s text_en=%s",
             refusal_words_ko("own-data"), refusal_words("own-data"));
    expect_row(19, wanted);
    ck_assert_uint_eq(rows, 20);
}
END_TEST

START_TEST(every_rule_has_a_row)
{
    struct statement_rule rules[STATEMENT_RULES_MAX];
    size_t n = statement_rules(&statement, rules), found = 0;
    buf_reset(&text);
    statement_csv(&statement, &text);
    for (const char *at = text.data; (at = strstr(at, "\nrule,")); at++)
        found++;
    ck_assert_uint_eq(found, n);
}
END_TEST

START_TEST(a_draft_was_never_issued)
{
    statement.head.version = 0;
    statement.head.issued_at = INSTANT_NEVER;
    buf_reset(&text);
    statement_csv(&statement, &text);
    read_table();
    expect_row(8, "record=head key=version text_ko=0 text_en=0");
    expect_row(12, "record=head key=issued_at text_ko=never text_en=never");
}
END_TEST

static Suite *statement_csv_suite(void)
{
    Suite *s = suite_create("statement_csv");
    TCase *c = tcase_create("statement_csv");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, the_head_says_what_it_is_about);
    tcase_add_test(c, usage_has_its_price_and_whole_numbers_for_fractions);
    tcase_add_test(c, shares_come_after_all_usage_with_the_rate_of_their_floor);
    tcase_add_test(c, the_total_has_neither_an_organisation_nor_a_rate);
    tcase_add_test(c, what_is_refused_says_why_in_both_languages);
    tcase_add_test(c, every_rule_has_a_row);
    tcase_add_test(c, a_draft_was_never_issued);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(statement_csv_suite)
