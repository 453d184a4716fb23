/*
 * P-256 keys. A struct key owns its EVP_PKEY, which is never changed after creation; OpenSSL counts
 * references to it, so that several threads may sign with one key.
 *
 * Invariant: a struct key is on P-256 and its two halves belong together, and public_half is the
 * one DER form of its public key.
 */
#include "lib/pki/key_internal.h"

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/pki/digest.h"
#include "lib/pki/openssl_internal.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdlib.h>

#define COORDINATE_BYTES 32
#define POINT_BYTES      (1 + 2 * COORDINATE_BYTES) /* 04, X, Y */
#define POINT_OFFSET     (PUBLIC_KEY_BYTES - POINT_BYTES)
#define KEY_ID_BYTES     8

/* SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING { 04 ‖ X ‖ Y } } up to the 04. */
static const uint8_t spki_head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
_Static_assert(sizeof(spki_head) + 2 * COORDINATE_BYTES == PUBLIC_KEY_BYTES, "one DER form");

static bool is_p256(const EVP_PKEY *pkey)
{
    char group[64] = "";
    return EVP_PKEY_is_a(pkey, "EC") &&
           EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
                                          NULL) == 1 &&
           strcmp(group, SN_X9_62_prime256v1) == 0;
}

static bool coordinate(const EVP_PKEY *pkey, const char *name, uint8_t dst[COORDINATE_BYTES])
{
    BIGNUM *n = NULL;
    bool good = EVP_PKEY_get_bn_param(pkey, name, &n) == 1 &&
                BN_bn2binpad(n, dst, COORDINATE_BYTES) == COORDINATE_BYTES;
    BN_free(n);
    return good;
}

int public_key_from(EVP_PKEY *pkey, struct public_key *ret, struct err *err)
{
    if (!pkey || !is_p256(pkey))
        return openssl_failed(err, ERR_INVALID, "key: not ECDSA on P-256");
    struct public_key key;
    memcpy(key.spki, spki_head, sizeof(spki_head));
    uint8_t *x = key.spki + sizeof(spki_head);
    if (!coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_X, x) ||
        !coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, x + COORDINATE_BYTES))
        return openssl_failed(err, ERR_INVALID, "key: no point");
    *ret = key;
    return 0;
}

EVP_PKEY *public_key_open(const struct public_key *key)
{
    /* Not d2i_PUBKEY(): its search for a decoder costs twice what a verification does. */
    if (memcmp(key->spki, spki_head, sizeof(spki_head)) != 0)
        return NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1,
                               sizeof(SN_X9_62_prime256v1) - 1),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(key->spki + POINT_OFFSET),
                                POINT_BYTES),
        OSSL_PARAM_END,
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;
    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* Takes pkey over, also on failure. */
static int key_take(EVP_PKEY *pkey, struct key **ret, struct err *err)
{
    struct public_key public_half;
    int rc = public_key_from(pkey, &public_half, err);
    if (rc < 0) {
        EVP_PKEY_free(pkey);
        return rc;
    }
    struct key *key = calloc(1, sizeof(*key));
    ENSURE(key);
    key->pkey = pkey;
    key->public_half = public_half;
    *ret = key;
    return 0;
}

int key_generate(struct key **ret, struct err *err)
{
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    if (!pkey)
        return openssl_failed(err, ERR_INTERNAL, "can't make a key");
    return key_take(pkey, ret, err);
}

void key_destroy(struct key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    free(key);
}

/* A SEC 1 file may claim any public half. */
static bool halves_match(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    ENSURE(ctx);
    bool match = is_p256(pkey) && EVP_PKEY_pairwise_check(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    return match;
}

int key_parse(struct span pem, struct key **ret, struct err *err)
{
    if (pem.len > KEY_PEM_MAX)
        return err_set(err, ERR_INVALID, "private key: longer than %d bytes", KEY_PEM_MAX);
    BIO *bio = openssl_reader(pem);
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, openssl_no_passphrase, NULL);
    BIO_free(bio);
    if (!pkey)
        return openssl_failed(err, ERR_INVALID, "private key");
    if (!halves_match(pkey)) {
        EVP_PKEY_free(pkey);
        return openssl_failed(err, ERR_INVALID, "private key: not a key pair on P-256");
    }
    return key_take(pkey, ret, err);
}

int key_format(const struct key *key, struct buf *dst, struct err *err)
{
    BIO *bio = openssl_writer();
    int rc = 0;
    if (PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1)
        rc = openssl_failed(err, ERR_INTERNAL, "can't encode a private key");
    else
        rc = openssl_append(bio, dst, "private key", err);
    BIO_free(bio);
    return rc;
}

static void wipe(struct buf *secret)
{
    explicit_bzero(secret->data, secret->len);
    buf_fini(secret);
}

int key_read(const char *path, struct key **ret, struct err *err)
{
    struct buf pem;
    buf_init(&pem, KEY_PEM_MAX);
    int rc = file_read_private(path, &pem, err);
    if (rc == 0) {
        rc = key_parse(buf_span(&pem), ret, err);
        rc = rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
    }
    wipe(&pem);
    return rc;
}

typedef int (*key_writer_fn)(const char *path, struct span bytes, mode_t mode, struct err *err);

static int key_write_by(key_writer_fn writer, const struct key *key, const char *path,
                        struct err *err)
{
    struct buf pem;
    buf_init(&pem, KEY_PEM_MAX);
    int rc = key_format(key, &pem, err);
    if (rc == 0)
        rc = writer(path, buf_span(&pem), 0600, err);
    wipe(&pem);
    return rc;
}

int key_write(const struct key *key, const char *path, struct err *err)
{
    return key_write_by(file_write, key, path, err);
}

int key_write_new(const struct key *key, const char *path, struct err *err)
{
    return key_write_by(file_write_new, key, path, err);
}

struct public_key key_public(const struct key *key)
{
    return key->public_half;
}

int public_key_decode(struct span der, struct public_key *ret, struct err *err)
{
    if (der.len != PUBLIC_KEY_BYTES)
        return err_set(err, ERR_INVALID, "public key: %zu bytes, not %d", der.len,
                       PUBLIC_KEY_BYTES);
    struct public_key key;
    memcpy(key.spki, der.data, PUBLIC_KEY_BYTES);
    EVP_PKEY *pkey = public_key_open(&key);
    if (!pkey)
        return openssl_failed(err, ERR_INVALID, "public key: not a point on P-256");
    EVP_PKEY_free(pkey);
    *ret = key;
    return 0;
}

int public_key_parse(struct span pem, struct public_key *ret, struct err *err)
{
    if (pem.len > KEY_PEM_MAX)
        return err_set(err, ERR_INVALID, "public key: longer than %d bytes", KEY_PEM_MAX);
    BIO *bio = openssl_reader(pem);
    EVP_PKEY *pkey = PEM_read_bio_PUBKEY(bio, NULL, openssl_no_passphrase, NULL);
    BIO_free(bio);
    if (!pkey)
        return openssl_failed(err, ERR_INVALID, "public key");
    int rc = public_key_from(pkey, ret, err);
    EVP_PKEY_free(pkey);
    return rc;
}

int public_key_format(const struct public_key *key, struct buf *dst, struct err *err)
{
    BIO *bio = openssl_writer();
    int rc = 0;
    if (PEM_write_bio(bio, PEM_STRING_PUBLIC, "", key->spki, PUBLIC_KEY_BYTES) <= 0)
        rc = openssl_failed(err, ERR_INTERNAL, "can't encode a public key");
    else
        rc = openssl_append(bio, dst, "public key", err);
    BIO_free(bio);
    return rc;
}

struct id public_key_id(const struct public_key *key)
{
    uint8_t digest[DIGEST_BYTES];
    digest_sha256(public_key_span(key), digest);
    struct id id = ID_NONE;
    text_hex(id.text, digest, KEY_ID_BYTES);
    return id;
}
