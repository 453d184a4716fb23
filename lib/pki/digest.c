/*
 * SHA-256 and HMAC-SHA-256. A hasher owns one OpenSSL context, which fetches the algorithm once.
 * Nothing secret is kept between calls.
 */
#include "lib/pki/digest.h"

#include "lib/base/err.h"
#include "lib/pki/openssl_internal.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

struct hasher {
    EVP_MD_CTX *ctx; /* always started */
};

void digest_sha256(struct span bytes, uint8_t ret[DIGEST_BYTES])
{
    unsigned len = 0;
    ENSURE(EVP_Digest(bytes.data, bytes.len, ret, &len, EVP_sha256(), NULL) == 1);
    ENSURE(len == DIGEST_BYTES);
}

void digest_hmac_sha256(struct span key, struct span bytes, uint8_t ret[DIGEST_BYTES])
{
    unsigned len = 0;
    ENSURE(key.len <= INT_MAX);
    ENSURE(HMAC(EVP_sha256(), key.data, (int)key.len, bytes.data, bytes.len, ret, &len));
    ENSURE(len == DIGEST_BYTES);
}

bool digest_equal(const uint8_t a[DIGEST_BYTES], const uint8_t b[DIGEST_BYTES])
{
    return CRYPTO_memcmp(a, b, DIGEST_BYTES) == 0;
}

struct hasher *hasher_create(void)
{
    struct hasher *h = calloc(1, sizeof(*h));
    ENSURE(h);
    h->ctx = EVP_MD_CTX_new();
    ENSURE(h->ctx);
    ENSURE(EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) == 1);
    return h;
}

void hasher_destroy(struct hasher *h)
{
    if (!h)
        return;
    EVP_MD_CTX_free(h->ctx);
    free(h);
}

void hasher_update(struct hasher *h, struct span bytes)
{
    ENSURE(EVP_DigestUpdate(h->ctx, bytes.data, bytes.len) == 1);
}

void hasher_finish(struct hasher *h, uint8_t ret[DIGEST_BYTES])
{
    unsigned len = 0;
    ENSURE(EVP_DigestFinal_ex(h->ctx, ret, &len) == 1);
    ENSURE(len == DIGEST_BYTES);
    ENSURE(EVP_DigestInit_ex(h->ctx, NULL, NULL) == 1);
}
