/* lib/base/record.h on a record with every kind of field and lists inside lists. */
#include "lib/base/record.h"
#include "tests/support/suite.h"

#include <signal.h>
#include <stdio.h>

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

static void add_leaf(struct branch *branch, const char *id, uint32_t weight)
{
    struct leaf *leaf = record_list_add(&branch->leaves, sizeof(*leaf));
    leaf->id = id_literal(id);
    leaf->weight = weight;
}

static struct tree make_tree(void)
{
    struct tree tree = {.alive = true,
                        .u32 = 7,
                        .u64 = UINT64_MAX,
                        .i64 = INT64_MIN,
                        .colour = COLOUR_BLUE,
                        .id = id_literal("oak"),
                        .text = "a text",
                        .bytes = {3, "abc"},
                        .planted = INSTANT_NEVER,
                        .price = {-5},
                        .share = {875},
                        .trunk = {.name = "trunk"}};
    add_leaf(&tree.trunk, "first", 1);
    for (int i = 0; i < 3; i++) {
        struct branch *branch = record_list_add(&tree.branches, sizeof(*branch));
        memcpy(branch->name, (char[]){'b', (char)('0' + i), '\0'}, 3);
        for (int j = 0; j < i; j++)
            add_leaf(branch, "leaf", (uint32_t)j);
    }
    *(struct id *)record_list_add(&tree.names, sizeof(struct id)) = id_literal("eiche");
    return tree;
}

START_TEST(a_copy_equals_and_shares_nothing)
{
    struct tree a = make_tree();
    struct tree b;

    record_copy(&tree_type, &b, &a);
    ck_assert(record_equal(&tree_type, &a, &b));
    ck_assert_ptr_ne(a.branches.items, b.branches.items);
    ck_assert_ptr_ne(a.names.items, b.names.items);
    ck_assert_ptr_ne(a.trunk.leaves.items, b.trunk.leaves.items);
    ck_assert_ptr_ne(LIST_AT(struct branch, &a.branches, 2)->leaves.items,
                     LIST_AT(struct branch, &b.branches, 2)->leaves.items);
    LIST_AT(struct leaf, &LIST_AT(struct branch, &a.branches, 2)->leaves, 1)->weight = 99;
    ck_assert(!record_equal(&tree_type, &a, &b));
    record_fini(&tree_type, &a);
    ck_assert_uint_eq(
        LIST_AT(struct leaf, &LIST_AT(struct branch, &b.branches, 2)->leaves, 1)->weight, 1);
    record_fini(&tree_type, &b);
}
END_TEST

START_TEST(ending_frees_all_and_zeroes)
{
    struct tree tree = make_tree();
    static const struct tree zero;

    record_fini(&tree_type, &tree);
    ck_assert(record_equal(&tree_type, &tree, &zero));
    ck_assert_ptr_null(tree.branches.items);
    record_fini(&tree_type, &tree);
    record_destroy(&tree_type, NULL);
}
END_TEST

START_TEST(a_clone_lives_on_the_heap)
{
    struct tree tree = make_tree();
    struct tree *clone = record_clone(&tree_type, &tree);

    record_fini(&tree_type, &tree);
    ck_assert_str_eq(clone->id.text, "oak");
    ck_assert_uint_eq(clone->branches.n, 3);
    record_destroy(&tree_type, clone);
}
END_TEST

typedef void (*change_fn)(struct tree *tree);
#define CHANGE(name, code)                                                                         \
    static void name(struct tree *tree)                                                            \
    {                                                                                              \
        code;                                                                                      \
    }
CHANGE(change_bool, tree->alive = false)
CHANGE(change_u32, tree->u32++)
CHANGE(change_u64, tree->u64--)
CHANGE(change_i64, tree->i64++)
CHANGE(change_enum, tree->colour = COLOUR_RED)
CHANGE(change_id, tree->id.text[0] = 'x')
CHANGE(change_text, tree->text[0] = 'x')
CHANGE(change_bytes, tree->bytes.data[2] = 'x')
CHANGE(change_length, tree->bytes.len = 2)
CHANGE(change_instant, tree->planted.s = 0)
CHANGE(change_won, tree->price.krw = 5)
CHANGE(change_share, tree->share.units = 1)
CHANGE(change_record, tree->trunk.name[0] = 'x')
CHANGE(change_list, tree->branches.n--)
CHANGE(change_item, LIST_AT(struct branch, &tree->branches, 1)->name[0] = 'x')
CHANGE(change_ids, LIST_AT(struct id, &tree->names, 0)->text[0] = 'x')

START_TEST(every_kind_of_field_counts_in_a_comparison)
{
    static const change_fn changes[] = {change_bool,   change_u32,     change_u64,  change_i64,
                                        change_enum,   change_id,      change_text, change_bytes,
                                        change_length, change_instant, change_won,  change_share,
                                        change_record, change_list,    change_item, change_ids};

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct tree a = make_tree();
        struct tree b = make_tree();
        ck_assert(record_equal(&tree_type, &a, &b));
        changes[i](&b);
        ck_assert_msg(!record_equal(&tree_type, &a, &b), "change %zu", i);
        b.branches.n = 3;
        record_fini(&tree_type, &a);
        record_fini(&tree_type, &b);
    }
}
END_TEST

START_TEST(what_is_behind_the_end_of_a_text_does_not_count)
{
    struct branch a = {.name = "same"};
    struct branch b = {.name = "same"};

    b.name[6] = 'x';
    ck_assert(record_equal(&branch_type, &a, &b));
}
END_TEST

START_TEST(lists_grow_zeroed_and_keep_their_items)
{
    struct list list = {NULL, 0};

    for (uint32_t i = 0; i < 1000; i++) {
        struct leaf *leaf = record_list_add(&list, sizeof(*leaf));
        ck_assert(leaf->weight == 0 && id_is_none(&leaf->id));
        leaf->weight = i;
    }
    uint32_t next = 0;
    LIST_EACH(struct leaf, leaf, &list)
    ck_assert_uint_eq(leaf->weight, next++);
    ck_assert_uint_eq(next, 1000);
    /* entries leave and come back; the freed place is zeroed again */
    list.n = 500;
    ck_assert_uint_eq(((struct leaf *)record_list_add(&list, sizeof(struct leaf)))->weight, 0);
    ck_assert_uint_eq(list.n, 501);
    free(list.items);
}
END_TEST

START_TEST(a_copied_list_has_room_to_grow)
{
    struct tree a = make_tree();
    struct tree b;

    record_copy(&tree_type, &b, &a);
    for (int i = 0; i < 6; i++)
        record_list_add(&b.branches, sizeof(struct branch));
    ck_assert_uint_eq(b.branches.n, 9);
    ck_assert_str_eq(LIST_AT(struct branch, &b.branches, 2)->name, "b2");
    record_fini(&tree_type, &a);
    record_fini(&tree_type, &b);
}
END_TEST

START_TEST(an_empty_list_has_nothing_to_walk)
{
    struct list list = {NULL, 0};
    int steps = 0;

    LIST_EACH(struct leaf, leaf, &list)
    {
        (void)leaf;
        steps++;
    }
    ck_assert_int_eq(steps, 0);
}
END_TEST

START_TEST(fields_are_found_by_name)
{
    ck_assert_ptr_eq(record_field(&tree_type, "colour"), &tree_fields[4]);
    ck_assert_uint_eq(record_field(&tree_type, "text")->size, 16);
    ck_assert_ptr_null(record_field(&tree_type, "color"));
    ck_assert_ptr_null(record_field(&tree_type, ""));
}
END_TEST

START_TEST(heap_bytes_count_lists_at_every_depth)
{
    struct tree tree = {.alive = true};

    ck_assert_uint_eq(record_heap_bytes(&tree_type, &tree), 0);
    add_leaf(&tree.trunk, "a", 1);
    ck_assert_uint_eq(record_heap_bytes(&tree_type, &tree), sizeof(struct leaf));
    struct branch *branch = record_list_add(&tree.branches, sizeof(*branch));
    for (int i = 0; i < 3; i++)
        add_leaf(branch, "a", 1);
    ck_assert_uint_eq(record_heap_bytes(&tree_type, &tree),
                      sizeof(struct branch) + (1 + 4) * sizeof(struct leaf));
    record_fini(&tree_type, &tree);
}
END_TEST

START_TEST(enums_have_names)
{
    int value = 77;
    struct err err = ERR_INIT;

    ck_assert_str_eq(enum_name(&colour_names, COLOUR_RED), "red");
    ck_assert_str_eq(enum_name(&colour_names, 3), "?");
    ck_assert_str_eq(enum_name(&colour_names, -1), "?");
    ck_assert_int_eq(enum_parse(&colour_names, span_text("blue"), "colour", &value, NULL), 0);
    ck_assert_int_eq(value, COLOUR_BLUE);
    ck_assert_int_eq(enum_parse(&colour_names, span_text("green"), "colour", &value, &err),
                     -(int)ERR_INVALID);
    ck_assert_str_eq(err.text, "colour \"green\" is none of: none, red, blue");
    ck_assert_int_eq(enum_parse(&colour_names, span_text(""), "colour", &value, NULL),
                     -(int)ERR_INVALID);
    ck_assert_int_eq(enum_parse(&colour_names, span_text("re"), "colour", &value, NULL),
                     -(int)ERR_INVALID);
    ck_assert_int_eq(value, COLOUR_BLUE);
}
END_TEST

START_TEST(many_names_are_cut_in_the_error)
{
    static const char *texts[64];
    const struct enum_names many = {texts, 64};
    struct err err = ERR_INIT;
    int value;

    for (int i = 0; i < 64; i++)
        texts[i] = "a-rather-long-name";
    ck_assert_int_eq(enum_parse(&many, span_text("x"), "colour", &value, &err), -(int)ERR_INVALID);
    ck_assert_uint_lt(strlen(err.text), ERR_TEXT_MAX - 1);
}
END_TEST

static Suite *record_suite(void)
{
    Suite *s = suite_create("record");
    TCase *t = tcase_create("record");

    tcase_add_test(t, a_copy_equals_and_shares_nothing);
    tcase_add_test(t, ending_frees_all_and_zeroes);
    tcase_add_test(t, a_clone_lives_on_the_heap);
    tcase_add_test(t, every_kind_of_field_counts_in_a_comparison);
    tcase_add_test(t, what_is_behind_the_end_of_a_text_does_not_count);
    tcase_add_test(t, lists_grow_zeroed_and_keep_their_items);
    tcase_add_test(t, a_copied_list_has_room_to_grow);
    tcase_add_test(t, an_empty_list_has_nothing_to_walk);
    tcase_add_test(t, fields_are_found_by_name);
    tcase_add_test(t, heap_bytes_count_lists_at_every_depth);
    tcase_add_test(t, enums_have_names);
    tcase_add_test(t, many_names_are_cut_in_the_error);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(record_suite)
