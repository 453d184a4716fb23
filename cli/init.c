/*
 * Owns: the command `init`, which makes a control plane's data directory (lib/pki/layout.h) and
 * the first administrator's context, without a server. Nothing that exists is overwritten: the
 * authority's key comes first, and a second init stops there. One thread.
 */
#include "cli/commands.h"
#include "cli/context_store.h"
#include "cli/i18n.h"
#include "cli/signer.h"
#include "lib/base/file.h"
#include "lib/base/korea.h"
#include "lib/base/text.h"
#include "lib/pki/authority.h"
#include "lib/pki/layout.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define HOSTS_MAX AUTHORITY_HOSTS_MAX

/* Clocks of machines that have just been set up differ. */
#define BACKDATE_S 300

/* All that is made in one init, until it is on the disk. */
struct founding {
    struct invocation *inv;
    const char *dir;
    struct instant now;
    struct id organisation;
    struct id user;
    struct key *ca_key;
    struct authority *authority;
    struct buf ca_pem;
    char servers[CONTEXT_SERVERS_CAP];
    char host_texts[HOSTS_MAX][AUTHORITY_HOST_MAX + 1];
    const char *hosts[HOSTS_MAX];
    size_t host_count;
};

struct issued {
    struct key *key;
    struct buf pem;
    struct authority_leaf leaf;
};

static int path_in(const struct founding *f, const char *name, char dst[CONTEXT_PATH_CAP],
                   struct err *err)
{
    int n = snprintf(dst, CONTEXT_PATH_CAP, "%s/%s", f->dir, name);
    if (n < 0 || n >= CONTEXT_PATH_CAP - 16)
        return err_set(err, ERR_INVALID, _("the path %s is too long"), f->dir);
    return 0;
}

static int make_directory(const struct founding *f, const char *name, mode_t mode, struct err *err)
{
    char path[CONTEXT_PATH_CAP];
    TRY(path_in(f, name, path, err));
    if (mkdir(path, mode) < 0 && errno != EEXIST)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    return 0;
}

static int write_key(const struct founding *f, const char *name, const struct key *key,
                     struct err *err)
{
    char path[CONTEXT_PATH_CAP];
    TRY(path_in(f, name, path, err));
    return key_write_new(key, path, err);
}

static int write_public(const struct founding *f, const char *name, struct span text,
                        struct err *err)
{
    char path[CONTEXT_PATH_CAP];
    TRY(path_in(f, name, path, err));
    return file_write(path, text, 0644, err);
}

static struct window valid_for(const struct founding *f, int64_t days)
{
    return (struct window){instant_add(f->now, -BACKDATE_S),
                           instant_add(f->now, days * DAY_SECONDS)};
}

static int found_authority(struct founding *f, struct err *err)
{
    struct authority_spec spec = {.name = id_literal("pumasi-root"),
                                  .valid = valid_for(f, LAYOUT_CA_DAYS)};
    authority_serial(&invocation_host(f->inv)->env, spec.serial);
    TRY(key_generate(&f->ca_key, err));
    int rc = write_key(f, LAYOUT_CA_KEY, f->ca_key, err);
    if (rc == -ERR_EXISTS)
        invocation_advise(f->inv, "%s",
                          _("a control plane is set up there; choose another directory"));
    TRY(rc);
    TRY(authority_create_root(f->ca_key, &spec, &f->ca_pem, err));
    TRY(write_public(f, LAYOUT_CA_CERT, buf_span(&f->ca_pem), err));
    return authority_open(buf_span(&f->ca_pem), f->ca_key, &f->authority, err);
}

/* A new key and its certificate; issued_fini() it in any case. */
static int issue(const struct founding *f, struct identity subject, unsigned uses, int64_t days,
                 struct issued *ret, struct err *err)
{
    ret->leaf =
        (struct authority_leaf){.subject = subject, .valid = valid_for(f, days), .uses = uses};
    if (uses & CERT_SERVER) {
        ret->leaf.hosts = f->hosts;
        ret->leaf.host_count = f->host_count;
    }
    authority_serial(&invocation_host(f->inv)->env, ret->leaf.serial);
    TRY(key_generate(&ret->key, err));
    struct public_key public = key_public(ret->key);
    return authority_issue(f->authority, &public, &ret->leaf, &ret->pem, err);
}

static void issued_init(struct issued *issued)
{
    *issued = (struct issued){.key = NULL};
    buf_init(&issued->pem, CERT_PEM_MAX);
}

static void issued_fini(struct issued *issued)
{
    key_destroy(issued->key);
    buf_fini(&issued->pem);
}
#define CLEANUP_ISSUED __attribute__((cleanup(issued_fini)))

static int make_server(const struct founding *f, struct err *err)
{
    struct identity subject = {
        .kind = IDENTITY_SERVICE, .organisation = f->organisation, .name = id_literal("pumasid-1")};
    CLEANUP_ISSUED struct issued server;
    issued_init(&server);
    TRY(issue(f, subject, CERT_SERVER | CERT_CLIENT, LAYOUT_SERVER_DAYS, &server, err));
    TRY(write_key(f, LAYOUT_SERVER_KEY, server.key, err));
    return write_public(f, LAYOUT_SERVER_CERT, buf_span(&server.pem), err);
}

static int make_sign_key(const struct founding *f, struct err *err)
{
    CLEANUP_KEY struct key *key = NULL;
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, KEY_PEM_MAX);
    TRY(key_generate(&key, err));
    TRY(write_key(f, LAYOUT_SIGN_KEY, key, err));
    struct public_key public = key_public(key);
    TRY(public_key_format(&public, &pem, err));
    return write_public(f, LAYOUT_SIGN_PUB, buf_span(&pem), err);
}

static int write_json(const struct founding *f, const char *name, json_t *document, struct err *err)
{
    ENSURE(document);
    char *text = json_dumps(document, JSON_INDENT(2));
    ENSURE(text);
    int rc = write_public(f, name, span_text(text), err);
    free(text);
    json_decref(document);
    return rc;
}

static int seed_organisation(const struct founding *f, struct err *err)
{
    const char *ko = invocation_text(f->inv, "name-ko"), *en = invocation_text(f->inv, "name-en");
    json_t *organisation = json_pack(
        "{s:s, s:s, s:s, s:b, s:[{s:I, s:s, s:s}]}", "id", f->organisation.text, "name_ko",
        ko ? ko : f->organisation.text, "name_en", en ? en : f->organisation.text, "agency", 1,
        "sizes", "from", (json_int_t)date_start(date_of(f->now)).s, "size", "agency", "evidence",
        "pumasi init");
    return write_json(f, LAYOUT_SEED_ORGANISATION, organisation, err);
}

static int seed_user(const struct founding *f, const struct issued *admin, struct err *err)
{
    char id[2 * ID_CAP], serial[CERT_SERIAL_CAP];
    struct public_key public = key_public(admin->key);
    snprintf(id, sizeof(id), "%s.%s", f->user.text, f->organisation.text);
    text_hex(serial, admin->leaf.serial, CERT_SERIAL_BYTES);
    json_t *user = json_pack(
        "{s:s, s:s, s:s, s:[s, s], s:s, s:s, s:s, s:o, s:I, s:I}", "id", id, "organisation",
        f->organisation.text, "name", f->user.text, "roles", "agency-admin", "agency-approver",
        "state", "active", "serial", serial, "key_id", public_key_id(&public).text, "public_key",
        signer_base64(public_key_span(&public)), "created_at", (json_int_t)f->now.s, "expires_at",
        (json_int_t)admin->leaf.valid.to.s);
    return write_json(f, LAYOUT_SEED_USER, user, err);
}

static int save_context(const struct founding *f, const struct issued *admin, struct err *err)
{
    struct context context = {.organisation = f->organisation, .user = f->user};
    const char *chosen = invocation_text(f->inv, "context");
    char name[2 * ID_CAP];
    CLEANUP_BUF struct buf key;
    buf_init(&key, KEY_PEM_MAX);
    snprintf(name, sizeof(name), "%s.%s", f->user.text, f->organisation.text);
    TRY(id_parse(span_text(chosen ? chosen : name), _("context"), &context.name, err));
    TRY(text_set(context.servers, sizeof(context.servers), span_text(f->servers), "servers", err));
    TRY(key_format(admin->key, &key, err));
    struct context_keys keys = {
        .ca = buf_span(&f->ca_pem), .cert = buf_span(&admin->pem), .key = buf_span(&key)};
    const struct host *host = invocation_host(f->inv);
    int rc = context_save(host, &context, &keys, err);
    explicit_bzero(key.data, key.len);
    TRY(rc);
    return context_use(host, &context.name, err);
}

static int make_administrator(const struct founding *f, struct err *err)
{
    struct identity subject = {
        .kind = IDENTITY_USER, .organisation = f->organisation, .name = f->user};
    CLEANUP_ISSUED struct issued admin;
    issued_init(&admin);
    TRY(issue(f, subject, CERT_CLIENT, LAYOUT_USER_DAYS, &admin, err));
    TRY(seed_user(f, &admin, err));
    return save_context(f, &admin, err);
}

static int add_host(struct founding *f, const char *host, size_t len, struct err *err)
{
    for (size_t i = 0; i < f->host_count; i++) {
        if (strlen(f->hosts[i]) == len && memcmp(f->hosts[i], host, len) == 0)
            return 0;
    }
    if (f->host_count == HOSTS_MAX || len == 0 || len > AUTHORITY_HOST_MAX)
        return err_set(err, ERR_INVALID, _("'%.*s': at most %d servers with good names"), (int)len,
                       host, HOSTS_MAX);
    char *text = f->host_texts[f->host_count];
    memcpy(text, host, len);
    text[len] = '\0';
    f->hosts[f->host_count++] = text;
    return 0;
}

/* "host:7443" -> its host for the certificate, the whole for the context. */
static int add_server(struct founding *f, const char *server, struct err *err)
{
    const char *colon = strrchr(server, ':');
    size_t len = strlen(f->servers);
    if (!colon)
        return err_set(err, ERR_INVALID, _("server '%s': HOST:PORT is expected"), server);
    int n = snprintf(f->servers + len, sizeof(f->servers) - len, "%s%s", len ? " " : "", server);
    if (n < 0 || (size_t)n >= sizeof(f->servers) - len)
        return err_set(err, ERR_LIMIT, "%s", _("too many servers"));
    return add_host(f, server, (size_t)(colon - server), err);
}

static int collect_servers(struct founding *f, struct err *err)
{
    size_t n = invocation_count(f->inv, "server");
    for (size_t i = 0; i < n; i++)
        TRY(add_server(f, invocation_item(f->inv, "server", i), err));
    if (n == 0)
        TRY(add_server(f, "127.0.0.1:7443", err));
    TRY(add_host(f, "localhost", strlen("localhost"), err));
    return add_host(f, "127.0.0.1", strlen("127.0.0.1"), err);
}

static int found(struct founding *f, struct err *err)
{
    TRY(id_parse(span_text(invocation_text(f->inv, "organisation")), _("organisation"),
                 &f->organisation, err));
    TRY(id_parse(span_text(invocation_text(f->inv, "user")), _("user"), &f->user, err));
    struct identity admin = {
        .kind = IDENTITY_USER, .organisation = f->organisation, .name = f->user};
    TRY(identity_check(&admin, err));
    if (strchr(f->user.text, '.')) /* users are known as NAME.ORGANISATION */
        return err_set(err, ERR_INVALID, _("user '%s': a name without a dot is expected"),
                       f->user.text);
    TRY(collect_servers(f, err));
    TRY(make_directory(f, "", 0700, err));
    TRY(make_directory(f, "pki", 0700, err));
    TRY(make_directory(f, "seed", 0700, err));
    TRY(found_authority(f, err));
    TRY(make_server(f, err));
    TRY(make_sign_key(f, err));
    TRY(seed_organisation(f, err));
    return make_administrator(f, err);
}

static int init_exec(struct invocation *inv, struct err *err)
{
    struct founding f = {.inv = inv,
                         .dir = invocation_text(inv, "directory"),
                         .now = env_now(&invocation_host(inv)->env)};
    buf_init(&f.ca_pem, CERT_PEM_MAX);
    int rc = found(&f, err);
    if (rc == 0)
        invocation_say(inv,
                       _("%s is ready: start pumasid --set control_plane.data_dir=%s\n"
                         "you are %s of %s"),
                       f.dir, f.dir, f.user.text, f.organisation.text);
    authority_destroy(f.authority);
    key_destroy(f.ca_key);
    buf_fini(&f.ca_pem);
    return rc;
}

static const struct command_option init_arguments[] = {
    {.name = "directory",
     .type = OPTION_FILE,
     .required = true,
     .help = N_("the control plane's data directory")},
    OPTION_END_ROW,
};

static const struct command_option init_options[] = {
    {.name = "organisation",
     .type = OPTION_ID,
     .fallback = "nipa",
     .help = N_("the managing agency")},
    {.name = "user", .type = OPTION_ID, .fallback = "admin", .help = N_("its first administrator")},
    {.name = "name-ko", .type = OPTION_TEXT, .help = N_("the agency's Korean name")},
    {.name = "name-en", .type = OPTION_TEXT, .help = N_("the agency's English name")},
    OPTION_END_ROW,
};

const struct command init_commands[] = {
    {.noun = "init",
     .summary = N_("set up a control plane's keys and its first administrator"),
     .details = N_("Works on the directory alone, without a server. --server names the addresses "
                   "under which the control plane will be called (127.0.0.1:7443 without it)."),
     .arguments = init_arguments,
     .options = init_options,
     .examples = (const char *const[]){"pumasi init /var/lib/pumasi --server pumasi.nipa.kr:7443 "
                                       "--organisation nipa --user admin",
                                       NULL},
     .exec = init_exec},
    COMMAND_END,
};
