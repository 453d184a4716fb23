/* The shape of the program: what the kernel's verifier would refuse is refused here first. What it
 * does is shown by tests/system/t1100-guard. */
#include "nodeagent/kernel/program.h"

#include "tests/support/suite.h"

#include <stdbool.h>

static struct bpf_insn insns[PROGRAM_INSNS_MAX];
static size_t count;

static void setup(void)
{
    count = program_assemble(insns, &(struct program_maps){.gates = 11, .rows = 12, .denied = 13});
}

static bool is_wide(const struct bpf_insn *i)
{
    return i->code == (BPF_LD | BPF_DW | BPF_IMM);
}

static bool is_jump(const struct bpf_insn *i)
{
    return BPF_CLASS(i->code) == BPF_JMP && BPF_OP(i->code) != BPF_CALL &&
           BPF_OP(i->code) != BPF_EXIT;
}

START_TEST(it_fits_and_ends_in_an_exit)
{
    ck_assert_uint_gt(count, 0);
    ck_assert_uint_le(count, PROGRAM_INSNS_MAX);
    ck_assert_uint_eq(insns[count - 1].code, BPF_JMP | BPF_EXIT);
}
END_TEST

START_TEST(every_jump_goes_forward_to_the_begin_of_an_instruction)
{
    bool begins[PROGRAM_INSNS_MAX] = {false};
    for (size_t i = 0; i < count; i += is_wide(&insns[i]) ? 2 : 1)
        begins[i] = true;
    for (size_t i = 0; i < count; i++) {
        if (!begins[i] || !is_jump(&insns[i]))
            continue;
        ck_assert_int_ge(insns[i].off, 0);
        ck_assert_uint_lt(i + 1 + (size_t)insns[i].off, count);
        ck_assert(begins[i + 1 + (size_t)insns[i].off]);
    }
}
END_TEST

START_TEST(it_searches_each_level_once_and_both_maps)
{
    size_t levels = 0, gates = 0, rows = 0;
    for (size_t i = 0; i < count; i++) {
        levels += insns[i].code == (BPF_JMP | BPF_CALL) &&
                  insns[i].imm == BPF_FUNC_get_current_ancestor_cgroup_id;
        gates += is_wide(&insns[i]) && insns[i].imm == 11;
        rows += is_wide(&insns[i]) && insns[i].imm == 12;
    }
    ck_assert_uint_eq(levels, PROGRAM_LEVELS);
    ck_assert_uint_eq(gates, 2);
    ck_assert_uint_eq(rows, 2 * PROGRAM_LEVELS);
}
END_TEST

START_TEST(it_stays_within_the_stack_that_it_filled)
{
    for (size_t i = 0; i < count; i++) {
        if (BPF_CLASS(insns[i].code) == BPF_STX && insns[i].dst_reg == BPF_REG_10) {
            ck_assert_int_lt(insns[i].off, 0);
            ck_assert_int_ge(insns[i].off, -56);
        }
    }
}
END_TEST

START_TEST(it_tells_of_denied_opens_where_it_can)
{
    size_t told = 0;
    for (size_t i = 0; i < count; i++)
        told += is_wide(&insns[i]) && insns[i].imm == 13;
    ck_assert_uint_eq(told, 1);
    struct bpf_insn without[PROGRAM_INSNS_MAX];
    size_t n = program_assemble(without, &(struct program_maps){11, 12, -1});
    ck_assert_uint_lt(n, count);
    for (size_t i = 0; i < n; i++)
        ck_assert(without[i].code != (BPF_JMP | BPF_CALL) ||
                  without[i].imm != BPF_FUNC_ringbuf_output);
}
END_TEST

START_TEST(keys_and_values_have_the_layout_of_the_maps)
{
    ck_assert_uint_eq(sizeof(struct gate_key), 8);
    ck_assert_uint_eq(sizeof(struct row_key), 16); /* no padding: the kernel compares all bytes */
    ck_assert_uint_eq(sizeof(struct row), 24);
    ck_assert_uint_eq(offsetof(struct row, expires_ns), 0);
}
END_TEST

static Suite *program_suite(void)
{
    Suite *suite = suite_create("program");
    TCase *tc = tcase_create("program");
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, it_fits_and_ends_in_an_exit);
    tcase_add_test(tc, every_jump_goes_forward_to_the_begin_of_an_instruction);
    tcase_add_test(tc, it_searches_each_level_once_and_both_maps);
    tcase_add_test(tc, it_stays_within_the_stack_that_it_filled);
    tcase_add_test(tc, it_tells_of_denied_opens_where_it_can);
    tcase_add_test(tc, keys_and_values_have_the_layout_of_the_maps);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(program_suite)
