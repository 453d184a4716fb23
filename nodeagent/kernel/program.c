/* Assembles the device program. Owns nothing; pure. Registers through the whole program: r6 the
 * context, r7 the gate's value, r8 the time. The keys lie on the stack at fixed places. */
#include "nodeagent/kernel/program.h"

#include "lib/base/err.h"

#include <stddef.h>
#include <string.h>

enum label { ALLOW, DENY, CHECK, REFUSE, OPEN, LABEL_COUNT };

struct assembler {
    struct bpf_insn *insns;
    size_t count;
    uint8_t wants[PROGRAM_INSNS_MAX]; /* label + 1 that the jump at this place goes to */
    size_t at[LABEL_COUNT];
};

#define GATE_AT   (-8)  /* struct gate_key */
#define DENIED_AT (-40) /* struct denied_open, in whose middle lies */
#define ROW_AT    (-32) /* struct row_key for the device */
#define PID_AT    (-16)
#define EVERY_AT  (-56) /* struct row_key for every device */
_Static_assert(DENIED_AT + (int)offsetof(struct denied_open, cgroup) == ROW_AT &&
                   DENIED_AT + (int)offsetof(struct denied_open, thread) == PID_AT &&
                   sizeof(struct denied_open) == 32,
               "the key of the row is a part of what is told");

static void emit(struct assembler *a, uint8_t code, int dst, int src, int off, int32_t imm)
{
    ENSURE(a->count < PROGRAM_INSNS_MAX);
    a->insns[a->count++] = (struct bpf_insn){.code = code,
                                             .dst_reg = (uint8_t)dst & 0xf,
                                             .src_reg = (uint8_t)src & 0xf,
                                             .off = (int16_t)off,
                                             .imm = imm};
}

static void move_imm(struct assembler *a, int dst, int32_t imm)
{
    emit(a, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

static void move_reg(struct assembler *a, int dst, int src)
{
    emit(a, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void load(struct assembler *a, int size, int dst, int src, int off)
{
    emit(a, (uint8_t)(BPF_LDX | BPF_MEM | size), dst, src, off, 0);
}

static void store(struct assembler *a, int size, int off, int src)
{
    emit(a, (uint8_t)(BPF_STX | BPF_MEM | size), BPF_REG_10, src, off, 0);
}

static void call(struct assembler *a, int helper)
{
    emit(a, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

static void jump(struct assembler *a, uint8_t op, int dst, int32_t imm, enum label label)
{
    a->wants[a->count] = (uint8_t)(label + 1);
    emit(a, BPF_JMP | op | BPF_K, dst, 0, 0, imm);
}

static void jump_reg(struct assembler *a, uint8_t op, int dst, int src, enum label label)
{
    a->wants[a->count] = (uint8_t)(label + 1);
    emit(a, BPF_JMP | op | BPF_X, dst, src, 0, 0);
}

static void place(struct assembler *a, enum label label)
{
    a->at[label] = a->count;
}

/* The map and a place on the stack as a call's first arguments. */
static void pass(struct assembler *a, int map_fd, int at)
{
    emit(a, BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map_fd);
    emit(a, 0, 0, 0, 0, 0); /* the second half of a 64-bit immediate */
    move_reg(a, BPF_REG_2, BPF_REG_10);
    emit(a, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, at);
}

/* r0 = the value under the key on the stack, or 0. */
static void lookup(struct assembler *a, int map_fd, int key_at)
{
    pass(a, map_fd, key_at);
    call(a, BPF_FUNC_map_lookup_elem);
}

static void count_up(struct assembler *a, int value, size_t off)
{
    move_imm(a, BPF_REG_1, 1);
    emit(a, BPF_STX | BPF_ATOMIC | BPF_DW, value, BPF_REG_1, (int)off, BPF_ADD);
}

/* Lets everything through that is no reading or writing of a character device; stores the keys. */
static void assemble_entry(struct assembler *a)
{
    move_reg(a, BPF_REG_6, BPF_REG_1);
    load(a, BPF_W, BPF_REG_2, BPF_REG_6, offsetof(struct bpf_cgroup_dev_ctx, access_type));
    move_reg(a, BPF_REG_3, BPF_REG_2);
    emit(a, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_3, 0, 0, 0xffff);
    jump(a, BPF_JNE, BPF_REG_3, BPF_DEVCG_DEV_CHAR, ALLOW);
    emit(a, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_2, 0, 0, 16);
    emit(a, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE);
    jump(a, BPF_JEQ, BPF_REG_2, 0, ALLOW);
    load(a, BPF_W, BPF_REG_2, BPF_REG_6, offsetof(struct bpf_cgroup_dev_ctx, major));
    store(a, BPF_W, GATE_AT + (int)offsetof(struct gate_key, major), BPF_REG_2);
    store(a, BPF_W, ROW_AT + (int)offsetof(struct row_key, major), BPF_REG_2);
    load(a, BPF_W, BPF_REG_2, BPF_REG_6, offsetof(struct bpf_cgroup_dev_ctx, minor));
    store(a, BPF_W, GATE_AT + (int)offsetof(struct gate_key, minor), BPF_REG_2);
    store(a, BPF_W, ROW_AT + (int)offsetof(struct row_key, minor), BPF_REG_2);
    move_imm(a, BPF_REG_2, -1);
    store(a, BPF_W, EVERY_AT + (int)offsetof(struct row_key, major), BPF_REG_2);
    store(a, BPF_W, EVERY_AT + (int)offsetof(struct row_key, minor), BPF_REG_2);
    move_imm(a, BPF_REG_2, 0);
    store(a, BPF_DW, ROW_AT, BPF_REG_2);
}

static void assemble_gate(struct assembler *a, int gates_fd)
{
    lookup(a, gates_fd, GATE_AT);
    emit(a, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 8, 0); /* found: skip the second search */
    move_imm(a, BPF_REG_2, -1);
    store(a, BPF_W, GATE_AT + (int)offsetof(struct gate_key, minor), BPF_REG_2);
    lookup(a, gates_fd, GATE_AT);
    jump(a, BPF_JEQ, BPF_REG_0, 0, ALLOW);
    move_reg(a, BPF_REG_7, BPF_REG_0);
    call(a, BPF_FUNC_ktime_get_boot_ns);
    move_reg(a, BPF_REG_8, BPF_REG_0);
}

static void assemble_level(struct assembler *a, int rows_fd, int level)
{
    move_imm(a, BPF_REG_1, level);
    call(a, BPF_FUNC_get_current_ancestor_cgroup_id);
    jump(a, BPF_JEQ, BPF_REG_0, 0, DENY); /* deeper than the task's own cgroup */
    store(a, BPF_DW, ROW_AT, BPF_REG_0);
    store(a, BPF_DW, EVERY_AT, BPF_REG_0);
    lookup(a, rows_fd, ROW_AT);
    jump(a, BPF_JNE, BPF_REG_0, 0, CHECK);
    lookup(a, rows_fd, EVERY_AT);
    jump(a, BPF_JNE, BPF_REG_0, 0, CHECK);
}

/* Tells of the denied open; a full ring loses it. */
static void assemble_telling(struct assembler *a, int denied_fd)
{
    store(a, BPF_DW, DENIED_AT, BPF_REG_8);
    call(a, BPF_FUNC_get_current_pid_tgid);
    store(a, BPF_DW, PID_AT, BPF_REG_0);
    pass(a, denied_fd, DENIED_AT);
    move_imm(a, BPF_REG_3, sizeof(struct denied_open));
    move_imm(a, BPF_REG_4, 0);
    call(a, BPF_FUNC_ringbuf_output);
}

static void assemble_ends(struct assembler *a, int denied_fd)
{
    place(a, CHECK);
    load(a, BPF_DW, BPF_REG_1, BPF_REG_0, offsetof(struct row, expires_ns));
    jump_reg(a, BPF_JGT, BPF_REG_1, BPF_REG_8, OPEN);
    count_up(a, BPF_REG_0, offsetof(struct row, denials));
    jump(a, BPF_JA, 0, 0, REFUSE);
    place(a, DENY);
    count_up(a, BPF_REG_7, offsetof(struct gate_value, denied));
    place(a, REFUSE);
    if (denied_fd >= 0)
        assemble_telling(a, denied_fd);
    move_imm(a, BPF_REG_0, 0);
    emit(a, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    place(a, OPEN);
    count_up(a, BPF_REG_0, offsetof(struct row, opens));
    place(a, ALLOW);
    move_imm(a, BPF_REG_0, 1);
    emit(a, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

size_t program_assemble(struct bpf_insn dst[PROGRAM_INSNS_MAX], const struct program_maps *maps)
{
    struct assembler a = {.insns = dst};
    assemble_entry(&a);
    assemble_gate(&a, maps->gates);
    for (int level = 1; level <= PROGRAM_LEVELS; level++)
        assemble_level(&a, maps->rows, level);
    jump(&a, BPF_JA, 0, 0, DENY);
    assemble_ends(&a, maps->denied);
    for (size_t i = 0; i < a.count; i++) {
        ENSURE(a.wants[i] == 0 || a.at[a.wants[i] - 1] > i); /* forward: the program ends */
        if (a.wants[i] > 0)
            dst[i].off = (int16_t)(a.at[a.wants[i] - 1] - i - 1);
    }
    return a.count;
}
