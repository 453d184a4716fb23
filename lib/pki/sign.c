/*
 * ECDSA signatures. No state; a context lives for one call. Verification has one success, OpenSSL's
 * 1, and every other outcome is a refusal.
 */
#include "lib/pki/sign.h"

#include "lib/pki/key_internal.h"
#include "lib/pki/openssl_internal.h"

int sign_bytes(const struct key *key, struct span bytes, struct signature *ret, struct err *err)
{
    struct signature s = {.len = 0};
    size_t len = sizeof(s.data);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool signed_ = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
                   EVP_DigestSign(ctx, s.data, &len, bytes.data, bytes.len) == 1;
    EVP_MD_CTX_free(ctx);
    if (!signed_)
        return openssl_failed(err, ERR_INTERNAL, "can't sign");
    ENSURE(len > 0 && len <= sizeof(s.data));
    s.len = (uint32_t)len;
    *ret = s;
    return 0;
}

static bool is_signed(EVP_PKEY *pkey, struct span bytes, struct span signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
                EVP_DigestVerify(ctx, signature.data, signature.len, bytes.data, bytes.len) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

int sign_verify(const struct public_key *key, struct span bytes, struct span signature,
                struct err *err)
{
    if (signature.len == 0 || signature.len > SIGNATURE_MAX)
        return err_set(err, ERR_VERIFICATION, "signature: %zu bytes, not 1..%d", signature.len,
                       SIGNATURE_MAX);
    EVP_PKEY *pkey = public_key_open(key);
    if (!pkey)
        return openssl_failed(err, ERR_VERIFICATION, "signature: its key is no point on P-256");
    bool good = is_signed(pkey, bytes, signature);
    EVP_PKEY_free(pkey);
    if (!good)
        return openssl_failed(err, ERR_VERIFICATION, "signature: not of these bytes by this key");
    return 0;
}
