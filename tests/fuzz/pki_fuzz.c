/* No bytes make a reader of lib/pki abort; what is read means the same when written again. */
#include "lib/pki/cert.h"
#include "lib/pki/csr.h"
#include "lib/pki/identity.h"
#include "lib/pki/sign.h"
#include "lib/pki/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_identity(struct span bytes)
{
    struct identity who;
    char uri[IDENTITY_URI_CAP];
    if (identity_parse(bytes, &who, NULL) == 0)
        ENSURE(span_equal(span_text(identity_format(&who, uri)), bytes));
}

static void fuzz_token(struct span bytes)
{
    struct token token;
    char text[TOKEN_TEXT_CAP];
    if (token_parse(bytes, &token, NULL) == 0)
        ENSURE(span_equal(span_text(token_format(&token, text)), bytes));
}

/* A key that was read can be used; a signature made of the input never verifies. */
static void fuzz_keys(struct span bytes)
{
    struct public_key key;
    if (public_key_decode(bytes, &key, NULL) == 0)
        ENSURE(span_equal(public_key_span(&key), bytes));
    if (public_key_parse(bytes, &key, NULL) == 0)
        ENSURE(sign_verify(&key, span_text("pumasi"), bytes, NULL) == -ERR_VERIFICATION);
    if (csr_parse(bytes, &key, NULL) == 0)
        ENSURE(public_key_decode(public_key_span(&key), &key, NULL) == 0);
}

static void fuzz_certificate(struct span bytes)
{
    struct cert cert;
    if (cert_parse(bytes, &cert, NULL) == 0)
        ENSURE(identity_check(&cert.subject, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_of(data, size);
    fuzz_identity(bytes);
    fuzz_token(bytes);
    fuzz_keys(bytes);
    fuzz_certificate(bytes);
    return 0;
}
