/* The node's identity: read at the start, renewed in time. The agent's thread. */
#include "nodeagent/agent/credentials.h"

#include "lib/base/file.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pki/csr.h"
#include "lib/pki/layout.h"
#include "lib/pki/trust.h"
#include "nodeagent/agent/agent_internal.h"

#include <limits.h>
#include <stdio.h>

#define DAY_MS      (INT64_C(24) * 3600 * 1000)
#define LOOK_MIN_MS 1000

static int path_of(const struct agent *a, const char *name, char ret[PATH_MAX], struct err *err)
{
    const char *dir = config_text(a->options.config, "node.identity");
    int n = snprintf(ret, PATH_MAX, "%s/%s", dir, name);
    return n > 0 && n < PATH_MAX ? 0 : err_set(err, ERR_LIMIT, "node.identity is too long");
}

static void note_trust(struct agent *a, struct span roots_pem)
{
    uint8_t digest[DIGEST_BYTES];
    digest_sha256(roots_pem, digest);
    text_hex(a->trust, digest, sizeof digest);
}

int credentials_read(struct agent *a, struct err *err)
{
    char path[PATH_MAX];
    CLEANUP_BUF struct buf pem, roots;
    buf_init(&pem, CERT_CHAIN_MAX);
    buf_init(&roots, LIMIT_FILE_BYTES);
    TRY(path_of(a, LAYOUT_NODE_CA, path, err));
    TRY(file_read(path, &roots, err));
    note_trust(a, buf_span(&roots));
    TRY(path_of(a, LAYOUT_NODE_KEY, path, err));
    TRY(key_read(path, &a->key, err));
    TRY(path_of(a, LAYOUT_NODE_CERT, path, err));
    TRY(file_read(path, &pem, err));
    TRY(cert_parse(buf_span(&pem), &a->cert, err));
    if (a->cert.subject.kind != IDENTITY_NODE)
        return err_set(err, ERR_INVALID, "%s names no node: `pumasi node join` makes one", path);
    a->node = a->cert.subject.name;
    return 0;
}

int credentials_tls(const struct agent *a, struct rpc_tls_bundle **ret, struct err *err)
{
    char ca[PATH_MAX];
    char cert[PATH_MAX];
    char key[PATH_MAX];
    TRY(path_of(a, LAYOUT_NODE_CA, ca, err));
    TRY(path_of(a, LAYOUT_NODE_CERT, cert, err));
    TRY(path_of(a, LAYOUT_NODE_KEY, key, err));
    struct rpc_tls_files files = {.ca = ca, .cert = cert, .key = key};
    return rpc_tls_bundle_load(&files, ret, err);
}

/* ---- renewing ---- */

/* A tenth of the certificate's life, but a day at most. */
static int64_t look_again_ms(const struct agent *a)
{
    int64_t tenth = (a->cert.valid.to.s - a->cert.valid.from.s) * 1000 / 10;
    int64_t within = tenth < DAY_MS ? tenth : DAY_MS;
    return within > LOOK_MIN_MS ? within : LOOK_MIN_MS;
}

static bool is_nearly_over(const struct agent *a, struct instant now)
{
    int64_t life = a->cert.valid.to.s - a->cert.valid.from.s;
    return now.s >= a->cert.valid.to.s - life / 4;
}

static void warn_of_end(const struct agent *a, struct instant now)
{
    char end[INSTANT_TEXT_CAP];
    bool over = now.s >= a->cert.valid.to.s;
    log_event(
        a->options.log, over ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
        over ? "certificate.expired" : "certificate.ageing",
        LOG_STR("valid_until", instant_format(a->cert.valid.to, end)),
        LOG_STR("remedy", "get a new one with `pumasi node join`, then start the agent anew"));
}

static int ask(struct agent *a, struct err *err)
{
    CLEANUP_BUF struct buf csr;
    buf_init(&csr, CSR_PEM_MAX);
    TRY(csr_create(a->key, &csr, err));
    return link_send_renew(a->link, csr.data, err);
}

/* The wall clock counts here: TLS goes by it. Only a stream that has brought grants is asked, for it
 * is past its hello. */
void credentials_watch(struct agent *a)
{
    struct err err = ERR_INIT;
    struct instant now = env_now(a->options.env);
    if (agent_now_ns(a) < a->cert_at || (!cert_due(&a->cert, now) && !a->renewal_wanted))
        return;
    if (is_nearly_over(a, now) && agent_now_ns(a) >= a->cert_warn_at) {
        a->cert_warn_at = agent_in_ms(a, look_again_ms(a));
        warn_of_end(a, now);
    }
    if (!a->linked || !a->answered)
        return;
    a->cert_at = agent_in_ms(a, look_again_ms(a));
    if (ask(a, &err) < 0)
        agent_warn(a, "certificate.not-asked", &err);
}

void credentials_compare(struct agent *a, const char *trust)
{
    if (trust[0] == '\0' || strcmp(trust, a->trust) == 0 || a->renewal_wanted)
        return;
    a->renewal_wanted = true;
    a->cert_at = 0;
}

static int check(const struct agent *a, const struct link_renewed *renewed, struct cert *ret,
                 struct err *err)
{
    CLEANUP_TRUST struct trust *trust = NULL;
    struct trust_wish wish = {.at = env_now(a->options.env), .use = CERT_CLIENT};
    TRY(trust_create(buf_span(&renewed->ca_pem), &trust, err));
    TRY(trust_check(trust, buf_span(&renewed->certificate_pem), &wish, ret, err));
    if (!identity_equal(&ret->subject, &a->cert.subject) ||
        !public_key_equal(&ret->key, &a->cert.key))
        return err_set(err, ERR_VERIFICATION, "the certificate is of another, or of another key");
    return 0;
}

/* The roots come first: with the new ones the old certificate is as good as before. */
static int store(struct agent *a, const struct link_renewed *renewed, struct err *err)
{
    char path[PATH_MAX];
    TRY(path_of(a, LAYOUT_NODE_CA, path, err));
    TRY(file_write(path, buf_span(&renewed->ca_pem), 0644, err));
    TRY(path_of(a, LAYOUT_NODE_CERT, path, err));
    return file_write(path, buf_span(&renewed->certificate_pem), 0644, err);
}

bool credentials_renewed(struct agent *a, const struct link_renewed *renewed)
{
    char end[INSTANT_TEXT_CAP];
    struct err err = ERR_INIT;
    struct cert cert;
    int rc = check(a, renewed, &cert, &err);
    if (rc == 0)
        rc = store(a, renewed, &err);
    if (rc < 0) {
        agent_warn(a, "certificate.refused", &err);
        return false;
    }
    a->cert = cert;
    a->renewal_wanted = false;
    note_trust(a, buf_span(&renewed->ca_pem));
    a->cert_at = 0;
    log_event(a->options.log, LOG_LEVEL_INFO, "certificate.renewed",
              LOG_STR("valid_until", instant_format(cert.valid.to, end)));
    return true;
}
