/* nodeagent/gpu/model.h. The names are those that drivers report. */
#include "nodeagent/gpu/model.h"

#include "tests/support/suite.h"

static const struct {
    const char *name;
    const char *model;
} names[] = {
    {"NVIDIA B200", "B200"},
    {"NVIDIA H200", "H200"},
    {"NVIDIA H200 NVL", "H200"},
    {"NVIDIA B300 SXM6 AC", "B300"},
    {"NVIDIA GB200", "GB200"},
    {"NVIDIA GH200 480GB", "GH200"},
    {"NVIDIA H100 80GB HBM3", "H100"},
    {"NVIDIA A100-SXM4-80GB", "A100"},
    {"NVIDIA A100 80GB PCIe", "A100"},
    {"NVIDIA L40S", "L40S"},
    {"NVIDIA A10G", "A10G"},
    {"NVIDIA T4", "T4"},
    {"Tesla T4", "T4"},
    {"Tesla V100-SXM2-32GB", "V100"},
    {"NVIDIA Tesla V100", "V100"},
    {"NVIDIA GeForce RTX 4090", "GeForce RTX 4090"},
    {"NVIDIA RTX A6000", "RTX A6000"},
    {"GRID A100-10C", "GRID A100-10C"},
    {"H200", "H200"},
    {"h200", "h200"},
    {"NVIDIA H200X2", "H200X2"},
    {"NVIDIA 200", "200"},
    {"NVIDIA ABC1", "ABC1"},
    {"NVIDIA ", ""},
    {"NVIDIA", "NVIDIA"},
    {"", ""},
};

START_TEST(the_model_of_a_name)
{
    char model[32];
    memset(model, 'x', sizeof(model));
    ck_assert_str_eq(model_of_name(names[_i].name, model, sizeof(model)), names[_i].model);
}
END_TEST

START_TEST(a_long_name_is_cut_to_fit)
{
    char model[8];
    ck_assert_str_eq(model_of_name("NVIDIA GeForce RTX 4090", model, sizeof(model)), "GeForce");
    ck_assert_str_eq(model_of_name("NVIDIA H100 80GB HBM3", model, sizeof(model)), "H100");
}
END_TEST

static Suite *model_suite(void)
{
    Suite *s = suite_create("nodeagent/gpu/model");
    TCase *t = tcase_create("model");
    tcase_add_loop_test(t, the_model_of_a_name, 0, sizeof(names) / sizeof(names[0]));
    tcase_add_test(t, a_long_name_is_cut_to_fit);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(model_suite)
