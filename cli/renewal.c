/*
 * Owns: a new key until it lies on the disk. One thread.
 */
#include "cli/renewal.h"

#include "cli/client_internal.h"
#include "cli/i18n.h"
#include "lib/base/file.h"
#include "lib/pki/csr.h"
#include "lib/pki/trust.h"

#include <string.h>

static int key_of(const struct context *context, bool new_key, struct key **ret, struct err *err)
{
    char path[CONTEXT_PATH_CAP];
    return new_key ? key_generate(ret, err)
                   : key_read(context_file(context, "key.pem", path), ret, err);
}

static int ask(struct client *client, const struct key *key, json_t **ret, struct err *err)
{
    CLEANUP_BUF struct buf csr;
    buf_init(&csr, CSR_PEM_MAX);
    TRY(csr_create(key, &csr, err));
    json_t *request = json_pack("{s:s%}", "csr_pem", csr.data, csr.len);
    ENSURE(request);
    int rc = client_submit(client, "IdentityService", "RenewCertificate", request, ret, err);
    json_decref(request);
    return rc;
}

static struct span text_of(const json_t *reply, const char *member)
{
    const char *text = json_string_value(json_object_get(reply, member));
    return span_text(text ? text : "");
}

/* Under the roots that came with it, for this very user and key. */
static int check(const struct invocation *inv, const struct context *context, const struct key *key,
                 const json_t *reply, struct instant *ret_until, struct err *err)
{
    struct cert cert;
    CLEANUP_TRUST struct trust *trust = NULL;
    struct trust_wish wish = {.at = env_now(&invocation_host(inv)->env), .use = CERT_CLIENT};
    struct public_key public = key_public(key);
    TRY(trust_create(text_of(reply, "ca_pem"), &trust, err));
    TRY(trust_check(trust, text_of(reply, "certificate_pem"), &wish, &cert, err));
    if (cert.subject.kind != IDENTITY_USER ||
        !id_equal(&cert.subject.organisation, &context->organisation) ||
        !id_equal(&cert.subject.name, &context->user) || !public_key_equal(&cert.key, &public))
        return err_set(err, ERR_VERIFICATION, "%s",
                       _("the certificate is of another, or of another key"));
    *ret_until = cert.valid.to;
    return 0;
}

/* Each file at once or not at all; the key first, since it can't be had again. */
static int keep(const struct context *context, const struct key *new_key, const json_t *reply,
                struct err *err)
{
    char path[CONTEXT_PATH_CAP];
    if (new_key)
        TRY(key_write(new_key, context_file(context, "key.pem", path), err));
    TRY(file_write(context_file(context, "ca.pem", path), text_of(reply, "ca_pem"), 0644, err));
    return file_write(context_file(context, "cert.pem", path), text_of(reply, "certificate_pem"),
                      0644, err);
}

int renewal_run(struct client *client, bool new_key, struct instant *ret_until, struct err *err)
{
    const struct context *context = client_context(client);
    CLEANUP_KEY struct key *key = NULL;
    json_t *reply = NULL;
    ENSURE(context);
    TRY(key_of(context, new_key, &key, err));
    TRY(ask(client, key, &reply, err));
    int rc = check(client_invocation(client), context, key, reply, ret_until, err);
    if (rc == 0)
        rc = keep(context, new_key ? key : NULL, reply, err);
    json_decref(reply);
    return rc;
}

void renewal_when_due(struct client *client, struct span cert_pem)
{
    struct invocation *inv = client_invocation(client);
    struct instant now = env_now(&invocation_host(inv)->env), until;
    struct err err = ERR_INIT;
    struct cert cert;
    char end[INSTANT_TEXT_CAP];
    if (cert_parse(cert_pem, &cert, NULL) < 0 || !cert_due(&cert, now))
        return;
    if (renewal_run(client, false, &until, &err) == 0)
        return;
    int64_t life = cert.valid.to.s - cert.valid.from.s;
    if (now.s >= cert.valid.to.s - life / 4)
        invocation_say(inv, _("your certificate is valid until %s and was not renewed: %s"),
                       instant_format(cert.valid.to, end), err.text);
}
