/* lib/merkle: the published vectors of RFC 6962's first implementation, and every proof of every
 * small tree. */
#include "lib/merkle/tree.h"

#include "lib/base/text.h"
#include "tests/support/suite.h"

static const struct {
    const char *entry; /* hexadecimal */
    const char *root;  /* of the tree up to here */
} vectors[] = {
    {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"606162636465666768696a6b6c6d6e6f",
     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};
#define VECTORS (sizeof vectors / sizeof vectors[0])

static struct hasher *hasher;
static struct merkle_tree *tree;

static void setup(void)
{
    hasher = hasher_create();
    tree = merkle_tree_create();
}

static void teardown(void)
{
    hasher_destroy(hasher);
    merkle_tree_destroy(tree);
}

static void check_hash(struct merkle_hash got, const char *want)
{
    char text[DIGEST_TEXT_CAP];
    text_hex(text, got.bytes, DIGEST_BYTES);
    ck_assert_str_eq(text, want);
}

static struct merkle_hash leaf_of(const char *hex)
{
    uint8_t bytes[32];
    size_t n = strlen(hex) / 2;
    ck_assert_int_eq(text_unhex(span_text(hex), bytes, n, NULL), 0);
    return merkle_leaf(hasher, span_of(bytes, n));
}

static struct merkle_hash leaf_number(uint32_t i)
{
    return merkle_leaf(hasher, span_of(&i, sizeof i));
}

static void grow(uint64_t size)
{
    while (merkle_tree_size(tree) < size) {
        struct merkle_hash leaf = leaf_number((uint32_t)merkle_tree_size(tree));
        merkle_tree_append(tree, &leaf);
    }
}

START_TEST(the_empty_tree_is_the_hash_of_nothing)
{
    struct merkle_frontier f = {.size = 0};
    check_hash(merkle_tree_root(tree, 0),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ck_assert(merkle_frontier_equal(&f, &(struct merkle_frontier){.size = 0}));
    check_hash(merkle_frontier_root(&f, hasher),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

START_TEST(tree_and_frontier_have_the_published_roots)
{
    struct merkle_frontier f = {.size = 0};
    for (size_t i = 0; i < VECTORS; i++) {
        struct merkle_hash leaf = leaf_of(vectors[i].entry);
        merkle_tree_append(tree, &leaf);
        merkle_frontier_append(&f, hasher, &leaf);
        check_hash(merkle_frontier_root(&f, hasher), vectors[i].root);
        struct merkle_hash kept = merkle_tree_leaf(tree, i);
        ck_assert(merkle_hash_equal(&kept, &leaf));
    }
    for (size_t i = 0; i < VECTORS; i++)
        check_hash(merkle_tree_root(tree, i + 1), vectors[i].root);
}
END_TEST

START_TEST(proofs_have_the_published_paths)
{
    static const char *const inclusion[] = {
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"};
    static const char *const consistency[] = {
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"};
    struct merkle_proof proof;
    for (size_t i = 0; i < VECTORS; i++) {
        struct merkle_hash leaf = leaf_of(vectors[i].entry);
        merkle_tree_append(tree, &leaf);
    }
    merkle_tree_prove_inclusion(tree, 0, 8, &proof);
    ck_assert_uint_eq(proof.n, 3);
    for (int i = 0; i < 3; i++)
        check_hash(proof.path[i], inclusion[i]);
    merkle_tree_prove_consistency(tree, 6, 8, &proof);
    ck_assert_uint_eq(proof.n, 3);
    for (int i = 0; i < 3; i++)
        check_hash(proof.path[i], consistency[i]);
}
END_TEST

#define SMALL 40

START_TEST(every_inclusion_of_every_small_tree_verifies_and_nothing_else_does)
{
    grow(SMALL);
    for (uint64_t size = 1; size <= SMALL; size++) {
        struct merkle_hash root = merkle_tree_root(tree, size);
        for (uint64_t i = 0; i < size; i++) {
            struct merkle_proof proof;
            struct merkle_hash leaf = merkle_tree_leaf(tree, i);
            struct merkle_hash other = leaf_number(1000);
            merkle_tree_prove_inclusion(tree, i, size, &proof);
            ck_assert_int_eq(merkle_verify_inclusion(&proof, i, size, &leaf, &root, NULL), 0);
            ck_assert_int_eq(merkle_verify_inclusion(&proof, i, size, &other, &root, NULL),
                             -ERR_VERIFICATION);
            if (i + 1 < size)
                ck_assert_int_eq(merkle_verify_inclusion(&proof, i + 1, size, &leaf, &root, NULL),
                                 -ERR_VERIFICATION);
            proof.path[proof.n++] = other;
            ck_assert_int_eq(merkle_verify_inclusion(&proof, i, size, &leaf, &root, NULL),
                             -ERR_VERIFICATION);
        }
    }
}
END_TEST

static void check_consistency(uint64_t from, uint64_t to)
{
    struct merkle_proof proof;
    struct merkle_hash old = merkle_tree_root(tree, from);
    struct merkle_hash new = merkle_tree_root(tree, to);
    struct merkle_hash other = leaf_number(1000);
    merkle_tree_prove_consistency(tree, from, to, &proof);
    ck_assert_int_eq(merkle_verify_consistency(&proof, from, to, &old, &new, NULL), 0);
    if (from > 0)
        ck_assert_int_eq(merkle_verify_consistency(&proof, from, to, &other, &new, NULL),
                         -ERR_VERIFICATION);
    if (from > 0 && from < to)
        ck_assert_int_eq(merkle_verify_consistency(&proof, from, to, &old, &other, NULL),
                         -ERR_VERIFICATION);
    for (uint32_t i = 0; i < proof.n; i++) {
        proof.path[i].bytes[i % DIGEST_BYTES] ^= 1;
        ck_assert_int_eq(merkle_verify_consistency(&proof, from, to, &old, &new, NULL),
                         -ERR_VERIFICATION);
        proof.path[i].bytes[i % DIGEST_BYTES] ^= 1;
    }
    if (proof.n > 0) {
        proof.n--;
        ck_assert_int_eq(merkle_verify_consistency(&proof, from, to, &old, &new, NULL),
                         -ERR_VERIFICATION);
    }
}

START_TEST(every_consistency_of_every_small_tree_verifies_and_nothing_else_does)
{
    grow(SMALL);
    for (uint64_t to = 0; to <= SMALL; to++)
        for (uint64_t from = 0; from <= to; from++)
            check_consistency(from, to);
}
END_TEST

START_TEST(a_log_that_became_shorter_is_refused)
{
    struct merkle_proof proof = {.n = 0};
    struct merkle_hash root = leaf_number(1);
    struct err err = ERR_INIT;
    ck_assert_int_eq(merkle_verify_consistency(&proof, 5, 4, &root, &root, &err),
                     -ERR_VERIFICATION);
    ck_assert_str_eq(err.text, "consistency proof: the log became shorter");
}
END_TEST

START_TEST(paths_of_absurd_length_are_refused)
{
    struct merkle_proof proof = {.n = UINT32_MAX};
    struct merkle_hash root = leaf_number(1);
    ck_assert_int_eq(merkle_verify_inclusion(&proof, 0, 8, &root, &root, NULL), -ERR_VERIFICATION);
    ck_assert_int_eq(merkle_verify_inclusion(&proof, 8, 8, &root, &root, NULL), -ERR_VERIFICATION);
    proof.n = MERKLE_PATH_MAX;
    ck_assert_int_eq(merkle_verify_consistency(&proof, 4, 9, &root, &root, NULL),
                     -ERR_VERIFICATION);
    ck_assert_int_eq(merkle_verify_consistency(&proof, 0, 9, &root, &root, NULL),
                     -ERR_VERIFICATION);
}
END_TEST

START_TEST(a_frontier_of_any_size_grows_on_to_the_same_root)
{
    grow(SMALL);
    for (uint64_t size = 0; size <= SMALL; size++) {
        struct merkle_frontier f = merkle_tree_frontier(tree, size);
        for (uint64_t i = size; i < SMALL; i++) {
            struct merkle_hash leaf = merkle_tree_leaf(tree, i);
            merkle_frontier_append(&f, hasher, &leaf);
        }
        struct merkle_frontier all = merkle_tree_frontier(tree, SMALL);
        ck_assert(merkle_frontier_equal(&f, &all));
    }
}
END_TEST

static Suite *tree_suite(void)
{
    Suite *s = suite_create("merkle/tree");
    TCase *c = tcase_create("tree");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, the_empty_tree_is_the_hash_of_nothing);
    tcase_add_test(c, tree_and_frontier_have_the_published_roots);
    tcase_add_test(c, proofs_have_the_published_paths);
    tcase_add_test(c, every_inclusion_of_every_small_tree_verifies_and_nothing_else_does);
    tcase_add_test(c, every_consistency_of_every_small_tree_verifies_and_nothing_else_does);
    tcase_add_test(c, a_log_that_became_shorter_is_refused);
    tcase_add_test(c, paths_of_absurd_length_are_refused);
    tcase_add_test(c, a_frontier_of_any_size_grows_on_to_the_same_root);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(tree_suite)
