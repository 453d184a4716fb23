/* One check after another; the first that fails ends it. */
#include "bundle/verify.h"

#include "bundle/bundle.h"
#include "bundle/ledger_check.h"
#include "documents/document.h"
#include "lib/base/text.h"
#include "lib/json/strict.h"
#include "lib/pki/digest.h"

#include <stdio.h>

#define KEY_FILE "keys/control-plane.pem"

struct verifying {
    struct zip_archive files;
    struct statement *statement;
    struct public_key key;
    bool has_key;
    bool same_renderer;
    struct buf *said;
};

static int failed(struct err *err, const char *what, const char *name)
{
    return err_set(err, ERR_VERIFICATION, "%s: %s", name, what);
}

static void hash_text(struct span bytes, char ret[DIGEST_TEXT_CAP])
{
    uint8_t digest[DIGEST_BYTES];
    digest_sha256(bytes, digest);
    text_hex(ret, digest, sizeof(digest));
}

static int check_seal(struct span bundle, struct err *err)
{
    char hash[DIGEST_TEXT_CAP];
    if (bundle.len <= BUNDLE_COMMENT_LEN)
        return failed(err, "this is no bundle", "seal");
    struct span head = span_of(bundle.data, bundle.len - BUNDLE_COMMENT_LEN);
    struct span comment = span_of(bundle.data + head.len, BUNDLE_COMMENT_LEN);
    hash_text(head, hash);
    if (!span_starts_with(comment, span_text(BUNDLE_COMMENT)) ||
        memcmp(comment.data + sizeof(BUNDLE_COMMENT) - 1, hash, 64) != 0)
        return failed(err, "the bundle was changed after it was packed", "seal");
    return 0;
}

static int check_file(struct verifying *v, const struct strict *item, struct err *err)
{
    struct span name, told;
    char text[ZIP_NAME_CAP] = "", hash[DIGEST_TEXT_CAP];
    TRY(strict_get_text(item, "name", &name, err));
    TRY(strict_get_text(item, "sha256", &told, err));
    snprintf(text, sizeof(text), "%.*s", (int)name.len, (const char *)name.data);
    const struct zip_member *file = zip_archive_find(&v->files, text);
    if (!file)
        return failed(err, "the manifest names it, and it is missing", text);
    hash_text(buf_span(&file->bytes), hash);
    return span_equal(told, span_text(hash)) ? 0
                                             : failed(err, "not the file of the manifest", text);
}

static int check_manifest(struct verifying *v, struct err *err)
{
    struct json_t *document CLEANUP_STRICT = NULL;
    char renderer[DOCUMENT_RENDERER_CAP];
    struct strict files;
    struct span told;
    size_t n;
    const struct zip_member *manifest = zip_archive_find(&v->files, "manifest.json");
    if (!manifest)
        return failed(err, "missing", "manifest.json");
    TRY(strict_load(buf_span(&manifest->bytes), &document, err));
    struct strict root = strict_root(document);
    TRY(strict_get_list(&root, "files", &files, &n, err));
    if (n + 1 != v->files.n)
        return failed(err, "it does not name every file", "manifest.json");
    for (size_t i = 0; i < n; i++) {
        struct strict item = strict_item(&files, i);
        TRY(check_file(v, &item, err));
    }
    TRY(strict_get_text(&root, "renderer", &told, err));
    document_renderer(renderer);
    v->same_renderer = span_equal(told, span_text(renderer));
    buf_printf(v->said, "ok: %zu files are those of the manifest\n", n);
    return 0;
}

static int check_document(struct verifying *v, struct span basis, const char *name, int format,
                          struct err *err)
{
    CLEANUP_BUF struct buf made;
    buf_init(&made, ZIP_BYTES);
    const struct zip_member *file = zip_archive_find(&v->files, name);
    bool drawn = format == DOCUMENT_PDF || format == DOCUMENT_XLSX;
    if (!file)
        return failed(err, "missing", name);
    if (drawn && !v->same_renderer) {
        buf_printf(v->said, "note: %s was made by another renderer; its hash is right\n", name);
        return 0;
    }
    TRY(bundle_document(basis, v->statement, &v->files, format, &made, err));
    if (!span_equal(buf_span(&made), buf_span(&file->bytes)))
        return failed(err, "the basis gives another document", name);
    buf_printf(v->said, "ok: %s is what the basis gives\n", name);
    return 0;
}

static int check_documents(struct verifying *v, struct err *err)
{
    static const struct {
        const char *name;
        enum document_format format;
    } documents[] = {{"statement.json", DOCUMENT_JSON},
                     {"statement.csv", DOCUMENT_CSV},
                     {"focus.csv", DOCUMENT_FOCUS},
                     {"statement.xlsx", DOCUMENT_XLSX},
                     {"statement.pdf", DOCUMENT_PDF}};
    const struct zip_member *basis = zip_archive_find(&v->files, "basis.json");
    if (!basis)
        return failed(err, "missing", "basis.json");
    int rc = bundle_statement(buf_span(&basis->bytes), &v->statement, err);
    if (rc < 0)
        return err_prefix(err, rc, "basis.json");
    for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++)
        TRY(check_document(v, buf_span(&basis->bytes), documents[i].name, documents[i].format,
                           err));
    return 0;
}

static int find_key(struct verifying *v, const struct public_key *trusted, struct err *err)
{
    const struct zip_member *file = zip_archive_find(&v->files, KEY_FILE);
    if (file) {
        TRY(public_key_parse(buf_span(&file->bytes), &v->key, err));
        v->has_key = true;
    }
    if (trusted && file && !public_key_equal(trusted, &v->key))
        return failed(err, "it is not the key that you trust: the logs were signed anew", KEY_FILE);
    if (trusted) {
        v->key = *trusted;
        v->has_key = true;
    } else if (file) {
        struct id id = public_key_id(&v->key);
        buf_printf(v->said, "note: no key was given; that of the bundle is %s\n", id.text);
    }
    return 0;
}

static int check_ledger(struct verifying *v, struct err *err)
{
    char hash[DIGEST_TEXT_CAP];
    size_t checked;
    const struct basis *basis = v->statement->basis;
    hash_text(buf_span(&zip_archive_find(&v->files, "statement.json")->bytes), hash);
    struct ledger_check check = {.basis = basis,
                                 .document_sha256 = hash,
                                 .key = v->has_key ? &v->key : NULL,
                                 .files = &v->files};
    TRY(ledger_check_members(&check, &checked, err));
    if (checked > 0)
        buf_printf(v->said, "ok: %zu logs: signed root, every interval in, none left out\n",
                   checked);
    if (checked < basis->members.n)
        buf_printf(v->said, "note: INCOMPLETE: the logs of %zu of %zu members are not in it\n",
                   basis->members.n - checked, basis->members.n);
    return 0;
}

static int check_all(struct verifying *v, struct span bundle, const struct public_key *trusted,
                     struct err *err)
{
    TRY(check_seal(bundle, err));
    TRY(zip_archive_read(bundle, &v->files, err));
    TRY(check_manifest(v, err));
    TRY(check_documents(v, err));
    TRY(find_key(v, trusted, err));
    return check_ledger(v, err);
}

int bundle_verify(struct span bundle, const struct public_key *trusted, struct buf *said,
                  struct err *err)
{
    struct verifying v = {.said = said};
    struct err why = ERR_INIT;
    int rc = check_all(&v, bundle, trusted, &why);
    statement_destroy(v.statement);
    zip_archive_fini(&v.files);
    /* whatever is wrong with a bundle, it did not verify */
    return rc < 0 ? err_set(err, ERR_VERIFICATION, "%s", why.text) : 0;
}
