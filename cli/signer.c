/*
 * Owns: the private key while a command runs. One thread.
 */
#include "cli/signer.h"

#include "lib/base/base64.h"
#include "lib/pki/sign.h"

int signer_init(const struct invocation *inv, struct signer *ret, struct err *err)
{
    struct id name;
    struct signer signer = {.key = NULL};
    char path[CONTEXT_PATH_CAP];
    TRY(context_current(invocation_host(inv), invocation_text(inv, "context"), &name, err));
    TRY(context_load(invocation_host(inv), &name, &signer.context, err));
    TRY(key_read(context_file(&signer.context, "key.pem", path), &signer.key, err));
    struct public_key public = key_public(signer.key);
    signer.key_id = public_key_id(&public);
    *ret = signer;
    return 0;
}

void signer_fini(struct signer *signer)
{
    key_destroy(signer->key);
    signer->key = NULL;
}

json_t *signer_base64(struct span bytes)
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 2 * bytes.len + 8);
    base64_encode(bytes, &text);
    ENSURE(!text.full);
    return json_string(text.data);
}

int signer_sign(const struct signer *signer, struct span bytes, json_t **ret, struct err *err)
{
    ENSURE(signer->key);
    struct signature signature;
    TRY(sign_bytes(signer->key, bytes, &signature, err));
    *ret = signer_base64(signature_span(&signature));
    return 0;
}
