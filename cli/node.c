/*
 * Owns: the commands `node invite|join|list|show`. `node join` writes a node's directory as
 * lib/pki/layout.h names it. One thread.
 */
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/invite.h"
#include "cli/join.h"
#include "lib/base/base64.h"
#include "lib/base/file.h"
#include "lib/pki/layout.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static const struct column node_columns[] = {
    {.header = N_("NODE"), .path = "id"},
    {.header = N_("STATE"), .path = "state", .format = COLUMN_LABEL, .labels = "node"},
    {.header = N_("POOL"), .path = "pool"},
    {.header = N_("OWNER"), .path = "owner"},
    {.header = N_("SITE"), .path = "site"},
    {.header = N_("MODEL"), .path = "model"},
    {.header = N_("DEVICES"), .path = "devices", .format = COLUMN_COUNT},
    {.header = N_("ENFORCES BY"), .path = "tier"},
    {.header = N_("ATTACHED"), .path = "attached_at", .format = COLUMN_INSTANT},
    {.header = N_("AGENT"), .path = "agent_version", .wide = true},
    {.header = N_("JOINED"), .path = "joined_at", .format = COLUMN_INSTANT, .wide = true},
    {.header = N_("NVLINK"), .path = "nvlink_domain", .wide = true},
    {.header = N_("BOOT"), .path = "boot_id", .wide = true},
    {.header = N_("KEY"), .path = "key_id", .wide = true},
    COLUMN_END,
};

static const struct view list_view = {.rows = "items", .columns = node_columns};
static const struct view show_view = {.columns = node_columns, .card = true};

static int path_below(const char *dir, const char *name, char dst[PATH_MAX], struct err *err)
{
    int n = snprintf(dst, PATH_MAX, "%s/%s", dir, name);
    if (n < 0 || n >= PATH_MAX)
        return err_set(err, ERR_INVALID, _("the path %s is too long"), dir);
    return 0;
}

static int make_directory(const char *path, mode_t mode, struct err *err)
{
    if (mkdir(path, mode) < 0 && errno != EEXIST)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    return 0;
}

/* A public key as the API sends it (base64 of DER) into DIR/KEYID.pem. */
static int write_public_key(const char *dir, const json_t *der_base64, struct err *err)
{
    uint8_t der[2 * PUBLIC_KEY_BYTES];
    struct span text = span_text(json_string_value(der_base64));
    size_t n = 0;
    if (base64_decoded_max(text.len) > sizeof(der) || !base64_decode(text, der, &n))
        return err_set(err, ERR_INVALID, "%s", _("the control plane sent no public key"));
    struct public_key key;
    char name[ID_CAP + 8], path[PATH_MAX];
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, KEY_PEM_MAX);
    TRY(public_key_decode(span_of(der, n), &key, err));
    TRY(public_key_format(&key, &pem, err));
    snprintf(name, sizeof(name), "%s.pem", public_key_id(&key).text);
    TRY(path_below(dir, name, path, err));
    return file_write(path, buf_span(&pem), 0644, err);
}

static int write_rings(const char *dir, const json_t *reply, struct err *err)
{
    char path[PATH_MAX];
    TRY(path_below(dir, LAYOUT_NODE_GRANT_KEYS, path, err));
    TRY(make_directory(path, 0755, err));
    TRY(write_public_key(path, json_object_get(reply, "grant_key"), err));
    TRY(path_below(dir, LAYOUT_NODE_OWNER_KEYS, path, err));
    TRY(make_directory(path, 0755, err));
    size_t i;
    const json_t *owner;
    json_array_foreach(json_object_get(reply, "owner_keys"), i, owner)
        TRY(write_public_key(path, json_object_get(owner, "public_key"), err));
    return 0;
}

static int write_text(const char *dir, const char *name, const char *text, struct err *err)
{
    char path[PATH_MAX];
    TRY(path_below(dir, name, path, err));
    return file_write(path, span_text(text), 0644, err);
}

static int write_node(const char *dir, const struct joined *j, struct err *err)
{
    char path[PATH_MAX];
    TRY(make_directory(dir, 0755, err));
    TRY(path_below(dir, LAYOUT_NODE_KEY, path, err));
    TRY(key_write_new(j->key, path, err));
    TRY(write_text(dir, LAYOUT_NODE_CERT, joined_text(j, "certificate_pem"), err));
    TRY(write_text(dir, LAYOUT_NODE_CA, joined_text(j, "ca_pem"), err));
    return write_rings(dir, j->reply, err);
}

/* Looked at before the token is spent. */
static int check_free(const char *dir, struct err *err)
{
    char path[PATH_MAX];
    struct stat found;
    TRY(path_below(dir, LAYOUT_NODE_KEY, path, err));
    if (stat(path, &found) == 0)
        return err_set(err, ERR_EXISTS, _("%s: this node has joined already"), path);
    return 0;
}

static int join_exec(struct invocation *inv, struct err *err)
{
    CLEANUP_JOINED struct joined joined = {.key = NULL};
    const char *dir = invocation_text(inv, "directory");
    TRY(check_free(dir, err));
    TRY(join_run(inv, &joined, err));
    TRY(write_node(dir, &joined, err));
    invocation_say(inv, _("node %s of %s has joined; its files are in %s"),
                   joined_text(&joined, "name"), joined_text(&joined, "organisation"), dir);
    return 0;
}

static int invite_exec(struct invocation *inv, struct err *err)
{
    return invite_run(inv, "node", err);
}

static const struct command_option invite_argument[] = {
    {.name = "node",
     .type = OPTION_ID,
     .required = true,
     .field = "name",
     .help = N_("name of the new node")},
    OPTION_END_ROW,
};

static const struct command_option invite_options[] = {
    {.name = "organisation",
     .type = OPTION_ID,
     .required = true,
     .field = "organisation",
     .help = N_("the organisation that owns it")},
    {.name = "pool",
     .type = OPTION_ID,
     .required = true,
     .field = "pool",
     .help = N_("the pool it belongs to")},
    INVITE_OPTIONS,
    OPTION_END_ROW,
};

static const struct command_option join_options[] = {
    {.name = "directory",
     .letter = 'd',
     .type = OPTION_FILE,
     .fallback = "/etc/pumasi/node",
     .help = N_("where the node's key and certificates are written")},
    JOIN_OPTIONS,
    OPTION_END_ROW,
};

static const struct command_option list_options[] = {
    {.name = "pool", .type = OPTION_ID, .field = "?pool", .help = N_("only of a pool")},
    {.name = "site", .type = OPTION_ID, .field = "?site", .help = N_("only at a site")},
    {.name = "owner", .type = OPTION_ID, .field = "?owner", .help = N_("only of an organisation")},
    {.name = "state", .type = OPTION_TEXT, .field = "?state", .help = N_("only those in a state")},
    OPTION_END_ROW,
};

static const struct command_option one_argument[] = {
    {.name = "node", .type = OPTION_ID, .required = true, .field = "id", .help = N_("the node")},
    OPTION_END_ROW,
};

static const struct command_call invite_call = {
    .service = "IdentityService", .method = "CreateJoinToken", .kind = CALL_CHANGE};
static const struct command_call list_call = {
    .service = "PoolService", .method = "ListNodes", .kind = CALL_LIST, .watch = "node"};
static const struct command_call show_call = {
    .service = "PoolService", .method = "GetNode", .kind = CALL_GET};

const struct command node_commands[] = {
    {.noun = "node",
     .verb = "invite",
     .summary = N_("make a one-time token for a new node"),
     .details = N_("The token is shown once and is good for ten minutes."),
     .arguments = invite_argument,
     .options = invite_options,
     .examples = (const char *const[]){"pumasi node invite haein-07 --organisation skt --pool "
                                       "haein-b200 --ca-out ca.pem",
                                       NULL},
     .view = &invite_view,
     .call = &invite_call,
     .exec = invite_exec},
    {.noun = "node",
     .verb = "join",
     .summary = N_("make this machine a node with a one-time token"),
     .options = join_options,
     .examples =
         (const char *const[]){"pumasi node join --server pumasi.example.kr:7443 --ca ca.pem "
                               "--token-file token",
                               NULL},
     .exec = join_exec},
    {.noun = "node",
     .verb = "list",
     .summary = N_("list nodes"),
     .options = list_options,
     .examples = (const char *const[]){"pumasi node list --pool haein-b200", NULL},
     .view = &list_view,
     .call = &list_call,
     .exec = call_exec},
    {.noun = "node",
     .verb = "show",
     .summary = N_("show one node and its devices"),
     .arguments = one_argument,
     .examples = (const char *const[]){"pumasi node show haein-07 -o json", NULL},
     .view = &show_view,
     .call = &show_call,
     .exec = call_exec},
    COMMAND_END,
};
