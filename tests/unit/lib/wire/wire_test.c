/* lib/wire/wire.h: there and back, refusals by path, torture by arena and by spoilt bytes. */
#include "lib/base/limits.h"
#include "lib/wire/allocator.h"
#include "lib/wire/wire.h"
#include "tests/support/suite.h"
#include "tests/unit/lib/wire/sample.h"

#include <signal.h>
#include <stdio.h>

#define TREE    (&pumasi__sample__tree__descriptor)
#define ARENA_B ((size_t)4 << 20)

static Pumasi__Sample__Tree *message_of(const struct tree *tree, struct arena *arena)
{
    ProtobufCMessage *m = wire_message_from_record(&tree_type, tree, TREE, arena);
    ck_assert_ptr_nonnull(m);
    return (Pumasi__Sample__Tree *)m;
}

START_TEST(a_record_comes_back_from_its_message)
{
    CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
    struct tree tree = sample_tree();
    struct tree back;
    struct err err = ERR_INIT;

    Pumasi__Sample__Tree *m = message_of(&tree, arena);
    ck_assert_str_eq(m->colour, "blue");
    ck_assert_int_eq(m->planted, 1770076800);
    ck_assert_uint_eq(m->n_branches, 3);
    ck_assert_str_eq(m->branches[2]->leaves[1]->id, "leaf");
    ck_assert_str_eq(m->names[1], "");
    ck_assert_msg(wire_record_from_message(&tree_type, &m->base, &back, &err) == 0, "%s", err.text);
    ck_assert(record_equal(&tree_type, &tree, &back));
    record_fini(&tree_type, &tree);
    ck_assert_str_eq(m->text, "품앗이"); /* the message keeps nothing of the record */
    record_fini(&tree_type, &back);
}
END_TEST

START_TEST(an_absent_message_is_an_empty_one)
{
    Pumasi__Sample__Tree m = PUMASI__SAMPLE__TREE__INIT;
    struct tree tree;

    ck_assert_ptr_null(m.trunk);
    ck_assert_int_eq(wire_record_from_message(&tree_type, &m.base, &tree, NULL), 0);
    struct tree empty = {.planted = INSTANT_NEVER};
    ck_assert(record_equal(&tree_type, &tree, &empty));
    record_fini(&tree_type, &tree);
}
END_TEST

START_TEST(never_is_zero_on_the_wire)
{
    CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
    struct tree tree = {.planted = INSTANT_NEVER};
    struct tree back;

    Pumasi__Sample__Tree *m = message_of(&tree, arena);
    ck_assert_int_eq(m->planted, 0);
    ck_assert_int_eq(wire_record_from_message(&tree_type, &m->base, &back, NULL), 0);
    ck_assert_int_eq(back.planted.s, INSTANT_NEVER.s);
}
END_TEST

/* Ways to spoil a message that came from sample_tree(). */
#define SPOIL(name, code)                                                                          \
    static void name(Pumasi__Sample__Tree *m, struct arena *arena)                                 \
    {                                                                                              \
        (void)arena;                                                                               \
        code;                                                                                      \
    }
SPOIL(bad_id, m->id = "Not An Id")
SPOIL(long_text, m->text = "sixteen bytes...")
SPOIL(ill_text, m->text = "\xFF")
SPOIL(bad_enum, m->colour = "green")
SPOIL(long_bytes, m->bytes.data = arena_alloc(arena, BLOB_CAP + 1); m->bytes.len = BLOB_CAP + 1)
SPOIL(negative_instant, m->planted = -1)
SPOIL(late_instant, m->planted = INSTANT_MAX_S + 1)
SPOIL(bad_inner, m->trunk->leaves[0]->id = "a b")
SPOIL(bad_deep, m->branches[2]->leaves[1]->id = "A")
SPOIL(bad_inner_text, m->branches[1]->name = "longer than 11 bytes")
SPOIL(bad_name, m->names[1] = "!")
SPOIL(long_list, m->n_names = LIMIT_LIST_ITEMS + 1;
      m->names = arena_array(arena, m->n_names, sizeof(char *));
      for (size_t i = 0; i < m->n_names; i++) m->names[i] = "a")

START_TEST(refusals_name_the_path_and_leave_the_record)
{
    static const struct {
        void (*spoil)(Pumasi__Sample__Tree *m, struct arena *arena);
        enum err_code code;
        const char *says;
    } cases[] = {
        {bad_id, ERR_INVALID, "id \"Not An Id\" is not a name"},
        {long_text, ERR_INVALID, "text is 16 bytes long, at most 15"},
        {ill_text, ERR_INVALID, "text is not UTF-8"},
        {bad_enum, ERR_INVALID, "colour \"green\" is none of: none, red, blue"},
        {long_bytes, ERR_INVALID, "bytes is 513 bytes long, at most 512"},
        {negative_instant, ERR_INVALID, "planted is -1, no instant"},
        {late_instant, ERR_INVALID, "planted is 253402268400, no instant"},
        {bad_inner, ERR_INVALID, "trunk.leaves[0].id \"a b\""},
        {bad_deep, ERR_INVALID, "branches[2].leaves[1].id \"A\""},
        {bad_inner_text, ERR_INVALID, "branches[1].name is 20 bytes long"},
        {bad_name, ERR_INVALID, "names[1] \"!\""},
        {long_list, ERR_LIMIT, "names has 10001 entries, at most 10000"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
        struct tree tree = sample_tree();
        struct tree back;
        struct err err = ERR_INIT;
        memset(&back, 0x5A, sizeof(back));
        Pumasi__Sample__Tree *m = message_of(&tree, arena);
        cases[i].spoil(m, arena);
        int rc = wire_record_from_message(&tree_type, &m->base, &back, &err);
        ck_assert_msg(rc == -(int)cases[i].code, "case %zu", i);
        ck_assert_msg(strncmp(err.text, cases[i].says, strlen(cases[i].says)) == 0, "%s", err.text);
        ck_assert_uint_eq(back.u32, 0x5A5A5A5A);
        ck_assert_int_eq(wire_record_from_message(&tree_type, &m->base, &back, NULL),
                         -(int)cases[i].code);
        record_fini(&tree_type, &tree);
    }
}
END_TEST

START_TEST(every_arena_that_is_too_small_is_reported)
{
    struct tree tree = sample_tree();
    size_t limit = 0;

    for (;; limit += 16) {
        CLEANUP_ARENA struct arena *arena = arena_create(limit);
        ProtobufCMessage *m = wire_message_from_record(&tree_type, &tree, TREE, arena);
        if (m) {
            struct tree back;
            ck_assert_int_eq(wire_record_from_message(&tree_type, m, &back, NULL), 0);
            ck_assert(record_equal(&tree_type, &tree, &back));
            record_fini(&tree_type, &back);
            break;
        }
    }
    ck_assert_uint_gt(limit, 500);
    record_fini(&tree_type, &tree);
}
END_TEST

START_TEST(stored_bytes_are_the_same_each_time_and_come_back)
{
    CLEANUP_BUF struct buf a = {.data = NULL};
    CLEANUP_BUF struct buf b = {.data = NULL};
    struct tree tree = sample_tree();
    struct tree back;
    struct err err = ERR_INIT;

    buf_init(&a, LIMIT_VALUE_BYTES);
    buf_init(&b, LIMIT_VALUE_BYTES);
    wire_encode(&tree_type, &tree, TREE, &a);
    wire_encode(&tree_type, &tree, TREE, &b);
    ck_assert(!a.full && a.len > 0 && span_equal(buf_span(&a), buf_span(&b)));
    ck_assert_msg(wire_decode(&tree_type, buf_span(&a), TREE, &back, &err) == 0, "%s", err.text);
    ck_assert(record_equal(&tree_type, &tree, &back));
    record_fini(&tree_type, &tree);
    record_fini(&tree_type, &back);
}
END_TEST

START_TEST(an_empty_record_is_few_bytes)
{
    CLEANUP_BUF struct buf b = {.data = NULL};
    struct branch branch = {.name = ""};
    struct branch back;

    buf_init(&b, 16);
    wire_encode(&branch_type, &branch, &pumasi__sample__branch__descriptor, &b);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_int_eq(wire_decode(&branch_type, span_of(NULL, 0),
                                 &pumasi__sample__branch__descriptor, &back, NULL),
                     0);
}
END_TEST

START_TEST(a_buffer_that_is_too_small_becomes_full)
{
    CLEANUP_BUF struct buf whole = {.data = NULL};
    struct tree tree = sample_tree();

    buf_init(&whole, LIMIT_VALUE_BYTES);
    wire_encode(&tree_type, &tree, TREE, &whole);
    for (size_t max = 0; max <= whole.len; max++) {
        CLEANUP_BUF struct buf b = {.data = NULL};
        buf_init(&b, max);
        wire_encode(&tree_type, &tree, TREE, &b);
        ck_assert(b.full == (max < whole.len));
        ck_assert_uint_eq(b.len, max < whole.len ? 0 : max);
    }
    record_fini(&tree_type, &tree);
}
END_TEST

START_TEST(bytes_that_would_not_be_written_are_corrupt)
{
    static const struct {
        const char *what;
        const char *bytes;
        size_t len;
    } cases[] = {
        {"a NUL in a text",
         "\x3A\x03"
         "a\0b",
         5},
        {"a default written out", "\x10\x00", 2},
        {"a number longer than need be", "\x10\x81\x00", 3},
        {"a field twice", "\x10\x01\x10\x02", 4},
        {"fields in another order", "\x10\x01\x08\x01", 4},
        {"an unknown field", "\x08\x01\xA2\x01\x01x", 6},
        {"a field of another type", "\x0A\x01x", 3},
        {"a text cut short",
         "\x3A\x05"
         "ab",
         4},
        {"a lone byte", "\xFF", 1},
        {"a bad name", "\x32\x01!", 3},
        {"a bad enum", "\x2A\x05green", 7},
        {"text that is not UTF-8", "\x3A\x01\xFF", 3},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tree back = {.u32 = 7};
        struct err err = ERR_INIT;
        int rc = wire_decode(&tree_type, span_of(cases[i].bytes, cases[i].len), TREE, &back, &err);
        ck_assert_msg(rc == -(int)ERR_CORRUPT, "%s", cases[i].what);
        ck_assert_ptr_nonnull(strstr(err.text, "tree"));
        ck_assert_uint_eq(back.u32, 7);
    }
}
END_TEST

START_TEST(too_many_bytes_are_corrupt)
{
    static const uint8_t zeros[LIMIT_VALUE_BYTES + 1];
    struct tree back;

    ck_assert_int_eq(wire_decode(&tree_type, span_of(zeros, sizeof(zeros)), TREE, &back, NULL),
                     -(int)ERR_CORRUPT);
}
END_TEST

START_TEST(small_bytes_that_unpack_to_much_are_refused)
{
    /* half a million empty leaves in a megabyte */
    static uint8_t bytes[LIMIT_VALUE_BYTES];
    struct branch back;

    for (size_t i = 0; i + 1 < sizeof(bytes); i += 2) {
        bytes[i] = 0x12;
        bytes[i + 1] = 0;
    }
    ck_assert_int_eq(wire_decode(&branch_type, span_of(bytes, sizeof(bytes)),
                                 &pumasi__sample__branch__descriptor, &back, NULL),
                     -(int)ERR_CORRUPT);
}
END_TEST

START_TEST(spoilt_bytes_never_do_harm)
{
    CLEANUP_BUF struct buf good = {.data = NULL};
    struct tree tree = sample_tree();

    buf_init(&good, LIMIT_VALUE_BYTES);
    wire_encode(&tree_type, &tree, TREE, &good);
    for (size_t at = 0; at < good.len * 8; at++) {
        struct tree back;
        good.data[at / 8] ^= (char)(1 << (at % 8));
        if (wire_decode(&tree_type, buf_span(&good), TREE, &back, NULL) == 0)
            record_fini(&tree_type, &back);
        good.data[at / 8] ^= (char)(1 << (at % 8));
    }
    for (size_t len = 0; len < good.len; len++) {
        struct tree back;
        if (wire_decode(&tree_type, span_of(good.data, len), TREE, &back, NULL) == 0)
            record_fini(&tree_type, &back);
    }
    record_fini(&tree_type, &tree);
}
END_TEST

/* What a peer with the older descriptor sees of a newer peer's message. */
static const Pumasi__Sample__Tree *seen_by_older(const Pumasi__Sample__NewerTree *newer,
                                                 struct arena *arena)
{
    ProtobufCAllocator allocator = allocator_of_arena(arena);
    uint8_t bytes[256];
    size_t len = protobuf_c_message_pack(&newer->base, bytes);
    return (Pumasi__Sample__Tree *)protobuf_c_message_unpack(TREE, &allocator, len, bytes);
}

START_TEST(unknown_fields_are_refused_by_number_and_path)
{
    CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
    Pumasi__Sample__NewerTree newer = PUMASI__SAMPLE__NEWER_TREE__INIT;
    Pumasi__Sample__NewerBranch plain = PUMASI__SAMPLE__NEWER_BRANCH__INIT;
    Pumasi__Sample__NewerBranch barked = PUMASI__SAMPLE__NEWER_BRANCH__INIT;
    Pumasi__Sample__NewerBranch *branches[] = {&plain, &barked};
    struct err err = ERR_INIT;

    newer.alive = true;
    newer.n_branches = 2;
    newer.branches = branches;
    ck_assert_int_eq(wire_refuse_unknown(&seen_by_older(&newer, arena)->base, NULL), 0);
    barked.bark = "rough";
    ck_assert_int_eq(wire_refuse_unknown(&seen_by_older(&newer, arena)->base, &err),
                     -(int)ERR_INVALID);
    ck_assert_str_eq(err.text, "branches[1] has a field number 9 that Branch does not know");
    newer.soil = "clay";
    ck_assert_int_eq(wire_refuse_unknown(&seen_by_older(&newer, arena)->base, &err),
                     -(int)ERR_INVALID);
    ck_assert_str_eq(err.text, "the message has a field number 20 that Tree does not know");
    /* who does not ask is not told */
    struct tree tree;
    ck_assert_int_eq(
        wire_record_from_message(&tree_type, &seen_by_older(&newer, arena)->base, &tree, NULL), 0);
    ck_assert(tree.alive && tree.branches.n == 2);
    record_fini(&tree_type, &tree);
}
END_TEST

START_TEST(unknown_fields_are_found_in_the_set_member_of_a_oneof)
{
    Pumasi__Sample__Everything m = PUMASI__SAMPLE__EVERYTHING__INIT;
    Pumasi__Sample__Leaf leaf = PUMASI__SAMPLE__LEAF__INIT;
    ProtobufCMessageUnknownField unknown = {.tag = 77};

    leaf.base.n_unknown_fields = 1;
    leaf.base.unknown_fields = &unknown;
    m.choice_case = PUMASI__SAMPLE__EVERYTHING__CHOICE_NUMBER;
    m.number = 7; /* shares its place with the pointer that is not set */
    ck_assert_int_eq(wire_refuse_unknown(&m.base, NULL), 0);
    m.choice_case = PUMASI__SAMPLE__EVERYTHING__CHOICE_THING;
    m.thing = &leaf;
    struct err err = ERR_INIT;
    ck_assert_int_eq(wire_refuse_unknown(&m.base, &err), -(int)ERR_INVALID);
    ck_assert_str_eq(err.text, "thing has a field number 77 that Leaf does not know");
}
END_TEST

START_TEST(table_and_descriptor_are_compared)
{
    static const struct field short_fields[] = {F_BOOL(struct tree, alive), F_END};
    static const struct record_type short_type = {"tree", sizeof(struct tree), short_fields};
    static const struct field bare_fields[] = {{.name = "branches",
                                                .kind = FIELD_LIST,
                                                .offset = offsetof(struct tree, branches),
                                                .size = sizeof(struct list),
                                                .type = &short_type},
                                               F_END};
    static const struct record_type bare_type = {"tree", sizeof(struct tree), bare_fields};
    static const struct field more_fields[] = {F_U32(struct tree, u32), F_END};
    static const struct record_type more_type = {"tree", sizeof(struct tree), more_fields};
    struct err err = ERR_INIT;

    ck_assert_msg(wire_check(&tree_type, TREE, &err) == 0, "%s", err.text);
    ck_assert_int_lt(wire_check(&short_type, TREE, &err), 0);
    ck_assert_str_eq(err.text, "u32 of pumasi.sample.Tree is not in the table of tree");
    ck_assert_int_lt(wire_check(&short_type, &pumasi__sample__other_tree__descriptor, &err), 0);
    ck_assert_str_eq(err.text, "tree.alive is of another kind in pumasi.sample.OtherTree");
    ck_assert_int_lt(wire_check(&bare_type, TREE, &err), 0);
    ck_assert_str_eq(err.text, "tree.branches: tree.alive is not in pumasi.sample.Branch");
    ck_assert_int_lt(wire_check(&more_type, &pumasi__sample__other_tree__descriptor, &err), 0);
    ck_assert_str_eq(err.text, "tree.u32 is not in pumasi.sample.OtherTree");
}
END_TEST

START_TEST(a_table_that_does_not_fit_aborts)
{
    CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
    struct tree tree = {.u32 = 0};

    fclose(stderr);
    wire_message_from_record(&tree_type, &tree, &pumasi__sample__leaf__descriptor, arena);
}
END_TEST

START_TEST(an_enum_value_without_a_name_aborts)
{
    CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
    struct tree tree = {.colour = (enum colour)9};

    fclose(stderr);
    wire_message_from_record(&tree_type, &tree, TREE, arena);
}
END_TEST

static Suite *wire_suite(void)
{
    Suite *s = suite_create("wire");
    TCase *t = tcase_create("wire");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_record_comes_back_from_its_message);
    tcase_add_test(t, an_absent_message_is_an_empty_one);
    tcase_add_test(t, never_is_zero_on_the_wire);
    tcase_add_test(t, refusals_name_the_path_and_leave_the_record);
    tcase_add_test(t, every_arena_that_is_too_small_is_reported);
    tcase_add_test(t, stored_bytes_are_the_same_each_time_and_come_back);
    tcase_add_test(t, an_empty_record_is_few_bytes);
    tcase_add_test(t, a_buffer_that_is_too_small_becomes_full);
    tcase_add_test(t, bytes_that_would_not_be_written_are_corrupt);
    tcase_add_test(t, too_many_bytes_are_corrupt);
    tcase_add_test(t, small_bytes_that_unpack_to_much_are_refused);
    tcase_add_test(t, spoilt_bytes_never_do_harm);
    tcase_add_test(t, unknown_fields_are_refused_by_number_and_path);
    tcase_add_test(t, unknown_fields_are_found_in_the_set_member_of_a_oneof);
    tcase_add_test(t, table_and_descriptor_are_compared);
    tcase_add_test_raise_signal(t, a_table_that_does_not_fit_aborts, SIGABRT);
    tcase_add_test_raise_signal(t, an_enum_value_without_a_name_aborts, SIGABRT);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(wire_suite)
