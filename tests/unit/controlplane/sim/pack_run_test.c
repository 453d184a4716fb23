#include "controlplane/sim/pack_run.h"

#include "lib/base/file.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[64], path[4][96];
static struct buf line, out;
static struct err err;

static const char nodes[] = "sn,cpu_milli,memory_mib,gpu,model,rack\n"
                            "n1,10000,1000,2,A,r1\n"
                            "n2,10000,1000,1,B,r1\n"
                            "n3,10000,1000,0,,r2\n";
static const char arrivals[] = "seq,name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n"
                               "0,p0,1000,10,1,500,B|C\n"
                               "1,p1,1000,10,2,1000,\n"
                               "2,p2,1000,10,1,1000,\n"
                               "3,p3,1000,10,1,500,\n"
                               "4,p4,1000,10,1,100,C\n"
                               "5,p5,9000,10,0,0,\n";

static void set_up(void)
{
    snprintf(dir, sizeof dir, "/tmp/pack-run-XXXXXX");
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

static int run(const char *node_text, const char *arrival_text, struct pack_run_options o)
{
    struct env_fake fake = {.seed = 1};
    struct env env = env_of_fake(&fake);
    write_file(0, node_text);
    write_file(1, arrival_text);
    o.nodes = path[0];
    o.arrivals = path[1];
    o.placements = path[2];
    return pack_run(&o, &env, &line, &err);
}

static void check_placements(void)
{
    ck_assert_int_eq(file_read(path[2], &out, NULL), 0);
    ck_assert_str_eq(out.data, "seq,pod,node,gpus\n"
                               "0,p0,n2,0\n"
                               "1,p1,n1,0-1\n"
                               "2,p2,,\n"
                               "3,p3,n2,0\n"
                               "4,p4,,\n"
                               "5,p5,n3,\n");
}

START_TEST(each_arrival_has_a_line_in_its_order)
{
    ck_assert_int_eq(run(nodes, arrivals, (struct pack_run_options){.mix = NULL}), 0);
    check_placements();
    ck_assert_str_eq(line.data,
                     "{\"placed\":4,\"rejected\":2,\"decisions_per_s\":0,"
                     "\"p50_us\":0.000,\"p99_us\":0.000,\"alloc_pct_final\":100.0000}\n");
}
END_TEST

START_TEST(the_history_is_read_from_a_list_of_pods)
{
    write_file(3, arrivals);
    ck_assert_int_eq(run(nodes, arrivals, (struct pack_run_options){.mix = path[3]}), 0);
    check_placements();
}
END_TEST

static const struct {
    const char *nodes, *arrivals;
    struct pack_run_options more;
    const char *says;
} bad[] = {
    {"sn,cpu_milli,memory_mib,gpu\n", arrivals, {0}, "model: there is no such column"},
    {nodes, "seq,name\n0,p0\n", {0}, "cpu_milli: there is no such"},
    {nodes, "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n", {0}, "seq: there is no such"},
    {"sn,cpu_milli,memory_mib,gpu,model\nn,1,1,17,A\n", arrivals, {0}, ":2: gpu: "},
    {nodes,
     "seq,name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n0,p,x,1,1,1,\n",
     {0},
     ":2: cpu_milli"},
    {nodes,
     "seq,name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n0,p,1,1,1,0,\n",
     {0},
     ":2: gpu_milli"},
    {nodes, arrivals, {.policy = "fgd"}, "--policy"},
    {nodes, arrivals, {.seed = "x"}, "--seed"},
};

START_TEST(bad_input_is_refused_with_its_place)
{
    ck_assert_int_eq(run(bad[_i].nodes, bad[_i].arrivals, bad[_i].more), -ERR_INVALID);
    ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "%s", err.text);
    ck_assert_int_ne(access(path[2], F_OK), 0);
}
END_TEST

START_TEST(more_models_than_the_limit_are_refused)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 65536);
    buf_append_text(&text, "sn,cpu_milli,memory_mib,gpu,model\n");
    for (int i = 0; i < 65; i++)
        buf_printf(&text, "n%d,1,1,1,m%d\n", i, i);
    ck_assert_int_eq(run(text.data, arrivals, (struct pack_run_options){.mix = NULL}), -ERR_LIMIT);
}
END_TEST

static Suite *pack_run_suite(void)
{
    Suite *s = suite_create("pack_run");
    TCase *t = tcase_create("pack_run");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, each_arrival_has_a_line_in_its_order);
    tcase_add_test(t, the_history_is_read_from_a_list_of_pods);
    tcase_add_loop_test(t, bad_input_is_refused_with_its_place, 0, sizeof bad / sizeof *bad);
    tcase_add_test(t, more_models_than_the_limit_are_refused);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(pack_run_suite)
