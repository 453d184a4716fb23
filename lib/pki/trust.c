/*
 * Whom to believe. A trust owns a store of root certificates that never changes after creation;
 * each check has a context of its own, so that threads share nothing but the store's lock.
 *
 * Invariant: *ret is written by one line, after OpenSSL has verified the chain and we have read the
 * leaf and found the use stated in it.
 */
#include "lib/pki/trust.h"

#include "lib/pki/cert_internal.h"

#include <openssl/x509v3.h>
#include <stdlib.h>

#define SECURITY_LEVEL 2 /* OpenSSL's: 112 bits, so no SHA-1 and no short RSA */

struct trust {
    X509_STORE *store;
};

static int add_root(X509_STORE *store, X509 *root, struct err *err)
{
    if (X509_check_purpose(root, -1, 0) != 1 || X509_check_ca(root) != 1 ||
        X509_self_signed(root, 1) != 1)
        return openssl_failed(err, ERR_INVALID, "root certificate: no self-signed CA");
    if (X509_STORE_add_cert(store, root) != 1)
        return openssl_failed(err, ERR_INVALID, "root certificate");
    return 0;
}

/* Adds all certificates of the text to the store. */
static int add_roots(X509_STORE *store, BIO *pem, struct err *err)
{
    for (int count = 0;; count++) {
        X509 *root = NULL;
        TRY(openssl_next_cert(pem, &root, err));
        if (!root && count == 0)
            return err_set(err, ERR_INVALID, "root certificates: the PEM text holds none");
        if (!root)
            return 0;
        int rc = count < TRUST_ROOTS_MAX
                     ? add_root(store, root, err)
                     : err_set(err, ERR_INVALID, "root certificates: above %d", TRUST_ROOTS_MAX);
        X509_free(root);
        TRY(rc);
    }
}

int trust_create(struct span roots_pem, struct trust **ret, struct err *err)
{
    if (roots_pem.len > TRUST_ROOTS_MAX * CERT_PEM_MAX)
        return err_set(err, ERR_INVALID, "root certificates: above %d bytes",
                       TRUST_ROOTS_MAX * CERT_PEM_MAX);
    X509_STORE *store = X509_STORE_new();
    ENSURE(store);
    BIO *pem = openssl_reader(roots_pem);
    int rc = add_roots(store, pem, err);
    BIO_free(pem);
    if (rc < 0) {
        X509_STORE_free(store);
        return rc;
    }
    struct trust *t = calloc(1, sizeof(*t));
    ENSURE(t);
    t->store = store;
    *ret = t;
    return 0;
}

void trust_destroy(struct trust *t)
{
    if (!t)
        return;
    X509_STORE_free(t->store);
    free(t);
}

/* What a peer presented. */
struct chain {
    X509 *leaf;
    STACK_OF(X509) * authorities;
};

static void chain_fini(struct chain *chain)
{
    X509_free(chain->leaf);
    sk_X509_pop_free(chain->authorities, X509_free);
}

static int read_authorities(BIO *pem, struct chain *chain, struct err *err)
{
    for (;;) {
        X509 *next = NULL;
        TRY(openssl_next_cert(pem, &next, err));
        if (!next)
            return 0;
        ENSURE(sk_X509_push(chain->authorities, next) > 0);
        if (sk_X509_num(chain->authorities) > TRUST_INTERMEDIATES_MAX)
            return err_set(err, ERR_VERIFICATION, "certificate: more than %d authorities behind it",
                           TRUST_INTERMEDIATES_MAX);
    }
}

static int read_pem_chain(struct span text, struct chain *chain, struct err *err)
{
    BIO *pem = openssl_reader(text);
    int rc = openssl_next_cert(pem, &chain->leaf, err);
    if (rc == 0)
        rc = read_authorities(pem, chain, err);
    BIO_free(pem);
    TRY(rc);
    if (!chain->leaf)
        return err_set(err, ERR_INVALID, "certificate: the PEM text holds none");
    return 0;
}

/* chain is to be finished by the caller, also on failure. */
static int read_chain(struct span bytes, struct chain *chain, struct err *err)
{
    if (bytes.len <= CERT_CHAIN_MAX && openssl_is_pem(bytes))
        return read_pem_chain(bytes, chain, err);
    return openssl_cert(bytes, &chain->leaf, err);
}

static bool wish_host(X509_VERIFY_PARAM *param, const char *host)
{
    if (!host)
        return true;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                               X509_CHECK_FLAG_NO_WILDCARDS);
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
    ERR_clear_error();
    if (!address) /* an empty name would switch the check off */
        return host[0] != '\0' && X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
    bool set = X509_VERIFY_PARAM_set1_ip(param, ASN1_STRING_get0_data(address),
                                         (size_t)ASN1_STRING_length(address)) == 1;
    ASN1_OCTET_STRING_free(address);
    return set;
}

static bool set_wish(X509_STORE_CTX *ctx, const struct trust_wish *wish)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    int purpose = wish->use == CERT_SERVER ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT;
    X509_VERIFY_PARAM_set_time(param, wish->at.s);
    X509_VERIFY_PARAM_set_depth(param, TRUST_INTERMEDIATES_MAX);
    X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
    return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT) == 1 &&
           X509_VERIFY_PARAM_set_purpose(param, purpose) == 1 && wish_host(param, wish->host);
}

static int verify(const struct trust *t, const struct chain *chain, const struct trust_wish *wish,
                  struct err *err)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    ENSURE(ctx);
    int rc = -ERR_VERIFICATION;
    if (X509_STORE_CTX_init(ctx, t->store, chain->leaf, chain->authorities) != 1 ||
        !set_wish(ctx, wish))
        rc = openssl_failed(err, ERR_VERIFICATION, "certificate: can't be checked");
    else if (X509_verify_cert(ctx) == 1)
        rc = 0;
    else
        rc = err_set(err, ERR_VERIFICATION, "certificate: %s",
                     X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    X509_STORE_CTX_free(ctx);
    ERR_clear_error();
    return rc;
}

static int check_chain(const struct trust *t, const struct chain *chain,
                       const struct trust_wish *wish, struct cert *ret, struct err *err)
{
    struct cert cert;
    TRY(cert_from(chain->leaf, &cert, err));
    TRY(verify(t, chain, wish, err));
    if (!(cert.uses & wish->use))
        return err_set(err, ERR_VERIFICATION, "certificate: not issued for %s",
                       wish->use == CERT_SERVER ? "a server" : "a client");
    *ret = cert;
    return 0;
}

int trust_check(const struct trust *t, struct span chain_bytes, const struct trust_wish *wish,
                struct cert *ret, struct err *err)
{
    ENSURE(wish->use == CERT_CLIENT || wish->use == CERT_SERVER);
    struct chain chain = {.leaf = NULL, .authorities = sk_X509_new_null()};
    ENSURE(chain.authorities);
    int rc = read_chain(chain_bytes, &chain, err);
    if (rc == 0)
        rc = check_chain(t, &chain, wish, ret, err);
    chain_fini(&chain);
    return rc;
}
