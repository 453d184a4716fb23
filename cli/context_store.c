/*
 * Owns: the files of the contexts. Invariant: a name that reaches a path was parsed as an id, so it
 * cannot leave its directory. One thread.
 */
#include "cli/context_store.h"

#include "cli/i18n.h"
#include "lib/base/buf.h"
#include "lib/base/config.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NAMES_MAX 256

static const struct config_option context_table[] = {
    {.name = "context.servers",
     .type = CONFIG_TEXT,
     .default_value = "",
     .help = "addresses of the control plane, host:port, separated by blanks"},
    {.name = "context.organisation",
     .type = CONFIG_TEXT,
     .default_value = "",
     .help = "the organisation that the certificate names"},
    {.name = "context.user",
     .type = CONFIG_TEXT,
     .default_value = "",
     .help = "the user that the certificate names"},
    {.name = NULL},
};

static int join(char dst[CONTEXT_PATH_CAP], struct err *err, const char *a, const char *b)
{
    int n = snprintf(dst, CONTEXT_PATH_CAP, "%s/%s", a, b);
    if (n < 0 || n >= CONTEXT_PATH_CAP - 32)
        return err_set(err, ERR_INVALID, _("the path %s is too long"), a);
    return 0;
}

static int base_directory(const struct host *host, char dst[CONTEXT_PATH_CAP], struct err *err)
{
    const char *config = host_variable(host, "XDG_CONFIG_HOME");
    if (config && config[0] == '/')
        return join(dst, err, config, "pumasi");
    const char *home = host_variable(host, "HOME");
    if (!home)
        return err_set(err, ERR_INVALID, "%s", _("neither XDG_CONFIG_HOME nor HOME is set"));
    return join(dst, err, home, ".config/pumasi");
}

static int path_of(const struct host *host, const char *below, char dst[CONTEXT_PATH_CAP],
                   struct err *err)
{
    char base[CONTEXT_PATH_CAP];
    TRY(base_directory(host, base, err));
    return join(dst, err, base, below);
}

static int context_path(const struct host *host, const struct id *name, char dst[CONTEXT_PATH_CAP],
                        struct err *err)
{
    ENSURE(!id_is_none(name));
    char contexts[CONTEXT_PATH_CAP];
    TRY(path_of(host, "contexts", contexts, err));
    return join(dst, err, contexts, name->text);
}

/* Makes the directory and the missing ones above it, for this user alone. */
static int make_directories(const char *path, struct err *err)
{
    char part[CONTEXT_PATH_CAP];
    snprintf(part, sizeof(part), "%s", path);
    for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return err_set(err, ERR_IO, "%s: %s", part, strerror(errno));
        if (!slash)
            return 0;
        *slash = '/';
    }
}

static int read_current(const struct host *host, struct id *ret, struct err *err)
{
    char path[CONTEXT_PATH_CAP];
    TRY(path_of(host, "current", path, err));
    CLEANUP_BUF struct buf text;
    buf_init(&text, ID_CAP + 1);
    int rc = file_read(path, &text, err);
    if (rc == -ERR_NOT_FOUND)
        return err_set(err, ERR_UNAUTHENTICATED,
                       _("no context is in use: run 'pumasi login' or 'pumasi context use'"));
    TRY(rc);
    while (text.len > 0 && text.data[text.len - 1] == '\n')
        text.data[--text.len] = '\0';
    return id_parse(buf_span(&text), _("context"), ret, err);
}

int context_current(const struct host *host, const char *chosen, struct id *ret, struct err *err)
{
    const char *name = chosen ? chosen : host_variable(host, "PUMASI_CONTEXT");
    if (name)
        return id_parse(span_text(name), _("context"), ret, err);
    return read_current(host, ret, err);
}

static int optional_id(const char *text, const char *what, struct id *ret, struct err *err)
{
    if (text[0] == '\0') {
        *ret = ID_NONE;
        return 0;
    }
    return id_parse(span_text(text), what, ret, err);
}

static int fill(const struct config *config, struct context *c, struct err *err)
{
    TRY(text_set(c->servers, sizeof(c->servers), span_text(config_text(config, "context.servers")),
                 "servers", err));
    TRY(optional_id(config_text(config, "context.organisation"), "organisation", &c->organisation,
                    err));
    return optional_id(config_text(config, "context.user"), "user", &c->user, err);
}

int context_load(const struct host *host, const struct id *name, struct context *ret,
                 struct err *err)
{
    struct context c = {.name = *name};
    char path[CONTEXT_PATH_CAP];
    TRY(context_path(host, name, c.directory, err));
    context_file(&c, "context.ini", path);
    struct config *config = config_create(context_table);
    int rc = config_read_file(config, path, err);
    if (rc == -ERR_NOT_FOUND)
        rc = err_set(err, ERR_NOT_FOUND, _("there is no context '%s'"), name->text);
    if (rc == 0)
        rc = fill(config, &c, err);
    config_destroy(config);
    TRY(rc);
    *ret = c;
    return 0;
}

const char *context_file(const struct context *context, const char *file,
                         char dst[CONTEXT_PATH_CAP])
{
    int n = snprintf(dst, CONTEXT_PATH_CAP, "%s/%s", context->directory, file);
    ENSURE(n > 0 && n < CONTEXT_PATH_CAP);
    return dst;
}

static int write_file(const struct context *c, const char *file, struct span bytes, mode_t mode,
                      struct err *err)
{
    char path[CONTEXT_PATH_CAP];
    return file_write(context_file(c, file, path), bytes, mode, err);
}

int context_save(const struct host *host, struct context *context, const struct context_keys *keys,
                 struct err *err)
{
    TRY(context_path(host, &context->name, context->directory, err));
    TRY(make_directories(context->directory, err));
    TRY(write_file(context, "key.pem", keys->key, 0600, err));
    TRY(write_file(context, "cert.pem", keys->cert, 0644, err));
    TRY(write_file(context, "ca.pem", keys->ca, 0644, err));
    CLEANUP_BUF struct buf ini;
    buf_init(&ini, 4096);
    buf_printf(&ini, "[context]\nservers = %s\norganisation = %s\nuser = %s\n", context->servers,
               context->organisation.text, context->user.text);
    return write_file(context, "context.ini", buf_span(&ini), 0644, err);
}

int context_use(const struct host *host, const struct id *name, struct err *err)
{
    struct context c;
    TRY(context_load(host, name, &c, err));
    char path[CONTEXT_PATH_CAP], line[ID_CAP + 2];
    TRY(path_of(host, "current", path, err));
    snprintf(line, sizeof(line), "%s\n", name->text);
    return file_write(path, span_text(line), 0644, err);
}

static int by_name(const void *a, const void *b)
{
    return id_compare(a, b);
}

static int list_names(DIR *dir, struct id names[NAMES_MAX], size_t *ret_n, struct err *err)
{
    size_t n = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        if (n == NAMES_MAX)
            return err_set(err, ERR_LIMIT, _("more than %d contexts"), NAMES_MAX);
        TRY(id_parse(span_text(e->d_name), _("context"), &names[n], err));
        n++;
    }
    qsort(names, n, sizeof(names[0]), by_name);
    *ret_n = n;
    return 0;
}

int context_each(const struct host *host, context_fn visit, void *arg, struct err *err)
{
    char path[CONTEXT_PATH_CAP];
    TRY(path_of(host, "contexts", path, err));
    DIR *dir = opendir(path);
    if (!dir)
        return errno == ENOENT ? 0 : err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    struct id names[NAMES_MAX];
    size_t n = 0;
    int rc = list_names(dir, names, &n, err);
    closedir(dir);
    TRY(rc);
    for (size_t i = 0; i < n; i++) {
        struct context c;
        TRY(context_load(host, &names[i], &c, err));
        visit(arg, &c);
    }
    return 0;
}
