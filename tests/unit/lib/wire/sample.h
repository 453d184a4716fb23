#ifndef PUMASI_TESTS_UNIT_LIB_WIRE_SAMPLE_H
#define PUMASI_TESTS_UNIT_LIB_WIRE_SAMPLE_H

#include "lib/base/record.h"
#include "tests/support/proto/sample.pb-c.h"

#include <string.h>

/* The record that corresponds to the message Tree of tests/support/proto/sample.proto: every kind
 * of field once, lists inside lists. */

enum colour { COLOUR_NONE, COLOUR_RED, COLOUR_BLUE };
static const char *const colour_texts[] = {"none", "red", "blue"};
static const struct enum_names colour_names = {colour_texts, 3};

struct leaf {
    struct id id;
    uint32_t weight;
};
static const struct field leaf_fields[] = {
    F_ID(struct leaf, id),
    F_U32(struct leaf, weight),
    F_END,
};
static const struct record_type leaf_type = {"leaf", sizeof(struct leaf), leaf_fields};

struct branch {
    char name[12];
    struct list leaves;
};
static const struct field branch_fields[] = {
    F_TEXT(struct branch, name),
    F_LIST(struct branch, leaves, &leaf_type),
    F_END,
};
static const struct record_type branch_type = {"branch", sizeof(struct branch), branch_fields};

struct tree {
    bool alive;
    uint32_t u32;
    uint64_t u64;
    int64_t i64;
    enum colour colour;
    struct id id;
    char text[16];
    struct blob bytes;
    struct instant planted;
    struct won price;
    struct share share;
    struct branch trunk;
    struct list branches;
    struct list names;
};
static const struct field tree_fields[] = {
    F_BOOL(struct tree, alive),
    F_U32(struct tree, u32),
    F_U64(struct tree, u64),
    F_I64(struct tree, i64),
    F_ENUM(struct tree, colour, &colour_names),
    F_ID(struct tree, id),
    F_TEXT(struct tree, text),
    F_BYTES(struct tree, bytes),
    F_INSTANT(struct tree, planted),
    F_WON(struct tree, price),
    F_SHARE(struct tree, share),
    F_RECORD(struct tree, trunk, &branch_type),
    F_LIST(struct tree, branches, &branch_type),
    F_ID_LIST(struct tree, names),
    F_END,
};
static const struct record_type tree_type = {"tree", sizeof(struct tree), tree_fields};

static inline void sample_leaf(struct branch *branch, const char *id, uint32_t weight)
{
    struct leaf *leaf = record_list_add(&branch->leaves, sizeof(*leaf));
    leaf->id = id_literal(id);
    leaf->weight = weight;
}

/* A tree with something in every field; record_fini() ends it. */
static inline struct tree sample_tree(void)
{
    struct tree tree = {.alive = true,
                        .u32 = UINT32_MAX,
                        .u64 = UINT64_MAX,
                        .i64 = INT64_MIN,
                        .colour = COLOUR_BLUE,
                        .id = id_literal("oak"),
                        .text = "품앗이",
                        .bytes = {3, "a\0b"},
                        .planted = {1770076800},
                        .price = {-17402880000},
                        .share = {875},
                        .trunk = {.name = "trunk"}};
    sample_leaf(&tree.trunk, "first", 1);
    for (int i = 0; i < 3; i++) {
        struct branch *branch = record_list_add(&tree.branches, sizeof(*branch));
        memcpy(branch->name, (char[]){'b', (char)('0' + i), '\0'}, 3);
        for (int j = 0; j < i; j++)
            sample_leaf(branch, "leaf", (uint32_t)j);
    }
    *(struct id *)record_list_add(&tree.names, sizeof(struct id)) = id_literal("eiche");
    *(struct id *)record_list_add(&tree.names, sizeof(struct id)) = ID_NONE;
    return tree;
}

#endif
