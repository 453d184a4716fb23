#ifndef PUMASI_LIB_PKI_OPENSSL_INTERNAL_H
#define PUMASI_LIB_PKI_OPENSSL_INTERNAL_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/span.h"

/* OpenSSL names a type ERR_STATE, which is an error code of ours. This header is therefore the one
 * door to OpenSSL: every file here includes it before any other header of OpenSSL. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/err.h>
#undef ERR_STATE

#include <openssl/bio.h>
#include <openssl/x509.h>

/*
 * What the files of this folder share of OpenSSL: errors, and text in and out. Any thread: OpenSSL
 * keeps its error queue by thread, and every function here leaves it empty.
 */

/* Sets code and "what: OpenSSL's own reason", and empties OpenSSL's error queue. */
int openssl_failed(struct err *err, enum err_code code, const char *what);

/* A reader over borrowed bytes; aborts when out of memory. BIO_free() it. */
BIO *openssl_reader(struct span bytes);

/* A writer into memory that is wiped when freed; aborts when out of memory. BIO_free() it. */
BIO *openssl_writer(void);

/* Appends what a writer holds. ERR_LIMIT when dst is full. */
MUST_CHECK int openssl_append(BIO *writer, struct buf *dst, const char *what, struct err *err);

/* For every reader of PEM: refuses encrypted text, where OpenSSL would ask at the terminal. */
int openssl_no_passphrase(char *dst, int size, int writing, void *arg);

/* True for text that holds a PEM block, as opposed to DER. */
bool openssl_is_pem(struct span bytes);

/* Takes the next certificate from PEM text: NULL in *ret at the end. ERR_INVALID: malformed. */
MUST_CHECK int openssl_next_cert(BIO *pem, X509 **ret, struct err *err);

/* One certificate, DER or the first of PEM. ERR_INVALID: none, malformed, above
 * CERT_CHAIN_MAX bytes, bytes left after DER. */
MUST_CHECK int openssl_cert(struct span pem_or_der, X509 **ret, struct err *err);

#endif
