#include "controlplane/sim/report.h"

#include "lib/base/file.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <unistd.h>

/* Scenarios are written beside a manifest of their own in a fresh directory. */
static char dir[64];

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    ck_assert_int_eq(file_write(path_of(name), span_text(text), 0600, NULL), 0);
}

static const char manifest[] =
    "[{\"kind\": \"organisation\", \"id\": \"nipa\", \"name_en\": \"NIPA\", \"agency\": true,"
    "  \"sizes\": [{\"from\": \"2025-01-01\", \"size\": \"agency\"}]},"
    " {\"kind\": \"organisation\", \"id\": \"skt\", \"name_en\": \"SKT\", \"supplier\": true,"
    "  \"sizes\": [{\"from\": \"2025-01-01\", \"size\": \"large\"}]},"
    " {\"kind\": \"organisation\", \"id\": \"upstage\", \"name_en\": \"Upstage\","
    "  \"sizes\": [{\"from\": \"2025-01-01\", \"size\": \"sme\"}]},"
    " {\"kind\": \"programme\", \"id\": \"spec\", \"name_en\": \"Spec\", \"from\": \"2025-11-01\","
    "  \"to\": \"2025-12-31\", \"cleaning_s\": 0, \"reclaim_s\": 300, \"policy\": {"
    "  \"prices\": [{\"model\": \"B200\", \"krw_per_gpu_month\": 6600000, \"from\": "
    "\"2025-11-01\"}],"
    "  \"rates\": [{\"openness\": \"open_commercial\", \"size\": \"sme\", \"rate\": \"5%\","
    "               \"confirmed\": true}],"
    "  \"cash_floors\": [{\"size\": \"sme\", \"rate\": \"10%\"}], \"payable_truncate_krw\": 10}},"
    " {\"kind\": \"project\", \"id\": \"solar\", \"programme\": \"spec\", \"name_en\": \"Solar\","
    "  \"members\": [{\"organisation\": \"upstage\", \"role\": \"lead\"}],"
    "  \"openness\": [{\"from\": \"2025-11-01\", \"openness\": \"open_commercial\"}]},"
    " {\"kind\": \"site\", \"id\": \"dc\", \"operator\": \"skt\"},"
    " {\"kind\": \"pool\", \"id\": \"b200\", \"owner\": \"skt\", \"site\": \"dc\", \"model\": "
    "\"B200\","
    "  \"contracted_gpus\": 16, \"lend_limit_gpus\": 16}]";

/* A loan of 16 and an award; %s: further steps. */
static const char frame[] =
    "{\"scenario\": \"t\", \"about\": \"t\", \"agency\": \"nipa\", \"start\": \"2025-10-31\","
    " \"until\": \"2025-12-31\", \"manifests\": [\"m.json\"],"
    " \"nodes\": [{\"pool\": \"b200\", \"name\": \"n\", \"count\": 2, \"gpus\": 8}], \"steps\": ["
    " {\"at\": \"2025-10-31\", \"by\": \"operator.skt\", \"do\": \"propose_loan\", \"with\": "
    "{\"loan\":"
    "  {\"id\": \"lent\", \"programme\": \"spec\", \"lender\": \"skt\", \"borrower\": \"solar\","
    "   \"pool\": \"b200\", \"model\": \"B200\", \"from\": \"2025-11-01\", \"to\": \"2025-12-30\","
    "   \"guaranteed_gpus\": 16, \"notice_s\": 86400, \"isolation\": [\"whole\", \"timeslice\"]}}},"
    " {\"at\": \"2025-10-31\", \"by\": \"member.upstage\", \"do\": \"consent_loan\","
    "  \"with\": {\"id\": \"lent\"}, \"as\": \"loan\"},"
    " {\"at\": \"2025-10-31\", \"by\": \"approver.nipa\", \"do\": \"sign_approval\","
    "  \"with\": {\"id\": \"$loan.approval\"}},"
    " {\"at\": \"2025-10-31\", \"by\": \"member.upstage\", \"do\": \"request_allocation\","
    "  \"with\": {\"project\": \"solar\", \"model\": \"B200\", \"gpus\": 16, \"from\": "
    "\"2025-11-01\","
    "  \"to\": \"2025-12-30\", \"budget_krw\": 211200000}, \"as\": \"award\"},"
    " {\"at\": \"2025-10-31\", \"by\": \"second.nipa\", \"do\": \"sign_approval\","
    "  \"with\": {\"id\": \"$award.approval\"}}%s]}";

#define BOOK_16                                                                                    \
    ", {\"at\": \"2025-10-31\", \"by\": \"member.upstage\", \"do\": \"book_lease\", \"with\": "    \
    "{\"allocation\": \"$award\", \"gpus\": 16, \"from\": \"2025-11-01\", \"to\": "                \
    "\"2025-11-30\"}, "                                                                            \
    "\"as\": \"lease\"}"

struct run {
    struct scenario *scenario;
    struct simulation *simulation;
    struct report *report;
    struct err err;
    int rc;
};

static void run_file(struct run *r, const char *path)
{
    *r = (struct run){.err = ERR_INIT};
    r->rc = scenario_load(path, &r->scenario, &r->err);
    if (r->rc < 0)
        return;
    r->simulation = simulation_create(r->scenario);
    r->rc = simulation_run(r->simulation, &r->err);
    if (r->rc == 0)
        r->rc = report_create(r->scenario, r->simulation, &r->report, &r->err);
}

static void run_steps(struct run *r, const char *steps)
{
    char text[8192];
    int n = snprintf(text, sizeof text, frame, steps);
    ck_assert(n > 0 && (size_t)n < sizeof text);
    write_file("m.json", manifest);
    write_file("s.json", text);
    run_file(r, path_of("s.json"));
}

static void end(struct run *r)
{
    report_destroy(r->report);
    simulation_destroy(r->simulation);
    scenario_destroy(r->scenario);
}

static void must(const struct run *r)
{
    ck_assert_msg(r->rc == 0, "%s", r->err.text);
}

static void expect_in_json(const struct run *r, const char *text)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, LIMIT_REPLY_BYTES);
    report_json(r->report, &out);
    ck_assert_msg(strstr(out.data, text) != NULL, "no %s in %s", text, out.data);
}

static size_t violations(const struct run *r)
{
    return simulation_conservation(r->simulation)->n_violations;
}

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/pumasi-sim-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    static const char *const names[] = {"m.json", "s.json", "solar.json", "solar.csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(path_of(names[i]));
    rmdir(dir);
}

/* ---- What comes of it ------------------------------------------------------------------------ */

START_TEST(a_whole_month_of_a_lease_is_metered_and_billed)
{
    struct run r;
    run_steps(&r, BOOK_16);
    must(&r);
    ck_assert_uint_eq(violations(&r), 0);
    expect_in_json(&r, "\"months\":{\"B200\":\"16\"}");
    expect_in_json(&r, "\"value_krw\":105600000");
    expect_in_json(&r, "\"most_granted_units\":112000");
    const struct state *state = simulation_world(r.simulation)->state;
    ck_assert_uint_eq(state_count(state, ENTITY_USAGE_INTERVAL), 2); /* one a node */
    end(&r);
}
END_TEST

START_TEST(intervals_are_cut_where_a_month_ends)
{
    struct run r;
    run_steps(&r, ", {\"at\": \"2025-10-31\", \"by\": \"member.upstage\", \"do\": \"book_lease\","
                  " \"with\": {\"allocation\": \"$award\", \"gpus\": 8, \"from\": \"2025-11-16\","
                  " \"to\": \"2025-12-15\", \"one_node\": true}}");
    must(&r);
    ck_assert_uint_eq(state_count(simulation_world(r.simulation)->state, ENTITY_USAGE_INTERVAL), 2);
    expect_in_json(&r, "\"months\":{\"B200\":\"8\"}"); /* 15 days and 15 days */
    end(&r);
}
END_TEST

START_TEST(what_still_runs_at_the_end_is_metered_so_far)
{
    struct run r;
    run_steps(&r, ", {\"at\": \"2025-10-31\", \"by\": \"member.upstage\", \"do\": \"book_lease\","
                  " \"with\": {\"allocation\": \"$award\", \"gpus\": 1, \"from\": \"2025-12-16\","
                  " \"to\": \"2025-12-30\"}}");
    must(&r);
    expect_in_json(&r, "\"months\":{\"B200\":\"1/2\"}");
    end(&r);
}
END_TEST

START_TEST(a_recall_ends_the_lease_at_its_notice)
{
    struct run r;
    run_steps(&r, BOOK_16
              ", {\"at\": \"2025-11-10\", \"by\": \"operator.skt\", \"do\": \"recall_loan\","
              " \"with\": {\"id\": \"lent\", \"gpus\": 16, \"reason\": \"own work\"}}");
    must(&r);
    ck_assert_uint_eq(violations(&r), 0);
    expect_in_json(&r, "\"months\":{\"B200\":\"16/3\"}"); /* 1 to 10 November */
    struct id id = id_literal("lent");
    const struct loan *loan = state_find(simulation_world(r.simulation)->state, ENTITY_LOAN, &id);
    ck_assert_int_eq(loan->state, LOAN_CLOSED);
    end(&r);
}
END_TEST

START_TEST(a_released_lease_makes_room)
{
    struct run r;
    run_steps(&r, BOOK_16
              ", {\"at\": \"2025-11-16\", \"by\": \"member.upstage\", \"do\": \"release_lease\","
              " \"with\": {\"id\": \"$lease\"}}"
              ", {\"at\": \"2025-11-16\", \"by\": \"member.upstage\", \"do\": \"book_lease\","
              " \"with\": {\"allocation\": \"$award\", \"gpus\": 8, \"to\": \"2025-11-30\"}}");
    must(&r);
    ck_assert_uint_eq(violations(&r), 0);
    expect_in_json(&r, "\"months\":{\"B200\":\"12\"}"); /* 16 for half of it, then 8 */
    end(&r);
}
END_TEST

START_TEST(an_announced_refusal_is_told_and_is_no_violation)
{
    struct run r;
    run_steps(&r, BOOK_16
              ", {\"at\": \"2025-11-02\", \"by\": \"member.upstage\", \"do\": \"book_lease\","
              " \"with\": {\"allocation\": \"$award\", \"gpus\": 1, \"to\": \"2025-11-03\"},"
              " \"refused\": \"no-capacity\"}");
    must(&r);
    ck_assert_uint_eq(violations(&r), 0);
    expect_in_json(&r, "\"state\":\"refused\"");
    end(&r);
}
END_TEST

static const struct {
    const char *steps;
    const char *says;
} violated[] = {
    {BOOK_16
     ", {\"at\": \"2025-11-02\", \"by\": \"member.upstage\", \"do\": \"book_lease\", \"with\":"
     " {\"allocation\": \"$award\", \"gpus\": 1, \"to\": \"2025-11-03\"},"
     " \"refused\": \"budget\"}",
     "was refused as no-capacity, not as budget"},
    {", {\"at\": \"2025-11-02\", \"by\": \"member.upstage\", \"do\": \"book_lease\", \"with\":"
     " {\"allocation\": \"$award\", \"gpus\": 1, \"to\": \"2025-11-03\"}, \"refused\": \"budget\"}",
     "was not refused as budget"},
};

START_TEST(an_announced_refusal_that_does_not_come_is_a_violation)
{
    struct run r;
    run_steps(&r, violated[_i].steps);
    must(&r);
    ck_assert_uint_eq(violations(&r), 1);
    expect_in_json(&r, violated[_i].says);
    end(&r);
}
END_TEST

static const struct {
    const char *steps;
    const char *says;
} unplayable[] = {
    {", {\"at\": \"2025-11-01\", \"by\": \"member.nobody\", \"do\": \"consent_loan\","
     " \"with\": {\"id\": \"lent\"}}",
     "steps[5]: nobody named member.nobody has joined"},
    {", {\"at\": \"2025-11-01\", \"by\": \"member.upstage\", \"do\": \"recall_loan\","
     " \"with\": {\"id\": \"lent\", \"gpus\": 1}}",
     "steps[5]: RECALL_LOAN needs one of the roles"},
    {", {\"at\": \"2025-11-01\", \"by\": \"approver.nipa\", \"do\": \"sign_approval\","
     " \"with\": {\"id\": \"approval-99\"}}",
     "steps[5]"},
    {BOOK_16 ", {\"at\": \"2025-11-01\", \"by\": \"approver.nipa\", \"do\": \"sign_approval\","
             " \"with\": {\"id\": \"$lease.approval\"}}",
     "waits for no approval"},
};

START_TEST(an_unannounced_refusal_ends_the_run_with_its_place)
{
    struct run r;
    run_steps(&r, unplayable[_i].steps);
    ck_assert_int_lt(r.rc, 0);
    ck_assert_msg(strstr(r.err.text, unplayable[_i].says) != NULL, "%s", r.err.text);
    end(&r);
}
END_TEST

START_TEST(the_same_file_gives_the_same_bytes)
{
    CLEANUP_BUF struct buf a, b;
    buf_init(&a, LIMIT_REPLY_BYTES);
    buf_init(&b, LIMIT_REPLY_BYTES);
    for (int i = 0; i < 2; i++) {
        struct run r;
        run_steps(&r, BOOK_16);
        must(&r);
        report_json(r.report, i == 0 ? &a : &b);
        report_text(r.report, i == 0 ? &a : &b);
        end(&r);
    }
    ck_assert(!a.full && span_equal(buf_span(&a), buf_span(&b)));
}
END_TEST

START_TEST(statements_are_written_as_documents)
{
    struct run r;
    CLEANUP_BUF struct buf text;
    buf_init(&text, LIMIT_FILE_BYTES);
    run_steps(&r, BOOK_16);
    must(&r);
    ck_assert_int_eq(report_write_statements(r.report, dir, NULL), 0);
    ck_assert_int_eq(file_read(path_of("solar.json"), &text, NULL), 0);
    ck_assert_ptr_nonnull(strstr(text.data, "\"value_krw\":105600000"));
    ck_assert_int_eq(report_write_statements(r.report, "/nowhere", NULL), -ERR_NOT_FOUND);
    end(&r);
}
END_TEST

/* ---- The programmes -------------------------------------------------------------------------- */

static const struct {
    const char *file;
    const char *says[4];
} examples[] = {
    {"one-sme-scenario.json",
     {"\"total\":{\"burden_krw\":870144000,\"cash_floor_krw\":87014400,"
      "\"in_kind_max_krw\":783129600,\"value_krw\":17402880000}",
      "\"months\":{\"B200\":\"13184/5\"}", "\"violation_count\":0",
      "\"most_granted_units\":1792000"}},
    {"scenario.json",
     {"\"total\":{\"burden_krw\":815760000,\"cash_floor_krw\":92452800,"
      "\"in_kind_max_krw\":723307200,\"value_krw\":17402880000}",
      "\"total\":{\"burden_krw\":271920000,\"cash_floor_krw\":32630400,"
      "\"in_kind_max_krw\":239289600,\"value_krw\":17402880000}",
      "\"violation_count\":0", "\"most_granted_units\":3584000"}},
};

START_TEST(the_examples_come_to_the_sums_worked_by_hand)
{
    struct run r;
    char path[512];
    snprintf(path, sizeof path, "%s/examples/specialised-fm/%s", PUMASI_SOURCE_DIR,
             examples[_i].file);
    run_file(&r, path);
    must(&r);
    for (size_t i = 0; i < 4; i++)
        expect_in_json(&r, examples[_i].says[i]);
    end(&r);
}
END_TEST

/* 504 B200 from 2025-08-01 to the elimination on 2026-01-15: 5 months and 14 days of 30. */
START_TEST(an_eliminated_team_pays_to_its_last_instant)
{
    struct run r;
    run_file(&r, PUMASI_SOURCE_DIR "/examples/sovereign-fm/scenario.json");
    must(&r);
    expect_in_json(&r, "\"months\":{\"B200\":\"13776/5\"},\"organisation\":\"nc-ai\","
                       "\"value_krw\":18184320000");
    expect_in_json(&r, "\"violation_count\":0");
    end(&r);
}
END_TEST

static Suite *simulation_suite(void)
{
    Suite *s = suite_create("simulation");
    TCase *c = tcase_create("runs");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_whole_month_of_a_lease_is_metered_and_billed);
    tcase_add_test(c, intervals_are_cut_where_a_month_ends);
    tcase_add_test(c, what_still_runs_at_the_end_is_metered_so_far);
    tcase_add_test(c, a_recall_ends_the_lease_at_its_notice);
    tcase_add_test(c, a_released_lease_makes_room);
    tcase_add_test(c, an_announced_refusal_is_told_and_is_no_violation);
    tcase_add_loop_test(c, an_announced_refusal_that_does_not_come_is_a_violation, 0, 2);
    tcase_add_loop_test(c, an_unannounced_refusal_ends_the_run_with_its_place, 0, 4);
    tcase_add_test(c, the_same_file_gives_the_same_bytes);
    tcase_add_test(c, statements_are_written_as_documents);
    tcase_add_loop_test(c, the_examples_come_to_the_sums_worked_by_hand, 0, 2);
    tcase_add_test(c, an_eliminated_team_pays_to_its_last_instant);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(simulation_suite)
