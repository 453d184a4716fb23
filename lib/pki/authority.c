/*
 * Certificate authorities. An authority owns a reference to its certificate and one to its key;
 * neither changes after authority_open().
 *
 * Invariants: certificate and key belong together; `organisation` is the one to whose names the
 * certificate's own constraints bind it, or none; nothing is signed that breaks the rules of the
 * header, so that trust_check() accepts what is issued here.
 */
#include "lib/pki/authority.h"

#include "lib/pki/altname_internal.h"
#include "lib/pki/cert_internal.h"
#include "lib/pki/key_internal.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

struct authority {
    X509 *cert;
    EVP_PKEY *key;
    struct window valid;
    struct id organisation;
    bool root;
};

/* One extension in OpenSSL's own notation. value holds nothing that came from outside unchecked. */
struct extension {
    int nid;
    const char *value;
};

/* Who signs: for a root its own certificate and key. */
struct signer {
    X509 *cert;
    EVP_PKEY *key;
};

void authority_serial(const struct env *env, uint8_t ret[CERT_SERIAL_BYTES])
{
    env->random(env->world, ret, CERT_SERIAL_BYTES);
    ret[CERT_SERIAL_BYTES - 1] |= 1; /* zero is no serial number */
}

static int check_validity(struct window valid, struct err *err)
{
    if (window_empty(valid) || valid.from.s < INSTANT_MIN_S || valid.to.s > INSTANT_MAX_S)
        return err_set(err, ERR_INVALID, "validity: empty, or not between 1970 and 9999");
    return 0;
}

static int check_serial(const uint8_t serial[CERT_SERIAL_BYTES], struct err *err)
{
    static const uint8_t zero[CERT_SERIAL_BYTES];
    if (memcmp(serial, zero, sizeof(zero)) == 0)
        return err_set(err, ERR_INVALID, "serial number: zero");
    return 0;
}

static int check_inside(const struct authority *a, struct window valid, struct err *err)
{
    TRY(check_validity(valid, err));
    if (window_covers(a->valid, valid))
        return 0;
    char from[INSTANT_TEXT_CAP], to[INSTANT_TEXT_CAP];
    return err_set(err, ERR_INVALID, "validity: the authority's own is %s to %s",
                   instant_format(a->valid.from, from), instant_format(a->valid.to, to));
}

static bool set_serial(X509 *x, const uint8_t serial[CERT_SERIAL_BYTES])
{
    BIGNUM *n = BN_bin2bn(serial, CERT_SERIAL_BYTES, NULL);
    bool set = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
    BN_free(n);
    return set;
}

static bool add_name(X509_NAME *name, const char *field, const char *text)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)text, -1,
                                      -1, 0) == 1;
}

static bool add_extensions(X509 *x, X509 *issuer, const struct extension *list)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    for (; list->value; list++) {
        X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, list->nid, list->value);
        bool added = ext && X509_add_ext(x, ext, -1) == 1;
        X509_EXTENSION_free(ext);
        if (!added)
            return false;
    }
    return true;
}

/* A certificate with all but names and extensions. NULL: OpenSSL refused. */
static X509 *blank(EVP_PKEY *key, struct window valid, const uint8_t serial[CERT_SERIAL_BYTES])
{
    X509 *x = X509_new();
    ENSURE(x);
    if (X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x, serial) &&
        ASN1_TIME_set(X509_getm_notBefore(x), valid.from.s) &&
        ASN1_TIME_set(X509_getm_notAfter(x), valid.to.s) && X509_set_pubkey(x, key) == 1)
        return x;
    X509_free(x);
    return NULL;
}

static int append_cert(X509 *x, struct buf *dst, struct err *err)
{
    BIO *bio = openssl_writer();
    int rc = 0;
    if (PEM_write_bio_X509(bio, x) != 1)
        rc = openssl_failed(err, ERR_INTERNAL, "can't encode a certificate");
    else
        rc = openssl_append(bio, dst, "certificate", err);
    BIO_free(bio);
    return rc;
}

static int append_signed(X509 *x, const struct signer *by, struct buf *dst, struct err *err)
{
    if (X509_set_issuer_name(x, X509_get_subject_name(by->cert)) != 1 ||
        X509_sign(x, by->key, EVP_sha256()) <= 0)
        return openssl_failed(err, ERR_INTERNAL, "can't sign a certificate");
    return append_cert(x, dst, err);
}

static bool name_organisation(X509 *x, const struct id *organisation)
{
    return id_is_none(organisation) ||
           (add_name(X509_get_subject_name(x), "O", organisation->text) &&
            altname_constrain(x, organisation));
}

/* Appends the certificate of an authority. by NULL: it signs itself. */
static int make_authority(EVP_PKEY *key, const struct authority_spec *spec, const struct signer *by,
                          const struct extension *extensions, struct buf *dst, struct err *err)
{
    X509 *x = blank(key, spec->valid, spec->serial);
    struct signer self = {.cert = x, .key = key};
    if (!by)
        by = &self;
    int rc = 0;
    if (!x || !add_name(X509_get_subject_name(x), "CN", spec->name.text) ||
        !name_organisation(x, &spec->organisation) || !add_extensions(x, by->cert, extensions))
        rc = openssl_failed(err, ERR_INTERNAL, "can't make an authority's certificate");
    else
        rc = append_signed(x, by, dst, err);
    X509_free(x);
    return rc;
}

static int check_spec(const struct authority_spec *spec, struct err *err)
{
    struct id name;
    TRY(id_parse(span_text(spec->name.text), "authority", &name, err));
    TRY(check_serial(spec->serial, err));
    return check_validity(spec->valid, err);
}

int authority_create_root(const struct key *key, const struct authority_spec *spec, struct buf *dst,
                          struct err *err)
{
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
        {0, NULL},
    };
    TRY(check_spec(spec, err));
    if (!id_is_none(&spec->organisation))
        return err_set(err, ERR_INVALID, "authority: a root belongs to no organisation");
    return make_authority(key->pkey, spec, NULL, extensions, dst, err);
}

int authority_delegate(const struct authority *a, const struct public_key *key,
                       const struct authority_spec *spec, struct buf *dst, struct err *err)
{
    struct identity sample = {
        .kind = IDENTITY_USER, .organisation = spec->organisation, .name = spec->name};
    TRY(check_spec(spec, err));
    TRY(identity_check(&sample, err));
    TRY(check_inside(a, spec->valid, err));
    if (!a->root)
        return err_set(err, ERR_DENIED, "authority: only a root makes another");
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {0, NULL},
    };
    EVP_PKEY *pkey = public_key_open(key);
    if (!pkey)
        return openssl_failed(err, ERR_INVALID, "public key");
    const struct signer by = {.cert = a->cert, .key = a->key};
    int rc = make_authority(pkey, spec, &by, extensions, dst, err);
    EVP_PKEY_free(pkey);
    return rc;
}

/* The organisation to whose URIs the certificate is bound; ID_NONE when it has no constraints. */
static int read_organisation(const X509 *x, struct id *ret, struct err *err)
{
    NAME_CONSTRAINTS *nc = X509_get_ext_d2i(x, NID_name_constraints, NULL, NULL);
    struct identity who = {.organisation = ID_NONE};
    int rc = 0;
    if (nc) {
        const GENERAL_SUBTREE *first = sk_GENERAL_SUBTREE_value(nc->permittedSubtrees, 0);
        char uri[IDENTITY_URI_CAP] = "";
        if (first && first->base->type == GEN_URI)
            snprintf(uri, sizeof(uri), "spiffe://%.*s/user/any",
                     ASN1_STRING_length(first->base->d.uniformResourceIdentifier),
                     (const char *)ASN1_STRING_get0_data(first->base->d.uniformResourceIdentifier));
        rc = identity_parse(span_text(uri), &who, err);
        NAME_CONSTRAINTS_free(nc);
    }
    ERR_clear_error();
    if (rc < 0)
        return err_prefix(err, rc, "authority's constraints");
    *ret = who.organisation;
    return 0;
}

static int check_authority(X509 *x, struct err *err)
{
    if (X509_check_purpose(x, -1, 0) != 1 || X509_check_ca(x) != 1)
        return openssl_failed(err, ERR_INVALID, "authority: not a CA certificate");
    return 0;
}

/* Takes x over on success. */
static int open_cert(X509 *x, const struct key *key, struct authority **ret, struct err *err)
{
    struct window valid;
    struct id organisation;
    TRY(check_authority(x, err));
    TRY(cert_validity(x, &valid, err));
    TRY(read_organisation(x, &organisation, err));
    struct authority *a = calloc(1, sizeof(*a));
    ENSURE(a);
    ENSURE(EVP_PKEY_up_ref(key->pkey) == 1);
    a->cert = x;
    a->key = key->pkey;
    a->valid = valid;
    a->organisation = organisation;
    a->root = X509_self_signed(x, 0) == 1;
    *ret = a;
    return 0;
}

/* The next certificate of that key. */
static int find_cert(BIO *pem, const struct key *key, X509 **ret, struct err *err)
{
    for (;;) {
        X509 *x = NULL;
        TRY(openssl_next_cert(pem, &x, err));
        if (!x)
            return err_set(err, ERR_INVALID, "authority: the key is not that of the certificate");
        if (X509_check_private_key(x, key->pkey) == 1) {
            *ret = x;
            return 0;
        }
        ERR_clear_error();
        X509_free(x);
    }
}

int authority_open(struct span certs_pem, const struct key *key, struct authority **ret,
                   struct err *err)
{
    X509 *x = NULL;
    BIO *pem = openssl_reader(certs_pem);
    int rc = find_cert(pem, key, &x, err);
    BIO_free(pem);
    if (rc == 0)
        rc = open_cert(x, key, ret, err);
    if (rc < 0)
        X509_free(x);
    return rc;
}

int authority_format(const struct authority *a, struct buf *dst, struct err *err)
{
    return append_cert(a->cert, dst, err);
}

struct window authority_valid(const struct authority *a)
{
    return a->valid;
}

void authority_destroy(struct authority *a)
{
    if (!a)
        return;
    X509_free(a->cert);
    EVP_PKEY_free(a->key);
    free(a);
}

static int check_uses(const struct authority_leaf *leaf, struct err *err)
{
    if (leaf->uses == 0 || (leaf->uses & ~(CERT_CLIENT | CERT_SERVER)))
        return err_set(err, ERR_INVALID, "uses: neither client nor server");
    bool server = leaf->uses & CERT_SERVER;
    if (server != (leaf->host_count > 0) || leaf->host_count > AUTHORITY_HOSTS_MAX)
        return err_set(err, ERR_INVALID, "hosts: %zu; a server has 1 to %d, a client none",
                       leaf->host_count, AUTHORITY_HOSTS_MAX);
    return 0;
}

static int check_leaf(const struct authority *a, const struct authority_leaf *leaf, struct err *err)
{
    TRY(identity_check(&leaf->subject, err));
    TRY(check_serial(leaf->serial, err));
    TRY(check_inside(a, leaf->valid, err));
    TRY(check_uses(leaf, err));
    if (id_is_none(&a->organisation))
        return 0;
    if (!id_equal(&a->organisation, &leaf->subject.organisation))
        return err_set(err, ERR_DENIED, "authority of %s: asked for a name of %s",
                       a->organisation.text, leaf->subject.organisation.text);
    if (leaf->uses & CERT_SERVER)
        return err_set(err, ERR_DENIED, "authority of %s: asked for a server",
                       a->organisation.text);
    return 0;
}

/* No common name: OpenSSL would hold one that has a dot in it against the DNS constraints. */
static bool name_leaf(X509 *x, const struct identity *who)
{
    X509_NAME *name = X509_get_subject_name(x);
    return add_name(name, "O", who->organisation.text) &&
           add_name(name, "OU", identity_kind_name(who->kind)) &&
           add_name(name, "UID", who->name.text);
}

static int add_alternative_names(X509 *x, const struct authority_leaf *leaf, struct err *err)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    ENSURE(names);
    altname_add_identity(names, &leaf->subject);
    int rc = 0;
    for (size_t i = 0; i < leaf->host_count && rc == 0; i++)
        rc = altname_add_host(names, leaf->hosts[i], err);
    if (rc == 0 && X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) != 1)
        rc = openssl_failed(err, ERR_INTERNAL, "can't add names to a certificate");
    GENERAL_NAMES_free(names);
    return rc;
}

static const char *uses_text(unsigned uses)
{
    if (uses == (CERT_CLIENT | CERT_SERVER))
        return "clientAuth,serverAuth";
    return uses == CERT_CLIENT ? "clientAuth" : "serverAuth";
}

int authority_issue(const struct authority *a, const struct public_key *key,
                    const struct authority_leaf *leaf, struct buf *dst, struct err *err)
{
    TRY(check_leaf(a, leaf, err));
    EVP_PKEY *pkey = public_key_open(key);
    if (!pkey)
        return openssl_failed(err, ERR_INVALID, "public key");
    const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, uses_text(leaf->uses)},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {0, NULL},
    };
    const struct signer by = {.cert = a->cert, .key = a->key};
    X509 *x = blank(pkey, leaf->valid, leaf->serial);
    int rc = 0;
    if (!x || !name_leaf(x, &leaf->subject) || !add_extensions(x, a->cert, extensions))
        rc = openssl_failed(err, ERR_INTERNAL, "can't make a certificate");
    if (rc == 0)
        rc = add_alternative_names(x, leaf, err);
    if (rc == 0)
        rc = append_signed(x, &by, dst, err);
    X509_free(x);
    EVP_PKEY_free(pkey);
    return rc;
}

/* ---- replacing a root ---- */

static struct window both(struct window x, struct window y)
{
    return (struct window){.from = x.from.s > y.from.s ? x.from : y.from,
                           .to = instant_min(x.to, y.to)};
}

static int vouch(const struct authority *a, X509 *root, const uint8_t serial[CERT_SERIAL_BYTES],
                 struct buf *dst, struct err *err)
{
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {0, NULL},
    };
    struct window valid;
    TRY(check_authority(root, err));
    if (X509_self_signed(root, 1) != 1)
        return openssl_failed(err, ERR_INVALID, "authority: not a root");
    TRY(cert_validity(root, &valid, err));
    valid = both(a->valid, valid);
    TRY(check_validity(valid, err));
    const struct signer by = {.cert = a->cert, .key = a->key};
    X509 *x = blank(X509_get0_pubkey(root), valid, serial);
    int rc = 0;
    if (!x || X509_set_subject_name(x, X509_get_subject_name(root)) != 1 ||
        !add_extensions(x, a->cert, extensions))
        rc = openssl_failed(err, ERR_INTERNAL, "can't vouch for an authority");
    else
        rc = append_signed(x, &by, dst, err);
    X509_free(x);
    return rc;
}

int authority_vouch(const struct authority *a, struct span root_pem,
                    const uint8_t serial[CERT_SERIAL_BYTES], struct buf *dst, struct err *err)
{
    X509 *root = NULL;
    if (!a->root)
        return err_set(err, ERR_DENIED, "authority: only a root vouches for another");
    TRY(check_serial(serial, err));
    TRY(openssl_cert(root_pem, &root, err));
    int rc = vouch(a, root, serial, dst, err);
    X509_free(root);
    return rc;
}

/* The names that the certificate carries, as they stand. */
static bool copy_names(X509 *x, const X509 *from)
{
    int at = X509_get_ext_by_NID(from, NID_subject_alt_name, -1);
    return at >= 0 && X509_add_ext(x, X509_get_ext(from, at), -1) == 1;
}

static int reissue(const struct authority *a, X509 *old, X509 *x, struct buf *dst, struct err *err)
{
    struct cert said;
    TRY(cert_from(old, &said, err));
    if (said.uses == 0)
        return err_set(err, ERR_INVALID, "certificate: neither client nor server");
    const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, uses_text(said.uses)},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {0, NULL},
    };
    const struct signer by = {.cert = a->cert, .key = a->key};
    if (!x || X509_set_subject_name(x, X509_get_subject_name(old)) != 1 ||
        !add_extensions(x, a->cert, extensions) || !copy_names(x, old))
        return openssl_failed(err, ERR_INTERNAL, "can't make a certificate");
    return append_signed(x, &by, dst, err);
}

int authority_reissue(const struct authority *a, struct span cert_pem, struct window valid,
                      const uint8_t serial[CERT_SERIAL_BYTES], struct buf *dst, struct err *err)
{
    X509 *old = NULL;
    TRY(check_serial(serial, err));
    TRY(check_inside(a, valid, err));
    TRY(openssl_cert(cert_pem, &old, err));
    X509 *x = blank(X509_get0_pubkey(old), valid, serial);
    int rc = reissue(a, old, x, dst, err);
    X509_free(x);
    X509_free(old);
    return rc;
}
