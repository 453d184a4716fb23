/*
 * Owns: the commands `ca rotate` and `ca retire`, which replace the root of a control plane's data
 * directory (lib/pki/layout.h) without a server; a running one takes the files up by itself.
 *
 * Invariant: whatever is written last, the directory is of use: its key always has its root among
 * those that are believed, and the server's certificate is believed by whoever knows the old root
 * or the new one. One thread.
 */
#include "cli/commands.h"
#include "cli/context_store.h"
#include "cli/i18n.h"
#include "cli/invocation.h"
#include "lib/base/file.h"
#include "lib/base/korea.h"
#include "lib/base/limits.h"
#include "lib/pki/authority.h"
#include "lib/pki/layout.h"
#include "lib/pki/trust.h"

#include <string.h>

#define BACKDATE_S 300
#define CERT_END   "-----END CERTIFICATE-----\n"

/* The directory as it is. */
struct place {
    const struct invocation *inv;
    const char *dir;
    struct instant now;
    struct key *key;
    struct authority *authority;
    struct buf roots;
    struct buf server;
};

static int path_in(const struct place *p, const char *name, char dst[CONTEXT_PATH_CAP],
                   struct err *err)
{
    int n = snprintf(dst, CONTEXT_PATH_CAP, "%s/%s", p->dir, name);
    if (n < 0 || n >= CONTEXT_PATH_CAP)
        return err_set(err, ERR_INVALID, _("the path %s is too long"), p->dir);
    return 0;
}

static int read_at(const struct place *p, const char *name, struct buf *ret, struct err *err)
{
    char path[CONTEXT_PATH_CAP];
    TRY(path_in(p, name, path, err));
    return file_read(path, ret, err);
}

static int write_at(const struct place *p, const char *name, struct span text, struct err *err)
{
    char path[CONTEXT_PATH_CAP];
    TRY(path_in(p, name, path, err));
    return file_write(path, text, 0644, err);
}

static int write_key(const struct place *p, const struct key *key, struct err *err)
{
    char path[CONTEXT_PATH_CAP];
    TRY(path_in(p, LAYOUT_CA_KEY, path, err));
    return key_write(key, path, err);
}

static void place_fini(struct place *p)
{
    authority_destroy(p->authority);
    key_destroy(p->key);
    buf_fini(&p->roots);
    buf_fini(&p->server);
}
#define CLEANUP_PLACE __attribute__((cleanup(place_fini)))

static int place_open(struct place *p, struct invocation *inv, struct err *err)
{
    char path[CONTEXT_PATH_CAP];
    p->inv = inv;
    p->dir = invocation_text(inv, "directory");
    p->now = env_now(&invocation_host(inv)->env);
    buf_init(&p->roots, LIMIT_FILE_BYTES);
    buf_init(&p->server, LIMIT_FILE_BYTES);
    TRY(path_in(p, LAYOUT_CA_KEY, path, err));
    TRY(key_read(path, &p->key, err));
    TRY(read_at(p, LAYOUT_CA_CERT, &p->roots, err));
    TRY(read_at(p, LAYOUT_SERVER_CERT, &p->server, err));
    return authority_open(buf_span(&p->roots), p->key, &p->authority, err);
}

static size_t count_certs(const struct buf *pem)
{
    size_t n = 0;
    for (const char *at = pem->data; at && (at = strstr(at, CERT_END)); at += strlen(CERT_END))
        n++;
    return n;
}

static struct window valid_for(const struct place *p, int64_t days)
{
    return (struct window){instant_add(p->now, -BACKDATE_S),
                           instant_add(p->now, days * DAY_SECONDS)};
}

/* ---- rotate ---- */

struct successor {
    struct key *key;
    struct authority *authority;
    struct buf root;
    struct buf server; /* its certificate, and the old root's word for the new one */
};

static void successor_fini(struct successor *s)
{
    authority_destroy(s->authority);
    key_destroy(s->key);
    buf_fini(&s->root);
    buf_fini(&s->server);
}
#define CLEANUP_SUCCESSOR __attribute__((cleanup(successor_fini)))

static int make_root(const struct place *p, struct successor *s, struct err *err)
{
    struct authority_spec spec = {.valid = valid_for(p, LAYOUT_CA_DAYS)};
    authority_serial(&invocation_host(p->inv)->env, spec.serial);
    TRY(key_generate(&s->key, err));
    struct public_key public = key_public(s->key);
    struct id key_id = public_key_id(&public);
    (void)snprintf(spec.name.text, sizeof(spec.name.text), "pumasi-root-%.8s", key_id.text);
    TRY(authority_create_root(s->key, &spec, &s->root, err));
    return authority_open(buf_span(&s->root), s->key, &s->authority, err);
}

static int make_server(const struct place *p, struct successor *s, struct err *err)
{
    uint8_t serial[CERT_SERIAL_BYTES];
    const struct env *env = &invocation_host(p->inv)->env;
    authority_serial(env, serial);
    TRY(authority_reissue(s->authority, buf_span(&p->server), valid_for(p, LAYOUT_SERVER_DAYS),
                          serial, &s->server, err));
    authority_serial(env, serial);
    return authority_vouch(p->authority, buf_span(&s->root), serial, &s->server, err);
}

/* Both roots are believed before one of them issues; it issues before the server shows its work. */
static int put_in_place(struct place *p, const struct successor *s, struct err *err)
{
    CLEANUP_BUF struct buf both;
    buf_init(&both, LIMIT_FILE_BYTES);
    buf_append(&both, s->root.data, s->root.len);
    buf_append(&both, p->roots.data, p->roots.len);
    TRY(write_at(p, LAYOUT_CA_CERT, buf_span(&both), err));
    TRY(write_key(p, s->key, err));
    return write_at(p, LAYOUT_SERVER_CERT, buf_span(&s->server), err);
}

static int rotate_exec(struct invocation *inv, struct err *err)
{
    struct place p CLEANUP_PLACE = {.dir = NULL};
    struct successor s CLEANUP_SUCCESSOR = {.key = NULL};
    buf_init(&s.root, CERT_PEM_MAX);
    buf_init(&s.server, LIMIT_FILE_BYTES);
    TRY(place_open(&p, inv, err));
    if (count_certs(&p.roots) > 1)
        return err_set(err, ERR_STATE, "%s",
                       _("two roots are believed already: `pumasi ca retire` ends that"));
    TRY(make_root(&p, &s, err));
    TRY(make_server(&p, &s, err));
    TRY(put_in_place(&p, &s, err));
    invocation_say(inv, "%s",
                   _("a new root issues from now on, and the old one is believed, too; copy pki/ "
                     "to the other control planes"));
    return 0;
}

/* ---- retire ---- */

/* The server's certificate alone, without those who vouch for its root. */
static int server_alone(const struct place *p, struct span root, struct span *ret, struct err *err)
{
    struct cert cert;
    CLEANUP_TRUST struct trust *trust = NULL;
    struct trust_wish wish = {.at = p->now, .use = CERT_SERVER};
    const char *end = strstr(p->server.data, CERT_END);
    if (!end)
        return err_set(err, ERR_INVALID, _("%s holds no certificate"), LAYOUT_SERVER_CERT);
    *ret = span_of(p->server.data, (size_t)(end - p->server.data) + strlen(CERT_END));
    TRY(trust_create(root, &trust, err));
    return trust_check(trust, *ret, &wish, &cert, err);
}

/* Everybody has a certificate of the new root when the longest life has gone by since it began. */
static int check_overlap(const struct place *p, struct err *err)
{
    char text[INSTANT_TEXT_CAP];
    struct instant begun = instant_add(authority_valid(p->authority).from, BACKDATE_S);
    struct instant last = instant_add(begun, LAYOUT_USER_DAYS * DAY_SECONDS);
    if (count_certs(&p->roots) < 2)
        return err_set(err, ERR_STATE, "%s", _("one root is believed: there is none to retire"));
    if (p->now.s >= last.s || invocation_flag(p->inv, "early"))
        return 0;
    return err_set(err, ERR_STATE,
                   _("certificates of the old root may be in use until %s; --early shuts them out"),
                   instant_format(last, text));
}

static int retire_exec(struct invocation *inv, struct err *err)
{
    struct place p CLEANUP_PLACE = {.dir = NULL};
    CLEANUP_BUF struct buf root;
    struct span server;
    buf_init(&root, CERT_PEM_MAX);
    TRY(place_open(&p, inv, err));
    TRY(check_overlap(&p, err));
    TRY(authority_format(p.authority, &root, err));
    TRY(server_alone(&p, buf_span(&root), &server, err));
    TRY(write_at(&p, LAYOUT_SERVER_CERT, server, err));
    TRY(write_at(&p, LAYOUT_CA_CERT, buf_span(&root), err));
    invocation_say(inv, "%s", _("one root is believed from now on"));
    return 0;
}

static const struct command_option directory_argument[] = {
    {.name = "directory",
     .type = OPTION_FILE,
     .required = true,
     .help = N_("the control plane's data directory")},
    OPTION_END_ROW,
};

static const struct command_option retire_options[] = {
    {.name = "early",
     .type = OPTION_FLAG,
     .help = N_("also while certificates of the old root may be in use")},
    OPTION_END_ROW,
};

const struct command ca_commands[] = {
    {.noun = "ca",
     .verb = "rotate",
     .summary = N_("replace the root that issues certificates"),
     .details = N_("Works on the directory alone; a pumasid that runs on it takes the new root up "
                   "within a minute, or at once on SIGHUP. Nodes then renew by themselves, people "
                   "at half of their certificate's life; leases go on. Both roots are believed "
                   "until `ca retire`."),
     .arguments = directory_argument,
     .examples = (const char *const[]){"pumasi ca rotate /var/lib/pumasi", NULL},
     .exec = rotate_exec},
    {.noun = "ca",
     .verb = "retire",
     .summary = N_("stop believing the root that was replaced"),
     .details = N_("Whoever still has a certificate of the old root has to join again."),
     .arguments = directory_argument,
     .options = retire_options,
     .examples = (const char *const[]){"pumasi ca retire /var/lib/pumasi", NULL},
     .exec = retire_exec},
    COMMAND_END,
};
