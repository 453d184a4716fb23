/* lib/wire/allocator.h: protobuf-c under a cap. */
#include "lib/wire/allocator.h"
#include "tests/support/proto/sample.pb-c.h"
#include "tests/support/suite.h"

START_TEST(unpacking_fails_at_every_limit_until_one_suffices)
{
    Pumasi__Sample__Leaf leaf = PUMASI__SAMPLE__LEAF__INIT;
    Pumasi__Sample__Leaf *leaves[] = {&leaf, &leaf, &leaf};
    Pumasi__Sample__Branch branch = PUMASI__SAMPLE__BRANCH__INIT;
    uint8_t bytes[128];
    size_t limit = 0;

    leaf.id = "leaf";
    branch.name = "branch";
    branch.n_leaves = 3;
    branch.leaves = leaves;
    size_t len = protobuf_c_message_pack(&branch.base, bytes);
    for (;; limit += 16) {
        CLEANUP_ARENA struct arena *arena = arena_create(limit);
        ProtobufCAllocator allocator = allocator_of_arena(arena);
        Pumasi__Sample__Branch *back = pumasi__sample__branch__unpack(&allocator, len, bytes);
        if (!back)
            continue;
        ck_assert_uint_eq(back->n_leaves, 3);
        ck_assert_str_eq(back->leaves[2]->id, "leaf");
        pumasi__sample__branch__free_unpacked(back, &allocator); /* does nothing, harmlessly */
        break;
    }
    ck_assert_uint_gt(limit, len);
}
END_TEST

static Suite *allocator_suite(void)
{
    Suite *s = suite_create("allocator");
    TCase *t = tcase_create("allocator");

    tcase_add_test(t, unpacking_fails_at_every_limit_until_one_suffices);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(allocator_suite)
