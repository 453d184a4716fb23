/* The node's identity: read once, its age looked at every day. The agent's thread. */
#include "nodeagent/agent/credentials.h"

#include "lib/base/file.h"
#include "lib/pki/layout.h"
#include "nodeagent/agent/agent_internal.h"

#include <limits.h>
#include <stdio.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static int path_of(const struct agent *a, const char *name, char ret[PATH_MAX], struct err *err)
{
    const char *dir = config_text(a->options.config, "node.identity");
    int n = snprintf(ret, PATH_MAX, "%s/%s", dir, name);
    return n > 0 && n < PATH_MAX ? 0 : err_set(err, ERR_LIMIT, "node.identity is too long");
}

int credentials_read(struct agent *a, struct err *err)
{
    char path[PATH_MAX];
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
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

/* The wall clock counts here: TLS goes by it. */
void credentials_watch(struct agent *a)
{
    char end[INSTANT_TEXT_CAP];
    struct instant now = env_now(a->options.env);
    if (agent_now_ns(a) < a->cert_at)
        return;
    a->cert_at = agent_in_ms(a, DAY_MS);
    if (!cert_due(&a->cert, now))
        return;
    bool over = now.s >= a->cert.valid.to.s;
    log_event(
        a->options.log, over ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
        over ? "certificate.expired" : "certificate.ageing",
        LOG_STR("valid_until", instant_format(a->cert.valid.to, end)),
        LOG_STR("remedy", "get a new one with `pumasi node join`, then start the agent anew"));
}
