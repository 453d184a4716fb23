/*
 * Certificate requests: an empty subject, the key and the proof of holding it. No state.
 */
#include "lib/pki/csr.h"

#include "lib/pki/key_internal.h"
#include "lib/pki/openssl_internal.h"

#include <limits.h>
#include <openssl/pem.h>

int csr_create(const struct key *key, struct buf *dst, struct err *err)
{
    X509_REQ *req = X509_REQ_new();
    BIO *bio = openssl_writer();
    ENSURE(req);
    int rc = 0;
    if (X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
        X509_REQ_set_pubkey(req, key->pkey) != 1 ||
        X509_REQ_sign(req, key->pkey, EVP_sha256()) <= 0 || PEM_write_bio_X509_REQ(bio, req) != 1)
        rc = openssl_failed(err, ERR_INTERNAL, "can't make a certificate request");
    else
        rc = openssl_append(bio, dst, "certificate request", err);
    BIO_free(bio);
    X509_REQ_free(req);
    return rc;
}

static X509_REQ *read_pem(struct span text)
{
    BIO *bio = openssl_reader(text);
    X509_REQ *req = PEM_read_bio_X509_REQ(bio, NULL, openssl_no_passphrase, NULL);
    BIO_free(bio);
    return req;
}

static X509_REQ *read_der(struct span der)
{
    const unsigned char *at = der.data;
    X509_REQ *req = der.len > 0 ? d2i_X509_REQ(NULL, &at, (long)der.len) : NULL;
    if (req && at != der.data + der.len) {
        X509_REQ_free(req);
        return NULL;
    }
    return req;
}

static int check_possession(X509_REQ *req, struct public_key *ret, struct err *err)
{
    EVP_PKEY *pkey = X509_REQ_get0_pubkey(req);
    struct public_key key;
    TRY(public_key_from(pkey, &key, err));
    if (X509_REQ_get_signature_nid(req) != NID_ecdsa_with_SHA256)
        return err_set(err, ERR_VERIFICATION, "certificate request: not signed by ECDSA-SHA256");
    if (X509_REQ_verify(req, pkey) != 1)
        return openssl_failed(err, ERR_VERIFICATION,
                              "certificate request: not signed by the key in it");
    *ret = key;
    return 0;
}

int csr_parse(struct span pem_or_der, struct public_key *ret, struct err *err)
{
    if (pem_or_der.len > CSR_PEM_MAX)
        return err_set(err, ERR_INVALID, "certificate request: longer than %d bytes", CSR_PEM_MAX);
    X509_REQ *req = openssl_is_pem(pem_or_der) ? read_pem(pem_or_der) : read_der(pem_or_der);
    if (!req)
        return openssl_failed(err, ERR_INVALID, "certificate request");
    int rc = check_possession(req, ret, err);
    X509_REQ_free(req);
    return rc;
}
