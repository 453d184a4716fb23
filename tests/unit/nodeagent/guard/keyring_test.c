/* The keys that a node believes. */
#include "nodeagent/guard/keyring.h"

#include "lib/base/file.h"
#include "lib/pki/sign.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[32];
static struct key *key;

static void setup(void)
{
    memcpy(dir, "/tmp/keyring-XXXXXX", 20);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(key_generate(&key, NULL), 0);
}

static void teardown(void)
{
    char command[64];
    for (int i = 0; i <= KEYRING_MAX; i++) {
        (void)snprintf(command, sizeof command, "%s/%d.pem", dir, i);
        (void)unlink(command);
    }
    (void)snprintf(command, sizeof command, "%s/notes.txt", dir);
    (void)unlink(command);
    (void)rmdir(dir);
    key_destroy(key);
}

static void write_file(const char *name, const char *text)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    ck_assert_int_eq(file_write(path, span_text(text), 0600, NULL), 0);
}

static void write_key(const char *name)
{
    CLEANUP_BUF struct buf pem;
    struct public_key public = key_public(key);
    buf_init(&pem, KEY_PEM_MAX);
    ck_assert_int_eq(public_key_format(&public, &pem, NULL), 0);
    write_file(name, pem.data);
}

START_TEST(a_signature_is_checked_under_the_key_of_its_id)
{
    struct keyring ring;
    struct signature s;
    struct public_key public = key_public(key);
    struct id id = public_key_id(&public), other = id_literal("0000000000000000");
    write_key("0.pem");
    write_file("notes.txt", "no key at all");
    ck_assert_int_eq(keyring_load(dir, &ring, NULL), 0);
    ck_assert_uint_eq(ring.count, 1);
    ck_assert_int_eq(sign_bytes(key, span_text("bytes"), &s, NULL), 0);
    ck_assert_int_eq(keyring_verify(&ring, &id, span_text("bytes"), signature_span(&s), NULL), 0);
    ck_assert_int_eq(keyring_verify(&ring, &id, span_text("bytez"), signature_span(&s), NULL),
                     -ERR_VERIFICATION);
    ck_assert_int_eq(keyring_verify(&ring, &other, span_text("bytes"), signature_span(&s), NULL),
                     -ERR_VERIFICATION);
    ck_assert_int_eq(keyring_verify(&ring, &id, span_text("bytes"), span_of(NULL, 0), NULL),
                     -ERR_VERIFICATION);
}
END_TEST

START_TEST(an_empty_directory_believes_nothing)
{
    struct keyring ring;
    struct id id = id_literal("0000000000000000");
    ck_assert_int_eq(keyring_load(dir, &ring, NULL), 0);
    ck_assert_uint_eq(ring.count, 0);
    ck_assert_int_eq(keyring_verify(&ring, &id, span_text("x"), span_text("y"), NULL),
                     -ERR_VERIFICATION);
}
END_TEST

START_TEST(a_file_that_is_no_key_is_refused_by_name)
{
    struct keyring ring;
    struct err err = ERR_INIT;
    write_file("0.pem", "not a key");
    ck_assert_int_eq(keyring_load(dir, &ring, &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "0.pem"));
    ck_assert_int_eq(keyring_load("/no/such/place", &ring, NULL), -ERR_NOT_FOUND);
}
END_TEST

START_TEST(there_are_at_most_so_many)
{
    char name[16];
    struct keyring ring;
    for (int i = 0; i <= KEYRING_MAX; i++) {
        (void)snprintf(name, sizeof name, "%d.pem", i);
        write_key(name);
    }
    ck_assert_int_eq(keyring_load(dir, &ring, NULL), -ERR_LIMIT);
}
END_TEST

static Suite *keyring_suite(void)
{
    Suite *suite = suite_create("keyring");
    TCase *tc = tcase_create("keyring");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_signature_is_checked_under_the_key_of_its_id);
    tcase_add_test(tc, an_empty_directory_believes_nothing);
    tcase_add_test(tc, a_file_that_is_no_key_is_refused_by_name);
    tcase_add_test(tc, there_are_at_most_so_many);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(keyring_suite)
