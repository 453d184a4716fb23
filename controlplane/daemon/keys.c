/*
 * Owns the authority's files as they were last read. Invariant: certifier and texts are of one
 * reading; files that do not fit together (a rotation half written) are left for the next look.
 */
#include "controlplane/daemon/keys.h"

#include "lib/base/file.h"
#include "lib/base/korea.h"
#include "lib/base/limits.h"
#include "lib/pki/layout.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define CLOCK_TOLERANCE_S 300

struct keys {
    struct keys_options options;
    char dir[PATH_MAX];
    struct key *sign_key;
    struct certifier *certifier;
    struct buf roots;  /* ca.pem */
    struct buf server; /* server.pem */
    struct id issuing; /* id of the authority's key */
};

static int path_in(const struct keys *k, const char *name, char ret[PATH_MAX], struct err *err)
{
    int n = snprintf(ret, PATH_MAX, "%s/%s", k->dir, name);
    if (n < 0 || n >= PATH_MAX)
        return err_set(err, ERR_LIMIT, "control_plane.data_dir is too long");
    return 0;
}

static int read_key(const struct keys *k, const char *name, struct key **ret, struct err *err)
{
    char path[PATH_MAX];
    TRY(path_in(k, name, path, err));
    return key_read(path, ret, err);
}

static int read_text(const struct keys *k, const char *name, struct buf *ret, struct err *err)
{
    char path[PATH_MAX];
    buf_reset(ret);
    TRY(path_in(k, name, path, err));
    return file_read(path, ret, err);
}

static bool same_text(const struct buf *a, const struct buf *b)
{
    return span_equal(buf_span(a), buf_span(b));
}

/* ---- the authority ---- */

static int look_at_authority(struct keys *k, bool *ret_changed, struct err *err)
{
    CLEANUP_KEY struct key *key = NULL;
    CLEANUP_BUF struct buf roots;
    buf_init(&roots, LIMIT_FILE_BYTES);
    TRY(read_key(k, LAYOUT_CA_KEY, &key, err));
    TRY(read_text(k, LAYOUT_CA_CERT, &roots, err));
    struct public_key public = key_public(key);
    struct id issuing = public_key_id(&public);
    if (same_text(&roots, &k->roots) && id_equal(&issuing, &k->issuing))
        return 0;
    int rc = certifier_load(k->certifier, buf_span(&roots), key, err);
    if (rc < 0)
        return err_prefix(err, rc, LAYOUT_CA_CERT);
    buf_reset(&k->roots);
    buf_append(&k->roots, roots.data, roots.len);
    k->issuing = issuing;
    *ret_changed = true;
    return 0;
}

/* ---- the server's certificate ---- */

/* What follows the first certificate: those who vouch for its authority. */
static struct span rest_of(const struct buf *pem)
{
    static const char END[] = "-----END CERTIFICATE-----\n";
    const char *end = strstr(pem->data, END);
    const char *rest = end ? end + sizeof END - 1 : pem->data + pem->len;
    return span_of(rest, pem->len - (size_t)(rest - pem->data));
}

static int reissue_server(struct keys *k, struct instant now, struct err *err)
{
    CLEANUP_KEY struct key *key = NULL;
    CLEANUP_AUTHORITY struct authority *authority = NULL;
    CLEANUP_BUF struct buf pem;
    char path[PATH_MAX];
    uint8_t serial[CERT_SERIAL_BYTES];
    buf_init(&pem, LIMIT_FILE_BYTES);
    TRY(path_in(k, LAYOUT_SERVER_CERT, path, err));
    TRY(read_key(k, LAYOUT_CA_KEY, &key, err));
    TRY(authority_open(buf_span(&k->roots), key, &authority, err));
    struct window whole = authority_valid(authority);
    struct window valid = {instant_add(now, -CLOCK_TOLERANCE_S),
                           instant_add(now, LAYOUT_SERVER_DAYS * DAY_SECONDS)};
    valid.from = valid.from.s > whole.from.s ? valid.from : whole.from;
    valid.to = instant_min(valid.to, whole.to);
    authority_serial(k->options.env, serial);
    TRY(authority_reissue(authority, buf_span(&k->server), valid, serial, &pem, err));
    struct span rest = rest_of(&k->server);
    buf_append(&pem, rest.data, rest.len);
    TRY(file_write(path, buf_span(&pem), 0644, err));
    return read_text(k, LAYOUT_SERVER_CERT, &k->server, err);
}

static int look_at_server(struct keys *k, bool *ret_changed, struct err *err)
{
    struct cert cert;
    struct instant now = env_now(k->options.env);
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, LIMIT_FILE_BYTES);
    TRY(read_text(k, LAYOUT_SERVER_CERT, &pem, err));
    *ret_changed |= !same_text(&pem, &k->server);
    buf_reset(&k->server);
    buf_append(&k->server, pem.data, pem.len);
    TRY(cert_parse(buf_span(&pem), &cert, err));
    if (!cert_due(&cert, now))
        return 0;
    TRY(reissue_server(k, now, err));
    log_event(k->options.log, LOG_LEVEL_INFO, "certificate.renewed",
              LOG_STR("of", cert.subject.name.text));
    *ret_changed = true;
    return 0;
}

/* ---- all ---- */

static int look(struct keys *k, bool *ret_changed, struct err *err)
{
    TRY(look_at_authority(k, ret_changed, err));
    return look_at_server(k, ret_changed, err);
}

int keys_open(const struct keys_options *options, struct keys **ret, struct err *err)
{
    struct keys *k = calloc(1, sizeof *k);
    ENSURE(k);
    struct certifier_options certifier = {.user_life_s = options->user_life_s,
                                          .node_life_s = options->node_life_s,
                                          .env = options->env};
    bool changed = false;
    k->options = *options;
    (void)snprintf(k->dir, sizeof k->dir, "%s", options->dir);
    k->options.dir = k->dir;
    buf_init(&k->roots, LIMIT_FILE_BYTES);
    buf_init(&k->server, LIMIT_FILE_BYTES);
    k->certifier = certifier_create(&certifier);
    int rc = read_key(k, LAYOUT_SIGN_KEY, &k->sign_key, err);
    if (rc == 0)
        rc = look(k, &changed, err);
    if (rc < 0) {
        keys_close(k);
        return rc;
    }
    *ret = k;
    return 0;
}

void keys_close(struct keys *k)
{
    if (!k)
        return;
    certifier_destroy(k->certifier);
    key_destroy(k->sign_key);
    buf_fini(&k->roots);
    buf_fini(&k->server);
    free(k);
}

bool keys_refresh(struct keys *k)
{
    struct err err = ERR_INIT;
    bool changed = false;
    if (look(k, &changed, &err) < 0)
        log_event(k->options.log, LOG_LEVEL_ERROR, "keys.not-read", LOG_STR("error", err.text));
    if (changed)
        log_event(k->options.log, LOG_LEVEL_INFO, "keys.changed",
                  LOG_STR("issuing", k->issuing.text));
    return changed;
}

struct certifier *keys_certifier(const struct keys *k)
{
    return k->certifier;
}

const struct key *keys_sign_key(const struct keys *k)
{
    return k->sign_key;
}
