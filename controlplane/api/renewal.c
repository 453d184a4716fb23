/* Renewals under way: each on the heap from the question to its answer. */
#include "controlplane/api/renewal.h"

#include "controlplane/api/change.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pki/csr.h"

#include <stdlib.h>

struct asking {
    struct api *api;
    struct renewal renewal;
    renewal_done_fn done;
    void *arg;
};

static void answer(struct asking *a, const struct err *err)
{
    a->done(a->arg, err ? NULL : &a->renewal, err);
    certificate_fini(&a->renewal.certificate);
    buf_fini(&a->renewal.roots);
    free(a);
}

static void recorded(void *arg, const struct engine_reply *reply, const struct err *err)
{
    struct asking *a = arg;
    (void)reply;
    if (!err)
        certifier_roots(a->api->options.certifier, &a->renewal.roots);
    answer(a, err);
}

static int make(struct asking *a, const struct principal *principal, struct span csr,
                struct renew_certificate_command *args, struct err *err)
{
    struct public_key key;
    struct certificate *certificate = &a->renewal.certificate;
    struct identity subject = {.kind =
                                   principal->kind == ACTOR_NODE ? IDENTITY_NODE : IDENTITY_USER,
                               .organisation = principal->organisation,
                               .name = principal->name};
    TRY(csr_parse(csr, &key, err));
    TRY(certifier_issue(a->api->options.certifier, &subject, &key, certificate, err));
    args->key_id = certificate->key_id;
    args->certificate_expires_at = certificate->expires_at;
    (void)text_cut(args->serial, sizeof args->serial, certificate->serial);
    args->public_key.len = PUBLIC_KEY_BYTES;
    memcpy(args->public_key.data, key.spki, PUBLIC_KEY_BYTES);
    return 0;
}

void renewal_ask(struct api *api, const struct principal *principal, struct span csr,
                 renewal_done_fn done, void *arg)
{
    struct err err = ERR_INIT;
    struct asking *a = calloc(1, sizeof *a);
    struct renew_certificate_command *args = calloc(1, sizeof *args);
    ENSURE(a && args);
    *a = (struct asking){.api = api, .done = done, .arg = arg};
    buf_init(&a->renewal.roots, LIMIT_FILE_BYTES);
    if (make(a, principal, csr, args, &err) < 0) {
        record_destroy(command_type(COMMAND_RENEW_CERTIFICATE), args);
        answer(a, &err);
        return;
    }
    change_submit(api, principal, COMMAND_RENEW_CERTIFICATE, args, recorded, a);
}
