#include "controlplane/sim/pack_input.h"

#include "lib/base/file.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[64];
static struct pack_models models;
static struct pack_nodes nodes;
static struct pack_pods pods;

static void write_text(const char *text)
{
    ck_assert_int_eq(file_write(path, span_text(text), 0600, NULL), 0);
}

static void set_up(void)
{
    snprintf(path, sizeof path, "/tmp/pack-input-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void tear_down(void)
{
    unlink(path);
    pack_models_fini(&models);
    pack_nodes_fini(&nodes);
    pack_pods_fini(&pods);
}

START_TEST(nodes_are_read_with_their_models_numbered)
{
    write_text("model,gpu,memory_mib,cpu_milli,sn\n"
               "A,8,1000,96000,n1\n"
               ",0,10,20,n2\n"
               "B,2,5,6,n3\n"
               "A,1,5,6,n4\n");
    ck_assert_int_eq(pack_read_nodes(path, &models, &nodes, NULL), 0);
    ck_assert_uint_eq(nodes.n, 4);
    ck_assert_str_eq(nodes.names[0], "n1");
    ck_assert_int_eq(nodes.specs[0].cpu_milli, 96000);
    ck_assert_int_eq(nodes.specs[0].memory_mib, 1000);
    ck_assert_uint_eq(nodes.specs[0].gpus, 8);
    ck_assert_uint_eq(nodes.specs[0].model, 0);
    ck_assert_uint_eq(nodes.specs[1].model, PLACEMENT_NO_MODEL);
    ck_assert_uint_eq(nodes.specs[2].model, 1);
    ck_assert_uint_eq(nodes.specs[3].model, 0);
    ck_assert_uint_eq(models.n, 2);
}
END_TEST

static const struct {
    const char *row;
    uint32_t gpus, units;
    uint64_t models;
} good[] = {
    {"p,1,2,1,500,A", 1, 3500, 1},
    {"p,1,2,1,1,", 1, 7, 0},
    {"p,1,2,8,1000,A|B", 8, 7000, 3},
    {"p,1,2,1,1500,B", 1, 7000, 1},
    {"p,1,2,1,1000,|A||A|", 1, 7000, 1},
    {"p,1,2,0,0,A", 0, 0, 0}, /* without GPUs the model does not matter */
    {"p,1,2,0,,", 0, 0, 0},
};

START_TEST(pods_are_read_as_requests)
{
    char text[200];
    snprintf(text, sizeof text, "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n%s\n",
             good[_i].row);
    write_text(text);
    ck_assert_int_eq(pack_read_pods(path, false, &models, &pods, NULL), 0);
    ck_assert_uint_eq(pods.n, 1);
    ck_assert_str_eq(pods.names[0], "p");
    ck_assert_str_eq(pods.seqs[0], "");
    ck_assert_int_eq(pods.requests[0].cpu_milli, 1);
    ck_assert_int_eq(pods.requests[0].memory_mib, 2);
    ck_assert_uint_eq(pods.requests[0].gpus, good[_i].gpus);
    ck_assert_uint_eq(pods.requests[0].units, good[_i].units);
    ck_assert_uint_eq(pods.requests[0].models, good[_i].models);
}
END_TEST

START_TEST(arrivals_have_a_sequence)
{
    struct err err = ERR_INIT;
    write_text("seq,name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n07,p,1,2,1,500,\n");
    ck_assert_int_eq(pack_read_pods(path, true, &models, &pods, NULL), 0);
    ck_assert_str_eq(pods.seqs[0], "07");
    write_text("name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n");
    ck_assert_int_eq(pack_read_pods(path, true, &models, &pods, &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "seq: there is no such column"));
}
END_TEST

static const char *const bad[] = {"p,-1,2,1,500,",   "p,1,x,1,500,", "p,1,2,,500,",
                                  "p,1,2,1025,500,", "p,1,2,1,0,",   "p,1,2,1,,"};

START_TEST(a_bad_row_is_refused_with_its_line)
{
    char text[200];
    struct err err = ERR_INIT;
    snprintf(text, sizeof text, "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n%s\n",
             bad[_i]);
    write_text(text);
    ck_assert_int_eq(pack_read_pods(path, false, &models, &pods, &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, ":2: "));
}
END_TEST

static Suite *pack_input_suite(void)
{
    Suite *s = suite_create("pack_input");
    TCase *t = tcase_create("pack_input");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, nodes_are_read_with_their_models_numbered);
    tcase_add_loop_test(t, pods_are_read_as_requests, 0, sizeof good / sizeof *good);
    tcase_add_test(t, arrivals_have_a_sequence);
    tcase_add_loop_test(t, a_bad_row_is_refused_with_its_line, 0, sizeof bad / sizeof *bad);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(pack_input_suite)
