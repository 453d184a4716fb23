#include "controlplane/sim/lend_run.h"

#include "controlplane/sim/lend_input.h"
#include "lib/base/file.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[64], path[4][96];
static struct buf line, out;
static struct err err;

/* Two tenants of eight GPUs. Submits begin at 100. One job is too large, one is none. */
static const char quotas[] = "gpus,tenant\n8,a\n8,b\n";
static const char jobs[] = "tenant,submit,duration,gpus,user\n"
                           "b,200,600,8,x\n"
                           "a,100,7200,8,x\n"
                           "a,100.5,3600,8,x\n"
                           "a,150,10,9,x\n"
                           "a,160,0,1,x\n";

static void set_up(void)
{
    snprintf(dir, sizeof dir, "/tmp/lend-run-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    for (int i = 0; i < 4; i++)
        snprintf(path[i], sizeof path[i], "%s/%d", dir, i);
    buf_init(&line, 4096);
    buf_init(&out, 65536);
    err = ERR_INIT;
}

static void tear_down(void)
{
    for (int i = 0; i < 4; i++)
        unlink(path[i]);
    rmdir(dir);
    buf_fini(&line);
    buf_fini(&out);
}

static void write_file(int i, const char *text)
{
    ck_assert_int_eq(file_write(path[i], span_text(text), 0600, NULL), 0);
}

static int run(const char *job_text, const char *quota_text, struct lend_run_options o)
{
    write_file(0, job_text);
    write_file(1, quota_text);
    o.jobs = path[0];
    o.quotas = path[1];
    o.waits = path[2];
    o.runs = path[3];
    return lend_run(&o, &line, &err);
}

static void check_file(int i, const char *text)
{
    buf_reset(&out);
    ck_assert_int_eq(file_read(path[i], &out, NULL), 0);
    ck_assert_str_eq(out.data, text);
}

START_TEST(by_static_each_waits_for_its_own)
{
    ck_assert_int_eq(run(jobs, quotas, (struct lend_run_options){.rule = "static"}), 0);
    check_file(2, "tenant,submit_s,gpus,wait_s\n"
                  "a,0,8,0\n"
                  "a,1,8,7200\n"
                  "b,100,8,0\n");
    check_file(3, "job,start,end,gpus,evicted\n"
                  "0,100,700,8,0\n"
                  "1,0,7200,8,0\n"
                  "2,7200,10800,8,0\n");
}
END_TEST

/* a borrows 8 GPUs. Its first job has worked longest when b comes, gives way, and goes on from
 * nothing when b is done: 120 s of restart and all its work. */
START_TEST(by_reclaim_the_borrower_gives_way_and_goes_on_later)
{
    ck_assert_int_eq(run(jobs, quotas, (struct lend_run_options){.rule = "reclaim"}), 0);
    check_file(3, "job,start,end,gpus,evicted\n"
                  "1,0,100,8,1\n"
                  "0,100,700,8,0\n"
                  "2,0.500,3600.500,8,0\n"
                  "1,700,8020,8,0\n");
    check_file(2, "tenant,submit_s,gpus,wait_s\n"
                  "a,0,8,820\n"
                  "a,1,8,0\n"
                  "b,100,8,0\n");
    ck_assert_ptr_nonnull(strstr(line.data, "\"rule\":\"reclaim\",\"load\":"));
    ck_assert_ptr_nonnull(strstr(line.data, "\"jobs\":3,\"left_out\":1,\"mean_wait_min\":4.6,"));
    ck_assert_ptr_nonnull(strstr(line.data, "\"evictions\":1,\"lost_gpu_pct\":1.93,"));
    ck_assert_ptr_nonnull(strstr(line.data, "\"tenant_wait_min\":{\"a\":6.8,\"b\":0.0}}\n"));
}
END_TEST

START_TEST(checkpoints_keep_what_was_worked)
{
    ck_assert_int_eq(
        run(jobs, quotas,
            (struct lend_run_options){.rule = "reclaim", .ckpt = "10", .restart = "0"}),
        0);
    ck_assert_ptr_nonnull(strstr(line.data, "\"evictions\":1,"));
    check_file(2, "tenant,submit_s,gpus,wait_s\n"
                  "a,0,8,600\n"
                  "a,1,8,0\n"
                  "b,100,8,0\n");
}
END_TEST

static const struct {
    const char *jobs, *quotas;
    struct lend_run_options o;
    const char *says;
} bad[] = {
    {jobs, quotas, {.rule = "borrow"}, "--rule"},
    {jobs, quotas, {.rule = "lend", .ckpt = "0"}, "--ckpt"},
    {jobs, quotas, {.rule = "lend", .restart = "-1"}, "--restart"},
    {jobs, "tenant,gpus\na,8\n", {.rule = "lend"}, "/0:2: tenant: there is no quota"},
    {jobs, "tenant,gpus\na,8\nb,8\na,1\n", {.rule = "lend"}, "two quotas for a"},
    {jobs, "tenant,gpus\na,0\n", {.rule = "lend"}, "/1:2: gpus"},
    {jobs, "tenant,gpus\na\"b,8\n", {.rule = "lend"}, "/1:2: tenant"},
    {"tenant,submit,duration,gpus\n", quotas, {.rule = "lend"}, "there are no jobs"},
    {"tenant,submit,duration\n", quotas, {.rule = "lend"}, "gpus: there is no such column"},
    {"tenant,submit,duration,gpus\na,soon,1,1\n", quotas, {.rule = "lend"}, "/0:2: submit"},
    {"tenant,submit,duration,gpus\na,1,1,x\n", quotas, {.rule = "lend"}, "/0:2: gpus"},
};

START_TEST(bad_input_is_refused_with_its_place)
{
    ck_assert_int_eq(run(bad[_i].jobs, bad[_i].quotas, bad[_i].o), -ERR_INVALID);
    ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s", err.text);
    ck_assert_int_ne(access(path[2], F_OK), 0);
}
END_TEST

START_TEST(a_trace_is_read_in_order_of_submits)
{
    struct lend_trace t;
    write_file(0, jobs);
    write_file(1, quotas);
    ck_assert_int_eq(lend_trace_read(path[0], path[1], &t, NULL), 0);
    ck_assert_uint_eq(t.n_jobs, 3);
    ck_assert_uint_eq(t.left_out, 1);
    ck_assert_uint_eq(t.jobs[0].row, 1);
    ck_assert_int_eq(t.jobs[1].submit_ms, 500);
    ck_assert_str_eq(t.tenants[t.jobs[2].tenant].name, "b");
    ck_assert_int_eq(t.window_ms, 100000);
    lend_trace_fini(&t);
}
END_TEST

static Suite *lend_run_suite(void)
{
    Suite *s = suite_create("lend_run");
    TCase *t = tcase_create("lend_run");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, by_static_each_waits_for_its_own);
    tcase_add_test(t, by_reclaim_the_borrower_gives_way_and_goes_on_later);
    tcase_add_test(t, checkpoints_keep_what_was_worked);
    tcase_add_loop_test(t, bad_input_is_refused_with_its_place, 0, sizeof bad / sizeof *bad);
    tcase_add_test(t, a_trace_is_read_in_order_of_submits);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(lend_run_suite)
