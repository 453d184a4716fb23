/*
 * What a certificate says. No state. What is read here may come from anyone: nothing is taken for
 * granted that OpenSSL's decoder has not checked.
 */
#include "lib/pki/cert_internal.h"

#include "lib/base/text.h"
#include "lib/pki/key_internal.h"

#include <openssl/x509v3.h>
#include <time.h>

/* The one URI among the names. Borrowed from names. */
static int find_uri(const GENERAL_NAMES *names, struct span *ret, struct err *err)
{
    int found = 0;
    struct span uri = {0};
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_URI)
            continue;
        const ASN1_IA5STRING *text = name->d.uniformResourceIdentifier;
        uri = span_of(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
        found++;
    }
    if (found != 1)
        return err_set(err, ERR_INVALID, "%d URI names, not one", found);
    *ret = uri;
    return 0;
}

static int read_subject(const X509 *x, struct identity *ret, struct err *err)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    if (!names)
        return openssl_failed(err, ERR_INVALID, "certificate: no alternative names");
    struct span uri;
    int rc = find_uri(names, &uri, err);
    if (rc == 0)
        rc = identity_parse(uri, ret, err);
    GENERAL_NAMES_free(names);
    return rc < 0 ? err_prefix(err, rc, "certificate") : 0;
}

static int read_serial(const X509 *x, char dst[CERT_SERIAL_CAP], struct err *err)
{
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
    uint8_t bytes[CERT_SERIAL_BYTES];
    bool fits = n && !BN_is_negative(n) && BN_bn2binpad(n, bytes, sizeof(bytes)) > 0;
    BN_free(n);
    if (!fits)
        return openssl_failed(err, ERR_INVALID, "certificate: serial number not of 128 bits");
    text_hex(dst, bytes, sizeof(bytes));
    return 0;
}

static int read_instant(const ASN1_TIME *t, struct instant *ret, struct err *err)
{
    struct tm tm;
    if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
        return openssl_failed(err, ERR_INVALID, "certificate: validity");
    int64_t s = timegm(&tm);
    if (s < INSTANT_MIN_S || s > INSTANT_MAX_S)
        return err_set(err, ERR_INVALID, "certificate: valid before 1970 or after 9999");
    *ret = (struct instant){s};
    return 0;
}

int cert_validity(const X509 *x, struct window *ret, struct err *err)
{
    struct window valid;
    TRY(read_instant(X509_get0_notBefore(x), &valid.from, err));
    TRY(read_instant(X509_get0_notAfter(x), &valid.to, err));
    *ret = valid;
    return 0;
}

/* No statement about its use is no permission; OpenSSL takes it for any use. */
static unsigned read_uses(X509 *x)
{
    uint32_t eku = X509_get_extended_key_usage(x);
    if (eku == UINT32_MAX)
        return 0;
    return (eku & XKU_SSL_CLIENT ? CERT_CLIENT : 0) | (eku & XKU_SSL_SERVER ? CERT_SERVER : 0);
}

int cert_from(X509 *x, struct cert *ret, struct err *err)
{
    struct cert cert;
    memset(&cert, 0, sizeof(cert));
    if (X509_check_purpose(x, -1, 0) != 1) /* decodes the extensions */
        return openssl_failed(err, ERR_INVALID, "certificate: malformed extension");
    if (X509_check_ca(x) != 0)
        return err_set(err, ERR_INVALID, "certificate: an authority's own, not a member's");
    TRY(read_subject(x, &cert.subject, err));
    TRY(public_key_from(X509_get0_pubkey(x), &cert.key, err));
    TRY(read_serial(x, cert.serial, err));
    TRY(cert_validity(x, &cert.valid, err));
    cert.key_id = public_key_id(&cert.key);
    cert.uses = read_uses(x);
    *ret = cert;
    return 0;
}

int cert_parse(struct span pem_or_der, struct cert *ret, struct err *err)
{
    X509 *x = NULL;
    TRY(openssl_cert(pem_or_der, &x, err));
    int rc = cert_from(x, ret, err);
    X509_free(x);
    return rc;
}

bool cert_due(const struct cert *cert, struct instant now)
{
    int64_t life = cert->valid.to.s - cert->valid.from.s;
    return now.s >= cert->valid.from.s + life / 2;
}
