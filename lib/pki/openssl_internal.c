/*
 * OpenSSL's errors and its readers and writers of text, in one place. Owns no state; any thread.
 */
#include "lib/pki/openssl_internal.h"

#include "lib/pki/cert.h"

#include <limits.h>
#include <openssl/pem.h>

int openssl_failed(struct err *err, enum err_code code, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return err_set(err, code, "%s: %s", what, reason ? reason : "refused");
}

BIO *openssl_reader(struct span bytes)
{
    ENSURE(bytes.len <= INT_MAX);
    BIO *bio = BIO_new_mem_buf(bytes.len > 0 ? (const void *)bytes.data : "", (int)bytes.len);
    ENSURE(bio);
    return bio;
}

BIO *openssl_writer(void)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    ENSURE(bio);
    return bio;
}

int openssl_append(BIO *writer, struct buf *dst, const char *what, struct err *err)
{
    char *text = NULL;
    long len = BIO_get_mem_data(writer, &text);
    ENSURE(len >= 0);
    buf_append(dst, text, (size_t)len);
    if (dst->full)
        return err_set(err, ERR_LIMIT, "%s: no room in %zu bytes", what, dst->max);
    return 0;
}

int openssl_no_passphrase(char *dst, int size, int writing, void *arg)
{
    (void)dst;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

bool openssl_is_pem(struct span bytes)
{
    static const char mark[] = "-----BEGIN ";
    return bytes.len > 0 && memmem(bytes.data, bytes.len, mark, sizeof(mark) - 1);
}

static bool at_end_of_pem(void)
{
    unsigned long e = ERR_peek_last_error();
    return ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

static X509 *cert_of_der(struct span der)
{
    const unsigned char *at = der.data;
    if (der.len == 0 || der.len > LONG_MAX)
        return NULL;
    X509 *cert = d2i_X509(NULL, &at, (long)der.len);
    if (cert && at != der.data + der.len) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

int openssl_next_cert(BIO *pem, X509 **ret, struct err *err)
{
    unsigned char *der = NULL;
    long len = 0;
    if (PEM_bytes_read_bio(&der, &len, NULL, PEM_STRING_X509, pem, openssl_no_passphrase, NULL) !=
        1) {
        if (!at_end_of_pem())
            return openssl_failed(err, ERR_INVALID, "certificate");
        ERR_clear_error();
        *ret = NULL;
        return 0;
    }
    X509 *cert = cert_of_der(span_of(der, (size_t)len));
    OPENSSL_free(der);
    if (!cert)
        return openssl_failed(err, ERR_INVALID, "certificate");
    *ret = cert;
    return 0;
}

static int first_of_pem(struct span text, X509 **ret, struct err *err)
{
    BIO *pem = openssl_reader(text);
    X509 *cert = NULL;
    int rc = openssl_next_cert(pem, &cert, err);
    BIO_free(pem);
    TRY(rc);
    if (!cert)
        return err_set(err, ERR_INVALID, "certificate: the PEM text holds none");
    *ret = cert;
    return 0;
}

int openssl_cert(struct span pem_or_der, X509 **ret, struct err *err)
{
    if (pem_or_der.len > CERT_CHAIN_MAX)
        return err_set(err, ERR_INVALID, "certificate: above %d bytes", CERT_CHAIN_MAX);
    if (openssl_is_pem(pem_or_der))
        return first_of_pem(pem_or_der, ret, err);
    X509 *cert = cert_of_der(pem_or_der);
    if (!cert)
        return openssl_failed(err, ERR_INVALID, "certificate");
    *ret = cert;
    return 0;
}
